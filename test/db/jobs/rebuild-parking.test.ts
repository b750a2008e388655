import type { Pool } from 'pg';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { ingestFacts, readCore } from './fact-writer.js';
import { type ResolverUnderTest, useResolver } from './resolver-harness.js';
import { keyOf, namesOf, restlessStreams } from './restless-sessions.js';
import { longStream, MINUTE, sighting, T0 } from './session-samples.js';

const underTest = useResolver();
let admin: Pool;
let drain: ResolverUnderTest['drain'];
let rebuild: ResolverUnderTest['rebuild'];
beforeAll(() => {
  ({ admin, drain, rebuild } = underTest());
});
beforeEach(() => underTest().empty());

const SESSIONS = 6;
/** Streams of 12 minutes on one orchestrator each, in turn. */
const streams = Array.from({ length: SESSIONS }, (_, session) =>
  longStream(12, session % 2, namesOf(session)).map((event) => ({ ...event, eventId: `${session}-${event.eventId}` })),
).flat();

const STORED = [
  ...['session', 'segment', 'swap', 'decision', 'session_slice', 'session_start'],
  ...['session_bucket_5m', 'session_bucket_1h', 'session_ingest_5m', 'session_ingest_1h', 'session_gpu_reading'],
];
const storedOf = async (session: number): Promise<Record<string, string[]>> => {
  const core = Object.entries(await readCore(admin));
  return Object.fromEntries(core.map(([name, rows]) => [name, rows.filter((row) => row.includes(keyOf(session)))]));
};
async function parked() {
  const { rows } = await admin.query(
    `select session_key, reason, attempt_count, slice_starts, is_attribution_due, error
     from work.parked_session order by session_key`,
  );
  return rows;
}
const refuse = (table: string, condition: string) =>
  admin.query(`alter table ${table} add constraint refused check (not (${condition})) not valid`);
const accept = (table: string) => admin.query(`alter table ${table} drop constraint refused`);

it.each([
  ['core.session', `session_key = '${keyOf(3)}'`, [3]],
  ['core.segment', `session_key = '${keyOf(3)}'`, [3]],
  ['core.session_bucket_1h', `session_key in ('${keyOf(0)}', '${keyOf(5)}')`, [0, 5]],
  ['core.session_slice', `session_key = '${keyOf(3)}'`, [3]],
  ['core.decision', `session_key = '${keyOf(3)}'`, [3]],
  ['core.grain', `orchestrator_address = '${sighting(1, 0).address}'`, [1, 3, 5]],
])('parks the sessions whose rows %s refuses and writes the others', async (table, condition, odd) => {
  await ingestFacts(admin, streams, [sighting(0, T0 - MINUTE), sighting(1, T0 - MINUTE)]);
  await refuse(table, condition);
  try {
    expect(await rebuild()).toMatchObject({ sessionCount: SESSIONS - odd.length, parkedCount: odd.length });
    expect(await parked()).toMatchObject(
      odd.map((session) => ({
        session_key: keyOf(session),
        reason: 'refused',
        attempt_count: 1,
        slice_starts: [0, 5, 10].map((minute) => new Date(T0 + (minute - 2) * MINUTE)),
        is_attribution_due: true,
        error: expect.stringContaining('refused'),
      })),
    );
    expect((await admin.query('select from core.session')).rowCount).toBe(SESSIONS - odd.length);
  } finally {
    await accept(table);
  }
  await drain(1, new Date('2100-01-01Z'));
  expect(await parked()).toEqual([]);
  const healed = await readCore(admin);
  await rebuild();
  expect(await readCore(admin)).toEqual(healed);
});

it.each([
  ['core.session', 'error_count > 0'],
  ['core.session_ingest_1h', 'sample_count > 2'],
  ['core.swap', "reason = 'again'"],
])('leaves what is stored of a session whose new rows %s refuses, in every table', async (table, condition) => {
  await ingestFacts(admin, restlessStreams(SESSIONS, 'old', 0), [sighting(0, T0 - MINUTE), sighting(1, T0 - MINUTE)]);
  await drain();
  const before = await storedOf(2);
  for (const name of STORED) expect(before[name], name).not.toEqual([]);
  const others = await storedOf(4);
  await ingestFacts(admin, restlessStreams(SESSIONS, 'again', 15 * MINUTE));
  await refuse(table, `session_key = '${keyOf(2)}' and ${condition}`);
  try {
    expect(await rebuild()).toMatchObject({ sessionCount: SESSIONS - 1, parkedCount: 1 });
    expect(await storedOf(2)).toEqual(before);
    for (const name of STORED) expect((await storedOf(4))[name], name).not.toEqual(others[name]);
  } finally {
    await accept(table);
  }
  await drain(1, new Date('2100-01-01Z'));
  expect(await parked()).toEqual([]);
  const healed = await readCore(admin);
  await rebuild();
  expect(await readCore(admin)).toEqual(healed);
});

it('loses what was stored of a session that the database refuses by now as well, and of no other [FACT-002]', async () => {
  await ingestFacts(admin, restlessStreams(SESSIONS, 'old', 0), [sighting(0, T0 - MINUTE), sighting(1, T0 - MINUTE)]);
  await drain();
  const before = await readCore(admin);
  await refuse('core.segment', `session_key = '${keyOf(2)}'`);
  try {
    expect(await rebuild()).toMatchObject({ sessionCount: SESSIONS - 1, parkedCount: 1 });
    expect(await parked()).toMatchObject([{ session_key: keyOf(2), reason: 'refused' }]);
    expect((await storedOf(2)).session).toEqual([]);
    for (const session of [0, 1, 3, 4, 5]) expect((await storedOf(session)).segment).toHaveLength(2);
  } finally {
    await accept('core.segment');
  }
  await drain(1, new Date('2100-01-01Z'));
  expect(await parked()).toEqual([]);
  expect(await readCore(admin)).toEqual(before);
});

it('stops for what is no fault of a row', async () => {
  await ingestFacts(admin, streams);
  await admin.query('alter table core.swap rename to swap_elsewhere');
  try {
    await expect(rebuild()).rejects.toThrow('core.swap');
  } finally {
    await admin.query('alter table core.swap_elsewhere rename to swap');
  }
});
