const NUMERIC_NEGATIVE = 0x4000;
const HEADER_BYTES = 8;
const MINUS = 0x2d;
const ZERO = 0x30;
/** Longer integers are histograms. */
const LONG_INTEGER = 64;
/** Between the header and the digits of a long integer, so that no group is written over a digit that is yet to be read. */
const GAP_BYTES = 8;
const EIGHT_ZEROS = Buffer.from('00000000').readDoubleBE();

/** The most bytes that `writeNumeric` needs for a decimal text. */
export function numericBytes(value: string): number {
  return HEADER_BYTES + GAP_BYTES + value.length;
}

/**
 * Writes decimal text as PostgreSQL's binary numeric, groups of four digits around the point; returns its length. Throws
 * on anything but plain decimals. `view` is of `bytes`, which have
 * `numericBytes` of room at `at`.
 */
export function writeNumeric(value: string, bytes: Buffer, view: DataView, at: number): number {
  const start = value.charCodeAt(0) === MINUS ? 1 : 0;
  if (start === 0 && value.length > LONG_INTEGER && !value.includes('.'))
    return writeLongInteger(value, bytes, view, at);
  const point = value.indexOf('.');
  const wholeEnd = point < 0 ? value.length : point;
  const scale = point < 0 ? 0 : value.length - point - 1;
  if (wholeEnd === start || (point >= 0 && scale === 0)) throw notPlain(value);
  const wholeGroups = Math.ceil((wholeEnd - start) / 4);
  const allGroups = wholeGroups + Math.ceil(scale / 4);
  let firstGroup = -1;
  let next = at + HEADER_BYTES;
  let end = next;
  for (let group = 0; group < allGroups; group += 1) {
    const digitsAt =
      group < wholeGroups ? wholeEnd - 4 * (wholeGroups - group) : wholeEnd + 1 + 4 * (group - wholeGroups);
    const from = Math.max(digitsAt, start);
    const digits = fourDigits(value, digitsAt, from, group < wholeGroups ? wholeEnd : value.length);
    if (digits === 0 && firstGroup < 0) continue;
    if (firstGroup < 0) firstGroup = group;
    view.setInt16(next, digits);
    next += 2;
    if (digits !== 0) end = next;
  }
  const groupCount = firstGroup < 0 ? 0 : (end - at - HEADER_BYTES) / 2;
  const weight = groupCount === 0 ? 0 : wholeGroups - 1 - firstGroup;
  return writeHeader(view, at, { groupCount, weight, isNegative: start === 1 && groupCount > 0, scale });
}

/**
 * The same of a histogram's thousands of digits, nearly all of them zeros at the end. They are turned in place: looking
 * at eight bytes at once is a quarter of the time of comparing text (1.2 µs against 4.4 for one value, 4.9 against 8 for
 * thirty bins), and there are nine of them in each of a session's rows.
 */
function writeLongInteger(value: string, bytes: Buffer, view: DataView, at: number): number {
  const from = at + HEADER_BYTES + GAP_BYTES;
  if (bytes.write(value, from, 'utf8') !== value.length) throw notPlain(value);
  const end = endOfDigits(view, from, value.length);
  const wholeGroups = Math.ceil(value.length / 4);
  let digitAt = from;
  let firstGroup = -1;
  let next = at + HEADER_BYTES;
  let written = next;
  for (let group = 0; digitAt < end; group += 1) {
    const groupEnd = from + value.length - 4 * (wholeGroups - group - 1);
    let digits = 0;
    for (; digitAt < groupEnd; digitAt += 1) {
      const digit = view.getUint8(digitAt) - ZERO;
      if (!(digit >= 0 && digit <= 9)) throw notPlain(value);
      digits = digits * 10 + digit;
    }
    if (digits === 0 && firstGroup < 0) continue;
    if (firstGroup < 0) firstGroup = group;
    view.setInt16(next, digits);
    next += 2;
    if (digits !== 0) written = next;
  }
  const groupCount = firstGroup < 0 ? 0 : (written - at - HEADER_BYTES) / 2;
  const weight = groupCount === 0 ? 0 : wholeGroups - 1 - firstGroup;
  return writeHeader(view, at, { groupCount, weight, isNegative: false, scale: 0 });
}

/** Where the zeros at the end begin. */
function endOfDigits(view: DataView, from: number, length: number): number {
  let end = from + length;
  while (end - 8 >= from && view.getFloat64(end - 8) === EIGHT_ZEROS) end -= 8;
  while (end > from && view.getUint8(end - 1) === ZERO) end -= 1;
  return end;
}

function writeHeader(
  view: DataView,
  at: number,
  header: {
    readonly groupCount: number;
    readonly weight: number;
    readonly isNegative: boolean;
    readonly scale: number;
  },
): number {
  view.setInt16(at, header.groupCount);
  view.setInt16(at + 2, header.weight);
  view.setUint16(at + 4, header.isNegative ? NUMERIC_NEGATIVE : 0);
  view.setInt16(at + 6, header.scale);
  return HEADER_BYTES + header.groupCount * 2;
}

function notPlain(value: string): TypeError {
  return new TypeError(`${value} is no plain decimal`);
}

/** The four digits at `at`, those outside `[from, end)` being zeros. */
function fourDigits(value: string, at: number, from: number, end: number): number {
  let digits = 0;
  for (let index = at; index < at + 4; index += 1) {
    const digit = index < from || index >= end ? 0 : value.charCodeAt(index) - ZERO;
    if (!(digit >= 0 && digit <= 9)) {
      throw notPlain(value);
    }
    digits = digits * 10 + digit;
  }
  return digits;
}
