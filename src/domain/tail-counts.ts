import { type Cell, runningCount, statusCount } from './cell.js';

/** What the tail rule asks of a bucket's samples, and the flags of an identity's own [LIFECYCLE-007, LIFECYCLE-009]. */
export interface TailCounts {
  readonly statuses: number;
  readonly running: number;
  readonly fpsPositive: number;
}

export const NO_TAIL_COUNTS: TailCounts = { statuses: 0, running: 0, fpsPositive: 0 };

/** Samples that may be the end of a stream: fewer than three of them, none running, none with output. */
export function looksLikeTail({ statuses, running, fpsPositive }: TailCounts): boolean {
  return statuses < 3 && running === 0 && fpsPositive === 0;
}

export function tailCountsOf(cell: Cell): TailCounts {
  return { statuses: statusCount(cell), running: runningCount(cell), fpsPositive: cell.fpsPositive };
}

export function addTailCounts(a: TailCounts, b: TailCounts): TailCounts {
  return {
    statuses: a.statuses + b.statuses,
    running: a.running + b.running,
    fpsPositive: a.fpsPositive + b.fpsPositive,
  };
}
