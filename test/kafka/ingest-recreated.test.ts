import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventConsumer } from '../../src/ingest/consumer.js';
import { createKafkaTestClient, describeWithKafka, type KafkaTestClient, uniqueName } from '../support/kafka.js';
import { waitFor } from '../support/wait-for.js';
import { createIngestHarness, type IngestHarness, statusMessage } from './ingest-harness.js';

/** The statement that docs/operations.md tells an operator to run, for another topic than the one in its text. */
async function retirementOf(topic: string): Promise<string> {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const statement = /### Retire a topic[\s\S]*?```sql\n([\s\S]*?)```/.exec(page)?.[1];
  if (statement === undefined) throw new Error('operations.md does not say how a topic is retired');
  return statement.replace('network_events', topic);
}

describeWithKafka('a topic that was made again', () => {
  let harness: IngestHarness;
  let kafka: KafkaTestClient;
  const running: EventConsumer[] = [];

  beforeAll(async () => {
    harness = await createIngestHarness();
    kafka = await createKafkaTestClient();
  });
  afterAll(async () => {
    await Promise.allSettled(running.map((consumer) => consumer.stop()));
    await kafka.close();
    await harness.close();
  });

  const send = (topic: string, count: number): Promise<void> =>
    kafka.produce(
      topic,
      Array.from({ length: count }, () => ({ value: statusMessage() })),
    );
  const consumed = async (topic: string, offsets: number, groupId: string): Promise<void> => {
    const consumer = harness.consumer(topic, { groupId, sessionTimeoutMs: 6_000 });
    running.push(consumer);
    await consumer.start();
    await harness.untilConsumed(topic, offsets);
    await consumer.stop();
  };
  const recreate = async (topic: string): Promise<void> => {
    await kafka.deleteTopic(topic);
    await waitFor(() => kafka.createTopic(topic).then(() => true), { what: 'the topic to be made again' });
  };
  const expectRefusal = async (topic: string, groupId: string): Promise<void> => {
    const consumer = harness.consumer(topic, { groupId });
    await consumer.start().catch(() => undefined);
    await expect(consumer.finished).rejects.toMatchObject({ code: 'TOPIC_RECREATED' });
  };

  it.each([
    ['ends below the stored offset', 3],
    ['ends at the stored offset', 10],
    ['has grown past the stored offset', 25],
  ])('stops ingest when it %s', async (_, count) => {
    const topic = uniqueName('events');
    const groupId = uniqueName('group');
    await kafka.createTopic(topic);
    await send(topic, 10);
    await consumed(topic, 10, groupId);
    await recreate(topic);
    await send(topic, count);
    await expectRefusal(topic, groupId);
    expect(await harness.totals(topic)).toMatchObject([{ nextOffset: 10, consumed: 10, accepted: 10 }]);
  });

  it('is no other topic when the last message is the same, or is gone', async () => {
    const topic = uniqueName('events');
    const groupId = uniqueName('group');
    await kafka.createTopic(topic);
    const last = statusMessage();
    await send(topic, 9);
    await kafka.produce(topic, [{ value: last }]);
    await consumed(topic, 10, groupId);
    await recreate(topic);
    await send(topic, 9);
    await kafka.produce(topic, [{ value: last }]);
    await send(topic, 5);
    await consumed(topic, 15, groupId);
    await kafka.deleteRecords(topic, 0, '15');
    await send(topic, 5);
    await consumed(topic, 20, groupId);
    // what was read once more to compare is not counted twice
    expect(await harness.totals(topic)).toMatchObject([{ consumed: 20, accepted: 20, duplicate: 0 }]);
  });

  it('starts at its beginning once the old one is retired as operations.md says, as often as that happens', async () => {
    const topic = uniqueName('events');
    const groupId = uniqueName('group');
    await kafka.createTopic(topic);
    await send(topic, 10);
    await consumed(topic, 10, groupId);
    const owner = new pg.Client({ connectionString: harness.database.url('owner') });
    await owner.connect();
    try {
      for (const count of [15, 12]) {
        await recreate(topic);
        await send(topic, count);
        await expectRefusal(topic, groupId);
        const { rowCount } = await owner.query(await retirementOf(topic));
        expect(rowCount).toBe(1);
        const consumer = harness.consumer(topic, { groupId, sessionTimeoutMs: 6_000 });
        running.push(consumer);
        await consumer.start();
        await waitFor(async () => (await harness.totals(topic)).at(-1)?.nextOffset === count, {
          what: 'the new topic to be consumed',
        });
        await consumer.stop();
      }
    } finally {
      await owner.end();
    }
    const { rows } = await harness.admin.query(
      'select next_offset::int, consumed_count::int from raw.source where topic = $1 order by source_id',
      [topic],
    );
    expect(rows).toEqual([10, 15, 12].map((count) => ({ next_offset: count, consumed_count: count })));
    const lineage = await harness.admin.query(
      'select cluster_id, count(*)::int from api.event_lineage where topic = $1 group by 1',
      [topic],
    );
    expect(lineage.rows.map(({ count }) => count).sort()).toEqual([10, 12, 15]);
  });
});
