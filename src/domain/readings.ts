import type { TransportSample } from './event.js';
import { addSpans, addToFlow, CounterChain, emptyFlow, type Flow, joinFlows, type Span } from './flow.js';

/** What runners measure beside frames, over a stretch of events in order; exact, so that it joins in any grouping. */
export interface Readings {
  /** From the runner. */
  readonly tx: Flow;
  /** To the runner. */
  readonly rx: Flow;
  readonly gpu: GpuSums;
}

export interface GpuSums {
  readonly utilisationCount: number;
  /** Millionths of a GPU. */
  readonly utilisationSum: bigint;
  /** Samples that carry both. */
  readonly flopsCount: number;
  readonly achievedFlops: bigint;
  readonly peakFlops: bigint;
}

export const NO_GPU_SUMS: GpuSums = {
  utilisationCount: 0,
  utilisationSum: 0n,
  flopsCount: 0,
  achievedFlops: 0n,
  peakFlops: 0n,
};

/** Beyond a yotta nothing is a measurement of today. */
const FLOPS_LIMIT = 1e24;

/** Adds a sample that comes after what was read before. */
export function addReadings(before: Readings | null, sample: TransportSample, atMs: number): Readings {
  const known = before ?? { tx: emptyFlow(), rx: emptyFlow(), gpu: NO_GPU_SUMS };
  const { publisherId, samplingIntervalMs: intervalMs } = sample;
  const instant = { publisherId, atMs, intervalMs };
  return {
    tx: addToFlow(known.tx, { ...instant, bytes: sample.txBytes, mbps: sample.txMbps }),
    rx: addToFlow(known.rx, { ...instant, bytes: sample.rxBytes, mbps: sample.rxMbps }),
    gpu: addGpuSums(known.gpu, gpuSumsOf(sample)),
  };
}

/** Both stretches, where every sample of `later` comes after those of `before`. */
export function joinReadings(before: Readings | null, later: Readings | null): Readings | null {
  if (before === null || later === null) return before ?? later;
  return {
    tx: joinFlows(before.tx, later.tx),
    rx: joinFlows(before.rx, later.rx),
    gpu: addGpuSums(before.gpu, later.gpu),
  };
}

export function addGpuSums(a: GpuSums, b: GpuSums): GpuSums {
  return {
    utilisationCount: a.utilisationCount + b.utilisationCount,
    utilisationSum: a.utilisationSum + b.utilisationSum,
    flopsCount: a.flopsCount + b.flopsCount,
    achievedFlops: a.achievedFlops + b.achievedFlops,
    peakFlops: a.peakFlops + b.peakFlops,
  };
}

function gpuSumsOf({ gpuUtilisation, achievedFlops, peakFlops }: TransportSample): GpuSums {
  const utilisation = utilisationMicro(gpuUtilisation);
  const hasFlops = isFlops(achievedFlops) && isFlops(peakFlops) && Math.round(peakFlops) > 0;
  return {
    utilisationCount: utilisation === null ? 0 : 1,
    utilisationSum: BigInt(utilisation ?? 0),
    flopsCount: hasFlops ? 1 : 0,
    achievedFlops: hasFlops ? BigInt(Math.round(achievedFlops)) : 0n,
    peakFlops: hasFlops ? BigInt(Math.round(peakFlops)) : 0n,
  };
}

function isFlops(value: number | null): value is number {
  return value !== null && value >= 0 && value <= FLOPS_LIMIT;
}

/** Utilisation in whole millionths of a GPU; up to 1 it is a ratio, above, up to 100, percent; else null. */
export function utilisationMicro(utilisation: number | null): number | null {
  if (utilisation === null || utilisation < 0 || utilisation > 100) return null;
  return Math.round(utilisation * (utilisation <= 1 ? 1e6 : 1e4));
}

/** What a stretch adds to sums over time and identities. */
export interface ReadingSums {
  readonly tx: DirectionSums;
  readonly rx: DirectionSums;
  readonly gpu: GpuSums;
}

export interface DirectionSums extends Span {
  readonly samples: number;
}

export function addReadingSums(a: ReadingSums | null, b: ReadingSums | null): ReadingSums | null {
  if (a === null || b === null) return a ?? b;
  const direction = (of: 'tx' | 'rx'): DirectionSums => ({
    samples: a[of].samples + b[of].samples,
    ...addSpans(a[of], b[of]),
  });
  return { tx: direction('tx'), rx: direction('rx'), gpu: addGpuSums(a.gpu, b.gpu) };
}

/** Counters of both directions along a session. */
export class ReadingChain {
  readonly #tx = new CounterChain();
  readonly #rx = new CounterChain();

  /** Adds a stretch after all before; what it adds to sums, null when nothing was read. */
  add(readings: Readings | null): ReadingSums | null {
    if (readings === null) return null;
    const { tx, rx, gpu } = readings;
    return {
      tx: { samples: tx.samples, ...this.#tx.add(tx) },
      rx: { samples: rx.samples, ...this.#rx.add(rx) },
      gpu,
    };
  }

  /** Readings without the publishers that count nothing. */
  keep(readings: Readings | null): Readings | null {
    if (readings === null) return null;
    return { ...readings, tx: this.#tx.keep(readings.tx), rx: this.#rx.keep(readings.rx) };
  }
}
