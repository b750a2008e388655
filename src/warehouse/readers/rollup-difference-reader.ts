import type { ClientBase } from 'pg';
import { type Rollup, selectFrom } from '../rollup-definition.js';
import { type DifferenceRow, differencesOf, type RowDifference } from './row-difference.js';

/**
 * How the rows that a rollup answers with differ from its SELECT run now over what it counts, for the buckets that
 * touch `[from, to)`. A stacked rollup is recounted from the one below it, so that a failure names its own layer.
 */
export async function readRollupDifferences(
  client: ClientBase,
  rollup: Rollup,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<readonly RowDifference[]> {
  const { name, bucketMs, floor } = rollup;
  const source = rollup.parent === null ? rollup.source : `${rollup.source}_fresh`;
  const within = 'bucket_start >= greatest($1, (select f.at from floor as f)) and bucket_start < $2';
  const columns = rollup.columns.map((column) => column.name).join(', ');
  const { rows } = await client.query<DifferenceRow>(
    `
with floor as (select f.${floor} as at from work.floor as f),
computed as (${selectFrom(rollup, `select * from ${source} where ${within}`)}),
stored as (select ${columns} from rollup.${name}_fresh where ${within})
${differencesOf(rollup.key)}`,
    [
      new Date(Math.floor(from.getTime() / bucketMs) * bucketMs),
      new Date(Math.ceil(to.getTime() / bucketMs) * bucketMs),
    ],
  );
  return rows.map((row) => ({ relation: `rollup.${name}`, ...row }));
}
