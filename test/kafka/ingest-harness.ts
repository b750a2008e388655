import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createEventConsumer, type EventConsumer, type EventConsumerOptions } from '../../src/ingest/consumer.js';
import { DEFAULT_DECODE_RULES } from '../../src/ingest/decode.js';
import { createLog } from '../../src/log.js';
import { createPool } from '../../src/warehouse/pool.js';
import { sharedBrokers, uniqueName } from '../support/kafka.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { waitFor } from '../support/wait-for.js';

export const log = createLog({ level: (process.env.TEST_LOG as 'silent' | undefined) ?? 'silent', format: 'text' });

/** A status message as gateways send it; equal `id`, equal event. */
export function statusMessage(id: string = randomUUID(), atMs = Date.now()): string {
  return JSON.stringify({
    id,
    type: 'ai_stream_status',
    timestamp: String(atMs),
    gateway: 'gw',
    data: {
      type: 'status',
      stream_id: `stream-${id.slice(0, 2)}`,
      request_id: 'r',
      state: 'ONLINE',
      inference_status: { fps: 20 },
    },
  });
}

export function noiseMessage(): string {
  return JSON.stringify({
    id: randomUUID(),
    type: 'webrtc_stats',
    timestamp: String(Date.now()),
    data: { ip: '10.1.2.3' },
  });
}

export interface PartitionTotals {
  readonly partition: number;
  readonly nextOffset: number;
  readonly consumed: number;
  readonly accepted: number;
  readonly ignored: number;
  readonly rejected: number;
  readonly duplicate: number;
}

export interface IngestHarness {
  readonly database: TestDatabase;
  readonly admin: pg.Pool;
  consumer(topic: string, options?: Partial<EventConsumerOptions>): EventConsumer;
  totals(topic: string): Promise<readonly PartitionTotals[]>;
  /** Waits until the offsets of the topic's partitions sum up to so many. */
  untilConsumed(topic: string, offsets: number): Promise<readonly PartitionTotals[]>;
  close(): Promise<void>;
}

const TOTALS_SQL = `
select s.partition, s.next_offset::int as "nextOffset", s.consumed_count::int as consumed,
  coalesce(sum(t.message_count) filter (where t.verdict = 'accepted'), 0)::int as accepted,
  coalesce(sum(t.message_count) filter (where t.verdict = 'ignored'), 0)::int as ignored,
  coalesce(sum(t.message_count) filter (where t.verdict = 'rejected'), 0)::int as rejected,
  coalesce(sum(t.message_count) filter (where t.verdict = 'duplicate'), 0)::int as duplicate
from raw.source as s left join raw.tally as t using (source_id)
where s.topic = $1
group by s.source_id
order by s.partition`;

/** On a new database of the run's server unless told. */
export async function createIngestHarness(given?: TestDatabase): Promise<IngestHarness> {
  const database = given ?? (await createTestDatabase());
  const admin = new pg.Pool({ connectionString: database.url(), max: 2 });
  admin.on('error', () => undefined);
  const pools: pg.Pool[] = [];

  async function totals(topic: string): Promise<readonly PartitionTotals[]> {
    return (await admin.query<PartitionTotals>(TOTALS_SQL, [topic])).rows;
  }
  return {
    database,
    admin,
    totals,
    consumer(topic, options = {}) {
      const pool = createPool({ url: database.url('ingest'), name: 'test ingest', max: 3, log });
      pools.push(pool);
      return createEventConsumer({
        brokers: sharedBrokers(),
        groupId: uniqueName('group'),
        topics: [{ topic, org: 'daydream' }],
        pool,
        rules: DEFAULT_DECODE_RULES,
        log,
        now: Date.now,
        batchWaitMs: 20,
        ...options,
      });
    },
    untilConsumed(topic, offsets) {
      return waitFor(
        async () => {
          const rows = await totals(topic);
          return rows.reduce((sum, { nextOffset }) => sum + nextOffset, 0) >= offsets ? rows : null;
        },
        { what: `${offsets} offsets of ${topic}` },
      );
    },
    async close() {
      await Promise.all([admin, ...pools].map((pool) => pool.end()));
      await database.drop();
    },
  };
}

/** [INGEST-004] for one partition. */
export function isBalanced({ consumed, accepted, ignored, rejected, duplicate }: PartitionTotals): boolean {
  return consumed === accepted + ignored + rejected + duplicate;
}
