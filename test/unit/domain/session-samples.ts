import { buildCapabilityIndex, type CapabilityRunRow } from '../../../src/domain/capability-index.js';
import { type CapabilityContent, MILESTONES, type Milestone, type SessionEvent } from '../../../src/domain/event.js';
import { foldEvents } from '../../../src/domain/fold.js';
import type { Naming } from '../../../src/domain/segment-attribution.js';
import type { SessionPrefix, Slice } from '../../../src/domain/session-prefix.js';
import { type ResolvedSession, resolveSession } from '../../../src/domain/session-rows.js';
import { sliceStartMs } from '../../../src/domain/time.js';

export const ORG = 'daydream';
export const SESSION = 'stream-1|request-1';
/** 2026-01-08 10:00:00 UTC. */
export const TEN = Date.UTC(2026, 0, 8, 10);
export const SECOND = 1000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const MAX_AGE_MS = 30 * MINUTE;

/** A 0x address of one digit. */
export const HOT = (digit: string): string => `0x${digit.repeat(40)}`;

export const naming: Naming = {
  publicGateway: (host) => `public-${host}`,
  regionOf: (host) => (host === 'gw-a' ? 'FRA' : ''),
  publicGpuId: (uuid) => `gpu_${uuid}`,
};

let counter = 0;

/** An event that says nothing but its time; ids are unique and unordered. */
export function event(atMs: number, fields: Partial<SessionEvent> = {}): SessionEvent {
  counter += 1;
  return {
    sessionKey: SESSION,
    eventAtMs: atMs,
    familyRank: 3,
    eventId: `${(counter * 7919) % 10_007}-${counter}`,
    streamId: 'stream-1',
    requestId: 'request-1',
    gateway: '',
    region: '',
    isSynthetic: false,
    name: 'any',
    milestones: 0,
    ownAtMs: null,
    orchUrl: '',
    orchAddress: '',
    showsIdentity: false,
    pipelineText: '',
    modelText: '',
    isSwap: false,
    swapToUrl: '',
    swapToAddress: '',
    swapReason: '',
    isError: false,
    message: '',
    failureReason: '',
    isRestart: false,
    isColdStart: null,
    isSample: false,
    state: null,
    fpsMicro: null,
    inputFpsMicro: null,
    hasLastError: false,
    restartCount: null,
    startTimeMs: null,
    ingest: null,
    transport: null,
    ...fields,
  };
}

export interface Shown {
  readonly url?: string;
  readonly address?: string;
}

function shown({ url = '', address = '' }: Shown): Partial<SessionEvent> {
  return { orchUrl: url, orchAddress: address, showsIdentity: true };
}

export function trace(atMs: number, milestone: Milestone, by: Shown = {}, fields: Partial<SessionEvent> = {}) {
  const isRunner = milestone.startsWith('runner_');
  return event(atMs, {
    familyRank: 0,
    milestones: 1 << MILESTONES.indexOf(milestone),
    ...shown(by),
    showsIdentity: !isRunner,
    ownAtMs: isRunner ? atMs : null,
    ...fields,
  });
}

export function status(atMs: number, fps: number | null, by: Shown = {}, fields: Partial<SessionEvent> = {}) {
  return event(atMs, {
    familyRank: 1,
    isSample: true,
    state: fps !== null && fps > 0 ? 'ONLINE' : 'LOADING',
    fpsMicro: fps === null ? null : Math.round(fps * 1e6),
    ...shown(by),
    ...fields,
  });
}

export function swap(atMs: number, away: Shown = {}, fields: Partial<SessionEvent> = {}) {
  return event(atMs, { familyRank: 0, isSwap: true, ...shown(away), showsIdentity: false, ...fields });
}

export function failure(atMs: number, message: string) {
  return event(atMs, { familyRank: 2, isError: true, message });
}

export interface RunFields {
  readonly address: string;
  readonly uri?: string;
  readonly local?: string;
  readonly first: number;
  readonly last?: number;
  readonly next?: number | null;
  readonly content?: Partial<CapabilityContent>;
}

/** A capability run; without content it offers `live-video-to-video` `model-a` on `gpu-1`. */
export function run({ address, uri = '', local = '', first, last, next = null, content }: RunFields): CapabilityRunRow {
  const offered = { localAddress: local, version: '1', hardware: [], models: [], prices: [] };
  return {
    org: ORG,
    address,
    uri,
    firstAt: new Date(first),
    lastAt: new Date(last ?? first),
    nextAt: next === null ? null : new Date(next),
    contentHash: `hash-${address}-${first}`,
    localAddress: local,
    firstEventId: `first-${first}`,
    lastEventId: `last-${last ?? first}`,
    content: content === undefined ? hardware('live-video-to-video', 'model-a', 'gpu-1') : { ...offered, ...content },
  };
}

export function hardware(pipeline: string, model: string, ...uuids: string[]): CapabilityContent {
  const gpus = uuids.map((uuid) => ({ uuid, name: 'RTX 4090', memoryTotalBytes: null }));
  return { localAddress: '', version: '1', hardware: [{ pipeline, model, gpus }], models: [], prices: [] };
}

export function slicesOf(events: readonly SessionEvent[]): readonly Slice[] {
  const byStart = new Map<number, SessionEvent[]>();
  for (const one of events) {
    const start = sliceStartMs(one.eventAtMs);
    byStart.set(start, [...(byStart.get(start) ?? []), one]);
  }
  return [...byStart].sort(([a], [b]) => a - b).map(([startMs, group]) => ({ startMs, fold: foldEvents(group) }));
}

export function resolve(
  events: readonly SessionEvent[],
  runs: readonly CapabilityRunRow[] = [],
  options: { readonly prefix?: SessionPrefix | null; readonly dirtyFromMs?: number | null } = {},
): ResolvedSession {
  const { prefix = null, dirtyFromMs = null } = options;
  return resolveSession({
    org: ORG,
    sessionKey: SESSION,
    prefix,
    slices: slicesOf(events).filter(({ startMs }) => startMs >= (prefix?.untilMs ?? Number.NEGATIVE_INFINITY)),
    dirtyFromMs,
    capabilities: buildCapabilityIndex(runs),
    policy: { capabilityMaxAgeMs: MAX_AGE_MS },
    naming,
  });
}
