import type { ClientBase } from 'pg';
import { extendedRun, runsOf, type SightedRun } from '../../domain/capability-runs.js';
import { byKey, keyOf, keyText, type SightingRow, sightingOf } from '../readers/sighting-stream.js';
import { type MarkedSightings, type SightingKey, SPANS, spanValues } from './sighting-mark-store.js';

export interface KeyRuns {
  readonly key: SightingKey;
  readonly runs: readonly SightedRun[];
}

const REMOVE_OPEN_RUNS = `
delete from core.capability_run as r using work.floor as f where r.next_at is null or r.next_at >= f.raw_floor`;

/** Removes every run but those that are final: no sighting can change them any more, and most of theirs are gone. */
export async function removeOpenRuns(client: ClientBase): Promise<void> {
  await client.query(REMOVE_OPEN_RUNS);
}

// The run that each key's first new sighting falls into, and every sighting from that one to the last new one.
const NEIGHBOURS = {
  name: 'capability-run-store/neighbours',
  text: `
select k.org, k.address, k.uri, r.first_at, r.last_at, r.next_at, r.content_hash, r.local_address, r.first_event_id,
  r.last_event_id, s.news
from ${SPANS}
cross join lateral (
  select r.*
  from core.capability_run as r
  where r.org = k.org and r.address = k.address and r.uri = k.uri and r.first_at < k.first_at
  order by r.first_at desc
  limit 1
) as r
cross join lateral (
  select jsonb_agg(jsonb_build_array(s.observed_at, s.event_id, s.content_hash, s.local_address)) as news
  from fact.capability_sighting as s
  where s.org = k.org and s.address = k.address and s.uri = k.uri
    and s.observed_at >= k.first_at and s.observed_at <= k.last_at
) as s`,
};
const SAVE_END = {
  name: 'capability-run-store/save-end',
  text: `
update core.capability_run as r
set last_at = e.last_at, last_event_id = e.last_event_id
from jsonb_to_recordset($1::jsonb)
  as e (org text, address text, uri text, first_at timestamptz, last_at timestamptz, last_event_id text)
where r.org = e.org and r.address = e.address and r.uri = e.uri and r.first_at = e.first_at
  and (r.last_at, r.last_event_id) is distinct from (e.last_at, e.last_event_id)`,
};

// From the run before the one the first new sighting falls into, which keeps its start, to the start of the second run
// after the last new sighting: the first after it may turn out to continue what is new. Final runs stay out of it.
const WINDOWS = {
  name: 'capability-run-store/windows',
  text: `
select k.org, k.address, k.uri,
  greatest(case when k.first_at >= f.raw_floor then (
    select max(r.next_at)
    from core.capability_run as r
    where r.org = k.org and r.address = k.address and r.uri = k.uri and r.next_at < f.raw_floor
  ) end, (
    select min(b.first_at)
    from (
      select r.first_at
      from core.capability_run as r
      where r.org = k.org and r.address = k.address and r.uri = k.uri and r.first_at < k.first_at
      order by r.first_at desc
      limit 2
    ) as b
    having count(*) = 2
  )) as "firstAt",
  (
    select r.first_at
    from core.capability_run as r
    where r.org = k.org and r.address = k.address and r.uri = k.uri and r.first_at > k.last_at
    order by r.first_at
    offset 1
    limit 1
  ) as "lastAt"
from ${SPANS}
cross join work.floor as f`,
};
const IN_WINDOW = (time: string) =>
  `(k.first_at is null or ${time} >= k.first_at) and (k.last_at is null or ${time} < k.last_at)`;
const WINDOW_SIGHTINGS = {
  name: 'capability-run-store/window-sightings',
  text: `
select s.org, s.address, s.uri, s.observed_at, s.event_id, s.content_hash, s.local_address
from ${SPANS}
join fact.capability_sighting as s
  on s.org = k.org and s.address = k.address and s.uri = k.uri and ${IN_WINDOW('s.observed_at')}
order by s.org, s.address, s.uri`,
};
const REMOVE_WINDOWS = {
  name: 'capability-run-store/remove-windows',
  text: `
delete from core.capability_run as r
using ${SPANS}
where r.org = k.org and r.address = k.address and r.uri = k.uri and ${IN_WINDOW('r.first_at')}`,
};

/**
 * Makes the runs around new sightings what the set of sightings says. The caller holds the runs' lock exclusively.
 *
 * A sighting that repeats the run in force costs one index probe; any other reads the sightings of its neighbouring
 * runs.
 */
export async function recomputeRuns(client: ClientBase, marked: readonly MarkedSightings[]): Promise<void> {
  if (marked.length === 0) return;
  const extended = await extendRuns(client, marked);
  const changed = marked.filter((one) => !extended.has(keyText(one)));
  if (changed.length === 0) return;
  const { rows: windows } = await client.query<SightingKey & { firstAt: Date | null; lastAt: Date | null }>({
    ...WINDOWS,
    values: spanValues(changed),
  });
  const values = spanValues(windows);
  const endOf = new Map(windows.map((window) => [keyText(window), window.lastAt?.getTime() ?? null]));
  const { rows } = await client.query<SightingRow>({ ...WINDOW_SIGHTINGS, values });
  await client.query({ ...REMOVE_WINDOWS, values });
  await insertRuns(
    client,
    byKey(rows).map((own) => {
      const key = keyOf(own);
      return { key, runs: runsOf(own.map(sightingOf), endOf.get(keyText(key)) ?? null) };
    }),
  );
}

/** The usual case: a report says what was in force, so that its run only grows. Answers the keys that this is true of. */
async function extendRuns(client: ClientBase, marked: readonly MarkedSightings[]): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<RunRow & { readonly news: readonly [string, string, string, string][] | null }>({
    ...NEIGHBOURS,
    values: spanValues(marked),
  });
  const extended = rows.flatMap(({ news, ...row }) => {
    const sightings = (news ?? []).map(([at, eventId, contentHash, localAddress]) => {
      return { observedAtMs: Date.parse(at), eventId, contentHash, localAddress };
    });
    const run = extendedRun(runOfRow(row), sightings);
    return run === null ? [] : [{ key: keyOf([row]), run }];
  });
  const ends = extended.map(({ key, run }) => ({ ...key, ...rowOfRun(run) }));
  if (ends.length > 0) await client.query({ ...SAVE_END, values: [JSON.stringify(ends)] });
  return new Set(extended.map(({ key }) => keyText(key)));
}

const INSERT = {
  name: 'capability-run-store/insert',
  text: `
insert into core.capability_run
select * from jsonb_populate_recordset(null::core.capability_run, $1::jsonb)`,
};

/** Adds runs that are not there. */
export async function insertRuns(client: ClientBase, all: readonly KeyRuns[]): Promise<void> {
  const rows = all.flatMap(({ key, runs }) => runs.map((run) => ({ ...key, ...rowOfRun(run) })));
  if (rows.length > 0) await client.query({ ...INSERT, values: [JSON.stringify(rows)] });
}

interface RunRow extends SightingKey {
  readonly first_at: Date;
  readonly last_at: Date;
  readonly next_at: Date | null;
  readonly content_hash: string;
  readonly local_address: string;
  readonly first_event_id: string;
  readonly last_event_id: string;
}

function runOfRow(row: RunRow): SightedRun {
  return {
    firstAtMs: row.first_at.getTime(),
    lastAtMs: row.last_at.getTime(),
    nextAtMs: row.next_at?.getTime() ?? null,
    contentHash: row.content_hash,
    localAddress: row.local_address,
    firstEventId: row.first_event_id,
    lastEventId: row.last_event_id,
  };
}

function rowOfRun(run: SightedRun): Omit<RunRow, keyof SightingKey> {
  return {
    first_at: new Date(run.firstAtMs),
    last_at: new Date(run.lastAtMs),
    next_at: run.nextAtMs === null ? null : new Date(run.nextAtMs),
    content_hash: run.contentHash,
    local_address: run.localAddress,
    first_event_id: run.firstEventId,
    last_event_id: run.lastEventId,
  };
}
