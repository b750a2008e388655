import { absorbCell, type Cell, copyCell, emptyCell } from './cell.js';
import { addReadingSums, type ReadingSums } from './readings.js';
import type { Placement, Placements, Segment } from './segments.js';
import { type TailCounts, tailCountsOf } from './tail-counts.js';
import { HORIZON_MS } from './time.js';

/** What a bucket holds of one segment. */
export interface Evidence {
  readonly segment: Segment;
  readonly cell: Cell;
  /** Service within the bucket, in ms; never more than its width. */
  readonly serviceMs: number;
  /** Restarts that became known in the bucket. */
  readonly restarts: number;
  /** What was read in the bucket; null for nothing. */
  readonly readings: ReadingSums | null;
}

interface Draft {
  readonly segment: Segment;
  cell: Cell;
  isShared: boolean;
  serviceMs: number;
  restarts: number;
  readings: ReadingSums | null;
}

/** Gathers, bucket by bucket of one width, what a session's slices hold of each segment. */
export class PeriodEvidence {
  readonly #buckets = new Map<number, Map<number, Draft>>();
  readonly #counts = new Map<number, ReadonlyMap<Segment, TailCounts>>();
  readonly #pending: number[] = [];

  /** `fromMs`: buckets before it are not judged. */
  constructor(
    private readonly widthMs: number,
    private readonly fromMs: number,
  ) {}

  /** Tells the counts of a bucket whose slices are not given. */
  seed(bucketStartMs: number, counts: ReadonlyMap<Segment, TailCounts>): void {
    this.#counts.set(bucketStartMs, counts);
  }

  /** Adds a slice; slices come in order, each once the buckets due before it were taken. */
  add(sliceStartMs: number, { parts, before }: Placements): void {
    const bucketStartMs = this.#bucketOf(sliceStartMs);
    if (!this.#buckets.has(bucketStartMs)) {
      this.#buckets.set(bucketStartMs, new Map());
      if (bucketStartMs >= this.fromMs) this.#pending.push(bucketStartMs);
    }
    for (const part of parts) this.#put(bucketStartMs, part);
    if (before !== null) {
      this.#put(this.#bucketOf(sliceStartMs - 1), { ...before, cell: emptyCell(), restarts: 0, readings: null });
    }
  }

  /** Takes the buckets to judge before a slice is added, oldest first: their horizon ends at or before it. */
  takeDue(nextSliceMs: number): readonly number[] {
    const due = this.#pending.filter((start) => start + this.widthMs + HORIZON_MS <= nextSliceMs);
    this.#pending.splice(0, due.length);
    return due;
  }

  evidenceOf(bucketStartMs: number): readonly Evidence[] {
    return [...(this.#buckets.get(bucketStartMs)?.values() ?? [])];
  }

  /** Tail counts of the bucket before, by segment; a missing bucket is empty. */
  countsBefore(bucketStartMs: number): ReadonlyMap<Segment, TailCounts> {
    const previous = bucketStartMs - this.widthMs;
    const seeded = this.#counts.get(previous);
    if (seeded !== undefined) return seeded;
    return new Map(this.evidenceOf(previous).map(({ segment, cell }) => [segment, tailCountsOf(cell)]));
  }

  #bucketOf(atMs: number): number {
    return Math.floor(atMs / this.widthMs) * this.widthMs;
  }

  #put(bucketStartMs: number, { segment, cell, serviceMs, restarts, readings }: Placement): void {
    const bucket = this.#buckets.get(bucketStartMs);
    // a bucket whose slices are not given is not judged either
    if (bucket === undefined) return;
    const draft = bucket.get(segment.ordinal);
    if (draft === undefined) {
      bucket.set(segment.ordinal, { segment, cell, isShared: true, serviceMs, restarts, readings });
      return;
    }
    draft.serviceMs += serviceMs;
    draft.restarts += restarts;
    draft.readings = addReadingSums(draft.readings, readings);
    if (cell.firstAt === null) return;
    if (draft.isShared) {
      draft.cell = copyCell(draft.cell);
      draft.isShared = false;
    }
    absorbCell(draft.cell, cell);
  }
}
