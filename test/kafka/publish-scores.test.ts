import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_DECODE_RULES, decode } from '../../src/ingest/decode.js';
import { publishScores } from '../../src/jobs/publish-scores.js';
import { openScoreTopic } from '../../src/jobs/score-topic.js';
import { useApi } from '../db/api/api-under-test.js';
import { HOUR_MS, iso } from '../db/api/network.js';
import { NOW, refresh, score, scoredSessions, seedScoredNetwork } from '../db/scoring/scored-network.js';
import {
  createKafkaTestClient,
  describeWithKafka,
  type KafkaTestClient,
  sharedBrokers,
  uniqueName,
} from '../support/kafka.js';

const PUBLISHER = fileURLToPath(new URL('publisher-process.ts', import.meta.url));
const START = NOW + 2 * HOUR_MS;

interface ScoreEvent {
  readonly event_id: string;
  readonly event_type: string;
  readonly timestamp_ms: number;
  readonly payload: {
    readonly result_id: string;
    readonly window: string;
    readonly window_start_ms: number;
    readonly window_end_ms: number;
    readonly score: number | null;
    readonly is_withdrawn: boolean;
    readonly scoring_version: string;
    readonly gateway: string | null;
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly subscores: readonly { readonly name: string }[];
  };
}

describeWithKafka('publishing scores', () => {
  const api = useApi(START);
  let client: KafkaTestClient;

  beforeAll(async () => {
    client = await createKafkaTestClient();
    await seedScoredNetwork(api(), scoredSessions(20));
    await refresh(api(), START);
    await score(api(), START);
  });
  afterAll(() => client?.close());

  async function newTopic(): Promise<string> {
    const topic = uniqueName('scores');
    await client.createTopic(topic, { partitions: 3 });
    return topic;
  }

  async function publish(topic: string, batchResults = 40): Promise<number> {
    const target = openScoreTopic({ brokers: sharedBrokers(), topic });
    try {
      return await publishScores({ pool: api().worker, topic: target, batchResults });
    } finally {
      await target.close();
    }
  }

  /** Everything in the topic, each partition in its order. */
  async function consumed(topic: string): Promise<readonly { key: string; value: Buffer; event: ScoreEvent }[]> {
    const admin = client.kafka.admin();
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    const wanted = offsets.reduce((sum, { high }) => sum + Number(high), 0);
    const consumer = client.kafka.consumer({ groupId: uniqueName('reader') });
    const messages: { key: string; value: Buffer; event: ScoreEvent }[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      if (wanted === 0) resolve();
      consumer
        .run({
          eachMessage: async ({ message }) => {
            const value = message.value ?? Buffer.alloc(0);
            messages.push({ key: String(message.key), value, event: JSON.parse(value.toString('utf8')) });
            if (messages.length === wanted) resolve();
          },
        })
        .catch(reject);
    });
    await consumer.disconnect();
    return messages;
  }

  const stored = async () => {
    const { rows } = await api().owner.query<{ id: string; score: number | null; withdrawn: boolean; version: string }>(
      `select score_id::text as id, score::float8 as score, is_withdrawn as withdrawn, scoring_version as version
       from core.sla_score order by score_id`,
    );
    return rows;
  };
  const byResult = (messages: readonly { event: ScoreEvent }[]) =>
    messages
      .map(({ event: { payload } }) => payload)
      .sort((a, b) => Number(a.result_id) - Number(b.result_id))
      .map(({ result_id: id, score: value, is_withdrawn: withdrawn, scoring_version: version }) => {
        return { id, score: value, withdrawn, version };
      });

  test('sends every stored result once, as an event that ingest accepts, and a correction later', async () => {
    const topic = await newTopic();
    const count = (await stored()).length;
    expect(count).toBeGreaterThan(100);
    expect(await publish(topic)).toBe(count);
    expect(await publish(topic)).toBe(0);
    const first = await consumed(topic);
    expect(byResult(first)).toEqual(await stored());
    expect(new Set(first.map(({ event }) => event.event_id)).size).toBe(count);
    for (const { event, value } of first) {
      expect(event).toMatchObject({ event_type: 'sla.compliance.score', timestamp_ms: START });
      expect(event.payload.window_end_ms - event.payload.window_start_ms).toBe(
        event.payload.window === '1h' ? HOUR_MS : HOUR_MS / 12,
      );
      expect(event.payload.inputs).toHaveProperty('requested_count');
      expect(event.payload.subscores.length).toBeGreaterThan(5);
      const message = { org: 'daydream', offset: 0, value, brokerAtMs: START, receivedAtMs: START };
      expect(decode(message, DEFAULT_DECODE_RULES).kind).toBe('accepted');
    }

    const hour = iso(Date.UTC(2026, 0, 10, 5));
    await api().owner.query(
      "update core.session_bucket_1h set startup_success_count = 0 where bucket_start = $1 and session_key like 'a%'",
      [hour],
    );
    await api().owner.query("delete from core.session_bucket_1h where bucket_start = $1 and session_key like 'b%'", [
      hour,
    ]);
    await api().owner.query("select work.mark_buckets('session_bucket_1h', array[$1::timestamptz])", [hour]);
    await refresh(api(), START + 1000);
    await score(api(), START + 1000);
    expect(await publish(topic)).toBe(4); // a correction and a withdrawal, by two versions
    const all = await consumed(topic);
    expect(byResult(all)).toEqual(await stored());
    const withdrawn = all.filter(({ event }) => event.payload.is_withdrawn);
    expect(withdrawn.map(({ event }) => event.payload.score)).toEqual([null, null]);
    for (const { key, event } of withdrawn) {
      const ofGroup = all.filter(
        (one) =>
          one.key === key &&
          one.event.payload.window_start_ms === event.payload.window_start_ms &&
          one.event.payload.scoring_version === event.payload.scoring_version,
      );
      expect(ofGroup.map((one) => one.event.payload.is_withdrawn)).toEqual([false, true]); // in the order of the topic
    }
  });

  test('killed between sending and recording, sends that batch again with the same ids, and nothing is missing', async () => {
    const topic = await newTopic();
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', PUBLISHER, api().database.url('worker'), sharedBrokers().join(','), topic],
      { stdio: 'inherit' },
    );
    const [, signal] = await once(child, 'close');
    expect(signal).toBe('SIGKILL');
    const { rows } = await api().owner.query<{ at: string }>(
      'select (select count(*) from core.sla_score where score_id <= published_id)::text as at from work.score_publication where topic = $1',
      [topic],
    );
    expect(rows[0]?.at).toBe('40');
    const count = (await stored()).length;
    expect(await publish(topic)).toBe(count - 40);
    const messages = await consumed(topic);
    expect(messages.length).toBe(count + 40);
    const ids = new Map<string, Set<string>>();
    for (const { event } of messages) {
      ids.set(event.payload.result_id, (ids.get(event.payload.result_id) ?? new Set()).add(event.event_id));
    }
    expect(ids.size).toBe(count);
    expect([...ids.values()].every((one) => one.size === 1)).toBe(true);
  });

  test('sends more at once than brokers take in one request', async () => {
    const topic = await newTopic();
    const target = openScoreTopic({ brokers: sharedBrokers(), topic });
    const value = JSON.stringify({ padding: 'x'.repeat(3000) });
    await target.send(Array.from({ length: 1000 }, () => ({ key: 'one partition', value })));
    await target.close();
    expect(await consumed(topic)).toHaveLength(1000);
  });

  test('two publishers at once send each result once', async () => {
    const topic = await newTopic();
    const counts = await Promise.all([publish(topic, 7), publish(topic, 7)]);
    await publish(topic);
    expect((await consumed(topic)).length).toBe((await stored()).length);
    expect(Math.max(...counts)).toBeGreaterThan(0);
  });

  test('a topic that does not exist, or brokers that do not answer, leave the position where it was', async () => {
    const missing = uniqueName('missing');
    await expect(publish(missing)).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
    const target = openScoreTopic({ brokers: ['127.0.0.1:1'], topic: missing });
    await expect(publishScores({ pool: api().worker, topic: target })).rejects.toMatchObject({
      code: 'BROKER_UNAVAILABLE',
    });
    await target.close();
    const { rows } = await api().owner.query('select from work.score_publication where topic = $1', [missing]);
    expect(rows).toEqual([]);
  });
});
