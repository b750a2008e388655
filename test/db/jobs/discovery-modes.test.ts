import { describe, expect, it } from 'vitest';
import { discovery, element, HOT_KEYS, MINUTE, report, T0 } from './discovery-samples.js';
import { readCore } from './fact-writer.js';
import { useResolving } from './resolving-harness.js';
import { steppingPool } from './stepping-pool.js';

const resolving = useResolving();

const stored = async () => (await readCore(resolving().admin)).discovery;
async function eventsOf(relation: string): Promise<readonly string[]> {
  const { rows } = await resolving().admin.query<{ id: string }>(
    `select distinct event_id as id from ${relation} order by 1`,
  );
  return rows.map(({ id }) => id);
}
async function markedBuckets(): Promise<readonly Date[]> {
  const { rows } = await resolving().admin.query<{ at: Date }>(
    `select distinct bucket_start as at from work.bucket_mark where rollup = 'discovery_5m' order by 1`,
  );
  return rows.map(({ at }) => at);
}
/** Finds of a message that never was, in a bucket of their own, and one too many of a message that was. */
const SURPLUS = `
insert into core.discovery
select bucket_start + interval '10 minutes', discovered_at + interval '10 minutes', org, 'none', ordinal, grain_id, orch_url,
  orch_address, is_known, latency_ms, latency_ms_histogram
from core.discovery where event_id = 'e' and ordinal = 1;
insert into core.discovery
select bucket_start, discovered_at, org, event_id, 9, grain_id, orch_url, orch_address, is_known, latency_ms, latency_ms_histogram
from core.discovery where event_id = 'e' and ordinal = 1`;
/** A message that no rule can read: a null where the contract has none. */
const DAMAGE = `
alter table fact.discovery_result alter column latencies_ms drop not null;
update fact.discovery_result set latencies_ms = null where event_id = 'bad'`;
const MEND = `
update fact.discovery_result set latencies_ms = '{77}' where event_id = 'bad';
alter table fact.discovery_result alter column latencies_ms set not null`;

async function damaged(work: () => Promise<void>): Promise<void> {
  await resolving().admin.query(DAMAGE);
  try {
    await work();
  } finally {
    await resolving().admin.query(MEND);
  }
}

describe('finds that no message accounts for', () => {
  const span = { from: new Date(T0 - 60 * MINUTE), to: new Date(T0 + 60 * MINUTE) };
  it.each([
    ['bootstrap', () => resolving().bootstrap()],
    ['repair', () => resolving().modes.repair(span)],
  ])('are removed by %s, and their buckets counted anew [PARITY-002]', async (_, run) => {
    const { admin, verify } = resolving();
    await resolving().send([report('s', T0 - MINUTE, 0), discovery('e', T0, [element(0), element(1)])]);
    await resolving().drain();
    const before = await stored();
    await admin.query(SURPLUS);
    await admin.query('truncate work.bucket_mark');
    expect((await verify()).differences.filter(({ kind }) => kind === 'surplus')).toHaveLength(2);
    await run();
    expect(await stored()).toEqual(before);
    expect(await markedBuckets()).toEqual([new Date(T0 - 3 * MINUTE), new Date(T0 + 7 * MINUTE)]);
    expect((await verify()).differences.filter(({ relation }) => relation === 'core.discovery')).toEqual([]);
    expect(await eventsOf('work.message_mark')).toEqual([]);
  });
});

describe('a rebuild of discoveries', () => {
  it('is part of the transaction: another sees the old finds with the old runs until it commits', async () => {
    const { admin, ownerPool, rebuildWith } = resolving();
    await resolving().send([report('s', T0 - MINUTE, 0), discovery('e', T0, [element(0), element(1)])]);
    await resolving().drain();
    const both = async (): Promise<string> => {
      const { capability_run: runs, discovery: finds } = await readCore(admin);
      return JSON.stringify({ runs, finds });
    };
    const right = await both();
    await admin.query(`update core.discovery set latency_ms = 1;
      update core.capability_run set last_at = last_at + interval '1 minute'`);
    const old = await both();
    const seen = new Set<string>();
    await rebuildWith(steppingPool(ownerPool, async () => seen.add(await both())));
    seen.add(await both());
    expect([...seen]).toEqual([old, right]);
  });

  it('leaves those it cannot make as they were, with their marks, and makes the others', async () => {
    const { admin, bootstrap, send, drain } = resolving();
    const ids = ['a', 'bad', 'b', 'refused', 'c'];
    await send(ids.map((id, n) => discovery(id, T0 + n, [element(0)])));
    await drain();
    const right = await stored();
    await admin.query('update core.discovery set latency_ms = 1');
    await admin.query(
      `alter table core.discovery add constraint refused check (event_id <> 'refused' or latency_ms = 1)`,
    );
    try {
      await damaged(async () => {
        expect(await bootstrap()).toMatchObject({ leftCount: 2 });
        const { rows } = await admin.query('select event_id, latency_ms::int as ms from core.discovery order by 1');
        const kept = rows.filter(({ ms }) => ms === 1).map(({ event_id }) => event_id);
        expect(kept).toEqual(['bad', 'refused']);
        expect(rows).toHaveLength(ids.length);
        expect(await eventsOf('work.message_mark')).toEqual(kept);
      });
    } finally {
      await admin.query('alter table core.discovery drop constraint refused');
    }
    expect(await drain()).toMatchObject({ leftCount: 0 });
    expect(await stored()).toEqual(right);
  });
});

describe('a message that a rule fails at', () => {
  it('keeps its mark and its finds, and holds up no other', async () => {
    const { send, drain } = resolving();
    await send([
      discovery('a', T0, [element(0)]),
      discovery('bad', T0, [element(0)]),
      discovery('b', T0, [element(0)]),
    ]);
    await damaged(async () => {
      expect(await drain()).toMatchObject({ leftCount: 1 });
      expect(await eventsOf('core.discovery')).toEqual(['a', 'b']);
      expect(await eventsOf('work.message_mark')).toEqual(['bad']);
    });
    expect(await drain()).toMatchObject({ leftCount: 0 });
    expect(await eventsOf('core.discovery')).toEqual(['a', 'b', 'bad']);
  });

  it('is counted by a verification, which compares the others', async () => {
    const { admin, send, drain, verify } = resolving();
    await send([
      discovery('a', T0, [element(0)]),
      discovery('bad', T0, [element(0)]),
      discovery('b', T0, [element(0)]),
    ]);
    await drain();
    await admin.query(`update core.discovery set latency_ms = 1 where event_id = 'b'`);
    await damaged(async () => {
      const { report: verified, differences } = await verify();
      expect(verified.messages.discovery).toEqual({ count: 2, waitingCount: 0, failedCount: 1 });
      const finds = differences.filter(({ relation }) => relation === 'core.discovery');
      expect(finds.map(({ key, column }) => [key.event_id, column])).toEqual([['b', 'latency_ms']]);
    });
  });
});

it('a dry run counts the messages that each mode would resolve', async () => {
  const { modes, send, drain } = resolving();
  const count = async (mode: 'tail' | 'bootstrap' | 'repair', minutes: number | null) => {
    const span = minutes === null ? null : { from: new Date(T0), to: new Date(T0 + minutes * MINUTE) };
    return (await modes.extentOf(mode, span)).messages.discovery;
  };
  await send([discovery('a', T0, [element(0)]), discovery('b', T0 + MINUTE, [{ address: HOT_KEYS[0] ?? '' }])]);
  expect(await count('tail', null)).toBe(2);
  await drain();
  expect(await count('tail', null)).toBe(0);
  expect(await count('bootstrap', null)).toBe(2);
  expect(await count('repair', 1)).toBe(1);
  expect(await count('repair', 2)).toBe(2);
});
