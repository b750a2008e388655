import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventConsumer } from '../../src/ingest/consumer.js';
import {
  createKafkaTestClient,
  describeWithKafka,
  type KafkaTestClient,
  sharedBrokers,
  uniqueName,
} from '../support/kafka.js';
import { waitFor } from '../support/wait-for.js';
import { createIngestHarness, type IngestHarness, isBalanced, noiseMessage, statusMessage } from './ingest-harness.js';

describeWithKafka('ingest from Kafka', () => {
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

  const newTopic = async (partitions = 1, config: Record<string, string> = {}): Promise<string> => {
    const topic = uniqueName('events');
    await kafka.createTopic(topic, { partitions, config });
    return topic;
  };
  const started = async (...args: Parameters<IngestHarness['consumer']>): Promise<EventConsumer> => {
    const consumer = harness.consumer(...args);
    running.push(consumer);
    await consumer.start();
    return consumer;
  };
  const storedEvents = async (topic: string): Promise<number> => {
    const { rows } = await harness.admin.query<{ count: string }>(
      'select count(*) from raw.event join raw.source using (source_id) where topic = $1',
      [topic],
    );
    return Number(rows[0]?.count);
  };

  it('gives every message one verdict, poison too, and blocks on none [INGEST-004]', async () => {
    const topic = await newTopic(1, { 'max.message.bytes': '4000000' });
    const id = randomUUID();
    const values: (string | Buffer | null)[] = [
      statusMessage(id),
      null,
      '',
      '{',
      '[1]',
      'null',
      '"text"',
      Buffer.from([0xff, 0xfe, 0x00]),
      Buffer.alloc(1_100_000, 0x61),
      '['.repeat(200_000),
      JSON.stringify({ id: 5, type: 'x' }),
      JSON.stringify({
        id: 'a\u0000b\ud800',
        type: 'ai_stream_events',
        timestamp: String(Date.now()),
        data: { type: 'error', stream_id: 's\u0000\udc00', message: '\u0000\ud800x' },
      }),
      JSON.stringify({ id: 'x'.repeat(5000), type: 'ai_stream_status', timestamp: String(Date.now()), data: {} }),
      statusMessage(randomUUID(), Date.UTC(2099, 0, 1)),
      noiseMessage(),
      statusMessage(id),
      statusMessage(),
    ];
    await kafka.produce(
      topic,
      values.map((value) => ({ value })),
    );
    const consumer = await started(topic);
    const [totals] = await harness.untilConsumed(topic, values.length);
    await consumer.stop();
    expect(totals).toMatchObject({ consumed: 17, accepted: 3, ignored: 1, rejected: 12, duplicate: 1 });
    const { rows } = await harness.admin.query(
      'select reason, count(*)::int from raw.set_aside join raw.source using (source_id) where topic = $1 group by 1 order by 1',
      [topic],
    );
    expect(Object.fromEntries(rows.map(({ reason, count }) => [reason, count]))).toEqual({
      bad_timestamp: 1,
      missing_id: 2,
      not_an_object: 3,
      not_json: 5,
      oversize: 1,
      unsupported_event_family: 1,
    });
    // 2099 moved no watermark
    const watermark = await harness.admin.query(
      "select newest_event_at < now() + interval '1 hour' as ok from raw.source where topic = $1",
      [topic],
    );
    expect(watermark.rows).toEqual([{ ok: true }]);
  });

  it('shares partitions among two consumers, loses nothing and counts repeated ids once over rebalances', async () => {
    const topic = await newTopic(4);
    const groupId = uniqueName('group');
    const options = { groupId, sessionTimeoutMs: 6_000, batchMessages: 100 };
    const send = (count: number): Promise<void> =>
      kafka.produce(
        topic,
        Array.from({ length: count }, (_, index) => ({ value: statusMessage(), partition: index % 4 })),
      );
    await send(1000);
    const first = await started(topic, options);
    await harness.untilConsumed(topic, 500);
    const second = await started(topic, options);
    await send(1000);
    await harness.untilConsumed(topic, 1500);
    // the same 200 ids before, during and after the second rebalance, each time on another partition
    const repeated = Array.from({ length: 200 }, () => randomUUID());
    const repeat = (shift: number): Promise<void> =>
      kafka.produce(
        topic,
        repeated.map((id, index) => ({ value: statusMessage(id), partition: (index + shift) % 4 })),
      );
    await repeat(0);
    const leaving = first.stop();
    await repeat(1);
    await leaving;
    await repeat(2);
    await send(1000);
    const totals = await harness.untilConsumed(topic, 3600);
    await second.stop();
    expect(totals.every(isBalanced)).toBe(true);
    expect(totals.map(({ consumed }) => consumed)).toEqual(Array(4).fill(900));
    expect(totals.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(3200);
    expect(totals.reduce((sum, { duplicate }) => sum + duplicate, 0)).toBe(400);
    expect(await storedEvents(topic)).toBe(3200);
  });

  it('goes on after kill -9 between database commit and acknowledgement, nothing twice', async () => {
    const topic = await newTopic();
    const groupId = uniqueName('group');
    await kafka.produce(
      topic,
      Array.from({ length: 300 }, () => ({ value: statusMessage() })),
    );
    const args = [harness.database.url('ingest'), sharedBrokers().join(','), topic, groupId];
    const child = spawn(process.execPath, ['--import', 'tsx', 'test/kafka/ingest-process.ts', ...args], {
      stdio: 'inherit',
    });
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
    const [killed] = await harness.totals(topic);
    expect(killed?.consumed).toBe(50);
    await started(topic, { groupId, sessionTimeoutMs: 6_000 });
    const [totals] = await harness.untilConsumed(topic, 300);
    expect(totals).toMatchObject({ consumed: 300, accepted: 300, duplicate: 0 });
    expect(await storedEvents(topic)).toBe(300);
  });

  it('lets one of two groups on the same partition win each batch; the other loses the race and re-reads', async () => {
    const topic = await newTopic();
    // two groups: neither knows of the other
    let lostCount = 0;
    const metrics = {
      lost: () => {
        lostCount += 1;
      },
    };
    const one = await started(topic, { batchMessages: 20, metrics });
    const other = await started(topic, { batchMessages: 20, metrics });
    for (let round = 0; round < 10; round += 1) {
      await kafka.produce(
        topic,
        Array.from({ length: 100 }, () => ({ value: statusMessage() })),
      );
    }
    const [totals] = await harness.untilConsumed(topic, 1000);
    await waitFor(() => lostCount, { what: 'the slower one to lose' });
    await Promise.all([one.stop(), other.stop()]);
    expect(totals).toMatchObject({ consumed: 1000, accepted: 1000, duplicate: 0 });
    expect(await storedEvents(topic)).toBe(1000);
  });

  it('records a gap for what expired before it was read, and goes on behind it', async () => {
    const topic = await newTopic();
    const groupId = uniqueName('group');
    const send = (count: number): Promise<void> =>
      kafka.produce(
        topic,
        Array.from({ length: count }, () => ({ value: statusMessage() })),
      );
    await send(10);
    const before = await started(topic, { groupId });
    await harness.untilConsumed(topic, 10);
    await before.stop();
    await send(10);
    await kafka.deleteRecords(topic, 0, '15');
    const after = await started(topic, { groupId });
    const [totals] = await harness.untilConsumed(topic, 20);
    await after.stop();
    expect(totals).toMatchObject({ nextOffset: 20, consumed: 15, accepted: 15 });
    const gaps = await harness.admin.query(
      'select from_offset::int, to_offset::int, g.reason from raw.source_gap as g join raw.source using (source_id) where topic = $1',
      [topic],
    );
    expect(gaps.rows).toEqual([{ from_offset: 10, to_offset: 15, reason: 'expired' }]);
  });

  it('begins a topic it never saw at its first kept message, without a gap', async () => {
    const topic = await newTopic();
    await kafka.produce(
      topic,
      Array.from({ length: 5 }, () => ({ value: statusMessage() })),
    );
    await kafka.deleteRecords(topic, 0, '3');
    const consumer = await started(topic);
    const [totals] = await harness.untilConsumed(topic, 5);
    await consumer.stop();
    expect(totals).toMatchObject({ nextOffset: 5, consumed: 2, accepted: 2 });
  });

  it('stops with TOPIC_MISSING for a topic that does not exist', async () => {
    await expect(harness.consumer(uniqueName('nothing')).start()).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
  });

  it('pauses reading while the database does not keep up, and writes everything in the end', async () => {
    const topic = await newTopic(2);
    const send = (count: number): Promise<void> =>
      kafka.produce(
        topic,
        Array.from({ length: count }, (_, i) => ({ value: statusMessage(), partition: i % 2 })),
      );
    let buffered = 0;
    let most = 0;
    const consumer = await started(topic, {
      batchMessages: 50,
      metrics: {
        buffered: (messages) => {
          buffered = messages;
          most = Math.max(most, messages);
        },
      },
    });
    const blocker = await harness.admin.connect();
    await blocker.query('begin');
    await blocker.query('lock table raw.tally in exclusive mode');
    await send(600);
    await waitFor(() => buffered >= 200, { what: 'reading to be paused' });
    await send(3000);
    await blocker.query('commit');
    blocker.release();
    const totals = await harness.untilConsumed(topic, 3600);
    await consumer.stop();
    expect(totals.every(isBalanced)).toBe(true);
    expect(await storedEvents(topic)).toBe(3600);
    expect(most).toBeLessThan(3600);
  });

  it('commits to Kafka what it stored, for lag tools', async () => {
    const topic = await newTopic();
    const groupId = uniqueName('group');
    await kafka.produce(
      topic,
      Array.from({ length: 7 }, () => ({ value: noiseMessage() })),
    );
    const consumer = await started(topic, { groupId });
    await harness.untilConsumed(topic, 7);
    await consumer.stop();
    const admin = kafka.kafka.admin();
    await admin.connect();
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
    await admin.disconnect();
    expect(offsets?.partitions).toMatchObject([{ partition: 0, offset: '7' }]);
  });
});
