/** Instants are integer milliseconds since the epoch, UTC. */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
/** A bucket is judged from the events before its end plus this, and final from then on [LIFECYCLE-009]. */
export const HORIZON_MS = 10 * MINUTE_MS;

const YEAR_2000_MS = Date.UTC(2000, 0, 1);
const YEAR_2100_MS = Date.UTC(2100, 0, 1);
/** How far a payload's time may lie from its envelope's, and an envelope's beyond the broker's [domain 2.1]. */
const CLOCK_TOLERANCE_MS = 600_000;
/** A session's events are folded in slices of this width of event time. */
export const SLICE_MS = 300_000;
/** A `start_time` below this is in seconds. */
const SECONDS_BELOW = 1e11;

const DECIMAL = /^\d{1,16}(?:\.\d+)?$/;
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** An instant from an epoch-millisecond string or number, or RFC 3339 text; null when it is none of them. */
export function parseInstantMs(value: unknown): number | null {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? Math.floor(value) : null;
  }
  if (typeof value !== 'string') {
    return null;
  }
  const text = value.trim();
  return DECIMAL.test(text) ? Math.floor(Number(text)) : parseRfc3339(text);
}

function parseRfc3339(text: string): number | null {
  const match = RFC_3339.exec(text);
  if (match === null) {
    return null;
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isCalendarDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  // a leap second is second 60 and rolls over
  if (!isCalendarDay || hour > 23 || minute > 59 || second > 60) {
    return null;
  }
  const offsetMinutes = Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0);
  const utcMinutes = hour * 60 + minute - (match[8] === '-' ? -offsetMinutes : offsetMinutes);
  const fractionMs = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  return date.getTime() + utcMinutes * 60_000 + second * 1000 + fractionMs;
}

/**
 * The event time: the payload's where it parses and lies within ±10 minutes (inclusive) of the envelope's, else the
 * envelope's [domain 2.1].
 */
export function chooseEventTimeMs(envelopeAtMs: number, payloadTimestamp: unknown): number {
  const payloadAtMs = parseInstantMs(payloadTimestamp);
  return payloadAtMs !== null && Math.abs(payloadAtMs - envelopeAtMs) <= CLOCK_TOLERANCE_MS
    ? payloadAtMs
    : envelopeAtMs;
}

/** False is `bad_timestamp`: before 2000, or more than 10 minutes after the broker's record time. */
export function isAcceptableTime(atMs: number, brokerAtMs: number): boolean {
  return atMs >= YEAR_2000_MS && atMs <= brokerAtMs + CLOCK_TOLERANCE_MS;
}

/** A time on another clock (runner, stream start): seconds below 1e11; null outside 2000..2100. */
export function parseForeignTimeMs(value: unknown): number | null {
  const parsed = parseInstantMs(value);
  if (parsed === null) {
    return null;
  }
  const isNumeric = typeof value === 'number' || (typeof value === 'string' && DECIMAL.test(value.trim()));
  const atMs = isNumeric && parsed < SECONDS_BELOW ? Math.floor(Number(value) * 1000) : parsed;
  return atMs >= YEAR_2000_MS && atMs < YEAR_2100_MS ? atMs : null;
}

/** Start of the 5-minute slice that holds an instant. */
export function sliceStartMs(atMs: number): number {
  return Math.floor(atMs / SLICE_MS) * SLICE_MS;
}

/** The UTC day of an instant, `2026-01-08`. */
export function utcDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
