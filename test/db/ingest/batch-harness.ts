import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { RawMessage } from '../../../src/domain/verdict.js';
import { DEFAULT_DECODE_RULES, decode } from '../../../src/ingest/decode.js';
import { type OpenedSource, openSource } from '../../../src/warehouse/stores/source-store.js';
import {
  createEventBatchWriter,
  type EventBatchWriter,
  type SourceBatch,
} from '../../../src/warehouse/writers/event-batch-writer.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';

export const NOW = Date.UTC(2026, 0, 9, 12);

/** A message of the gateway dialect, at noon of 2026-01-09 unless told. */
export function message(type: string, data: unknown, { id = randomUUID() as string, atMs = NOW } = {}): string {
  return JSON.stringify({ id, type, timestamp: String(atMs), gateway: 'gw', data });
}

export function status(id: string = randomUUID(), fps = 20): string {
  return message(
    'ai_stream_status',
    { stream_id: 's', request_id: 'r', state: 'ONLINE', inference_status: { fps } },
    { id },
  );
}

export interface BatchHarness {
  readonly database: TestDatabase;
  readonly pool: pg.Pool;
  readonly admin: pg.Pool;
  readonly writer: EventBatchWriter;
  source(topic?: string): Promise<OpenedSource>;
  /** The messages as a batch of the source, from an offset on. */
  batch(opened: OpenedSource, values: readonly (string | Buffer | null)[], from?: number): SourceBatch;
  count(table: string, where?: string): Promise<number>;
  rows(text: string, values?: unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** Counts by verdict over all sources, and whether consumed is their sum for each. */
  verdicts(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export async function createBatchHarness(): Promise<BatchHarness> {
  const database = await createTestDatabase();
  const pool = new pg.Pool({ connectionString: database.url('ingest'), max: 6 });
  const admin = new pg.Pool({ connectionString: database.url(), max: 2 });
  for (const each of [pool, admin]) each.on('error', () => undefined);
  const rows = async (text: string, values: unknown[] = []): Promise<readonly Record<string, unknown>[]> =>
    (await admin.query(text, values)).rows;
  return {
    database,
    pool,
    admin,
    writer: createEventBatchWriter({ pool }),
    source: (topic = randomUUID()) => openSource(pool, { clusterId: 'test', topic, partition: 0, org: 'daydream' }),
    batch: ({ source, nextOffset }, values, from = nextOffset) => ({
      source,
      expectedNextOffset: from,
      nextOffset: from + values.length,
      messages: values.map((value, index) => {
        const raw: RawMessage = {
          org: source.org,
          offset: from + index,
          value: typeof value === 'string' ? Buffer.from(value) : value,
          brokerAtMs: NOW,
          receivedAtMs: NOW,
        };
        return { message: raw, verdict: decode(raw, DEFAULT_DECODE_RULES) };
      }),
    }),
    count: async (table, where = 'true') =>
      Number((await rows(`select count(*) from ${table} where ${where}`))[0]?.count),
    rows,
    async verdicts() {
      const counted = await rows(`
        select s.source_id, s.consumed_count::int as consumed,
          sum(message_count)::int as total, jsonb_object_agg(verdict, n) as by_verdict
        from raw.source as s
        join (select source_id, verdict, sum(message_count) as message_count, sum(message_count)::int as n
          from raw.tally group by 1, 2) as t using (source_id)
        group by s.source_id`);
      const sums: Record<string, number> = {};
      for (const { consumed, total, by_verdict } of counted) {
        if (consumed !== total) throw new Error(`consumed ${consumed}, but ${total} verdicts`);
        for (const [verdict, n] of Object.entries(by_verdict as Record<string, number>)) {
          sums[verdict] = (sums[verdict] ?? 0) + n;
        }
      }
      return sums;
    },
    async close() {
      await Promise.all([pool.end(), admin.end()]);
      await database.drop();
    },
  };
}
