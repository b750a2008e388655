/** Values of PostgreSQL's binary COPY format, written into one growing buffer without an allocation per field. */

export type CopyType =
  | 'text'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'bool'
  | 'float8'
  | 'numeric'
  | 'timestamptz'
  | 'uuid'
  | 'jsonb'
  | 'bytea'
  | 'text[]';

/**
 * What a column takes, besides null: text for `text`, `uuid` and `jsonb` (JSON text); number or bigint for integers;
 * decimal text, bigint or an integer number for `numeric`; milliseconds since the epoch for `timestamptz`; bytes for
 * `bytea`; a list of texts for `text[]`.
 */
export type CopyValue = string | number | bigint | boolean | Uint8Array | readonly string[] | null;

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = -1;
const NULL_LENGTH = -1;
const TEXT_OID = 25;
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const TWO_TO_32 = 2 ** 32;
const NUMERIC_NEGATIVE = 0x4000;
const MINUS = 0x2d;
const ZERO = 0x30;
/** Whole groups of four. */
const MANY_ZEROS = '0'.repeat(240);
const UTF8_BYTES_PER_UNIT = 3;

export class CopyEncoder {
  readonly #types: readonly CopyType[];
  readonly #initialBytes: number;
  #buffer: Buffer;
  #length = 0;

  constructor(types: readonly CopyType[], initialBytes: number) {
    this.#types = types;
    this.#initialBytes = initialBytes;
    this.#buffer = Buffer.allocUnsafe(initialBytes);
    SIGNATURE.copy(this.#buffer);
    this.#length = SIGNATURE.length;
  }

  /** Bytes waiting to be taken. */
  get length(): number {
    return this.#length;
  }

  /** Takes the encoded bytes; the encoder goes on with another buffer. */
  take(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.allocUnsafe(this.#initialBytes);
    this.#length = 0;
    return bytes;
  }

  writeTrailer(): void {
    this.#reserve(2);
    this.#int2(TRAILER);
  }

  writeRow(row: readonly CopyValue[]): void {
    this.#reserve(2);
    this.#int2(this.#types.length);
    for (let index = 0; index < this.#types.length; index += 1) {
      const type = this.#types[index];
      const value = row[index];
      if (type === undefined || value === undefined) {
        throw new TypeError(`row has ${row.length} values, wanted ${this.#types.length}`);
      }
      if (value === null) {
        this.#reserve(4);
        this.#int4(NULL_LENGTH);
      } else {
        this.#value(type, value);
      }
    }
  }

  #value(type: CopyType, value: Exclude<CopyValue, null>): void {
    switch (type) {
      case 'text':
        if (typeof value === 'string') {
          this.#text(value, false);
          return;
        }
        break;
      case 'jsonb':
        if (typeof value === 'string') {
          this.#text(value, true);
          return;
        }
        break;
      case 'timestamptz':
        if (typeof value === 'number') {
          this.#int8Field((value - POSTGRES_EPOCH_MS) * 1000);
          return;
        }
        break;
      case 'int8':
        if (typeof value === 'number') {
          this.#int8Field(value);
          return;
        }
        if (typeof value === 'bigint') {
          this.#bigintField(value);
          return;
        }
        break;
      case 'int4':
        if (typeof value === 'number') {
          this.#int4Field(value);
          return;
        }
        break;
      case 'int2':
        if (typeof value === 'number') {
          this.#int2Field(value);
          return;
        }
        break;
      case 'bool':
        if (typeof value === 'boolean') {
          this.#boolField(value);
          return;
        }
        break;
      case 'float8':
        if (typeof value === 'number') {
          this.#float8Field(value);
          return;
        }
        break;
      case 'numeric':
        if (typeof value === 'string' || typeof value === 'bigint' || Number.isSafeInteger(value)) {
          this.#numeric(String(value));
          return;
        }
        break;
      case 'uuid':
        if (typeof value === 'string') {
          this.#uuid(value);
          return;
        }
        break;
      case 'bytea':
        if (value instanceof Uint8Array) {
          this.#bytes(value);
          return;
        }
        break;
      case 'text[]':
        if (Array.isArray(value)) {
          this.#texts(value);
          return;
        }
        break;
    }
    throw new TypeError(`a ${typeof value} cannot be copied into ${type}`);
  }

  #text(value: string, isJsonb: boolean): void {
    this.#reserve(5 + value.length * UTF8_BYTES_PER_UNIT);
    const start = this.#length;
    this.#length += 4;
    if (isJsonb) {
      this.#buffer[this.#length] = 1;
      this.#length += 1;
    }
    this.#length += this.#buffer.write(value, this.#length, 'utf8');
    this.#buffer.writeInt32BE(this.#length - start - 4, start);
  }

  #texts(values: readonly string[]): void {
    this.#reserve(24);
    const start = this.#length;
    this.#length += 4;
    this.#int4(values.length === 0 ? 0 : 1);
    this.#int4(0);
    this.#int4(TEXT_OID);
    if (values.length > 0) {
      this.#int4(values.length);
      this.#int4(1);
    }
    for (const value of values) {
      this.#text(value, false);
    }
    this.#buffer.writeInt32BE(this.#length - start - 4, start);
  }

  #bytes(value: Uint8Array): void {
    this.#reserve(4 + value.byteLength);
    this.#int4(value.byteLength);
    this.#buffer.set(value, this.#length);
    this.#length += value.byteLength;
  }

  #uuid(value: string): void {
    const hex = value.length === 36 ? value.replaceAll('-', '') : value;
    this.#reserve(20);
    this.#int4(16);
    if (hex.length !== 32 || this.#buffer.write(hex, this.#length, 'hex') !== 16) {
      throw new TypeError(`${value} is no uuid`);
    }
    this.#length += 16;
  }

  /**
   * Decimal text as groups of four digits around the point. A histogram has thousands of digits, and its lower bins are
   * zeros, which are skipped many at a time (a substring for each group cost 9.5 s on a network day).
   */
  #numeric(value: string): void {
    const start = value.charCodeAt(0) === MINUS ? 1 : 0;
    const point = value.indexOf('.');
    const wholeEnd = point < 0 ? value.length : point;
    const scale = point < 0 ? 0 : value.length - point - 1;
    if (wholeEnd === start || (point >= 0 && scale === 0)) {
      throw new TypeError(`${value} is no plain decimal`);
    }
    const wholeGroups = Math.ceil((wholeEnd - start) / 4);
    const allGroups = wholeGroups + Math.ceil(scale / 4);
    this.#reserve(12 + allGroups * 2);
    const header = this.#length;
    this.#length += 12;
    let firstGroup = -1;
    let end = this.#length;
    let zerosFrom = wholeEnd;
    while (point < 0 && value.endsWith(MANY_ZEROS, zerosFrom)) zerosFrom -= MANY_ZEROS.length;
    const groupsToRead = allGroups - (wholeEnd - zerosFrom) / 4;
    for (let group = 0; group < groupsToRead; group += 1) {
      const at = group < wholeGroups ? wholeEnd - 4 * (wholeGroups - group) : wholeEnd + 1 + 4 * (group - wholeGroups);
      const from = Math.max(at, start);
      const digits = fourDigits(value, at, from, group < wholeGroups ? wholeEnd : value.length);
      if (digits === 0 && firstGroup < 0) continue;
      if (firstGroup < 0) firstGroup = group;
      this.#int2(digits);
      if (digits !== 0) end = this.#length;
    }
    const groupCount = firstGroup < 0 ? 0 : (end - header - 12) / 2;
    this.#length = header;
    this.#int4(8 + groupCount * 2);
    this.#int2(groupCount);
    this.#int2(groupCount === 0 ? 0 : wholeGroups - 1 - firstGroup);
    this.#buffer.writeUInt16BE(start === 1 && groupCount > 0 ? NUMERIC_NEGATIVE : 0, this.#length);
    this.#length += 2;
    this.#int2(scale);
    this.#length = header + 12 + groupCount * 2;
  }

  #int8Field(value: number): void {
    if (!Number.isSafeInteger(value)) {
      throw new TypeError(`${value} is no exact integer`);
    }
    this.#reserve(12);
    this.#int4(8);
    const high = Math.floor(value / TWO_TO_32);
    this.#int4(high);
    this.#buffer.writeUInt32BE(value - high * TWO_TO_32, this.#length);
    this.#length += 4;
  }

  #bigintField(value: bigint): void {
    this.#reserve(12);
    this.#int4(8);
    this.#length = this.#buffer.writeBigInt64BE(value, this.#length);
  }

  #int4Field(value: number): void {
    this.#reserve(8);
    this.#int4(4);
    this.#int4(value);
  }

  #int2Field(value: number): void {
    this.#reserve(6);
    this.#int4(2);
    this.#int2(value);
  }

  #boolField(value: boolean): void {
    this.#reserve(5);
    this.#int4(1);
    this.#buffer[this.#length] = value ? 1 : 0;
    this.#length += 1;
  }

  #float8Field(value: number): void {
    this.#reserve(12);
    this.#int4(8);
    this.#length = this.#buffer.writeDoubleBE(value, this.#length);
  }

  #int4(value: number): void {
    this.#length = this.#buffer.writeInt32BE(value, this.#length);
  }

  #int2(value: number): void {
    this.#length = this.#buffer.writeInt16BE(value, this.#length);
  }

  #reserve(bytes: number): void {
    const wanted = this.#length + bytes;
    if (wanted > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(wanted, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
  }
}

/** The four digits at `at`, those outside `[from, end)` being zeros. */
function fourDigits(value: string, at: number, from: number, end: number): number {
  let digits = 0;
  for (let index = at; index < at + 4; index += 1) {
    const digit = index < from || index >= end ? 0 : value.charCodeAt(index) - ZERO;
    if (!(digit >= 0 && digit <= 9)) {
      throw new TypeError(`${value} is no plain decimal`);
    }
    digits = digits * 10 + digit;
  }
  return digits;
}
