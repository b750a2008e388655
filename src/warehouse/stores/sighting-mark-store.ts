import type { ClientBase } from 'pg';
import { rowsParameter } from '../rows.js';

/** The key of a series of sightings. */
export interface SightingKey {
  readonly org: string;
  readonly address: string;
  readonly uri: string;
}

/** Sightings of one key: from the earliest to the latest. */
export interface SightingSpan extends SightingKey {
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** The marked ones. */
export interface MarkedSightings extends SightingSpan {
  readonly markCount: number;
}

const TAKE = {
  name: 'sighting-mark-store/take',
  text: `
with taken as (
  delete from work.sighting_mark
  where mark_id = any (array(
    select m.mark_id
    from work.sighting_mark as m
    where not exists (
      select
      from jsonb_to_recordset($2::jsonb) as q (org text, address text, uri text)
      where q.org = m.org and q.address = m.address and q.uri = m.uri
    )
    order by m.mark_id
    limit $1
  ))
  returning org, address, uri, observed_at
)
select org, address, uri, count(*)::int as "markCount", min(observed_at) as "firstAt", max(observed_at) as "lastAt"
from taken
group by 1, 2, 3`,
};

/** Takes up to `limit` of the oldest sighting marks, by key, but for those of some keys. */
export async function takeSightingMarks(
  client: ClientBase,
  limit: number,
  except: readonly SightingKey[],
): Promise<MarkedSightings[]> {
  const keys = except.map(({ org, address, uri }) => ({ org, address, uri }));
  const { rows } = await client.query<MarkedSightings>({ ...TAKE, values: [limit, rowsParameter(keys)] });
  return rows;
}

const SET_AGAIN = {
  name: 'sighting-mark-store/set-again',
  text: `
insert into work.sighting_mark (org, address, uri, observed_at)
select q.org, q.address, q.uri, o.observed_at
from jsonb_to_recordset($1::jsonb) as q (org text, address text, uri text, "firstAt" timestamptz, "lastAt" timestamptz)
cross join lateral (select q."firstAt" union select q."lastAt") as o (observed_at)`,
};

/** Marks both ends of some spans, which is all that is ever asked of what lies between. */
export async function setSightingMarks(client: ClientBase, spans: readonly SightingSpan[]): Promise<void> {
  if (spans.length > 0) await client.query({ ...SET_AGAIN, values: [rowsParameter(spans)] });
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
