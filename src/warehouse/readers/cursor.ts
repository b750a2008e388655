import type { ClientBase, QueryResultRow } from 'pg';

/**
 * The rows of a query some at a time, through a cursor of the transaction at hand: they are those of the instant it is
 * opened at, whatever the transaction writes meanwhile. The next rows are on their way while the caller works.
 */
export async function* fetchRows<Row extends QueryResultRow>(
  client: ClientBase,
  { cursor, text, values = [] }: { readonly cursor: string; readonly text: string; readonly values?: unknown[] },
  rowsPerFetch: number,
): AsyncGenerator<readonly Row[], void, undefined> {
  await client.query(`declare ${cursor} no scroll cursor for ${text}`, values);
  const fetch = async (): Promise<readonly Row[]> =>
    (await client.query<Row>(`fetch ${rowsPerFetch} from ${cursor}`)).rows;
  let coming = fetch();
  try {
    for (;;) {
      const rows = await coming;
      if (rows.length === 0) break;
      coming = fetch();
      // a failure is the caller's when it asks for the next rows; until then it must not count as unhandled
      coming.catch(() => undefined);
      yield rows;
    }
  } finally {
    await coming.catch(() => undefined);
  }
  await client.query(`close ${cursor}`);
}
