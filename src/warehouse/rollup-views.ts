import { type Rollup, selectFrom } from './rollup-definition.js';

/** Dimensions of a grain, as every public rollup view shows them. */
const GRAIN_COLUMNS = {
  org: 'Organisation whose gateways sent the events.',
  gateway: "Public name of the gateway; '' when unknown.",
  orchestrator_address: "Canonical on-chain address, lower-case; '' when attribution was not safe.",
  pipeline: "Canonical pipeline; '' when unknown.",
  model: "Model; '' when unknown.",
  gpu_id: "Public id of the GPU, gpu_ and 16 hex; '' when unknown.",
  region: "Region of the gateway; '' when not configured.",
  is_synthetic: 'True for test traffic; public numbers leave it out unless asked.',
} as const;

/**
 * The two views over a rollup.
 *
 * `rollup.<name>_fresh` is right before, during and after a refresh: stored rows of buckets without a mark, plus the
 * SELECT itself, run now over the buckets with one. A rollup stacked on another reads that one's fresh rows, so an
 * open day costs one open hour. Bounds on `bucket_start` reach both halves and prune partitions.
 * `api.<name>` adds the dimensions of the grain.
 */
export function rollupViews(rollup: Rollup): string {
  const { name, floor, bucket, columns } = rollup;
  const source = rollup.parent === null ? rollup.source : `${rollup.source}_fresh`;
  const within = `select * from ${source} where bucket_start >= m.bucket_start and bucket_start < m.bucket_start + interval '${bucket}'`;
  const measures = columns.filter((column) => column.name !== 'bucket_start');
  const list = (alias: string) => measures.map((column) => `${alias}.${column.name}`).join(', ');
  const comments = JSON.stringify(
    Object.fromEntries([...Object.entries(GRAIN_COLUMNS), ...columns.map((column) => [column.name, column.comment])]),
  );
  return `
    create view rollup.${name}_fresh as
    select s.bucket_start, ${list('s')}
    from rollup.${name} as s
    where s.bucket_start >= (select f.${floor} from work.floor as f)
      and not exists (
        select from work.bucket_mark as m where m.rollup = '${name}' and m.bucket_start = s.bucket_start
      )
    union all
    select m.bucket_start, ${list('l')}
    from (
      select distinct b.bucket_start
      from work.bucket_mark as b
      where b.rollup = '${name}' and b.bucket_start >= (select f.${floor} from work.floor as f)
    ) as m
    cross join lateral (${selectFrom(rollup, within)}) as l;

    create view api.${name} as
    select r.bucket_start, ${Object.keys(GRAIN_COLUMNS)
      .map((column) => `g.${column}`)
      .join(', ')}, ${list('r')}
    from rollup.${name}_fresh as r
    join core.grain as g using (grain_id);

    select naap.describe('api.${name}', ${literal(`${about(rollup)} Exact sums and counts only; ratios and percentiles are computed from their sums. No row: no evidence.`)}, ${literal(comments)});
  `;
}

function about({ name, bucket, about: own }: Rollup): string {
  if (own !== null) return own;
  const width = bucket === '1 hour' ? 'hour' : bucket === '1 day' ? 'UTC day' : bucket;
  return name.startsWith('demand')
    ? `Demand [LIFECYCLE-008]: sessions in the bucket of their start, one row per ${width}, grain, gpu_identity_status, selection_outcome and attribution_outcome.`
    : `Service [LIFECYCLE-009]: sessions in each bucket in which they show an identity, terminal tails left out, one row per ${width} and grain.`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
