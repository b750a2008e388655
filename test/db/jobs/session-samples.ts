import { MILESTONES, type SessionEvent, type TransportSample } from '../../../src/domain/event.js';
import { type Sighting, sessionEvent } from './fact-writer.js';

export const T0 = Date.UTC(2026, 0, 8, 12, 2);
export const MINUTE = 60_000;

export const URLS = ['https://orch-a.example.com:8935', 'https://orch-b.example.com:8935'];
export const ADDRESSES = [`0x${'a'.repeat(40)}`, `0x${'b'.repeat(40)}`];
export const HOT_KEYS = [`0x${'1'.repeat(40)}`, `0x${'2'.repeat(40)}`];

const bit = (name: (typeof MILESTONES)[number]) => 1 << MILESTONES.indexOf(name);

export function status(at: number, id: string, orchestrator: number, fields: Partial<SessionEvent> = {}): SessionEvent {
  return sessionEvent({
    eventAtMs: at,
    eventId: id,
    familyRank: 1,
    name: 'status',
    isSample: true,
    state: 'ONLINE',
    fpsMicro: 20_000_000,
    inputFpsMicro: 24_000_000,
    orchUrl: URLS[orchestrator] ?? '',
    orchAddress: HOT_KEYS[orchestrator] ?? '',
    showsIdentity: orchestrator < URLS.length,
    pipelineText: 'streamdiffusion-sdxl',
    startTimeMs: T0,
    ...fields,
  });
}

export function request(at: number, id: string, fields: Partial<SessionEvent> = {}): SessionEvent {
  return sessionEvent({
    eventAtMs: at,
    eventId: id,
    milestones: bit('receive_request'),
    name: 'gateway_receive_stream_request',
    ...fields,
  });
}

export function sighting(orchestrator: number, observedAtMs: number, fields: Partial<Sighting> = {}): Sighting {
  return {
    address: ADDRESSES[orchestrator] ?? '',
    localAddress: HOT_KEYS[orchestrator] ?? '',
    uri: URLS[orchestrator] ?? '',
    observedAtMs,
    eventId: `sighting-${orchestrator}-${observedAtMs}`,
    model: 'streamdiffusion-sdxl',
    gpuUuid: `GPU-${orchestrator}`,
    ...fields,
  };
}

/** A stream of `minutes` with a status every 10 s. */
export function longStream(minutes: number, orchestrator = 0, fields: Partial<SessionEvent> = {}): SessionEvent[] {
  const statuses = Array.from({ length: minutes * 6 }, (_, index) =>
    status(T0 + index * 10_000 + 1_000, `status-${String(index).padStart(6, '0')}`, orchestrator, fields),
  );
  return [request(T0, 'request', fields), ...statuses];
}

export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function randomSessions(random: () => number): SessionEvent[] {
  const int = (limit: number) => Math.floor(random() * limit);
  const states = ['ONLINE', 'LOADING', 'DEGRADED_INPUT', 'ERROR'] as const;
  return Array.from({ length: 1 + int(4) }, (_, session) => session).flatMap((session) => {
    const spanMs = random() < 0.3 ? 5 * 60 * MINUTE : 25 * MINUTE;
    const ids = { streamId: `stream-${session}`, requestId: `request-${session}` };
    const showsHalves = random() < 0.4;
    return Array.from({ length: 2 + int(40) }, (_, index): SessionEvent => {
      const at = T0 + int(spanMs);
      const id = `${session}-${index}`;
      switch (int(6)) {
        case 0:
          return sessionEvent({
            ...ids,
            eventAtMs: at,
            eventId: id,
            milestones: 1 << int(MILESTONES.length),
            ownAtMs: random() < 0.5 ? at + int(500) : null,
          });
        case 1:
          return sessionEvent({
            ...ids,
            eventAtMs: at,
            eventId: id,
            isSwap: true,
            orchAddress: random() < 0.5 ? (HOT_KEYS[int(2)] ?? '') : '',
            swapReason: 'timed out',
          });
        case 2:
          return sessionEvent({
            ...ids,
            eventAtMs: at,
            eventId: id,
            familyRank: 2,
            isError: true,
            message: random() < 0.5 ? 'whip disconnected' : 'boom',
          });
        default:
          return status(at, id, int(3), {
            ...ids,
            ...(showsHalves && (index % 2 === 0 ? { orchUrl: '' } : { orchAddress: '' })),
            state: states[int(4)] ?? null,
            fpsMicro: random() < 0.3 ? 0 : int(30_000_000),
            gateway: random() < 0.8 ? 'gateway-1.example.com' : '',
            restartCount: int(3),
            ...(random() < 0.4 && { name: 'runner.metrics.sample', transport: randomReadings(int) }),
          });
      }
    });
  });
}

function randomReadings(int: (limit: number) => number): TransportSample {
  return {
    publisherId: `runner-${int(2)}`,
    gpuUuid: `GPU-${int(3)}`,
    gpuModel: 'RTX 4090',
    gpuMemoryBytes: 24_000_000_000,
    gpuUtilisation: int(1000) / 999,
    cudaVersion: '12.4',
    txBytes: int(2) === 0 ? int(10_000) : null,
    rxBytes: null,
    txMbps: int(10) / 3,
    rxMbps: 0.1,
    samplingIntervalMs: 5000,
    achievedFlops: int(8) * 1e13 + 0.25,
    peakFlops: 8e13,
  };
}

export function randomSightings(random: () => number): Sighting[] {
  const int = (limit: number) => Math.floor(random() * limit);
  return Array.from({ length: int(8) }, (_, index) =>
    sighting(int(2), T0 - 40 * MINUTE + int(120) * MINUTE, {
      eventId: `sighting-${index}`,
      model: random() < 0.7 ? 'streamdiffusion-sdxl' : 'streamdiffusion',
      gpuUuid: random() < 0.7 ? `GPU-${int(2)}` : '',
      localAddress: HOT_KEYS[int(2)] ?? '',
    }),
  );
}
