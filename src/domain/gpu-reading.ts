import type { SessionEvent } from './event.js';
import type { OrderKey } from './order.js';
import { utilisationMicro } from './readings.js';

/** What a sample says of a GPU, the newest of the session. */
export interface GpuReading {
  /** Never public. */
  readonly uuid: string;
  readonly at: number;
  readonly eventId: string;
  readonly gpuModel: string;
  readonly memoryBytes: number | null;
  readonly cudaVersion: string;
  readonly utilisationMicro: number | null;
}

/** A session has one or a few; a producer that invents them must not grow what is kept of it. */
const MAX_GPUS = 32;

/** The reading of a sample that names its GPU. */
export function gpuReadingOf({ transport }: SessionEvent, key: OrderKey): GpuReading | null {
  if (transport === null || transport.gpuUuid === '') return null;
  return {
    uuid: transport.gpuUuid,
    at: key.at,
    eventId: key.id,
    gpuModel: transport.gpuModel,
    memoryBytes: transport.gpuMemoryBytes,
    cudaVersion: transport.cudaVersion,
    utilisationMicro: utilisationMicro(transport.gpuUtilisation),
  };
}

/** Adds a reading that comes after those known. */
export function noteGpuReading(known: GpuReading[], reading: GpuReading): void {
  const index = known.findIndex(({ uuid }) => uuid === reading.uuid);
  if (index >= 0) known[index] = reading;
  else known.push(reading);
}

/** Those of a session that are kept: of the GPUs that were named first. */
export function keptGpuReadings(readings: readonly GpuReading[]): readonly GpuReading[] {
  return readings.length > MAX_GPUS ? readings.slice(0, MAX_GPUS) : readings;
}
