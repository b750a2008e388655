import { type Cell, type Edge, emptyCell, type Hint } from './cell.js';
import { type FamilyRank, STREAM_STATES, type StreamState } from './event.js';
import type { Fold, Run } from './fold.js';
import type { ReasonedError, SwapEvent } from './fold-facts.js';
import type { GpuReading } from './gpu-reading.js';
import { decodeIngest, encodeIngest, type IngestJson } from './ingest-quality-codec.js';
import type { OrderKey } from './order.js';
import { decodeReadings, type EncodedReadings, encodeReadings } from './readings-codec.js';
import type { ErrorReason } from './reasons.js';
import type { Restarts } from './restarts.js';

/**
 * Changes whenever a stored fold, or a stored row of a session, would no longer equal that of the same events; so when a
 * word of `reasons` does.
 */
export const FOLD_VERSION = 5;

type KeyJson = readonly [at: number, rank: FamilyRank, id: string];
type EdgeJson = readonly [milestone: number, at: number, rank: FamilyRank, id: string, ownAt: number | null];

/** 0: nothing but readings of a counter that stands at 0, as almost every status has it. */
type RestartsJson = 0 | readonly [announced: number, first: number | null, last: number | null, growth: number];

/** Fields at their neutral value are left out; big integers are decimal text. */
interface CellJson {
  readonly t?: readonly [firstAt: number, lastAt: number];
  readonly s?: readonly number[];
  readonly e?: number;
  readonly f?: readonly [count: number, positive: number, sum: string, squareSum: string];
  readonly b?: readonly (readonly [bin: number, count: number])[];
  readonly i?: readonly [count: number, sum: string];
  readonly u?: number;
  readonly r?: RestartsJson;
  readonly x?: EncodedReadings;
  readonly m?: readonly EdgeJson[];
  readonly h?: readonly (readonly [isModel: 0 | 1, text: string])[];
}
type RunJson = readonly [
  url: string,
  address: string,
  start: KeyJson,
  showLastAt: number,
  serviceMs: number,
  cell: CellJson,
  isJoined?: 1,
];
type SwapJson = readonly [key: KeyJson, awayUrl: string, awayAddress: string, to: string, toAddress: string, string];

type ErrorJson = readonly [reason: ErrorReason, eventId: string];
type GpuJson = readonly [
  uuid: string,
  at: number,
  eventId: string,
  gpuModel: string,
  memoryBytes: number | null,
  cudaVersion: string,
  utilisationMicro: number | null,
];

/** A fold as compact JSON, readable by `decodeFold` of the same `FOLD_VERSION`. */
export interface EncodedFold {
  readonly a?: KeyJson;
  readonly z?: KeyJson;
  readonly h?: CellJson;
  readonly r?: readonly RunJson[];
  readonly w?: readonly SwapJson[];
  readonly n?: readonly [streamId: string, requestId: string, gateway: string, region: string];
  readonly y?: 1;
  readonly p?: readonly (readonly [number, number])[];
  readonly e?: readonly [all: number, excusable: number];
  readonly f?: ErrorJson;
  readonly g?: ErrorJson;
  readonly x?: 1;
  readonly q?: readonly [at: number, isColdStart: boolean | null];
  readonly i?: IngestJson;
  readonly l?: readonly [state: StreamState | null, fpsMicro: number | null, inputFpsMicro: number | null];
  readonly u?: readonly GpuJson[];
}

/** The fold as plain JSON, equal for equal folds. */
export function encodeFold(fold: Fold): EncodedFold {
  const names = [fold.streamId, fold.requestId, fold.gateway, fold.region] as const;
  return {
    ...(fold.first !== null && { a: encodeKey(fold.first) }),
    ...(fold.last !== null && { z: encodeKey(fold.last) }),
    ...(fold.head.firstAt !== null && { h: encodeCell(fold.head) }),
    ...(fold.runs.length > 0 && { r: fold.runs.map(encodeRun) }),
    ...(fold.swaps.length > 0 && { w: fold.swaps.map(encodeSwap) }),
    ...(names.some((name) => name !== '') && { n: names }),
    ...(fold.isSynthetic && { y: 1 }),
    ...(fold.startTimes.length > 0 && { p: fold.startTimes }),
    ...(fold.errorCount > 0 && { e: [fold.errorCount, fold.excusableErrorCount] }),
    ...(fold.firstError !== null && { f: encodeError(fold.firstError) }),
    ...(fold.firstExcusableError !== null && { g: encodeError(fold.firstExcusableError) }),
    ...(fold.hasRestart && { x: 1 }),
    ...(fold.request !== null && { q: [fold.request.at, fold.request.isColdStart] }),
    ...(fold.ingest !== null && { i: encodeIngest(fold.ingest) }),
    ...(fold.lastSample !== null && {
      l: [fold.lastSample.state, fold.lastSample.fpsMicro, fold.lastSample.inputFpsMicro],
    }),
    ...(fold.gpuReadings.length > 0 && { u: fold.gpuReadings.map(encodeGpu) }),
  };
}

/** The fold that `encodeFold` was given. */
export function decodeFold(json: EncodedFold): Fold {
  const [streamId, requestId, gateway, region] = json.n ?? ['', '', '', ''];
  return {
    head: json.h === undefined ? emptyCell() : decodeCell(json.h),
    runs: (json.r ?? []).map(decodeRun),
    swaps: (json.w ?? []).map(decodeSwap),
    first: json.a === undefined ? null : decodeKey(json.a),
    last: json.z === undefined ? null : decodeKey(json.z),
    streamId,
    requestId,
    gateway,
    region,
    isSynthetic: json.y === 1,
    startTimes: json.p ?? [],
    errorCount: json.e?.[0] ?? 0,
    excusableErrorCount: json.e?.[1] ?? 0,
    firstError: json.f === undefined ? null : decodeError(json.f),
    firstExcusableError: json.g === undefined ? null : decodeError(json.g),
    hasRestart: json.x === 1,
    request: json.q === undefined ? null : { at: json.q[0], isColdStart: json.q[1] },
    ingest: json.i === undefined ? null : decodeIngest(json.i),
    lastSample: json.l === undefined ? null : { state: json.l[0], fpsMicro: json.l[1], inputFpsMicro: json.l[2] },
    gpuReadings: (json.u ?? []).map(decodeGpu),
  };
}

function encodeKey(key: OrderKey): KeyJson {
  return [key.at, key.rank, key.id];
}

function decodeKey([at, rank, id]: KeyJson): OrderKey {
  return { at, rank, id };
}

function encodeError({ reason, eventId }: ReasonedError): ErrorJson {
  return [reason, eventId];
}

function decodeError([reason, eventId]: ErrorJson): ReasonedError {
  return { reason, eventId };
}

function encodeRun(run: Run): RunJson {
  const { url, address, start, showLastAt, serviceMs, cell } = run;
  const json = [url, address, encodeKey(start), showLastAt, serviceMs, encodeCell(cell)] as const;
  return run.isJoined ? [...json, 1] : json;
}

function decodeRun([url, address, start, showLastAt, serviceMs, cell, isJoined]: RunJson): Run {
  const run = { url, address, isJoined: isJoined === 1, start: decodeKey(start), showLastAt, serviceMs };
  return { ...run, cell: decodeCell(cell) };
}

function encodeSwap({ key, awayUrl, awayAddress, toUrl, toAddress, reason }: SwapEvent): SwapJson {
  return [encodeKey(key), awayUrl, awayAddress, toUrl, toAddress, reason];
}

function decodeSwap([key, awayUrl, awayAddress, toUrl, toAddress, reason]: SwapJson): SwapEvent {
  return { key: decodeKey(key), awayUrl, awayAddress, toUrl, toAddress, reason };
}

function encodeGpu({ uuid, at, eventId, gpuModel, memoryBytes, cudaVersion, utilisationMicro }: GpuReading): GpuJson {
  return [uuid, at, eventId, gpuModel, memoryBytes, cudaVersion, utilisationMicro];
}

function decodeGpu([uuid, at, eventId, gpuModel, memoryBytes, cudaVersion, utilisationMicro]: GpuJson): GpuReading {
  return { uuid, at, eventId, gpuModel, memoryBytes, cudaVersion, utilisationMicro };
}

function encodeCell(cell: Cell): CellJson {
  const edges = cell.edges.flatMap((edge, milestone) => (edge === null ? [] : [encodeEdge(edge, milestone)]));
  const bins = [...cell.fpsBins].sort(([a], [b]) => a - b);
  return {
    ...(cell.firstAt !== null && { t: [cell.firstAt, cell.lastAt] }),
    ...(cell.states.some((count) => count > 0) && { s: cell.states }),
    ...(cell.errorSamples > 0 && { e: cell.errorSamples }),
    ...(cell.fpsCount > 0 && {
      f: [cell.fpsCount, cell.fpsPositive, String(cell.fpsSum), String(cell.fpsSquareSum)],
    }),
    ...(bins.length > 0 && { b: bins }),
    ...(cell.inputCount > 0 && { i: [cell.inputCount, String(cell.inputSum)] }),
    ...(cell.parameterUpdates > 0 && { u: cell.parameterUpdates }),
    ...(cell.restarts !== null && { r: encodeRestarts(cell.restarts) }),
    ...(cell.readings !== null && { x: encodeReadings(cell.readings) }),
    ...(edges.length > 0 && { m: edges }),
    ...(cell.hints.length > 0 && { h: cell.hints.map(({ kind, text }) => [kind === 'model' ? 1 : 0, text] as const) }),
  };
}

function encodeRestarts({ announced, first, last, growth }: Restarts): RestartsJson {
  return announced === 0 && first === 0 && last === 0 && growth === 0 ? 0 : [announced, first, last, growth];
}

function decodeRestarts(json: RestartsJson): Restarts {
  const [announced, first, last, growth] = json === 0 ? [0, 0, 0, 0] : json;
  return { announced, first, last, growth };
}

function encodeEdge(edge: Edge, milestone: number): EdgeJson {
  return [milestone, edge.at, edge.rank, edge.id, edge.ownAt];
}

function decodeCell(json: CellJson): Cell {
  const cell = emptyCell();
  const [fpsCount, fpsPositive, fpsSum, fpsSquareSum] = json.f ?? [0, 0, '0', '0'];
  for (const [milestone, at, rank, id, ownAt] of json.m ?? []) cell.edges[milestone] = { at, rank, id, ownAt };
  return {
    ...cell,
    firstAt: json.t?.[0] ?? null,
    lastAt: json.t?.[1] ?? 0,
    states: json.s === undefined ? STREAM_STATES.map(() => 0) : [...json.s],
    errorSamples: json.e ?? 0,
    fpsCount,
    fpsPositive,
    fpsSum: BigInt(fpsSum),
    fpsSquareSum: BigInt(fpsSquareSum),
    fpsBins: new Map(json.b ?? []),
    inputCount: json.i?.[0] ?? 0,
    inputSum: BigInt(json.i?.[1] ?? '0'),
    parameterUpdates: json.u ?? 0,
    restarts: json.r === undefined ? null : decodeRestarts(json.r),
    readings: json.x === undefined ? null : decodeReadings(json.x),
    hints: (json.h ?? []).map(([isModel, text]): Hint => ({ kind: isModel === 1 ? 'model' : 'text', text })),
  };
}
