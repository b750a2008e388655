const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const UUID_OID = 2950;
const INT8_OID = 20;
const TIMESTAMPTZ_OID = 1184;
const HEADER_BYTES = 20;

/**
 * One-dimensional arrays in PostgreSQL's binary format, for statement parameters of thousands of values: the text format
 * is built, escaped and parsed value by value. node-postgres sends a Buffer as binary.
 */

/** `uuid[]` of texts of 32 hex digits. */
export function uuidArray(hexes: readonly string[]): Buffer {
  return arrayOf(UUID_OID, 16, hexes, (bytes, at, hex) => {
    if (hex.length !== 32 || bytes.write(hex, at, 'hex') !== 16) throw new TypeError(`${hex} is no uuid`);
  });
}

/** `bigint[]`. */
export function int8Array(values: readonly bigint[]): Buffer {
  return arrayOf(INT8_OID, 8, values, (bytes, at, value) => bytes.writeBigInt64BE(value, at));
}

/** `timestamptz[]` of milliseconds since the epoch. */
export function timestamptzArray(instantsMs: readonly number[]): Buffer {
  return arrayOf(TIMESTAMPTZ_OID, 8, instantsMs, (bytes, at, atMs) =>
    bytes.writeBigInt64BE(BigInt(atMs - POSTGRES_EPOCH_MS) * 1000n, at),
  );
}

function arrayOf<Value>(
  elementOid: number,
  elementBytes: number,
  values: readonly Value[],
  write: (bytes: Buffer, at: number, value: Value) => void,
): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + values.length * (4 + elementBytes));
  // dimensions, no nulls, element type, length, first index
  [1, 0, elementOid, values.length, 1].forEach((part, index) => {
    bytes.writeInt32BE(part, index * 4);
  });
  let at = HEADER_BYTES;
  for (const value of values) {
    bytes.writeInt32BE(elementBytes, at);
    write(bytes, at + 4, value);
    at += 4 + elementBytes;
  }
  return bytes;
}
