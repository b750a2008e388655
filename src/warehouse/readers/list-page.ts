/** Which rows of an ordered list to read: `limit` of them from one end, between two keys that are not included. */
export interface ListPage<Key> {
  readonly limit: number;
  readonly isBackward: boolean;
  readonly after: Key | null;
  readonly before: Key | null;
}

/** Comparison and order of a keyset page over `columns`, all in one direction. */
export function keysetSql(
  columns: readonly string[],
  isDescending: boolean,
  page: { isBackward: boolean; after: readonly string[] | null; before: readonly string[] | null },
): { readonly conditions: readonly string[]; readonly orderBy: string } {
  const key = `(${columns.join(', ')})`;
  const [later, earlier] = isDescending ? ['<', '>'] : ['>', '<'];
  const direction = isDescending === page.isBackward ? 'asc' : 'desc';
  return {
    conditions: [
      ...(page.after === null ? [] : [`${key} ${later} (${page.after.join(', ')})`]),
      ...(page.before === null ? [] : [`${key} ${earlier} (${page.before.join(', ')})`]),
    ],
    orderBy: columns.map((column) => `${column} ${direction}`).join(', '),
  };
}
