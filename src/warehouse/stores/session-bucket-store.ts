import type { ClientBase } from 'pg';
import type { SessionIngestRow } from '../../domain/ingest-rows.js';
import type { SwapRow } from '../../domain/resolved-rows.js';
import type { SessionBucketRow } from '../../domain/rollup-source-rows.js';
import type { ResolvedSession } from '../../domain/session-rows.js';
import { sliceStartMs } from '../../domain/time.js';
import { readTableShape, recordset, rowsParameter, upsert } from '../rows.js';

/** Rows of sessions in buckets of time, of one kind. */
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

/** What a resolved session says of one kind, and which column tells its rows of one bucket apart. */
interface BucketKind<Row extends { readonly bucketStart: Date }> {
  readonly relation: string;
  readonly name: string;
  readonly part: string;
  partOf(row: Row): string | number;
  rows(one: ResolvedSession): readonly Row[];
  fromMs(one: ResolvedSession): number;
}

const BY_GRAIN = { part: 'grain_id', partOf: ({ grainId }: { readonly grainId: string }) => grainId };
export const WIDTH_5M: BucketKind<SessionBucketRow> = {
  ...BY_GRAIN,
  relation: 'core.session_bucket_5m',
  name: 'buckets-5m',
  rows: (one) => one.buckets5m,
  fromMs: (one) => one.rewritten5mFromMs,
};
export const WIDTH_1H: BucketKind<SessionBucketRow> = {
  ...BY_GRAIN,
  relation: 'core.session_bucket_1h',
  name: 'buckets-1h',
  rows: (one) => one.buckets1h,
  fromMs: (one) => one.rewritten1hFromMs,
};
/** A session's swaps are resolved all at once, and none is before its first event. */
export const SWAPS: BucketKind<SwapRow> = {
  relation: 'core.swap',
  name: 'swaps',
  part: 'ordinal',
  partOf: ({ ordinal }) => ordinal,
  rows: (one) => one.swaps,
  fromMs: (one) => sliceStartMs(one.session.firstSeenAt.getTime()),
};

export const INGEST_5M: BucketKind<SessionIngestRow> = {
  ...BY_GRAIN,
  relation: 'core.session_ingest_5m',
  name: 'ingest-5m',
  rows: (one) => one.ingest5m,
  fromMs: (one) => one.rewritten5mFromMs,
};
export const INGEST_1H: BucketKind<SessionIngestRow> = {
  ...BY_GRAIN,
  relation: 'core.session_ingest_1h',
  name: 'ingest-1h',
  rows: (one) => one.ingest1h,
  fromMs: (one) => one.rewritten1hFromMs,
};

// Found by session one by one: joined as sets, the planner may read every partition. The kept keys ride along as texts.
const removal = (relation: string, name: string, part: string) => ({
  name: `session-bucket-store/remove-${name}`,
  text: `
with gone as materialized (
  select t.session_key, t.bucket_start, t.${part}, t.org
  from jsonb_to_recordset($1::jsonb) as q (org text, "sessionKey" text, "fromAt" timestamptz, kept text[])
  cross join lateral (
    select b.session_key, b.bucket_start, b.${part}, b.org
    from ${relation} as b
    where b.session_key = q."sessionKey" and b.org = q.org and b.bucket_start >= q."fromAt" and b.bucket_start >= $2
      and (extract(epoch from b.bucket_start)::bigint || '/' || b.${part}) <> all (q.kept)
    offset 0
  ) as t
)
delete from ${relation} as t
using gone
where t.session_key = gone.session_key and t.bucket_start = gone.bucket_start and t.${part} = gone.${part}
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

export async function createBucketStore<Row extends { readonly bucketStart: Date }>(
  client: Pick<ClientBase, 'query'>,
  kind: BucketKind<Row>,
): Promise<BucketStore> {
  const { relation, name } = kind;
  const shape = await readTableShape(client, relation);
  const remove = removal(relation, name, kind.part);
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
          fromAt: new Date(kind.fromMs(one)),
          kept: kind.rows(one).map((row) => `${row.bucketStart.getTime() / 1000}/${kind.partOf(row)}`),
        }));
        const least = new Date(known.reduce((ms, one) => Math.min(ms, kind.fromMs(one)), Number.POSITIVE_INFINITY));
        const removed = await session.query<BucketStartRow>({ ...remove, values: [rowsParameter(spans), least] });
        changed.push(...removed.rows);
      }
      const rows = all.flatMap((one) => kind.rows(one));
      if (rows.length > 0) {
        const written = await session.query<BucketStartRow>({ ...write, values: [rowsParameter(rows)] });
        changed.push(...written.rows);
      }
      return distinctStarts(changed);
    },
  };
}
