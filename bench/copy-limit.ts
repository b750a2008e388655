import { finished } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { createCopyEncoder } from '../src/warehouse/copy-binary.js';
import { type CopyColumn, type CopyValue, writeRow } from '../src/warehouse/copy-row.js';

/** Rows in PostgreSQL's binary COPY format, encoded before any clock runs. */
export interface EncodedRows {
  readonly columns: readonly CopyColumn[];
  readonly chunks: readonly Buffer[];
}

export function encodeRows(columns: readonly CopyColumn[], rows: Iterable<readonly CopyValue[]>): EncodedRows {
  const encoder = createCopyEncoder();
  for (const row of rows) writeRow(encoder, columns, row);
  return { columns, chunks: encoder.end() };
}

/** Seconds that one binary COPY of the rows takes on a connection of its own, commit included: as fast as it gets. */
export async function measureCopy(url: string, table: string, { columns, chunks }: EncodedRows): Promise<number> {
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  return withClient(url, (client) => copyChunks(client, `copy ${table} (${names}) from stdin (format binary)`, chunks));
}

/** The same for rows that were read with `copy … to stdout (format binary)`. */
export async function copyChunks(
  client: pg.Client,
  statement: string,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<number> {
  const startedAt = performance.now();
  const stream = client.query(copyFrom(statement));
  const done = finished(stream);
  for await (const chunk of chunks) {
    if (!stream.write(chunk)) await Promise.race([new Promise((resolve) => stream.once('drain', resolve)), done]);
  }
  stream.end();
  await done;
  return (performance.now() - startedAt) / 1000;
}

export async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
