import pg, { type ClientBase } from 'pg';
import { classifyFailure } from './sql-failure.js';

export interface Refusal<Item> {
  readonly item: Item;
  readonly error: unknown;
}

/**
 * Writes all items, or all but those that the database refuses for their data: halved until one is left, inside a
 * savepoint each time. Any other failure is the caller's transaction's. Answers what each write that stood answered.
 */
export async function writeAccepted<Item, Result>(
  client: ClientBase,
  items: readonly Item[],
  write: (items: readonly Item[]) => Promise<Result>,
): Promise<{ readonly results: readonly Result[]; readonly refused: readonly Refusal<Item>[] }> {
  if (items.length === 0) return { results: [], refused: [] };
  await client.query('savepoint accepted');
  try {
    const result = await write(items);
    await client.query('release savepoint accepted');
    return { results: [result], refused: [] };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await client.query('rollback to savepoint accepted; release savepoint accepted');
    const [only, ...others] = items;
    if (only !== undefined && others.length === 0) return { results: [], refused: [{ item: only, error }] };
    const middle = Math.ceil(items.length / 2);
    const first = await writeAccepted(client, items.slice(0, middle), write);
    const second = await writeAccepted(client, items.slice(middle), write);
    return { results: [...first.results, ...second.results], refused: [...first.refused, ...second.refused] };
  }
}

/** What a trigger or function raises that names no other state. */
const RAISED = 'P0001';

/** Whether the rows are at fault: the database, or somebody's trigger in it, refuses their content. */
function isRefusal(error: unknown): boolean {
  return classifyFailure(error) === 'data' || (error instanceof pg.DatabaseError && error.code === RAISED);
}
