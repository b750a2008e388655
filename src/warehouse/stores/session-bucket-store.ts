import type { ClientBase } from 'pg';
import type { ResolvedSession } from '../../domain/session-rows.js';
import { readTableShape, recordset, rowsParameter, upsert } from '../rows.js';

/** Rows of sessions in the buckets of one width. */
export interface BucketStore {
  /**
   * Makes the stored rows equal to the resolved ones, as far back as each session rewrites them; of `known` sessions
   * those that no longer follow are removed. Answers the starts of the buckets that changed, each once.
   */
  rewrite(
    client: ClientBase,
    all: readonly ResolvedSession[],
    known: readonly ResolvedSession[],
  ): Promise<readonly Date[]>;
}

/** What a resolved session says of one width. */
interface Width {
  readonly relation: string;
  readonly name: string;
  rows(one: ResolvedSession): ResolvedSession['buckets5m'];
  fromMs(one: ResolvedSession): number;
}

export const WIDTH_5M: Width = {
  relation: 'core.session_bucket_5m',
  name: 'buckets-5m',
  rows: (one) => one.buckets5m,
  fromMs: (one) => one.rewritten5mFromMs,
};
export const WIDTH_1H: Width = {
  relation: 'core.session_bucket_1h',
  name: 'buckets-1h',
  rows: (one) => one.buckets1h,
  fromMs: (one) => one.rewritten1hFromMs,
};

// Found by session one by one: joined as sets, the planner may read every partition. The kept keys ride along as texts.
const removal = (relation: string, name: string) => ({
  name: `session-bucket-store/remove-${name}`,
  text: `
with gone as materialized (
  select t.session_key, t.bucket_start, t.grain_id, t.org
  from jsonb_to_recordset($1::jsonb) as q (org text, "sessionKey" text, "fromAt" timestamptz, kept text[])
  cross join lateral (
    select b.session_key, b.bucket_start, b.grain_id, b.org
    from ${relation} as b
    where b.session_key = q."sessionKey" and b.org = q.org and b.bucket_start >= q."fromAt" and b.bucket_start >= $2
      and (extract(epoch from b.bucket_start)::bigint || '/' || b.grain_id) <> all (q.kept)
    offset 0
  ) as t
)
delete from ${relation} as t
using gone
where t.session_key = gone.session_key and t.bucket_start = gone.bucket_start and t.grain_id = gone.grain_id
  and t.org = gone.org and t.bucket_start >= $2
returning t.bucket_start`,
});

export interface BucketStartRow {
  readonly bucket_start: Date;
}

/** Each start once. */
export function distinctStarts(rows: readonly BucketStartRow[]): readonly Date[] {
  return [...new Set(rows.map((row) => row.bucket_start.getTime()))].map((ms) => new Date(ms));
}

export async function createBucketStore(client: Pick<ClientBase, 'query'>, width: Width): Promise<BucketStore> {
  const { relation, name } = width;
  const shape = await readTableShape(client, relation);
  const remove = removal(relation, name);
  const write = {
    name: `session-bucket-store/write-${name}`,
    text: upsert(shape, recordset('$1', shape.columns), 't.bucket_start'),
  };
  return {
    async rewrite(session, all, known) {
      const changed: BucketStartRow[] = [];
      if (known.length > 0) {
        const spans = known.map((one) => ({
          org: one.session.org,
          sessionKey: one.session.sessionKey,
          fromAt: new Date(width.fromMs(one)),
          kept: width.rows(one).map(({ bucketStart, grainId }) => `${bucketStart.getTime() / 1000}/${grainId}`),
        }));
        const least = new Date(known.reduce((ms, one) => Math.min(ms, width.fromMs(one)), Number.POSITIVE_INFINITY));
        const removed = await session.query<BucketStartRow>({ ...remove, values: [rowsParameter(spans), least] });
        changed.push(...removed.rows);
      }
      const rows = all.flatMap((one) => width.rows(one));
      if (rows.length > 0) {
        const written = await session.query<BucketStartRow>({ ...write, values: [rowsParameter(rows)] });
        changed.push(...written.rows);
      }
      return distinctStarts(changed);
    },
  };
}
