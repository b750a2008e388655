import type { OrgCapabilities } from './capability-index.js';
import { absorbCell, type Edge, emptyCell } from './cell.js';
import { MILESTONES, type Milestone } from './event.js';
import type { Fold } from './fold.js';
import { appendFacts, emptyFacts, type FoldFacts } from './fold-facts.js';
import { type Latency, measureLatencies } from './latencies.js';
import { type Placements, type Segment, SegmentScan } from './segments.js';
import { pairSwaps, type Swap } from './swaps.js';

/** A session as known up to some horizon, moved on by appending its slices in order. */
export class SessionHistory {
  /** Sums over all of it. */
  readonly total = emptyCell();
  readonly #facts = emptyFacts();
  readonly #scan: SegmentScan;
  readonly #capabilities: OrgCapabilities;
  readonly #segmentOfEdge: (Segment | null)[] = MILESTONES.map(() => null);
  #swaps: readonly Swap[] | null = null;

  constructor(capabilities: OrgCapabilities) {
    this.#capabilities = capabilities;
    this.#scan = new SegmentScan(capabilities);
  }

  get facts(): FoldFacts {
    return this.#facts;
  }

  /** Never empty once an event was appended. */
  get segments(): readonly Segment[] {
    return this.#scan.segments;
  }

  /** Swaps as they look so far, in order [LIFECYCLE-006]. */
  get swaps(): readonly Swap[] {
    this.#swaps ??= pairSwaps(this.segments, this.#facts.swaps, this.#capabilities);
    return this.#swaps;
  }

  /** Appends events that come after all before; `borderMs` is the start of their slice, null when they are many. */
  append(fold: Fold, borderMs: number | null): Placements {
    const placements = this.#scan.append(fold, borderMs);
    for (const { segment, cell } of placements.parts) {
      cell.edges.forEach((edge, index) => {
        if (edge !== null) this.#segmentOfEdge[index] ??= segment;
      });
      absorbCell(this.total, cell);
    }
    appendFacts(this.#facts, fold);
    this.#swaps = null;
    return placements;
  }

  /** First occurrence of a milestone; null when it has not been seen. */
  edge(milestone: Milestone): Edge | null {
    return this.total.edges[MILESTONES.indexOf(milestone)] ?? null;
  }

  /** Latencies proven so far, each with the segment that holds its second edge. */
  latencies(): readonly (Latency & { readonly segment: Segment })[] {
    const source = { edges: this.total.edges, startTimes: this.#facts.startTimes };
    return measureLatencies(source).flatMap((latency) => {
      const segment = this.#segmentOfEdge[latency.milestone];
      return segment ? [{ ...latency, segment }] : [];
    });
  }
}
