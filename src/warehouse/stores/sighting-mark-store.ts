import type { ClientBase } from 'pg';

/** The key of a series of sightings. */
export interface SightingKey {
  readonly org: string;
  readonly address: string;
  readonly uri: string;
}

/** The marked sightings of one key: from the earliest to the latest. */
export interface MarkedSightings extends SightingKey {
  readonly markCount: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

const TAKE = {
  name: 'sighting-mark-store/take',
  text: `
with taken as (
  delete from work.sighting_mark
  where mark_id = any (array(select mark_id from work.sighting_mark order by mark_id limit $1))
  returning org, address, uri, observed_at
)
select org, address, uri, count(*)::int as "markCount", min(observed_at) as "firstAt", max(observed_at) as "lastAt"
from taken
group by 1, 2, 3`,
};

/** Takes up to `limit` of the oldest sighting marks, by key. */
export async function takeSightingMarks(client: ClientBase, limit: number): Promise<MarkedSightings[]> {
  const { rows } = await client.query<MarkedSightings>({ ...TAKE, values: [limit] });
  return rows;
}

/** Keys and spans as the arrays of a statement's first parameters. */
export function spanValues(
  spans: readonly (SightingKey & { readonly firstAt: Date | null; readonly lastAt: Date | null })[],
): unknown[] {
  return [
    spans.map(({ org }) => org),
    spans.map(({ address }) => address),
    spans.map(({ uri }) => uri),
    spans.map(({ firstAt }) => firstAt),
    spans.map(({ lastAt }) => lastAt),
  ];
}

/** The same parameters as a FROM item `k` (org, address, uri, first_at, last_at). */
export const SPANS = `unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
  as k (org, address, uri, first_at, last_at)`;

const MARKED_KEYS = {
  name: 'sighting-mark-store/marked-keys',
  text: 'select distinct org, address, uri from work.sighting_mark',
};

/** Keys whose runs are not yet what their sightings say. */
export async function readMarkedSightingKeys(client: ClientBase): Promise<readonly SightingKey[]> {
  return (await client.query<SightingKey>(MARKED_KEYS)).rows;
}
