import { numericBytes, writeNumeric } from './copy-numeric.js';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = -1;
const NULL_LENGTH = -1;
const TEXT_OID = 25;
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const TWO_TO_32 = 2 ** 32;
const UTF8_BYTES_PER_UNIT = 3;
/** Up to this many characters a loop is quicker than a call into C++ (32 ns against 72 for 12 of them). */
const SHORT_TEXT = 24;

/**
 * Rows of PostgreSQL's binary COPY format, written into chunks without an allocation per field.
 *
 * A row is `beginRow` and one call per column in the columns' order; null is a null of any type. Values that their type
 * cannot hold are a TypeError or RangeError: nothing is rounded or cut.
 */
export class CopyEncoder {
  readonly #chunkBytes: number;
  #chunks: Buffer[] = [];
  #buffer: Buffer;
  #view: DataView;
  #length = 0;
  #missingFields = 0;

  /** A chunk ends with the first row that fills so many bytes. */
  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
    this.#buffer = Buffer.allocUnsafeSlow(chunkBytes + chunkBytes / 4);
    this.#view = viewOf(this.#buffer);
    this.#length = SIGNATURE.copy(this.#buffer);
  }

  /** The chunks that are full; the encoder forgets them. */
  takeChunks(): readonly Buffer[] {
    const chunks = this.#chunks;
    if (chunks.length > 0) this.#chunks = [];
    return chunks;
  }

  /** The rest, with the end of the data; nothing can be written after it. */
  end(): readonly Buffer[] {
    this.#expectNoMissingFields();
    this.#reserve(2);
    this.#view.setInt16(this.#length, TRAILER);
    return [...this.takeChunks(), this.#buffer.subarray(0, this.#length + 2)];
  }

  beginRow(fieldCount: number): void {
    this.#expectNoMissingFields();
    if (this.#length >= this.#chunkBytes) {
      this.#chunks.push(this.#buffer.subarray(0, this.#length));
      this.#buffer = Buffer.allocUnsafeSlow(this.#chunkBytes + this.#chunkBytes / 4);
      this.#view = viewOf(this.#buffer);
      this.#length = 0;
    }
    this.#reserve(2);
    this.#view.setInt16(this.#length, fieldCount);
    this.#length += 2;
    this.#missingFields = fieldCount;
  }

  text(value: string | null): void {
    if (value === null) {
      this.#null();
    } else {
      this.#field(value.length * UTF8_BYTES_PER_UNIT);
      this.#sized(this.#writeText(value, this.#length + 4));
    }
  }

  /** JSON text. */
  jsonb(value: string | null): void {
    if (value === null) {
      this.#null();
    } else {
      this.#field(1 + value.length * UTF8_BYTES_PER_UNIT);
      this.#buffer[this.#length + 4] = 1;
      this.#sized(1 + this.#writeText(value, this.#length + 5));
    }
  }

  /** Bytes of a `bytea`, or of a text that is known to be UTF-8 without U+0000. */
  bytes(value: Uint8Array | null): void {
    if (value === null) {
      this.#null();
    } else {
      this.#field(value.byteLength);
      this.#buffer.set(value, this.#length + 4);
      this.#sized(value.byteLength);
    }
  }

  /** Milliseconds since the epoch. */
  timestamptz(atMs: number | null): void {
    this.int8(atMs === null ? null : (atMs - POSTGRES_EPOCH_MS) * 1000);
  }

  int8(value: number | bigint | null): void {
    if (value === null) {
      this.#null();
      return;
    }
    this.#field(8);
    if (typeof value === 'bigint') {
      this.#view.setBigInt64(this.#length + 4, value);
    } else if (Number.isSafeInteger(value)) {
      const high = Math.floor(value / TWO_TO_32);
      this.#view.setInt32(this.#length + 4, high);
      this.#view.setUint32(this.#length + 8, value - high * TWO_TO_32);
    } else {
      throw new TypeError(`${value} is no exact integer`);
    }
    this.#sized(8);
  }

  int4(value: number | null): void {
    if (value === null) {
      this.#null();
    } else {
      if ((value | 0) !== value) throw new RangeError(`${value} is no int4`);
      this.#field(4);
      this.#view.setInt32(this.#length + 4, value);
      this.#sized(4);
    }
  }

  int2(value: number | null): void {
    if (value === null) {
      this.#null();
    } else {
      if ((value << 16) >> 16 !== value) throw new RangeError(`${value} is no int2`);
      this.#field(2);
      this.#view.setInt16(this.#length + 4, value);
      this.#sized(2);
    }
  }

  bool(value: boolean | null): void {
    if (value === null) {
      this.#null();
    } else {
      this.#field(1);
      this.#buffer[this.#length + 4] = value ? 1 : 0;
      this.#sized(1);
    }
  }

  float8(value: number | null): void {
    if (value === null) {
      this.#null();
    } else {
      this.#field(8);
      this.#view.setFloat64(this.#length + 4, value);
      this.#sized(8);
    }
  }

  /** Plain decimal text. */
  numeric(value: string | null): void {
    if (value === null) {
      this.#null();
    } else {
      this.#field(numericBytes(value));
      this.#sized(writeNumeric(value, this.#buffer, this.#view, this.#length + 4));
    }
  }

  /** 32 hex digits, with or without dashes. */
  uuid(value: string | null): void {
    if (value === null) {
      this.#null();
      return;
    }
    const hex = value.length === 36 ? value.replaceAll('-', '') : value;
    this.#field(16);
    if (hex.length !== 32 || this.#buffer.write(hex, this.#length + 4, 'hex') !== 16) {
      throw new TypeError(`${value} is no uuid`);
    }
    this.#sized(16);
  }

  /** A `text[]`. */
  texts(values: readonly string[] | null): void {
    if (values === null) {
      this.#null();
      return;
    }
    let bytes = 20;
    for (const { length } of values) bytes += 4 + length * UTF8_BYTES_PER_UNIT;
    this.#field(bytes);
    let at = this.#length + 4;
    const head = values.length === 0 ? [0, 0, TEXT_OID] : [1, 0, TEXT_OID, values.length, 1];
    for (const part of head) {
      this.#view.setInt32(at, part);
      at += 4;
    }
    for (const value of values) {
      const length = this.#writeText(value, at + 4);
      this.#view.setInt32(at, length);
      at += 4 + length;
    }
    this.#sized(at - this.#length - 4);
  }

  #null(): void {
    this.#field(0);
    this.#view.setInt32(this.#length, NULL_LENGTH);
    this.#length += 4;
  }

  /** Makes room for a field of the row that was begun. */
  #field(bytes: number): void {
    this.#missingFields -= 1;
    if (this.#missingFields < 0) {
      throw new TypeError('a row has more fields than it was begun with');
    }
    this.#reserve(4 + bytes);
  }

  /** Ends a field whose bytes were written behind the place of its length. */
  #sized(bytes: number): void {
    this.#view.setInt32(this.#length, bytes);
    this.#length += 4 + bytes;
  }

  /** Bytes written; there is room for them. */
  #writeText(value: string, at: number): number {
    const { length } = value;
    if (length <= SHORT_TEXT) {
      const buffer = this.#buffer;
      let index = 0;
      for (; index < length; index += 1) {
        const code = value.charCodeAt(index);
        if (code > 0x7f) break;
        buffer[at + index] = code;
      }
      if (index === length) {
        return length;
      }
    }
    return this.#buffer.write(value, at, 'utf8');
  }

  #expectNoMissingFields(): void {
    if (this.#missingFields !== 0) {
      throw new TypeError(`a row lacks ${this.#missingFields} of its fields`);
    }
  }

  #reserve(bytes: number): void {
    const wanted = this.#length + bytes;
    if (wanted > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(wanted, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
      this.#view = viewOf(grown);
    }
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
