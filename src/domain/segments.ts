import {
  isSameOrchestrator,
  type ObservedIdentity,
  type OrgCapabilities,
  SIGHTING_GRACE_MS,
} from './capability-index.js';
import { absorbCell, type Cell, emptyCell } from './cell.js';
import { type Fold, type Run, serviceBetween } from './fold.js';
import type { OrderKey } from './order.js';
import { ReadingChain, type ReadingSums } from './readings.js';
import { restartsIn } from './restarts.js';

/** Events of a session served by one orchestrator, as far as is known [LIFECYCLE-005]. */
export interface Segment {
  readonly ordinal: number;
  /** The change of identity that opened it; null for the first segment. */
  readonly change: OrderKey | null;
  /** First and latest non-blank URL and address shown in it; `''` when none was. */
  first: ObservedIdentity;
  latest: ObservedIdentity;
  /** When the latest of both was first shown; null before an identity. */
  latestAt: number | null;
  /** Newest event showing an identity; null before one. */
  showLastAt: number | null;
  /** Time between consecutive events showing an identity, where at most 2 min, in ms. */
  serviceMs: number;
  /** Everything in it; never empty. */
  readonly cell: Cell;
}

/** A part of an appended fold, in the segment it belongs to. */
export interface Placement {
  readonly segment: Segment;
  readonly cell: Cell;
  /** Service within the fold, in ms. */
  readonly serviceMs: number;
  /** Restarts of the segment that were not known before the fold. */
  readonly restarts: number;
  /** What was read in the fold, counters from the newest reading before it on; null for nothing. */
  readonly readings: ReadingSums | null;
}

/** Where the events of an appended fold went. */
export interface Placements {
  readonly parts: readonly Placement[];
  /** Service between the last event shown before the fold's slice and its border: it belongs to the bucket before. */
  readonly before: { readonly segment: Segment; readonly serviceMs: number } | null;
}

/**
 * Cuts a session into segments, one stretch of events after the other [LIFECYCLE-005, LIFECYCLE-006].
 *
 * Opening a segment looks back only, so that segments known at any horizon are a prefix of those known later.
 */
export class SegmentScan {
  readonly segments: Segment[] = [];
  /** Counters go on whoever serves. */
  readonly chain = new ReadingChain();
  readonly #capabilities: OrgCapabilities;
  /** What was observed last; showing it again is nothing new, whatever has been sighted since. */
  #observed: ObservedIdentity | null = null;

  constructor(capabilities: OrgCapabilities) {
    this.#capabilities = capabilities;
  }

  /** Appends events that come after all before; `borderMs` is the start of their slice, null when they are many. */
  append(fold: Fold, borderMs: number | null): Placements {
    const parts: Placement[] = [];
    if (fold.head.firstAt !== null) {
      const segment = this.segments.at(-1) ?? this.#open(null);
      parts.push({ segment, cell: fold.head, serviceMs: 0, ...this.#absorb(segment, fold.head) });
    }
    let before: Placements['before'] = null;
    for (const run of fold.runs) {
      const isNew = run.isJoined || this.#observed?.url !== run.url || this.#observed.address !== run.address;
      const segment = this.#segmentOf(run, isNew);
      const gapMs = segment.showLastAt === null ? 0 : serviceBetween(segment.showLastAt, run.start.at);
      const beforeMs =
        gapMs > 0 && borderMs !== null && segment.showLastAt !== null
          ? Math.max(0, Math.min(borderMs, run.start.at) - segment.showLastAt)
          : 0;
      if (beforeMs > 0) before = { segment, serviceMs: beforeMs };
      if (isNew) noteIdentity(segment, run);
      this.#observed = run;
      segment.showLastAt = run.showLastAt;
      segment.serviceMs += run.serviceMs + gapMs;
      const serviceMs = run.serviceMs + gapMs - beforeMs;
      parts.push({ segment, cell: run.cell, serviceMs, ...this.#absorb(segment, run.cell) });
    }
    return { parts, before };
  }

  /** Adds a cell to its segment; tells what that adds to counters that go on from one cell to the next. */
  #absorb({ cell: all }: Segment, cell: Cell): Pick<Placement, 'restarts' | 'readings'> {
    const before = restartsIn(all.restarts);
    absorbCell(all, cell);
    return { restarts: restartsIn(all.restarts) - before, readings: this.chain.add(cell.readings) };
  }

  #segmentOf(run: Run, isNew: boolean): Segment {
    const current = this.segments.at(-1);
    if (current === undefined) return this.#open(null);
    if (!isNew || run.isJoined) return current;
    const isSame = isSameOrchestrator(current.latest, run, this.#capabilities, run.start.at + SIGHTING_GRACE_MS);
    return isSame === false ? this.#open(run.start) : current;
  }

  #open(change: OrderKey | null): Segment {
    const nobody = { url: '', address: '' };
    const segment: Segment = {
      ordinal: this.segments.length,
      change,
      first: nobody,
      latest: nobody,
      latestAt: null,
      showLastAt: null,
      serviceMs: 0,
      cell: emptyCell(),
    };
    this.segments.push(segment);
    return segment;
  }
}

function noteIdentity(segment: Segment, run: Run): void {
  segment.first = { url: segment.first.url || run.url, address: segment.first.address || run.address };
  segment.latest = { url: run.url || segment.latest.url, address: run.address || segment.latest.address };
  segment.latestAt = run.start.at;
}
