import type { Counter, Flow } from './flow.js';
import type { GpuSums, Readings } from './readings.js';

type CounterJson = readonly [
  publisherId: string,
  firstAt: number,
  firstBytes: number,
  lastAt: number,
  lastBytes: number,
  bytes: string,
  ms: number,
];
type FlowJson = readonly [samples: number, ratedBytes: string, ratedMs: number, counters: readonly CounterJson[]];
type GpuJson = readonly [utilisations: number, utilisation: string, flops: number, achieved: string, peak: string];

/** Readings as compact JSON; big integers are decimal text. */
export type EncodedReadings = readonly [tx: FlowJson, rx: FlowJson, gpu: GpuJson];

export function encodeReadings({ tx, rx, gpu }: Readings): EncodedReadings {
  return [encodeFlow(tx), encodeFlow(rx), encodeGpu(gpu)];
}

export function decodeReadings([tx, rx, gpu]: EncodedReadings): Readings {
  return { tx: decodeFlow(tx), rx: decodeFlow(rx), gpu: decodeGpu(gpu) };
}

function encodeFlow({ samples, rated, counters }: Flow): FlowJson {
  return [samples, String(rated.bytes), rated.ms, [...counters].map(encodeCounter)];
}

function decodeFlow([samples, bytes, ms, counters]: FlowJson): Flow {
  return { samples, rated: { bytes: BigInt(bytes), ms }, counters: new Map(counters.map(decodeCounter)) };
}

function encodeCounter([publisherId, { first, last, bytes, ms }]: readonly [string, Counter]): CounterJson {
  return [publisherId, first.at, first.bytes, last.at, last.bytes, String(bytes), ms];
}

function decodeCounter(json: CounterJson): readonly [string, Counter] {
  const [publisherId, firstAt, firstBytes, lastAt, lastBytes, bytes, ms] = json;
  const first = { at: firstAt, bytes: firstBytes };
  return [publisherId, { first, last: { at: lastAt, bytes: lastBytes }, bytes: BigInt(bytes), ms }];
}

function encodeGpu(gpu: GpuSums): GpuJson {
  const { utilisationCount, utilisationSum, flopsCount, achievedFlops, peakFlops } = gpu;
  return [utilisationCount, String(utilisationSum), flopsCount, String(achievedFlops), String(peakFlops)];
}

function decodeGpu([utilisationCount, utilisation, flopsCount, achieved, peak]: GpuJson): GpuSums {
  return {
    utilisationCount,
    utilisationSum: BigInt(utilisation),
    flopsCount,
    achievedFlops: BigInt(achieved),
    peakFlops: BigInt(peak),
  };
}
