import type { Pool } from 'pg';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/domain/event.js';
import { createResolver } from '../../../src/jobs/resolver.js';
import { createLog } from '../../../src/log.js';
import { ingestFacts, readCore } from './fact-writer.js';
import { KEY, type ResolverUnderTest, useResolver } from './resolver-harness.js';
import { longStream, MINUTE, sighting, status, T0 } from './session-samples.js';

const log = createLog({ level: 'silent', format: 'json' });
const underTest = useResolver();
let admin: Pool;
let empty: ResolverUnderTest['empty'];
let drain: ResolverUnderTest['drain'];
let rebuild: ResolverUnderTest['rebuild'];
let modes: ResolverUnderTest['modes'];

beforeAll(() => {
  ({ admin, empty, drain, rebuild, modes } = underTest());
});
beforeEach(() => empty());

const SESSIONS = 6;
const namesOf = (session: number) => ({ streamId: `stream-${session}`, requestId: `request-${session}` });
const keyOf = (session: number) => `stream-${session}|request-${session}`;
const idOf = (session: number, events: readonly SessionEvent[]) =>
  events.map((event) => ({ ...event, eventId: `${session}-${event.eventId}` }));
/** Streams of 12 minutes on one orchestrator each, in turn. */
const streams = Array.from({ length: SESSIONS }, (_, session) =>
  idOf(session, longStream(12, session % 2, namesOf(session))),
).flat();
/** One more event of every stream, in its last slice. */
const more = (name: string) =>
  Array.from({ length: SESSIONS }, (_, session) =>
    status(T0 + 12 * MINUTE + 30_000, `${session}-${name}`, session % 2, namesOf(session)),
  );

async function parked() {
  const { rows } = await admin.query(
    `select session_key, reason, attempt_count, retry_at, slice_starts, is_attribution_due, error
     from work.parked_session order by session_key`,
  );
  return rows;
}
const markCount = async () => (await admin.query('select from work.session_mark')).rowCount;
const sampleCounts = async () => {
  const { rows } = await admin.query<{ n: number }>(
    'select status_sample_count as n from core.session order by session_key',
  );
  return rows.map(({ n }) => n);
};
const damage = (session: number, column: 'r' | 'h') =>
  admin.query(
    `update core.session_slice set fold = jsonb_set(fold, '{${column}}', '"damaged"')
     where session_key = $1 and slice_start = (select max(slice_start) from core.session_slice where session_key = $1)`,
    [keyOf(session)],
  );

describe('a session whose stored state is damaged', () => {
  it('is parked with its marks while the rest of the drain goes on', async () => {
    await ingestFacts(admin, streams, [sighting(0, T0 - MINUTE), sighting(1, T0 - MINUTE)]);
    await drain();
    const before = await sampleCounts();
    await damage(2, 'r');
    await ingestFacts(admin, more('more'));
    const report = await drain(2);
    expect(report.parkedCount).toBe(1);
    expect(await markCount()).toBe(0);
    expect(await sampleCounts()).toEqual(before.map((count, session) => (session === 2 ? count : count + 1)));
    expect(await parked()).toMatchObject([
      {
        session_key: keyOf(2),
        reason: 'unreadable',
        attempt_count: 1,
        slice_starts: [new Date(T0 + 8 * MINUTE)],
        is_attribution_due: false,
        error: expect.stringContaining('TypeError'),
      },
    ]);
    const view = await admin.query('select id, org, reason, attempt_count, slice_count from api.parked_session');
    const { rows } = await admin.query('select session_id from core.session where session_key = $1', [keyOf(2)]);
    expect(view.rows).toEqual([
      { id: rows[0]?.session_id, org: 'daydream', reason: 'unreadable', attempt_count: 1, slice_count: 1 },
    ]);
  });

  it('is tried again when it is due, from its events, and is whole then', async () => {
    await ingestFacts(admin, streams, [sighting(0, T0 - MINUTE), sighting(1, T0 - MINUTE)]);
    await drain();
    await damage(2, 'r');
    await ingestFacts(admin, more('more'));
    const failedAt = new Date('2026-01-09T00:00:00Z');
    await drain(1, failedAt);
    expect((await parked())[0]?.retry_at).toEqual(new Date('2026-01-09T00:01:00Z'));
    await drain(1, new Date('2026-01-09T00:00:59Z'));
    expect(await parked()).toHaveLength(1);
    const report = await drain(1, new Date('2026-01-09T00:01:00Z'));
    expect(report).toMatchObject({ sessionCount: 1, parkedCount: 0 });
    expect(await parked()).toEqual([]);
    const healed = await readCore(admin);
    await rebuild();
    expect(await readCore(admin)).toEqual(healed);
  });

  it('is tried again when new marks arrive, however long its back-off', async () => {
    await ingestFacts(admin, streams, [sighting(0, T0 - MINUTE), sighting(1, T0 - MINUTE)]);
    await drain();
    await damage(2, 'r');
    await ingestFacts(admin, more('more'));
    await drain();
    await admin.query(`update work.parked_session set retry_at = '2100-01-01Z'`);
    await ingestFacts(admin, more('later'));
    await drain();
    expect(await parked()).toEqual([]);
    const healed = await readCore(admin);
    await rebuild();
    expect(await readCore(admin)).toEqual(healed);
  });
});

it('keeps neither parked sessions nor jobs nor payments waiting until no session is marked', async () => {
  await ingestFacts(admin, streams, [sighting(0, T0 - MINUTE), sighting(1, T0 - MINUTE)]);
  await drain();
  await damage(2, 'r');
  await ingestFacts(admin, more('more'));
  const decidedAt = new Date('2026-01-09T00:00:00Z');
  await drain(1, decidedAt);
  await admin.query('update work.parked_session set retry_at = $1', [new Date(decidedAt.getTime() + 1)]);
  const others = Array.from({ length: SESSIONS }, (_, index) => SESSIONS + index);
  await ingestFacts(
    admin,
    others.flatMap((session) => idOf(session, longStream(12, 0, namesOf(session)))),
  );
  await admin.query(`
    insert into work.job_mark (org, kind, request_id, event_id) values ('daydream', 'ai_batch', 'of-no-event', '');
    insert into work.payment_session_mark (org, session_key, request_id) values ('daydream', 'unpaid', '')`);
  const { pool } = underTest();
  const resolver = await createResolver({ pool, publicIdKey: KEY, batchMarks: 1, batchesPerTurn: 2, log });
  const stopping = new AbortController();
  let batches = 0;
  const onBatch = () => {
    batches += 1;
    if (batches === 12) stopping.abort();
  };
  await resolver.drain({ decidedAt, signal: stopping.signal, onBatch });
  expect(await markCount()).toBeGreaterThan(0);
  expect(await parked()).toEqual([]);
  expect((await admin.query('select from work.job_mark')).rowCount).toBe(0);
  expect((await admin.query(`select from work.payment_session_mark where session_key = 'unpaid'`)).rowCount).toBe(0);
});

describe('sessions that no attempt can resolve', () => {
  const contentOf = (orchestrator: number) =>
    `(select content_hash from fact.capability_sighting where address = '${sighting(orchestrator, 0).address}')`;

  it('stay as they are and are counted in tail, bootstrap and repair, with longer and longer waits', async () => {
    await ingestFacts(admin, streams, [sighting(0, T0 - MINUTE), sighting(1, T0 - MINUTE)]);
    await drain();
    const before = await readCore(admin);
    const content = await admin.query(
      `select content_hash, content from fact.capability_content where content_hash = ${contentOf(1)}`,
    );
    await admin.query(`update fact.capability_content set content = '{}' where content_hash = ${contentOf(1)}`);
    const fresh = await underTest().another();
    await ingestFacts(admin, more('more'));
    let at = Date.UTC(2026, 0, 9);
    for (const minutes of [1, 2, 4]) {
      expect(await fresh.drain({ decidedAt: new Date(at) })).toMatchObject({ parkedCount: 3 });
      expect(await markCount()).toBe(0);
      for (const one of await parked()) {
        expect(one).toMatchObject({ reason: 'unresolvable', retry_at: new Date(at + minutes * MINUTE) });
      }
      at += minutes * MINUTE;
    }
    const stored = async (session: number) =>
      Object.values(await readCore(admin))
        .flat()
        .filter((row) => row.includes(keyOf(session)));
    const oddBefore = Object.values(before)
      .flat()
      .filter((row) => row.includes(keyOf(1)));
    expect(await stored(1)).toEqual(oddBefore);

    const repaired = await modes(fresh).repair({ from: new Date(T0 - MINUTE), to: new Date(T0 + 60 * MINUTE) });
    expect(repaired).toMatchObject({ sessionCount: 3, parkedCount: 3 });
    expect(await stored(1)).toEqual(oddBefore);

    const rebuilt = await modes(fresh).bootstrap();
    expect(rebuilt).toMatchObject({ sessionCount: 3, parkedCount: 3 });
    expect(await stored(1)).toEqual(oddBefore);
    expect((await admin.query('select from core.decision where superseded_at is null')).rowCount).toBe(SESSIONS);

    await admin.query('update fact.capability_content set content = $2 where content_hash = $1', [
      content.rows[0]?.content_hash,
      content.rows[0]?.content,
    ]);
    const mended = await underTest().another();
    await mended.drain({ decidedAt: new Date('2100-01-01Z') });
    expect(await parked()).toEqual([]);
    // of capability contents, which never change by themselves, only a rebuild reads a mended one out again
    const ofSessions = async () => {
      const { session, segment, decision, session_start, session_bucket_5m, session_bucket_1h } = await readCore(admin);
      return { session, segment, decision, session_start, session_bucket_5m, session_bucket_1h };
    };
    const healed = await ofSessions();
    await rebuild();
    expect(await ofSessions()).toEqual(healed);
  });

  it('are singled out when the database refuses their rows', async () => {
    await admin.query(`alter table core.segment add constraint refused check (session_key <> '${keyOf(3)}')`);
    try {
      await ingestFacts(admin, streams, [sighting(0, T0 - MINUTE), sighting(1, T0 - MINUTE)]);
      const report = await drain();
      expect(report.sessionCount).toBeGreaterThanOrEqual(SESSIONS - 1);
      expect(await parked()).toMatchObject([{ session_key: keyOf(3), reason: 'refused' }]);
      expect((await admin.query('select from core.session')).rowCount).toBe(SESSIONS - 1);
      expect(await markCount()).toBe(0);
    } finally {
      await admin.query('alter table core.segment drop constraint refused');
    }
    await drain(1, new Date('2100-01-01Z'));
    const healed = await readCore(admin);
    expect(healed.session).toHaveLength(SESSIONS);
    await rebuild();
    expect(await readCore(admin)).toEqual(healed);
  });
});
