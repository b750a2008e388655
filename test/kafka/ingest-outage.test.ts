import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKafkaTestClient, describeWithKafka, uniqueName } from '../support/kafka.js';
import { createKafkaBroker, type KafkaBroker } from '../support/kafka-broker.js';
import { waitFor } from '../support/wait-for.js';
import { createIngestHarness, type IngestHarness, isBalanced, statusMessage } from './ingest-harness.js';

describeWithKafka('ingest through outages', () => {
  let harness: IngestHarness;
  let broker: KafkaBroker;

  beforeAll(async () => {
    harness = await createIngestHarness();
    broker = await createKafkaBroker();
  });
  afterAll(async () => {
    await broker.remove();
    await harness.close();
  });

  it('survives a broker killed and started again', async () => {
    const topic = uniqueName('events');
    const batch = Array.from({ length: 200 }, () => ({ value: statusMessage() }));
    const before = await createKafkaTestClient(broker.brokers);
    await before.createTopic(topic, { partitions: 2 });
    await before.produce(topic, batch);
    const consumer = harness.consumer(topic, { brokers: broker.brokers, sessionTimeoutMs: 6_000 });
    await consumer.start();
    await harness.untilConsumed(topic, 200);
    await before.close();
    await broker.kill();
    await broker.start();
    const after = await createKafkaTestClient(broker.brokers);
    await after.produce(
      topic,
      Array.from({ length: 200 }, () => ({ value: statusMessage() })),
    );
    const totals = await harness.untilConsumed(topic, 400);
    await consumer.stop();
    await after.close();
    expect(totals.every(isBalanced)).toBe(true);
    expect(totals.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(400);
    expect(totals.reduce((sum, { duplicate }) => sum + duplicate, 0)).toBe(0);
  });

  it('waits for a database that ends all connections and refuses new ones, and loses nothing', async () => {
    const topic = uniqueName('events');
    const client = await createKafkaTestClient(broker.brokers);
    await client.createTopic(topic);
    const send = (count: number): Promise<void> =>
      client.produce(
        topic,
        Array.from({ length: count }, () => ({ value: statusMessage() })),
      );
    const consumer = harness.consumer(topic, { brokers: broker.brokers, batchMessages: 20 });
    await consumer.start();
    await send(200);
    await harness.untilConsumed(topic, 40);
    const endConnections = (): Promise<unknown> =>
      harness.admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'test ingest'",
      );
    await harness.admin.query(`alter database ${harness.database.name} connection limit 0`);
    await endConnections();
    await send(200);
    await waitFor(
      async () => {
        const { rows } = await harness.admin.query(
          "select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name = 'test ingest'",
        );
        return rows[0]?.count === 0;
      },
      { what: 'the ingest connections to end' },
    );
    await harness.admin.query(`alter database ${harness.database.name} connection limit -1`);
    const [totals] = await harness.untilConsumed(topic, 400);
    for (let round = 0; round < 5; round += 1) {
      await send(40);
      await endConnections();
    }
    const [later] = await harness.untilConsumed(topic, 600);
    await consumer.stop();
    await client.close();
    expect(totals).toMatchObject({ consumed: 400, accepted: 400, duplicate: 0 });
    expect(later).toMatchObject({ consumed: 600, accepted: 600, duplicate: 0 });
  });
});
