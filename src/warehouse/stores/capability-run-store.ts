import type { ClientBase } from 'pg';
import type { CapabilityRunRow } from '../../domain/capability-index.js';
import type { CapabilityContent } from '../../domain/event.js';

/** The key of a series of sightings. */
export interface SightingKey {
  readonly org: string;
  readonly address: string;
  readonly uri: string;
}

const TAKE_MARKS = {
  name: 'capability-run-store/take-marks',
  text: `
with taken as (
  delete from work.sighting_mark
  where mark_id = any (array(select mark_id from work.sighting_mark order by mark_id limit $1))
  returning org, address, uri, observed_at
)
select org, address, uri, count(*)::int as mark_count, min(observed_at) as first_at, max(observed_at) as last_at
from taken
group by 1, 2, 3`,
};

/** The marked sightings of one key: from the earliest to the latest. */
export interface MarkedSightings extends SightingKey {
  readonly markCount: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** Takes up to `limit` of the oldest sighting marks, by key. */
export async function takeSightingMarks(client: ClientBase, limit: number): Promise<MarkedSightings[]> {
  const { rows } = await client.query<{
    org: string;
    address: string;
    uri: string;
    mark_count: number;
    first_at: Date;
    last_at: Date;
  }>({ ...TAKE_MARKS, values: [limit] });
  return rows.map(({ mark_count: markCount, first_at: firstAt, last_at: lastAt, ...key }) => ({
    ...key,
    markCount,
    firstAt,
    lastAt,
  }));
}

/**
 * Runs from sightings, gaps and islands per key. Of several sightings at one instant the last by event id counts: the
 * others are in force for no time. `windows` is a FROM item (org, address, uri, from_at, to_at); a window begins where
 * a run begins for certain and ends there too, so that its runs need nothing outside it.
 */
function runsOf(windows: string): string {
  return `
with sighting as (
  select distinct on (s.org, s.address, s.uri, s.observed_at)
    s.org, s.address, s.uri, s.observed_at, s.event_id, s.content_hash, s.local_address, w.to_at
  from ${windows} as w
  join fact.capability_sighting as s
    on s.org = w.org and s.address = w.address and s.uri = w.uri
      and (w.from_at is null or s.observed_at >= w.from_at) and (w.to_at is null or s.observed_at < w.to_at)
  order by s.org, s.address, s.uri, s.observed_at, s.event_id desc
),
edged as (
  select *, content_hash is distinct from lag(content_hash) over k as begins
  from sighting
  window k as (partition by org, address, uri order by observed_at)
),
numbered as (
  select *, count(*) filter (where begins) over (partition by org, address, uri order by observed_at) as run_number
  from edged
),
run as (
  select org, address, uri, run_number, to_at,
    min(observed_at) as first_at,
    max(observed_at) as last_at,
    min(content_hash) as content_hash,
    min(local_address) as local_address,
    (array_agg(event_id order by observed_at))[1] as first_event_id,
    (array_agg(event_id order by observed_at desc))[1] as last_event_id
  from numbered
  group by org, address, uri, run_number, to_at
)
insert into core.capability_run
  (org, address, uri, first_at, last_at, next_at, content_hash, local_address, first_event_id, last_event_id)
select org, address, uri, first_at, last_at,
  coalesce(lead(first_at) over (partition by org, address, uri order by first_at), to_at),
  content_hash, local_address, first_event_id, last_event_id
from run`;
}

const REBUILD_ALL = runsOf(
  '(select distinct org, address, uri, null::timestamptz as from_at, null::timestamptz as to_at from fact.capability_sighting)',
);

/** Recomputes every run of every key. */
export async function rebuildAllRuns(client: ClientBase): Promise<void> {
  await client.query('delete from core.capability_run');
  await client.query(REBUILD_ALL);
}

/** Marked sightings as a FROM item `k`: the parameters that `spanValues` makes. */
export const NEW_SIGHTINGS = `unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
  as k (org, address, uri, first_at, last_at)`;

// The usual case: the report says what was in force, so the run only grows at its end or not at all.
const EXTEND = {
  name: 'capability-run-store/extend',
  text: `
with k as (select * from ${NEW_SIGHTINGS}),
fitting as (
  select k.*, r.first_at as run_first_at, newest.observed_at as newest_at, newest.event_id as newest_event_id
  from k
  cross join lateral (
    select r.first_at, r.last_at, r.next_at, r.content_hash
    from core.capability_run as r
    where r.org = k.org and r.address = k.address and r.uri = k.uri and r.first_at < k.first_at
    order by r.first_at desc
    limit 1
  ) as r
  cross join lateral (
    select bool_and(s.content_hash = r.content_hash) as is_same
    from fact.capability_sighting as s
    where s.org = k.org and s.address = k.address and s.uri = k.uri
      and s.observed_at >= k.first_at and s.observed_at <= k.last_at
  ) as marked
  cross join lateral (
    select s.observed_at, s.event_id
    from fact.capability_sighting as s
    where s.org = k.org and s.address = k.address and s.uri = k.uri
      and s.observed_at >= k.first_at and s.observed_at <= greatest(k.last_at, r.last_at)
    order by s.observed_at desc, s.event_id desc
    limit 1
  ) as newest
  where marked.is_same and (r.next_at is null or k.last_at < r.next_at)
),
extended as (
  update core.capability_run as r
  set last_at = f.newest_at, last_event_id = f.newest_event_id
  from fitting as f
  where r.org = f.org and r.address = f.address and r.uri = f.uri and r.first_at = f.run_first_at
    and (r.last_at, r.last_event_id) is distinct from (f.newest_at, f.newest_event_id)
)
select k.org, k.address, k.uri
from k
where not exists (select from fitting as f where f.org = k.org and f.address = k.address and f.uri = k.uri)`,
};

// From the run before the one the first new sighting falls into, which keeps its start, to the start of the second run
// after the last new sighting: the first after it may turn out to continue what is new.
const WINDOWS = {
  name: 'capability-run-store/windows',
  text: `
select k.org, k.address, k.uri,
  (
    select min(b.first_at)
    from (
      select r.first_at
      from core.capability_run as r
      where r.org = k.org and r.address = k.address and r.uri = k.uri and r.first_at < k.first_at
      order by r.first_at desc
      limit 2
    ) as b
    having count(*) = 2
  ) as from_at,
  (
    select r.first_at
    from core.capability_run as r
    where r.org = k.org and r.address = k.address and r.uri = k.uri and r.first_at > k.last_at
    order by r.first_at
    offset 1
    limit 1
  ) as to_at
from ${NEW_SIGHTINGS}`,
};
const REMOVE_WINDOWS = {
  name: 'capability-run-store/remove-windows',
  text: `
delete from core.capability_run as r
using unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]) as w (org, address, uri, from_at, to_at)
where r.org = w.org and r.address = w.address and r.uri = w.uri
  and (w.from_at is null or r.first_at >= w.from_at) and (w.to_at is null or r.first_at < w.to_at)`,
};
const INSERT_WINDOWS = {
  name: 'capability-run-store/insert-windows',
  text: runsOf(
    '(select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]) as w (org, address, uri, from_at, to_at))',
  ),
};

export interface KeySpan extends SightingKey {
  readonly firstAt: Date | null;
  readonly lastAt: Date | null;
}

/**
 * Makes the runs around new sightings what the set of sightings says. The caller holds the runs' lock exclusively.
 *
 * A sighting that repeats the run in force costs one index probe; any other reads the sightings of its neighbouring
 * runs.
 */
export async function recomputeRuns(client: ClientBase, marked: readonly MarkedSightings[]): Promise<void> {
  if (marked.length === 0) return;
  const byKey = new Map(marked.map((one) => [keyText(one), one]));
  const hard = await client.query<SightingKey>({ ...EXTEND, values: spanValues(marked) });
  const changed = hard.rows.flatMap((key) => byKey.get(keyText(key)) ?? []);
  if (changed.length === 0) return;
  const windows = await client.query<SightingKey & { from_at: Date | null; to_at: Date | null }>({
    ...WINDOWS,
    values: spanValues(changed),
  });
  const values = spanValues(windows.rows.map((row) => ({ ...row, firstAt: row.from_at, lastAt: row.to_at })));
  await client.query({ ...REMOVE_WINDOWS, values });
  await client.query({ ...INSERT_WINDOWS, values });
}

export function spanValues(spans: readonly KeySpan[]): unknown[] {
  return [
    spans.map(({ org }) => org),
    spans.map(({ address }) => address),
    spans.map(({ uri }) => uri),
    spans.map(({ firstAt }) => firstAt),
    spans.map(({ lastAt }) => lastAt),
  ];
}

function keyText({ org, address, uri }: SightingKey): string {
  return JSON.stringify([org, address, uri]);
}

// A sighting can change what lies after the previous sighting of its key, less the 30 s of grace. Sessions are found by
// any URL or address they ever showed.
const CONCERNED = {
  name: 'capability-run-store/concerned-sessions',
  text: `
with k as (select * from ${NEW_SIGHTINGS}),
since as (
  select k.org, k.address, k.uri,
    coalesce(
      (
        select max(s.observed_at)
        from fact.capability_sighting as s
        where s.org = k.org and s.address = k.address and s.uri = k.uri and s.observed_at < k.first_at
      ),
      k.first_at
    ) - interval '30 seconds' as since_at
  from k
),
shown as (
  select org, address as identity, since_at from since
  union
  select org, uri, since_at from since where uri <> ''
  union
  select s.org, r.local_address, s.since_at
  from since as s
  join core.capability_run as r on r.org = s.org and r.address = s.address and r.uri = s.uri
  where r.local_address <> ''
),
earliest as (
  select org, identity, min(since_at) as since_at from shown group by 1, 2
)
select distinct s.org, s.session_key as "sessionKey"
from earliest as e
join core.session_identity as i on i.org = e.org and i.identity = e.identity
join core.session as s on s.org = i.org and s.session_key = i.session_key
cross join work.floor as f
where s.last_seen_at >= e.since_at and s.first_seen_at >= f.raw_floor`,
};

/** Stored sessions whose attribution the new sightings can change. */
export async function readConcernedSessions(
  client: ClientBase,
  marked: readonly MarkedSightings[],
): Promise<{ readonly org: string; readonly sessionKey: string }[]> {
  if (marked.length === 0) return [];
  const { rows } = await client.query<{ org: string; sessionKey: string }>({
    ...CONCERNED,
    values: spanValues(marked),
  });
  return rows;
}

interface RunRow {
  readonly org: string;
  readonly address: string;
  readonly uri: string;
  readonly first_at: Date;
  readonly last_at: Date;
  readonly next_at: Date | null;
  readonly content_hash: string;
  readonly local_address: string;
  readonly first_event_id: string;
  readonly last_event_id: string;
}

const READ_RUNS = {
  name: 'capability-run-store/read',
  text: `
with q as (select distinct * from unnest($1::text[], $2::text[]) as q (org, identity))
select r.* from q join core.capability_run as r on r.org = q.org and r.address = q.identity
union
select r.* from q join core.capability_run as r on r.org = q.org and r.uri = q.identity
union
select r.* from q join core.capability_run as r on r.org = q.org and r.local_address = q.identity`,
};
const READ_ALL_RUNS = { name: 'capability-run-store/read-all', text: 'select * from core.capability_run' };
const READ_CONTENTS = {
  name: 'capability-run-store/contents',
  text: 'select content_hash, content from fact.capability_content where content_hash = any ($1)',
};

const KEPT_CONTENTS = 5_000;

export interface CapabilityReader {
  /** Runs of every URL, address and local address named, with their contents. */
  readRuns(
    client: ClientBase,
    identities: readonly { readonly org: string; readonly identity: string }[],
  ): Promise<CapabilityRunRow[]>;
  readAllRuns(client: ClientBase): Promise<CapabilityRunRow[]>;
}

/** Reads runs; contents, which never change under their hash, are kept between calls. */
export function createCapabilityReader(): CapabilityReader {
  const contents = new Map<string, CapabilityContent>();

  async function withContents(client: ClientBase, rows: readonly RunRow[]): Promise<CapabilityRunRow[]> {
    const missing = [...new Set(rows.map((row) => row.content_hash))].filter((hash) => !contents.has(hash));
    if (contents.size + missing.length > KEPT_CONTENTS) {
      contents.clear();
      missing.splice(0, missing.length, ...new Set(rows.map((row) => row.content_hash)));
    }
    if (missing.length > 0) {
      const read = await client.query<{ content_hash: string; content: CapabilityContent }>({
        ...READ_CONTENTS,
        values: [missing],
      });
      for (const row of read.rows) contents.set(row.content_hash, row.content);
    }
    return rows.flatMap((row) => {
      const content = contents.get(row.content_hash);
      if (content === undefined) return [];
      return [
        {
          org: row.org,
          address: row.address,
          uri: row.uri,
          firstAt: row.first_at,
          lastAt: row.last_at,
          nextAt: row.next_at,
          contentHash: row.content_hash,
          localAddress: row.local_address,
          firstEventId: row.first_event_id,
          lastEventId: row.last_event_id,
          content,
        },
      ];
    });
  }

  return {
    async readRuns(client, identities) {
      if (identities.length === 0) return [];
      const { rows } = await client.query<RunRow>({
        ...READ_RUNS,
        values: [identities.map(({ org }) => org), identities.map(({ identity }) => identity)],
      });
      return withContents(client, rows);
    },
    async readAllRuns(client) {
      const { rows } = await client.query<RunRow>(READ_ALL_RUNS);
      return withContents(client, rows);
    },
  };
}
