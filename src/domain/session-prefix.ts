import type { OrgCapabilities } from './capability-index.js';
import { type Cell, statusCount } from './cell.js';
import { concatFolds, type Fold, type Run } from './fold.js';
import { decodeFold, type EncodedFold, encodeFold } from './fold-codec.js';
import { compactFold } from './fold-compaction.js';
import { addTailCounts, NO_TAIL_COUNTS, type TailCounts, tailCountsOf } from './tail-counts.js';
import { HORIZON_MS, HOUR_MS, SLICE_MS } from './time.js';

/** Run index of the events before the first identity. */
const HEAD = -1;

/** Tail counts by run index of a fold; -1 is its head. Runs without a status are left out. */
export type CountsByRun = ReadonlyMap<number, TailCounts>;

/** A slice of a session with the start of its 5 minutes. */
export interface Slice {
  readonly startMs: number;
  readonly fold: Fold;
}

/** The compact merge of a session's slices before its final hours, with what the next buckets ask of the last ones in it. */
export interface SessionPrefix {
  /** Start of an hour; every slice before it is in `fold`. */
  readonly untilMs: number;
  readonly fold: Fold;
  /** Of the 5 minutes before `untilMs`. */
  readonly lastSliceCounts: CountsByRun;
  /** Of the hour before `untilMs`. */
  readonly lastHourCounts: CountsByRun;
}

type CountsJson = readonly (readonly [run: number, statuses: number, running: number, fpsPositive: number])[];

/** A prefix as compact JSON, without `untilMs`; of the fold's version. */
export interface EncodedPrefix {
  readonly f: EncodedFold;
  readonly s: CountsJson;
  readonly h: CountsJson;
}

export function encodePrefix(prefix: SessionPrefix): EncodedPrefix {
  const { fold, lastSliceCounts, lastHourCounts } = prefix;
  return { f: encodeFold(fold), s: encodeCounts(lastSliceCounts), h: encodeCounts(lastHourCounts) };
}

export function decodePrefix(untilMs: number, json: EncodedPrefix): SessionPrefix {
  return {
    untilMs,
    fold: decodeFold(json.f),
    lastSliceCounts: decodeCounts(json.s),
    lastHourCounts: decodeCounts(json.h),
  };
}

/**
 * Whether a prefix is enough to judge a change in the slice at `dirtyFromMs` anew: every bucket whose horizon holds
 * the slice begins at or after the prefix's end. Otherwise the resolver needs all slices.
 */
export function prefixServes(prefix: SessionPrefix, dirtyFromMs: number): boolean {
  return hourStart(dirtyFromMs - HORIZON_MS) >= prefix.untilMs;
}

/**
 * The prefix for the next time: of all slices before the hour of (newest slice − 10 min), compact; null when there are
 * none.
 */
export function advancePrefix(
  prefix: SessionPrefix | null,
  slices: readonly Slice[],
  capabilities: OrgCapabilities,
): SessionPrefix | null {
  const newest = slices.at(-1);
  if (newest === undefined) return prefix;
  const untilMs = hourStart(newest.startMs - HORIZON_MS);
  if (prefix !== null && untilMs <= prefix.untilMs) return prefix;
  const older = slices.filter(({ startMs }) => startMs < untilMs);
  if (prefix === null && older.length === 0) return null;
  const pieces = [...(prefix === null ? [] : [{ startMs: Number.NEGATIVE_INFINITY, fold: prefix.fold }]), ...older];
  const lastSliceCounts = new Map<number, TailCounts>();
  const lastHourCounts = new Map<number, TailCounts>();
  let before: RunsBefore = { count: 0, last: undefined };
  for (const { startMs, fold } of pieces) {
    if (startMs >= untilMs - HOUR_MS) countRuns(lastHourCounts, before, fold);
    if (startMs >= untilMs - SLICE_MS) countRuns(lastSliceCounts, before, fold);
    before = { count: offsetOf(before, fold) + fold.runs.length, last: fold.runs.at(-1) ?? before.last };
  }
  const { fold, runOf } = compactFold(concatFolds(pieces.map((piece) => piece.fold)), capabilities);
  return {
    untilMs,
    fold,
    lastSliceCounts: movedCounts(lastSliceCounts, runOf),
    lastHourCounts: movedCounts(lastHourCounts, runOf),
  };
}

/** The counts by the runs that theirs went into. */
function movedCounts(counts: CountsByRun, runOf: readonly number[]): CountsByRun {
  const moved = new Map<number, TailCounts>();
  for (const [run, added] of counts) {
    const index = run === HEAD ? HEAD : (runOf[run] ?? HEAD);
    moved.set(index, addTailCounts(moved.get(index) ?? NO_TAIL_COUNTS, added));
  }
  return moved;
}

/** The runs of everything before a slice. */
interface RunsBefore {
  readonly count: number;
  readonly last: Run | undefined;
}

/** Index that the first run of a slice gets once it is appended: the last one before when it goes on. */
function offsetOf({ count, last }: RunsBefore, slice: Fold): number {
  const [first] = slice.runs;
  const isContinued = last !== undefined && first?.url === last.url && first.address === last.address;
  return isContinued ? count - 1 : count;
}

/** Adds the counts of a slice by the runs that its own become. */
function countRuns(counts: Map<number, TailCounts>, before: RunsBefore, slice: Fold): void {
  const add = (run: number, cell: Cell): void => {
    if (statusCount(cell) > 0) counts.set(run, addTailCounts(counts.get(run) ?? NO_TAIL_COUNTS, tailCountsOf(cell)));
  };
  add(before.count === 0 ? HEAD : before.count - 1, slice.head);
  slice.runs.forEach((run, index) => {
    add(offsetOf(before, slice) + index, run.cell);
  });
}

/** Start of the hour that holds an instant. */
export function hourStart(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}

function encodeCounts(counts: CountsByRun): CountsJson {
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([run, { statuses, running, fpsPositive }]) => [run, statuses, running, fpsPositive] as const);
}

function decodeCounts(json: CountsJson): CountsByRun {
  return new Map(json.map(([run, statuses, running, fpsPositive]) => [run, { statuses, running, fpsPositive }]));
}
