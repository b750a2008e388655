import { binOf } from './bins.js';
import type { IngestMetricsFact } from './event.js';

/** Values of one kind: how many, their sum in µs and their bins of µs [AGGREGATE-006]. */
export interface Spread {
  count: number;
  /** Whole µs, so that sums do not depend on order. */
  sumUs: number;
  /** Of the values above 0. */
  readonly bins: Map<number, number>;
}

/** Two counters that are read together, at one instant. */
type Reading = readonly [at: number, one: number, other: number];

/**
 * What two counters grew by. A pair of consecutive readings counts when neither fell between them; a fall means that
 * they began anew, and the pair says nothing.
 */
export interface Meter {
  /** First reading of the stretch; null without one, and in what was cut down to the last. */
  first: Reading | null;
  last: Reading | null;
  one: number;
  other: number;
  /** Time between the readings of the pairs that count, in ms. */
  ms: number;
}

/**
 * Quality of the leg from the client to the gateway over a stretch of a session [domain 4.4]: a monoid under
 * `absorbIngest`, exact for any split. It belongs to the session, never to an orchestrator.
 */
export interface IngestQuality {
  sampleCount: number;
  goodCount: number;
  badCount: number;
  /** Samples with any other text; those without one are in none. */
  otherQualityCount: number;
  readonly videoJitter: Spread;
  readonly audioJitter: Spread;
  readonly rtt: Spread;
  /** Bytes received and sent. */
  readonly transfer: Meter;
  /** Packets lost and received. */
  readonly videoPackets: Meter;
  readonly audioPackets: Meter;
}

/** No jitter or round trip is longer, and no counter larger than sums can hold exactly. */
const LONGEST_MS = 600_000;
const LARGEST_COUNTER = 1e13;
const US_PER_MS = 1000;

export function emptyIngest(): IngestQuality {
  return {
    sampleCount: 0,
    goodCount: 0,
    badCount: 0,
    otherQualityCount: 0,
    videoJitter: emptySpread(),
    audioJitter: emptySpread(),
    rtt: emptySpread(),
    transfer: emptyMeter(),
    videoPackets: emptyMeter(),
    audioPackets: emptyMeter(),
  };
}

/** Adds a sample that comes after all others. A round trip of 0 is one that was not measured. */
export function addIngestSample(draft: IngestQuality, at: number, sample: IngestMetricsFact): void {
  const quality = sample.connQuality.toLowerCase();
  draft.sampleCount += 1;
  if (quality === 'good') draft.goodCount += 1;
  else if (quality === 'bad') draft.badCount += 1;
  else if (quality !== '') draft.otherQualityCount += 1;
  addValue(draft.videoJitter, sample.videoJitterMs);
  addValue(draft.audioJitter, sample.audioJitterMs);
  addValue(draft.rtt, sample.rttMs === 0 ? null : sample.rttMs);
  addReading(draft.transfer, at, sample.bytesReceived, sample.bytesSent);
  addReading(draft.videoPackets, at, sample.videoPacketsLost, sample.videoPacketsReceived);
  addReading(draft.audioPackets, at, sample.audioPacketsLost, sample.audioPacketsReceived);
}

/** Adds the quality of a stretch that comes after all of `draft`. */
export function absorbIngest(draft: IngestQuality, later: IngestQuality): void {
  draft.sampleCount += later.sampleCount;
  draft.goodCount += later.goodCount;
  draft.badCount += later.badCount;
  draft.otherQualityCount += later.otherQualityCount;
  absorbSpread(draft.videoJitter, later.videoJitter);
  absorbSpread(draft.audioJitter, later.audioJitter);
  absorbSpread(draft.rtt, later.rtt);
  absorbMeter(draft.transfer, later.transfer);
  absorbMeter(draft.videoPackets, later.videoPackets);
  absorbMeter(draft.audioPackets, later.audioPackets);
}

export function copyIngest(quality: IngestQuality): IngestQuality {
  return {
    ...quality,
    videoJitter: copySpread(quality.videoJitter),
    audioJitter: copySpread(quality.audioJitter),
    rtt: copySpread(quality.rtt),
    transfer: { ...quality.transfer },
    videoPackets: { ...quality.videoPackets },
    audioPackets: { ...quality.audioPackets },
  };
}

/** All that later samples are compared with: the last readings, and nothing counted. */
export function lastReadings({ transfer, videoPackets, audioPackets }: IngestQuality): IngestQuality {
  const lastOf = ({ last }: Meter): Meter => ({ ...emptyMeter(), last });
  return {
    ...emptyIngest(),
    transfer: lastOf(transfer),
    videoPackets: lastOf(videoPackets),
    audioPackets: lastOf(audioPackets),
  };
}

function emptySpread(): Spread {
  return { count: 0, sumUs: 0, bins: new Map() };
}

function copySpread(spread: Spread): Spread {
  return { ...spread, bins: new Map(spread.bins) };
}

/** Quantises a value to whole µs; one that is missing, negative or absurd counts as none. */
function addValue(spread: Spread, ms: number | null): void {
  if (ms === null || !(ms >= 0 && ms <= LONGEST_MS)) return;
  const us = Math.round(ms * US_PER_MS);
  spread.count += 1;
  spread.sumUs += us;
  if (us > 0) addToBin(spread.bins, binOf(us), 1);
}

function absorbSpread(spread: Spread, later: Spread): void {
  spread.count += later.count;
  spread.sumUs += later.sumUs;
  for (const [bin, count] of later.bins) addToBin(spread.bins, bin, count);
}

function addToBin(bins: Map<number, number>, bin: number, count: number): void {
  bins.set(bin, (bins.get(bin) ?? 0) + count);
}

function emptyMeter(): Meter {
  return { first: null, last: null, one: 0, other: 0, ms: 0 };
}

/** A reading needs both counters. */
function addReading(meter: Meter, at: number, one: number | null, other: number | null): void {
  if (!isCounter(one) || !isCounter(other)) return;
  const reading: Reading = [at, one, other];
  if (meter.last !== null) addPair(meter, meter.last, reading);
  meter.first ??= reading;
  meter.last = reading;
}

function absorbMeter(meter: Meter, later: Meter): void {
  if (meter.last !== null && later.first !== null) addPair(meter, meter.last, later.first);
  meter.one += later.one;
  meter.other += later.other;
  meter.ms += later.ms;
  meter.first ??= later.first;
  meter.last = later.last ?? meter.last;
}

function addPair(meter: Meter, [fromAt, oneBefore, otherBefore]: Reading, [at, one, other]: Reading): void {
  if (one < oneBefore || other < otherBefore) return;
  meter.one += one - oneBefore;
  meter.other += other - otherBefore;
  meter.ms += at - fromAt;
}

function isCounter(value: number | null): value is number {
  return value !== null && value >= 0 && value <= LARGEST_COUNTER;
}
