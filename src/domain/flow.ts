/** Bytes in one direction over a stretch of samples in order, told by counters, or by rates with their interval. */
export interface Flow {
  /** Samples that tell something of the direction. */
  readonly samples: number;
  /** By rates: bytes in milliseconds. */
  readonly rated: Span;
  /** By publisher, in the order of their first reading: what its counter told. */
  readonly counters: ReadonlyMap<string, Counter>;
}

/** Bytes that went by in some milliseconds; a rate is computed from sums of both, when it is read. */
export interface Span {
  readonly bytes: bigint;
  readonly ms: number;
}

/** Readings of one publisher's cumulative counter, and what lies between its first and newest one. */
export interface Counter extends Span {
  readonly first: CounterReading;
  readonly last: CounterReading;
}

export interface CounterReading {
  readonly at: number;
  readonly bytes: number;
}

/** What a sample says of one direction, as sent. */
export interface FlowReading {
  readonly publisherId: string;
  readonly atMs: number;
  readonly intervalMs: number | null;
  readonly bytes: number | null;
  readonly mbps: number | null;
}

/** A session has one or two; a producer that invents them must not grow what is kept of it. */
const MAX_PUBLISHERS = 32;
const NO_SPAN: Span = { bytes: 0n, ms: 0 };
const EMPTY: Flow = { samples: 0, rated: NO_SPAN, counters: new Map() };

/** 10 Tbit/s, and an hour: beyond, nothing is a measurement. */
const MBPS_LIMIT = 1e7;
const INTERVAL_LIMIT_MS = 3_600_000;
/** 1 Mbit/s is 125 bytes per millisecond. */
const BYTES_PER_MEGABIT_MS = 125;

export function emptyFlow(): Flow {
  return EMPTY;
}

/** Adds a reading that comes after those of the flow; of a counter and a rate the counter counts. */
export function addToFlow(flow: Flow, reading: FlowReading): Flow {
  const { publisherId, atMs, bytes, mbps } = reading;
  if (bytes !== null && bytes >= 0) {
    const now = { at: atMs, bytes };
    const counters = new Map(flow.counters);
    counters.set(publisherId, joinCounters(counters.get(publisherId), { first: now, last: now, ...NO_SPAN }));
    return { ...flow, samples: flow.samples + 1, counters };
  }
  if (mbps === null || mbps < 0 || mbps > MBPS_LIMIT) return flow;
  return { ...flow, samples: flow.samples + 1, rated: addSpans(flow.rated, ratedSpan(mbps, reading.intervalMs)) };
}

/** Both stretches, where every reading of `later` comes after those of `before`. */
export function joinFlows(before: Flow, later: Flow): Flow {
  if (later.samples === 0) return before;
  if (before.samples === 0) return later;
  const counters = new Map(before.counters);
  for (const [publisherId, counter] of later.counters) {
    counters.set(publisherId, joinCounters(counters.get(publisherId), counter));
  }
  return { samples: before.samples + later.samples, rated: addSpans(before.rated, later.rated), counters };
}

export function addSpans(a: Span, b: Span): Span {
  return { bytes: a.bytes + b.bytes, ms: a.ms + b.ms };
}

/** A rate without a usable interval weighs nothing. Whole bytes, so that sums do not depend on order. */
function ratedSpan(mbps: number, intervalMs: number | null): Span {
  if (intervalMs === null || intervalMs <= 0 || intervalMs > INTERVAL_LIMIT_MS) return NO_SPAN;
  return { bytes: BigInt(Math.round(mbps * BYTES_PER_MEGABIT_MS * intervalMs)), ms: intervalMs };
}

function joinCounters(before: Counter | undefined, later: Counter): Counter {
  if (before === undefined) return later;
  const span = addSpans(addSpans(before, spanBetween(before.last, later.first)), later);
  return { first: before.first, last: later.last, ...span };
}

/** A counter that went down has begun again: nobody knows when, so nothing is known of the time between. */
function spanBetween(from: CounterReading, to: CounterReading): Span {
  return to.bytes < from.bytes ? NO_SPAN : { bytes: BigInt(to.bytes - from.bytes), ms: to.at - from.at };
}

/**
 * Counters of a session's publishers from one stretch to the next: they go on whoever serves, and what lies between
 * two readings belongs to the stretch of the second. Publishers after the first 32 of a session count nothing.
 */
export class CounterChain {
  readonly #last = new Map<string, CounterReading>();

  /** Adds a stretch after all before; answers what went by in it, from the newest readings before it on. */
  add(flow: Flow): Span {
    let span = flow.rated;
    for (const [publisherId, counter] of flow.counters) {
      const last = this.#last.get(publisherId);
      if (last === undefined && this.#last.size >= MAX_PUBLISHERS) continue;
      span = addSpans(span, counter);
      if (last !== undefined) span = addSpans(span, spanBetween(last, counter.first));
      this.#last.set(publisherId, counter.last);
    }
    return span;
  }

  /** The flow with the publishers that count. */
  keep(flow: Flow): Flow {
    if ([...flow.counters.keys()].every((publisherId) => this.#last.has(publisherId))) return flow;
    return { ...flow, counters: new Map([...flow.counters].filter(([publisherId]) => this.#last.has(publisherId))) };
  }
}
