import type { Pool } from 'pg';
import { DIMENSIONS, FACETS, GROUP_KEYS, isDimension } from '../../domain/dimensions.js';
import { inBatches } from './batches.js';
import { type ContributionKind, DEMAND, FAILURE, INGEST, SERVICE, SWAP } from './contribution-kinds.js';
import { DIMENSION_COLUMN, type GrainValues, type Selection, type Span } from './grain.js';
import type { IngestSums } from './ingest-quality-reader.js';
import { keysetSql, type ListPage } from './list-page.js';
import type { FailureSums, SwapSums } from './reason-reader.js';
import { rowKey, type ServiceSums, type SessionCounts, type TextRow } from './rollup-reader.js';

/** What a number was summed over: the way back to the sessions in it [LINEAGE-002]. */
export interface CountedSpan extends Selection {
  readonly bucket: 'MINUTE_1' | 'MINUTE_5' | 'HOUR_1' | 'DAY_1';
  readonly range: Span;
}

/** The key of a contribution: the number's bucket or start, the session, and what tells its rows there apart. */
export interface ContributionKey {
  readonly atMs: number;
  readonly sessionId: string;
  /** A number as decimal text: the identity it counts for, or which of its swaps it is. */
  readonly part: string;
}

/** A session in a number: its part of every sum, at the full key. */
export interface Contribution<Sums> extends ContributionKey {
  readonly grain: GrainValues;
  readonly isSynthetic: boolean;
  /** A terminal tail, which no sum counts; only service has them. */
  readonly isTail: boolean;
  readonly sums: Sums;
}

export interface ContributionQuery {
  readonly span: CountedSpan;
  readonly page: ListPage<ContributionKey>;
}

/** Who asks, and the instant of the question: frames are held against the targets known by then. */
export interface ContributionContext {
  readonly db: Pool;
  readonly nowMs: number;
}

/** Pages of the sessions in several numbers of demand, one statement for those of one bucket and direction. */
export function readDemandContributions(
  context: ContributionContext,
  queries: readonly ContributionQuery[],
): Promise<readonly (readonly Contribution<SessionCounts>[])[]> {
  return readPages(context, DEMAND, queries);
}

/** The same of service, terminal tails among them. */
export function readServiceContributions(
  context: ContributionContext,
  queries: readonly ContributionQuery[],
): Promise<readonly (readonly Contribution<ServiceSums>[])[]> {
  return readPages(context, SERVICE, queries);
}

/** Pages of the sessions in several numbers of failures. */
export function readFailureContributions(
  context: ContributionContext,
  queries: readonly ContributionQuery[],
): Promise<readonly (readonly Contribution<FailureSums>[])[]> {
  return readPages(context, FAILURE, queries);
}

/** Pages of the swaps in several numbers of swaps. */
export function readSwapContributions(
  context: ContributionContext,
  queries: readonly ContributionQuery[],
): Promise<readonly (readonly Contribution<SwapSums>[])[]> {
  return readPages(context, SWAP, queries);
}

/** Pages of the sessions in several numbers of ingest quality. */
export function readIngestContributions(
  context: ContributionContext,
  queries: readonly ContributionQuery[],
): Promise<readonly (readonly Contribution<IngestSums>[])[]> {
  return readPages(context, INGEST, queries);
}

const KINDS = { demand: DEMAND, service: SERVICE, failure: FAILURE, swap: SWAP, ingest: INGEST };
export type ContributionKindName = keyof typeof KINDS;

/** How many rows each number has, tails included. */
export async function countContributions(
  db: Pool,
  kindName: ContributionKindName,
  spans: readonly CountedSpan[],
): Promise<readonly number[]> {
  const kind = KINDS[kindName];
  return inBatches(
    spans,
    ({ bucket }) => kind.source(bucket).name,
    async (batch) => {
      const { name, relation, at } = kind.source(batch[0]?.bucket ?? 'HOUR_1');
      const { rows } = await db.query<{ n: number; count: string }>({
        name: `contribution-reader/${name}-count`,
        text: `select w.n, r.count
from jsonb_to_recordset($1::jsonb) as w (n integer, ${WANTED_COLUMNS})
cross join lateral (
  select count(*) as count from ${relation} as c where ${isCounted(at, kind)}
) as r`,
        values: [JSON.stringify(batch.map((span, n) => ({ n, ...wantedOf(span) })))],
      });
      const counts = new Map(rows.map(({ n, count }) => [n, Number(count)]));
      return batch.map((_, n) => counts.get(n) ?? 0);
    },
  );
}

/** A number's span as the columns of a question `w`. */
export const WANTED_COLUMNS = `start_at timestamptz, end_at timestamptz, ${DIMENSIONS.map(
  (dimension) => `${DIMENSION_COLUMN[dimension]} text[]`,
).join(
  ', ',
)}, ${FACETS.map((facet) => `${wantedFacet(facet)} text[]`).join(', ')}, is_synthetic boolean, is_backed boolean`;
const KEY_COLUMNS = (name: string): string => `${name}_at timestamptz, ${name}_session text, ${name}_part bigint`;

function wantedFacet(facet: (typeof FACETS)[number]): string {
  return `wanted_${facet.toLowerCase()}`;
}

/** Whether a row `c` with all dimensions belongs to the number that `w` asks for. */
export function isCounted(at: string, { facets }: Pick<ContributionKind<unknown>, 'facets'>): string {
  return [
    `c.${at} >= w.start_at and c.${at} < w.end_at`,
    ...DIMENSIONS.map((dimension) => DIMENSION_COLUMN[dimension]).map(
      (column) => `(w.${column} is null or c.${column} = any (w.${column}))`,
    ),
    ...FACETS.filter((facet) => facets[facet] !== undefined).map(
      (facet) => `(w.${wantedFacet(facet)} is null or ${facets[facet]} = any (w.${wantedFacet(facet)}))`,
    ),
    '(w.is_synthetic is null or c.is_synthetic = w.is_synthetic)',
    "(w.is_backed is null or (c.gpu_id <> '') = w.is_backed)",
  ].join('\n    and ');
}

/** The values of a question about a number. */
export function wantedOf({ range, filter, synthetic }: CountedSpan): object {
  return {
    start_at: instant(range.startMs),
    end_at: instant(range.endMs),
    ...Object.fromEntries(
      GROUP_KEYS.map((key) => {
        const wanted = filter.wanted[key];
        const column = isDimension(key) ? DIMENSION_COLUMN[key] : wantedFacet(key);
        return [column, wanted === undefined || wanted.length === 0 ? null : wanted];
      }),
    ),
    is_synthetic: synthetic === 'INCLUDE' ? null : synthetic === 'ONLY',
    is_backed: filter.isHardwareBacked,
  };
}

function keyOf(name: string, key: ContributionKey | null): object {
  return key === null
    ? {}
    : { [`${name}_at`]: instant(key.atMs), [`${name}_session`]: key.sessionId, [`${name}_part`]: key.part };
}

async function readPages<Sums>(
  context: ContributionContext,
  kind: ContributionKind<Sums>,
  queries: readonly ContributionQuery[],
): Promise<readonly (readonly Contribution<Sums>[])[]> {
  return inBatches(
    queries,
    ({ span, page }) => `${kind.source(span.bucket).name} ${page.isBackward}`,
    (batch) => readBatch(context, kind, batch),
  );
}

async function readBatch<Sums>(
  { db, nowMs }: ContributionContext,
  kind: ContributionKind<Sums>,
  batch: readonly ContributionQuery[],
): Promise<readonly (readonly Contribution<Sums>[])[]> {
  const isBackward = batch[0]?.page.isBackward ?? false;
  const bucket = batch[0]?.span.bucket ?? 'HOUR_1';
  const { name, relation, at } = kind.source(bucket);
  const key = [`c.${at}`, 'c.session_id', `c.${kind.part}`];
  const bound = (name: string): readonly string[] => [`w.${name}_at`, `w.${name}_session`, `w.${name}_part`];
  const { conditions, orderBy } = keysetSql(key, false, { isBackward, after: bound('after'), before: bound('before') });
  const { rows } = await db.query<TextRow>({
    name: `contribution-reader/${name}-${isBackward ? 'last' : 'first'}`,
    text: `${kind.beside === null ? '' : `with ${kind.beside('$2')}\n`}select w.n::text, r.*
from jsonb_to_recordset($1::jsonb) as w (n integer, ${WANTED_COLUMNS}, max_rows bigint, ${KEY_COLUMNS('after')}, ${KEY_COLUMNS('before')})
cross join lateral (
  select extract(epoch from c.${at}) * 1000 as "atMs", c.session_id as "sessionId", c.${kind.part}::text as part,
    ${DIMENSIONS.map((dimension) => `c.${DIMENSION_COLUMN[dimension]} as "${dimension}"`).join(', ')},
    ${FACETS.flatMap((facet) => (kind.facets[facet] === undefined ? [] : [`${kind.facets[facet]} as "${facet}", `])).join('')}
    c.is_synthetic::text as "isSynthetic", ${kind.columns(bucket).join(', ')}
  from ${relation} as c
  where ${isCounted(at, kind)}
    and (w.after_at is null or ${conditions[0]})
    and (w.before_at is null or ${conditions[1]})
  order by ${orderBy}
  limit w.max_rows
) as r`,
    values: [
      JSON.stringify(
        batch.map(({ span, page }, n) => ({
          n,
          ...wantedOf(span),
          max_rows: page.limit + 1,
          ...keyOf('after', page.after),
          ...keyOf('before', page.before),
        })),
      ),
      ...(kind.beside === null ? [] : [instant(nowMs)]),
    ],
  });
  const pages = batch.map((): Contribution<Sums>[] => []);
  for (const row of rows) pages[Number(row.n)]?.push(contributionOf(kind, row));
  return pages.map((page) => page.sort(compare));
}

function contributionOf<Sums>(kind: ContributionKind<Sums>, row: TextRow): Contribution<Sums> {
  return {
    atMs: Math.round(Number(row.atMs)),
    sessionId: row.sessionId ?? '',
    part: row.part ?? '',
    grain: rowKey(row).grain,
    isSynthetic: row.isSynthetic === 'true',
    isTail: row.isTail === 'true',
    sums: kind.sumsOf(row),
  };
}

function compare(a: ContributionKey, b: ContributionKey): number {
  if (a.atMs !== b.atMs) return a.atMs - b.atMs;
  if (a.sessionId !== b.sessionId) return a.sessionId < b.sessionId ? -1 : 1;
  return BigInt(a.part) < BigInt(b.part) ? -1 : 1;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
