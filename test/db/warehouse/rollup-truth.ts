import type { Rollup } from '../../../src/warehouse/rollup-definition.js';
import type { SqlSession } from '../../../src/warehouse/sql-session.js';

/** What the rollup must answer: its sums counted anew from the table of core, by nobody's SELECT but this one. */
export async function recount(session: SqlSession, rollup: Rollup): Promise<readonly unknown[]> {
  const key = rollup.key.slice(1).map((column) => `s.${column}`);
  const measures = rollup.columns
    .map(({ name }) => name)
    .filter((name) => !rollup.key.includes(name))
    .map((name) => `(${name === 'last_seen_at' ? 'max' : 'sum'}(s.${name}))::text as ${name}`);
  const { rows } = await session.query(`
    select date_bin('${rollup.bucket}', s.bucket_start, '2000-01-03Z') as bucket_start, ${key.join(', ')}, ${measures.join(', ')}
    from ${rollup.root} as s
    ${rollup.name.startsWith('service') ? 'where not s.is_tail' : ''}
    group by 1, ${key.join(', ')}
    order by 1, ${key.join(', ')}`);
  return rows;
}

/** What the rollup's public view, or another relation of its columns, answers, in the shape of `recount`. */
export async function published(
  session: SqlSession,
  rollup: Rollup,
  relation = `api.${rollup.name}`,
): Promise<readonly unknown[]> {
  const key = rollup.key.slice(1);
  const measures = rollup.columns.map(({ name }) => name).filter((name) => !rollup.key.includes(name));
  const { rows } = await session.query(`
    select bucket_start, ${key.join(', ')}, ${measures.map((name) => `${name}::text`).join(', ')}
    from ${relation}
    order by bucket_start, ${key.join(', ')}`);
  return rows;
}
