import type { ClientBase } from 'pg';
import type { Sighting } from '../../domain/capability-runs.js';
import type { SightingKey } from '../stores/sighting-mark-store.js';
import { fetchRows } from './cursor.js';

export interface SightingRow extends SightingKey {
  readonly observed_at: Date;
  readonly event_id: string;
  readonly content_hash: string;
  readonly local_address: string;
}

/** A sighting, or a key that has none. */
type StreamedRow = SightingRow | (SightingKey & { readonly event_id: null });

/** The sightings of one key that its final runs do not stand for; of those inside a run, which change none, not all. */
export interface KeySightings {
  readonly key: SightingKey;
  readonly sightings: readonly Sighting[];
}

const ROWS_PER_FETCH = 20_000;
const COLUMNS = 's.observed_at, s.event_id, s.content_hash, s.local_address';
// Runs that ended before the raw floor are final: no sighting can come there any more, and most have been dropped. The
// runs of a key that are not begin with the sighting that ended the last final one.
const FINAL = `final as (
  select r.org, r.address, r.uri, max(r.next_at) as until_at
  from core.capability_run as r join work.floor as f on r.next_at < f.raw_floor
  group by r.org, r.address, r.uri
)`;
const IS_OPEN = '(f.until_at is null or s.observed_at >= f.until_at)';
const ALL = `
select org, address, uri, ${COLUMNS}
from fact.capability_sighting as s
left join final as f using (org, address, uri)
where ${IS_OPEN}`;
// A key without a sighting has one row, all null but for the key.
const WITHIN = `
select k.org, k.address, k.uri, ${COLUMNS}
from (
  select org, address, uri from fact.capability_sighting where observed_at >= $1 and observed_at < $2
  union
  select org, address, uri from core.capability_run where last_at >= $1 and first_at < $2
) as k
left join final as f on f.org = k.org and f.address = k.address and f.uri = k.uri
left join fact.capability_sighting as s on s.org = k.org and s.address = k.address and s.uri = k.uri and ${IS_OPEN}`;
// Of a week's 711,600 sightings 7,500 stand at the edge of a run; sending all of them here was half of a rebuild's CPU.
// Inside a run is one whose neighbours say the same, at instants of their own: then neither it nor a neighbour is one of
// several at an instant, whose last decides where a run begins and ends.
const edgesOf = (sightings: string) => `
with ${FINAL}, placed as (
  select s.*,
    lag(content_hash) over of_key = content_hash and content_hash = lead(content_hash) over of_key
      and lag(observed_at) over of_key <> observed_at and observed_at <> lead(observed_at) over of_key
      and lead(observed_at) over of_key <> lead(observed_at, 2) over of_key as is_inside
  from (${sightings}) as s
  window of_key as (partition by org, address, uri order by observed_at, event_id)
)
select org, address, uri, ${COLUMNS}
from placed as s
where is_inside is not true
order by org, address, uri, observed_at, event_id`;

/**
 * The sightings that the runs of every key begin and end with, or of the keys with a sighting or a run in `[from, to)`,
 * some thousand at a time and each key whole but for the sightings of runs that are final. Inside a transaction.
 */
export async function* streamSightings(
  client: ClientBase,
  within?: { readonly from: Date; readonly to: Date },
): AsyncGenerator<readonly KeySightings[], void, undefined> {
  const query =
    within === undefined ? { text: edgesOf(ALL) } : { text: edgesOf(WITHIN), values: [within.from, within.to] };
  let rest: StreamedRow[] = [];
  for await (const rows of fetchRows<StreamedRow>(client, { cursor: 'sighting', ...query }, ROWS_PER_FETCH)) {
    const groups = byKey([...rest, ...rows]);
    // the last key may go on in the next rows
    rest = groups.pop() ?? [];
    yield groups.map(keySightings);
  }
  yield byKey(rest).map(keySightings);
}

function keySightings(own: OfOneKey<StreamedRow>): KeySightings {
  return { key: keyOf(own), sightings: own.flatMap((row) => (row.event_id === null ? [] : sightingOf(row))) };
}

export function sightingOf(row: SightingRow): Sighting {
  return {
    observedAtMs: row.observed_at.getTime(),
    eventId: row.event_id,
    contentHash: row.content_hash,
    localAddress: row.local_address,
  };
}

type OfOneKey<Row> = [Row, ...Row[]];

/** Rows that come key by key, in lists of one key each. */
export function byKey<Row extends SightingKey>(rows: readonly Row[]): OfOneKey<Row>[] {
  const groups: OfOneKey<Row>[] = [];
  for (const row of rows) {
    const group = groups.at(-1);
    if (group !== undefined && keyText(group[0]) === keyText(row)) group.push(row);
    else groups.push([row]);
  }
  return groups;
}

export function keyOf([{ org, address, uri }]: OfOneKey<SightingKey>): SightingKey {
  return { org, address, uri };
}

export function keyText({ org, address, uri }: SightingKey): string {
  return JSON.stringify([org, address, uri]);
}
