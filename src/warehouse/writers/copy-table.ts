import type { ClientBase } from 'pg';
import type { TelemetryEvent } from '../../domain/event.js';
import type { RawMessage } from '../../domain/verdict.js';
import { copyEncoded, createCopyEncoder } from '../copy-binary.js';
import type { CopyEncoder } from '../copy-encoder.js';
import { type CopyColumn, type CopyType, type CopyValue, writeValue } from '../copy-row.js';

/** A new event with the place it was read from. */
export interface PlacedEvent {
  readonly event: TelemetryEvent;
  readonly message: RawMessage;
  readonly sourceId: number;
}

type Write<Part, Context> = (out: CopyEncoder, part: Part, context: Context) => void;
type Read<Part, Context, Value> = (part: Part, context: Context) => Value;

/** How a column's value is found in what a row is made of, and written. */
export interface Column<Part, Context = PlacedEvent> {
  readonly type: CopyType;
  readonly write: Write<Part, Context>;
}

/** A table that a batch is copied into; a row is made of a part of an event and of what it is a part of. */
export interface CopyTable<Part, Context = PlacedEvent> {
  readonly table: string;
  readonly columns: readonly CopyColumn[];
  writeRow(out: CopyEncoder, part: Part, context: Context): void;
}

/** Rows of any tables on their way into one transaction. */
export interface TableRows {
  add<Part, Context>(table: CopyTable<Part, Context>, part: Part, context: Context): void;
  /** Encoded rows by table, in the order of the tables' first rows. */
  readonly encoded: ReadonlyMap<Pick<CopyTable<never>, 'table' | 'columns'>, CopyEncoder>;
}

export function createTableRows(): TableRows {
  const encoded = new Map<Pick<CopyTable<never>, 'table' | 'columns'>, CopyEncoder>();
  return {
    encoded,
    add(table, part, context) {
      let encoder = encoded.get(table);
      if (encoder === undefined) {
        encoder = createCopyEncoder();
        encoded.set(table, encoder);
      }
      table.writeRow(encoder, part, context);
    },
  };
}

/** One COPY per table that has rows. */
export async function copyTables(client: ClientBase, { encoded }: TableRows): Promise<void> {
  for (const [table, encoder] of encoded) await copyEncoded(client, table, encoder);
}

/** Name, type and value of each column in one place; no array or object per row, so that a row costs its bytes. */
export function copyTable<Part, Context = PlacedEvent>(
  table: string,
  definition: Readonly<Record<string, Column<Part, Context>>>,
): CopyTable<Part, Context> {
  const columns = Object.entries(definition).map(([name, { type }]) => ({ name, type }));
  const writes = Object.values(definition).map(({ write }) => write);
  return {
    table,
    columns,
    writeRow(out, part, context) {
      out.beginRow(writes.length);
      for (const write of writes) write(out, part, context);
    },
  };
}

export function text<Part, Context = PlacedEvent>(read: Read<Part, Context, string | null>): Column<Part, Context> {
  return { type: 'text', write: (out, part, context) => out.text(read(part, context)) };
}

/** Text that is known to be UTF-8 without U+0000. */
export function utf8<Part, Context = PlacedEvent>(read: Read<Part, Context, Uint8Array>): Column<Part, Context> {
  return { type: 'text', write: (out, part, context) => out.bytes(read(part, context)) };
}

export function timestamptz<Part, Context = PlacedEvent>(
  read: Read<Part, Context, number | null>,
): Column<Part, Context> {
  return { type: 'timestamptz', write: (out, part, context) => out.timestamptz(read(part, context)) };
}

export function bool<Part, Context = PlacedEvent>(read: Read<Part, Context, boolean | null>): Column<Part, Context> {
  return { type: 'bool', write: (out, part, context) => out.bool(read(part, context)) };
}

export function int2<Part, Context = PlacedEvent>(read: Read<Part, Context, number | null>): Column<Part, Context> {
  return { type: 'int2', write: (out, part, context) => out.int2(read(part, context)) };
}

export function int4<Part, Context = PlacedEvent>(read: Read<Part, Context, number | null>): Column<Part, Context> {
  return { type: 'int4', write: (out, part, context) => out.int4(read(part, context)) };
}

export function int8<Part, Context = PlacedEvent>(read: Read<Part, Context, number | null>): Column<Part, Context> {
  return { type: 'int8', write: (out, part, context) => out.int8(read(part, context)) };
}

export function float8<Part, Context = PlacedEvent>(read: Read<Part, Context, number | null>): Column<Part, Context> {
  return { type: 'float8', write: (out, part, context) => out.float8(read(part, context)) };
}

export function numeric<Part, Context = PlacedEvent>(read: Read<Part, Context, string | null>): Column<Part, Context> {
  return { type: 'numeric', write: (out, part, context) => out.numeric(read(part, context)) };
}

export function bytea<Part, Context = PlacedEvent>(
  read: Read<Part, Context, Uint8Array | null>,
): Column<Part, Context> {
  return { type: 'bytea', write: (out, part, context) => out.bytes(read(part, context)) };
}

/** A column of a row that is a record by column name; a missing key is null. */
export function named(name: string, type: CopyType): Column<Readonly<Record<string, CopyValue>>> {
  return { type, write: (out, row) => writeValue(out, type, row[name] ?? null) };
}
