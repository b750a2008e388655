import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { CopyEncoder, type CopyType, type CopyValue } from './copy-encoder.js';

export interface CopyColumn {
  readonly name: string;
  readonly type: CopyType;
}

export interface CopyTarget {
  /** Schema-qualified, from our own code, never from a message. */
  readonly table: string;
  readonly columns: readonly CopyColumn[];
}

const CHUNK_BYTES = 262_144;

/**
 * Streams rows into a table by binary COPY on a client's own transaction; returns how many there were.
 *
 * The fastest way in that was measured (0.81 of a bare COPY of the raw rows; `jsonb_to_recordset` 0.38). Memory stays
 * at a few chunks of 256 KiB however many rows come. Each row has one value per column, in their order.
 */
export async function copyInto(
  client: ClientBase,
  {
    table,
    columns,
    rows,
  }: CopyTarget & { readonly rows: Iterable<readonly CopyValue[]> | AsyncIterable<readonly CopyValue[]> },
): Promise<number> {
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  const stream = client.query(copyFrom(`copy ${table} (${names}) from stdin with (format binary)`));
  const done = finished(stream);
  // a failure is reported by the await below; until then it must not count as unhandled
  done.catch(() => undefined);
  const encoder = new CopyEncoder(
    columns.map(({ type }) => type),
    CHUNK_BYTES + CHUNK_BYTES / 4,
  );
  let rowCount = 0;
  /** True when the stream is full. */
  const writeRow = (row: readonly CopyValue[]): boolean => {
    encoder.writeRow(row);
    rowCount += 1;
    return encoder.length >= CHUNK_BYTES && !stream.write(encoder.take());
  };
  const drained = (): Promise<unknown> => Promise.race([once(stream, 'drain'), done]);
  try {
    if (Symbol.iterator in rows) {
      // no await per row: a synchronous source stays synchronous until a chunk is full
      for (const row of rows) {
        if (writeRow(row)) await drained();
      }
    } else {
      for await (const row of rows) {
        if (writeRow(row)) await drained();
      }
    }
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error('rows could not be read', { cause: error }));
    await done.catch(() => undefined);
    throw error;
  }
  encoder.writeTrailer();
  stream.end(encoder.take());
  await done;
  return rowCount;
}
