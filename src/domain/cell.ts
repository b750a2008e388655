import { fpsBin } from './bins.js';
import { isParameterUpdate, MILESTONES, type SessionEvent, STREAM_STATES, type StreamState } from './event.js';
import type { OrderKey } from './order.js';
import { addReadings, joinReadings, type Readings } from './readings.js';
import { addAnnounced, addCounted, joinRestarts, type Restarts } from './restarts.js';

/** First occurrence of a milestone; `ownAt` is the runner's clock, or of a v1 frame the frame's own time. */
export interface Edge extends OrderKey {
  readonly ownAt: number | null;
}

/** A pipeline or model text of the events, whose kind is decided against a candidate [ATTRIBUTION-002]. */
export interface Hint {
  /** `model`: v1's model_id, always a model. `text`: `pipeline` or `pipeline_id`, a pipeline or a model. */
  readonly kind: 'model' | 'text';
  readonly text: string;
}

/** Sums over a stretch of a session's events; exact, so that cells merge in any grouping [AGGREGATE-006]. */
export interface Cell {
  /** Null while the cell holds no event. */
  firstAt: number | null;
  lastAt: number;
  /** Status samples per state, in the order of `STREAM_STATES`. */
  readonly states: number[];
  errorSamples: number;
  fpsCount: number;
  fpsPositive: number;
  /** Millionths. */
  fpsSum: bigint;
  /** Millionths of millionths. */
  fpsSquareSum: bigint;
  readonly fpsBins: Map<number, number>;
  inputCount: number;
  inputSum: bigint;
  parameterUpdates: number;
  /** Null while nobody spoke of restarts. */
  restarts: Restarts | null;
  /** Null while no sample brought any. */
  readings: Readings | null;
  /** First of each milestone, in the order of `MILESTONES`. */
  readonly edges: (Edge | null)[];
  /** Distinct, in the order of their first event. */
  readonly hints: Hint[];
}

/** A stream has one or two; the first ones decide, and a producer that invents them must not grow every cell. */
const MAX_HINTS = 32;

const RUNNING: readonly StreamState[] = ['ONLINE', 'DEGRADED_INPUT', 'DEGRADED_INFERENCE'];
const RUNNING_INDEXES = RUNNING.map((state) => STREAM_STATES.indexOf(state));

export function emptyCell(): Cell {
  return {
    firstAt: null,
    lastAt: 0,
    states: STREAM_STATES.map(() => 0),
    errorSamples: 0,
    fpsCount: 0,
    fpsPositive: 0,
    fpsSum: 0n,
    fpsSquareSum: 0n,
    fpsBins: new Map(),
    inputCount: 0,
    inputSum: 0n,
    parameterUpdates: 0,
    restarts: null,
    readings: null,
    edges: MILESTONES.map(() => null),
    hints: [],
  };
}

export function copyCell(cell: Cell): Cell {
  return {
    ...cell,
    states: [...cell.states],
    fpsBins: new Map(cell.fpsBins),
    edges: [...cell.edges],
    hints: [...cell.hints],
  };
}

/** Status samples of a cell, any state. */
export function statusCount(cell: Cell): number {
  return cell.states.reduce((sum, count) => sum + count, 0);
}

/** Running status samples: ONLINE and DEGRADED_* [LIFECYCLE-007]. */
export function runningCount(cell: Cell): number {
  return RUNNING_INDEXES.reduce((sum, index) => sum + (cell.states[index] ?? 0), 0);
}

/** Adds an event that comes after every event of the cell. */
export function addEvent(cell: Cell, event: SessionEvent): void {
  cell.firstAt ??= event.eventAtMs;
  cell.lastAt = event.eventAtMs;
  if (event.milestones !== 0) addMilestones(cell, event);
  addHint(cell, 'model', event.modelText);
  addHint(cell, 'text', event.pipelineText);
  if (isParameterUpdate(event)) cell.parameterUpdates += 1;
  if (event.isRestart) cell.restarts = addAnnounced(cell.restarts);
  if (event.restartCount !== null && event.restartCount >= 0) {
    cell.restarts = addCounted(cell.restarts, event.restartCount);
  }
  if (event.isSample) addSample(cell, event);
  if (event.transport !== null) cell.readings = addReadings(cell.readings, event.transport, event.eventAtMs);
}

/** Adds a cell whose events all come after those of `cell`. */
export function absorbCell(cell: Cell, later: Cell): void {
  if (later.firstAt === null) return;
  cell.firstAt ??= later.firstAt;
  cell.lastAt = later.lastAt;
  later.states.forEach((count, index) => {
    cell.states[index] = (cell.states[index] ?? 0) + count;
  });
  cell.errorSamples += later.errorSamples;
  cell.fpsCount += later.fpsCount;
  cell.fpsPositive += later.fpsPositive;
  cell.fpsSum += later.fpsSum;
  cell.fpsSquareSum += later.fpsSquareSum;
  for (const [bin, count] of later.fpsBins) cell.fpsBins.set(bin, (cell.fpsBins.get(bin) ?? 0) + count);
  cell.inputCount += later.inputCount;
  cell.inputSum += later.inputSum;
  cell.parameterUpdates += later.parameterUpdates;
  cell.restarts = joinRestarts(cell.restarts, later.restarts);
  cell.readings = joinReadings(cell.readings, later.readings);
  later.edges.forEach((edge, index) => {
    cell.edges[index] ??= edge;
  });
  for (const hint of later.hints) addHint(cell, hint.kind, hint.text);
}

function addMilestones(cell: Cell, event: SessionEvent): void {
  for (let index = 0; index < MILESTONES.length; index += 1) {
    if ((event.milestones & (1 << index)) === 0) continue;
    cell.edges[index] ??= { at: event.eventAtMs, rank: event.familyRank, id: event.eventId, ownAt: event.ownAtMs };
  }
}

function addHint(cell: Cell, kind: Hint['kind'], text: string): void {
  if (
    text === '' ||
    cell.hints.length >= MAX_HINTS ||
    cell.hints.some((hint) => hint.kind === kind && hint.text === text)
  )
    return;
  cell.hints.push({ kind, text });
}

/** An error sample is a status with last_error or in state ERROR [LIFECYCLE-007]. */
function addSample(cell: Cell, event: SessionEvent): void {
  const state = event.state ?? (event.fpsMicro !== null && event.fpsMicro > 0 ? 'ONLINE' : 'LOADING');
  const index = STREAM_STATES.indexOf(state);
  cell.states[index] = (cell.states[index] ?? 0) + 1;
  if (event.hasLastError || state === 'ERROR') cell.errorSamples += 1;
  if (event.fpsMicro !== null) {
    const micro = BigInt(event.fpsMicro);
    cell.fpsCount += 1;
    cell.fpsSum += micro;
    cell.fpsSquareSum += micro * micro;
    if (event.fpsMicro > 0) {
      const bin = fpsBin(event.fpsMicro);
      cell.fpsPositive += 1;
      cell.fpsBins.set(bin, (cell.fpsBins.get(bin) ?? 0) + 1);
    }
  }
  if (event.inputFpsMicro !== null) {
    cell.inputCount += 1;
    cell.inputSum += BigInt(event.inputFpsMicro);
  }
}
