import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKafkaTestClient, describeWithKafka, type KafkaTestClient, uniqueName } from '../support/kafka.js';
import { createKafkaBroker } from '../support/kafka-broker.js';
import { waitFor } from '../support/wait-for.js';

describeWithKafka('the test broker', () => {
  let client: KafkaTestClient;

  beforeAll(async () => {
    client = await createKafkaTestClient();
  });
  afterAll(() => client.close());

  test('gives back what was produced, per partition and in order', async () => {
    const topic = uniqueName('order');
    await client.createTopic(topic, { partitions: 2 });
    const sent = Array.from({ length: 20 }, (_, n) => ({ partition: n % 2, value: String(n) }));
    await client.produce(topic, sent);
    const byPartition = await consume(client, topic, 20);
    expect(byPartition).toEqual([
      sent.filter(({ partition }) => partition === 0).map(({ value }) => value),
      sent.filter(({ partition }) => partition === 1).map(({ value }) => value),
    ]);
    await client.deleteTopic(topic);
  });

  test('keeps its messages when it is killed and started again on the same port', async () => {
    const broker = await createKafkaBroker();
    try {
      const before = await createKafkaTestClient(broker.brokers);
      await before.createTopic('kept');
      await before.produce('kept', [{ value: 'first' }]);
      await before.close();
      await broker.kill();
      await broker.start();
      const after = await createKafkaTestClient(broker.brokers);
      await after.produce('kept', [{ value: 'second' }]);
      expect(await consume(after, 'kept', 2)).toEqual([['first', 'second']]);
      await after.close();
    } finally {
      await broker.remove();
    }
  });
});

async function consume({ kafka }: KafkaTestClient, topic: string, count: number): Promise<string[][]> {
  const byPartition: string[][] = [];
  const consumer = kafka.consumer({ groupId: uniqueName('group') });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const values = byPartition[partition] ?? [];
      byPartition[partition] = values;
      values.push(String(message.value));
    },
  });
  await waitFor(() => byPartition.flat().length >= count, { what: `${count} messages of ${topic}` });
  await consumer.disconnect();
  return byPartition;
}
