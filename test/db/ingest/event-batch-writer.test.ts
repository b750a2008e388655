import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/domain/verdict.js';
import { createSureWriter } from '../../../src/ingest/sure-writer.js';
import { createLog } from '../../../src/log.js';
import { createEventBatchWriter } from '../../../src/warehouse/writers/event-batch-writer.js';
import { waitFor } from '../../support/wait-for.js';
import { type BatchHarness, createBatchHarness, message, NOW, status } from './batch-harness.js';

const log = createLog({ level: 'silent', format: 'json' });
const element = (address: string, memoryFree: number, version = '1'): unknown => ({
  address,
  orch_uri: 'https://o.example:8935',
  capabilities: { version },
  hardware: [
    {
      pipeline: 'llm',
      model_id: 'm',
      gpu_info: { '0': { id: 'GPU-1', name: 'X', memory_total: 9, memory_free: memoryFree } },
    },
  ],
});

/** The verdict with a measure that its column cannot hold. */
function withHalfMicro(verdict: Verdict): Verdict {
  if (verdict.kind !== 'accepted' || verdict.event.fact.kind !== 'session') return verdict;
  const { fact } = verdict.event;
  const event = { ...fact.event, fpsMicro: 0.5 };
  return { ...verdict, event: { ...verdict.event, fact: { ...fact, event } } };
}

describe('event batch writer', () => {
  let db: BatchHarness;
  beforeEach(async () => {
    db = await createBatchHarness();
  });
  afterEach(async () => {
    await db.close();
  });

  it('counts duplicates inside a batch, in later batches and from other sources [LINEAGE-001]', async () => {
    const [one, other] = [await db.source(), await db.source()];
    const id = randomUUID();
    await db.writer.write([db.batch(one, [status(id), status(id), status()])]);
    await db.writer.write([db.batch(one, [status(id)], 3), db.batch(other, [status(id), status()])]);
    expect(await db.verdicts()).toEqual({ accepted: 3, duplicate: 3 });
    expect(await db.count('raw.event')).toBe(3);
    expect(await db.count('fact.session_event')).toBe(3);
  });

  it('keeps the first content of an id and counts other content as a conflict, and an equal id of another org as new', async () => {
    const opened = await db.source();
    const id = randomUUID();
    await db.writer.write([db.batch(opened, [status(id, 20), status(id, 20), status(id, 21)])]);
    await db.writer.write([db.batch(opened, [status(id, 20), status(id, 22)], 3)]);
    expect(await db.rows('select fps_micro::int from fact.session_event')).toEqual([{ fps_micro: 20_000_000 }]);
    expect(
      await db.rows("select message_count::int, conflict_count::int from raw.tally where verdict = 'duplicate'"),
    ).toEqual([{ message_count: 4, conflict_count: 2 }]);
    const foreign = await db.source();
    const batch = db.batch({ ...foreign, source: { ...foreign.source, org: 'cloudspe' } }, [status(id)]);
    await db.writer.write([batch]);
    expect(await db.count('raw.event')).toBe(2);
  });

  it('treats a v1 event of a sequence seen before as a duplicate, whatever its id', async () => {
    const opened = await db.source();
    const v1 = (event_id: string, sequence: number): string =>
      JSON.stringify({
        ...{ event_id, schema_version: 'v1', event_type: 'gateway.request.start', timestamp_ms: NOW },
        ...{ publisher_id: 'p', publisher_type: 'gateway', payload: { request_id: 'r', sequence } },
      });
    await db.writer.write([db.batch(opened, [v1('a', 1), v1('b', 1), v1('c', 2)])]);
    await db.writer.write([db.batch(opened, [v1('d', 2), v1('e', 3), v1('b', 1)], 3)]);
    expect((await db.rows('select event_id from raw.event order by 1')).map((row) => row.event_id)).toEqual([
      'a',
      'c',
      'e',
    ]);
    expect(await db.verdicts()).toEqual({ accepted: 3, duplicate: 3 });
  });

  it('writes nothing and says so when the offset is not where it was believed to be', async () => {
    const [one, other] = [await db.source(), await db.source()];
    await db.writer.write([db.batch(one, [status()])]);
    const result = await db.writer.write([db.batch(one, [status()], 0), db.batch(other, [status()])]);
    expect(result).toMatchObject({
      kind: 'lost',
      stored: [
        { sourceId: one.source.sourceId, nextOffset: 1 },
        { sourceId: other.source.sourceId, nextOffset: 0 },
      ],
    });
    expect(await db.count('raw.event')).toBe(1);
    expect(await db.verdicts()).toEqual({ accepted: 1 });
  });

  it('trims messages below the stored offset', async () => {
    const opened = await db.source();
    await db.writer.write([db.batch(opened, [status(), status()])]);
    const batch = db.batch(opened, [status(), status(), status(), status()], 0);
    await db.writer.write([{ ...batch, expectedNextOffset: 2 }]);
    expect(await db.verdicts()).toEqual({ accepted: 4 });
    expect(await db.rows('select next_offset::int from raw.source')).toEqual([{ next_offset: 4 }]);
  });

  it('lets one of two writers of the same offsets win, and each event be accepted once by writers of overlapping events', async () => {
    const sources = [await db.source(), await db.source(), await db.source()] as const;
    const shared = Array.from({ length: 300 }, () => status());
    const writers = sources.map((opened, index) =>
      createEventBatchWriter({ pool: db.pool }).write([db.batch(opened, index === 1 ? [...shared].reverse() : shared)]),
    );
    await Promise.all(writers);
    expect(await db.verdicts()).toEqual({ accepted: 300, duplicate: 600 });
    const race = await Promise.all([0, 1].map(() => db.writer.write([db.batch(sources[0], [status()], 300)])));
    expect(race.map(({ kind }) => kind).sort()).toEqual(['lost', 'written']);
    expect(await db.count('raw.event')).toBe(301);
  });

  it('rejects what is older than the floor as too_late, before looking for duplicates', async () => {
    const opened = await db.source();
    const id = randomUUID();
    await db.writer.write([db.batch(opened, [status(id)])]);
    await db.rows("update work.floor set raw_floor = '2026-01-09 12:00:00.001Z'");
    await db.writer.write([db.batch(opened, [status(id), status()], 1)]);
    expect(
      await db.rows("select reason, message_count::int, family from raw.tally where verdict = 'rejected'"),
    ).toEqual([{ reason: 'too_late', message_count: 2, family: 'ai_stream_status' }]);
    await db.rows("update work.floor set raw_floor = '2026-01-09 12:00:00Z'");
    await db.writer.write([db.batch(opened, [status()], 3)]);
    expect(await db.count('raw.event')).toBe(2);
  });

  it('holds the floor still from its check to its commit', async () => {
    const opened = await db.source();
    const blocker = await db.admin.connect();
    await blocker.query('begin');
    await blocker.query('lock table raw.tally in exclusive mode');
    const write = db.writer.write([db.batch(opened, [status()])]);
    const { rows: own } = await blocker.query<{ pid: number }>('select pg_backend_pid() as pid');
    const waiting = `select count(*)::int as n from pg_stat_activity where ${own[0]?.pid} = any (pg_blocking_pids(pid))`;
    await waitFor(async () => (await db.rows(waiting))[0]?.n === 1, { what: 'the batch to wait for the tally' });
    await blocker.query('savepoint before');
    await blocker.query("set local lock_timeout = '100ms'");
    await expect(blocker.query("update work.floor set raw_floor = '2026-02-01Z'")).rejects.toMatchObject({
      code: '55P03',
    });
    await blocker.query('rollback to before');
    await blocker.query('commit');
    blocker.release();
    expect(await write).toMatchObject({ kind: 'written' });
  });

  it('stores poison: U+0000, lone surrogates, tombstones, oversize, bytes that are no text [INGEST-004]', async () => {
    const opened = await db.source();
    const poison = message('ai_stream_events', {
      type: 'error',
      stream_id: 's\u0000\ud800',
      request_id: 'r',
      message: 'a\u0000b\udfff',
    });
    const values = [poison, null, Buffer.alloc(1_048_577, 0x20), Buffer.from([0xc3, 0x28, 0x00]), '{"id":"\u0000'];
    await db.writer.write([db.batch(opened, values)]);
    expect(await db.verdicts()).toEqual({ accepted: 1, rejected: 4 });
    expect(await db.rows('select stream_id, message from fact.session_event')).toEqual([
      { stream_id: 's', message: 'ab' },
    ]);
    const [raw] = await db.rows('select payload from raw.event');
    expect(raw?.payload).toBe(poison);
    expect(await db.count('raw.set_aside', 'message is null')).toBe(1);
    expect(await db.count('raw.set_aside', 'octet_length(message) = 1048577')).toBe(1);
  });

  it('keeps no client address: excised from raw, masked in what is set aside [PRIVACY-001]', async () => {
    const opened = await db.source();
    const payment = {
      ...{
        sessionID: 's',
        manifestID: 'm',
        sender: '0xA',
        recipient: '0xB',
        orchestrator: 'https://o',
        price: '1 wei/pixel',
      },
      ...{ faceValue: '10 WEI', numTickets: '1', winProb: '0.5', clientIP: '203.0.113.7' },
    };
    await db.writer.write([
      db.batch(opened, [
        message('create_new_payment', payment),
        message('webrtc_stats', { remote: '203.0.113.7:5000', v6: '2001:db8::7', client_ip: 'host-7.example' }),
      ]),
    ]);
    const [raw] = await db.rows('select payload from raw.event');
    const [aside] = await db.rows("select convert_from(message, 'UTF8') as text from raw.set_aside");
    for (const text of [raw?.payload, aside?.text]) {
      expect(text).not.toMatch(/203\.0|2001:db8|host-7/);
    }
    expect(JSON.parse(String(raw?.payload)).data.clientIP).toBe('');
  });

  it('stores a content once, a sighting per element, and counts unchanged ones [TYPED_RAW-002, TYPED_RAW-003]', async () => {
    const opened = await db.source();
    const report = (elements: unknown[], atMs: number): string => message('network_capabilities', elements, { atMs });
    await db.writer.write([
      db.batch(opened, [
        report([element('0xAA', 1), element('0xBB', 1), element('', 1)], NOW - 3000),
        report([element('0xAA', 2), element('0xBB', 2, '2')], NOW - 2000),
        // the first of the two is overwritten inside its message and counts as nothing
        report([element('0xAA', 3), element('0xAA', 4)], NOW - 1000),
      ]),
    ]);
    await db.writer.write([db.batch(opened, [report([element('0xAA', 5), element('0xBB', 3, '2')], NOW)], 3)]);
    expect(await db.count('fact.capability_sighting')).toBe(7);
    expect(await db.count('fact.capability_content')).toBe(2);
    expect(await db.count('fact.capability_usage')).toBe(7);
    expect(await db.rows('select unchanged_count::int, message_count::int from raw.tally')).toEqual([
      { unchanged_count: 4, message_count: 4 },
    ]);
    expect(await db.count('work.sighting_mark')).toBe(7);
  });

  it('marks each session and 5-minute slice once, with the smallest order key', async () => {
    const opened = await db.source();
    const at = (id: string, atMs: number): string =>
      message('ai_stream_status', { stream_id: 's', request_id: 'r', state: 'ONLINE' }, { id, atMs });
    await db.writer.write([db.batch(opened, [at('b', NOW), at('a', NOW), at('c', NOW + 1), at('d', NOW - 300_000)])]);
    expect(
      await db.rows(
        'select session_key, first_event_id, extract(epoch from slice_start)::int as slice from work.session_mark order by slice_start',
      ),
    ).toEqual([
      { session_key: 's|r', first_event_id: 'd', slice: NOW / 1000 - 300 },
      { session_key: 's|r', first_event_id: 'a', slice: NOW / 1000 },
    ]);
  });

  it('makes storage for days it has not seen, and again when it was dropped under it', async () => {
    const opened = await db.source();
    const old = message('ai_stream_status', { stream_id: 's', state: 'ONLINE' }, { atMs: Date.UTC(2003, 4, 5) });
    await db.writer.write([db.batch(opened, [old])]);
    expect(await db.count('raw.event')).toBe(1);
    await db.rows("select naap.drop_storage_before('raw.event', '2003-05-06Z')");
    const again = message('ai_stream_status', { stream_id: 's', state: 'ONLINE' }, { atMs: Date.UTC(2003, 4, 5) });
    await db.writer.write([db.batch(opened, [again], 1)]);
    expect(await db.count('raw.event')).toBe(1);
  });

  it('sets aside the one message that the database refuses, and writes the others [INGEST-004]', async () => {
    const opened = await db.source();
    await db.rows("alter table fact.session_event add constraint bad check (stream_id <> 'refused')");
    const values = Array.from({ length: 9 }, (_, index) =>
      message('ai_stream_status', {
        stream_id: index === 6 ? 'refused' : 's',
        request_id: String(index),
        state: 'ONLINE',
      }),
    );
    const writer = createSureWriter({ writer: db.writer, log });
    await writer.write([db.batch(opened, values), db.batch(await db.source(), [status()])]);
    expect(await db.verdicts()).toEqual({ accepted: 9, rejected: 1 });
    expect(await db.rows('select reason, detail, "offset"::int from raw.set_aside')).toEqual([
      { reason: 'schema_mismatch', detail: 'refused by the database', offset: 6 },
    ]);
  });

  it('leaves nothing behind when a fact cannot be encoded while the messages are being sent', async () => {
    const opened = await db.source();
    const batch = db.batch(opened, ['no JSON', status()]);
    const messages = batch.messages.map(({ message, verdict }) => ({ message, verdict: withHalfMicro(verdict) }));
    // one connection: whatever is sent after the rollback is sent before the next statement
    const pool = new pg.Pool({ connectionString: db.database.url('ingest'), max: 1 });
    try {
      await expect(createEventBatchWriter({ pool }).write([{ ...batch, messages }])).rejects.toThrow(/exact integer/);
      await pool.query('select');
    } finally {
      await pool.end();
    }
    expect(await db.count('raw.set_aside')).toBe(0);
    expect(await db.count('raw.event')).toBe(0);
    await db.writer.write([batch]);
    expect(await db.count('raw.event')).toBe(1);
  });

  it('bounds the families that nobody asked for', async () => {
    const opened = await db.source();
    const values = Array.from({ length: 300 }, (_, index) => message(`invented_${index}`, {}));
    await db.writer.write([db.batch(opened, [...values, message('x'.repeat(900), {})])]);
    expect(await db.count('raw.tally')).toBe(201);
    expect(await db.verdicts()).toEqual({ ignored: 301 });
  });
});
