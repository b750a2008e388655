/** How a stored row differs from what it should be. */
export interface RowDifference {
  /** Where it is stored: a table of core, or a rollup. */
  readonly relation: string;
  /** The columns that identify the row, as text: a grain id is no JavaScript number. */
  readonly key: Readonly<Record<string, string>>;
  /** `changed`: a column differs; `missing`: nothing is stored; `surplus`: what is stored should not be. */
  readonly kind: 'changed' | 'missing' | 'surplus';
  /** The column that differs; null when the whole row is missing or surplus. */
  readonly column: string | null;
  /** As JSON text; null with `column`. */
  readonly stored: string | null;
  readonly computed: string | null;
}

export interface DifferenceRow {
  readonly key: Readonly<Record<string, string>>;
  readonly kind: RowDifference['kind'];
  readonly column: string | null;
  readonly stored: string | null;
  readonly computed: string | null;
}

/**
 * The differences between FROM items `computed` and `stored` of equal columns, one row per column that differs. Values
 * are compared by their meaning: 1.50 is 1.5.
 */
export function differencesOf(keyNames: readonly string[]): string {
  const key = (alias: string): string =>
    keyNames.map((name) => `'${name}', to_jsonb(${alias}) ->> '${name}'`).join(', ');
  const joined = keyNames.map((name) => `c."${name}" = s."${name}"`).join(' and ');
  const [first = ''] = keyNames;
  return `
select
  case when s."${first}" is null then jsonb_build_object(${key('c')}) else jsonb_build_object(${key('s')}) end as key,
  case when s."${first}" is null then 'missing' when c."${first}" is null then 'surplus' else 'changed' end as kind,
  d."column", d.stored, d.computed
from computed as c
full join stored as s on ${joined}
cross join lateral (
  select a.key as "column", b.value::text as stored, a.value::text as computed
  from jsonb_each(to_jsonb(c)) as a join jsonb_each(to_jsonb(s)) as b using (key)
  where a.value is distinct from b.value
  union all
  select null, null, null where c."${first}" is null or s."${first}" is null
) as d
order by 1, 3`;
}
