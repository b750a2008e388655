import type { AttributionPolicy } from './attribution.js';
import type { CapabilityIndex } from './capability-index.js';
import { failureOf } from './failure.js';
import type { Fold } from './fold.js';
import type { Grain } from './grain.js';
import { IngestPeriods, ingestRow, type SessionIngestRow } from './ingest-rows.js';
import { judge } from './judgement.js';
import { PeriodEvidence } from './period-evidence.js';
import { periodRows } from './period-rows.js';
import type { DecisionRow, GpuReadingRow, SegmentRow, SessionRow, SwapRow } from './resolved-rows.js';
import type { SessionBucketRow, SessionStartRow } from './rollup-source-rows.js';
import { type Naming, SegmentAttributions } from './segment-attribution.js';
import type { Segment } from './segments.js';
import { SessionHistory } from './session-history.js';
import { advancePrefix, type CountsByRun, hourStart, type SessionPrefix, type Slice } from './session-prefix.js';
import {
  cohortCounters,
  decisionRow,
  gpuReadingRows,
  segmentRow,
  sessionRow,
  sessionStartRow,
  swapRows,
} from './session-row.js';
import { addTailCounts, NO_TAIL_COUNTS, type TailCounts } from './tail-counts.js';
import { HORIZON_MS, HOUR_MS, SLICE_MS } from './time.js';

export interface ResolveInput {
  readonly org: string;
  readonly sessionKey: string;
  /** Null: `slices` are all there are. See `prefixServes` for when a prefix is enough. */
  readonly prefix: SessionPrefix | null;
  /** Ascending, one per start: every slice from `prefix.untilMs` on, or all of them. */
  readonly slices: readonly Slice[];
  /** Start of the earliest changed slice; null judges everything anew that the slices can tell. */
  readonly dirtyFromMs: number | null;
  /** Holds the runs of every URL and address that the session shows (`identities`), of `org`. */
  readonly capabilities: CapabilityIndex;
  readonly policy: AttributionPolicy;
  readonly naming: Naming;
}

export interface ResolvedSession {
  readonly session: SessionRow;
  readonly segments: readonly SegmentRow[];
  readonly swaps: readonly SwapRow[];
  /** One per segment. */
  readonly decisions: readonly DecisionRow[];
  readonly start: SessionStartRow;
  /** One per GPU that samples named. */
  readonly gpuReadings: readonly GpuReadingRow[];
  readonly buckets5m: readonly SessionBucketRow[];
  readonly buckets1h: readonly SessionBucketRow[];
  readonly ingest5m: readonly SessionIngestRow[];
  readonly ingest1h: readonly SessionIngestRow[];
  /** The session's stored rows of buckets at or after these are replaced by the returned ones. */
  readonly rewritten5mFromMs: number;
  readonly rewritten1hFromMs: number;
  /** For the next time; null while every slice belongs to the final hours. */
  readonly prefix: SessionPrefix | null;
  /** Every URL and address that the slices, swap events and the runs kept by the prefix show; sorted. */
  readonly identities: readonly string[];
  /** Every grain that the rows name. */
  readonly grains: readonly Grain[];
}

/**
 * Everything `core` says about one session, from the merge of its slices [FACT-002].
 *
 * With a prefix or with all slices the rows are the same, as far back as they are rewritten. Throws when there is
 * neither a slice nor a prefix: a session has events.
 */
export function resolveSession(input: ResolveInput): ResolvedSession {
  return new Resolution(input).resolve();
}

/** One pass over the slices in order; each bucket is judged when exactly the slices before its horizon are in. */
class Resolution {
  readonly #input: ResolveInput;
  readonly #history: SessionHistory;
  readonly #attributions: SegmentAttributions;
  readonly #from5mMs: number;
  readonly #from1hMs: number;
  readonly #evidence5m: PeriodEvidence;
  readonly #evidence1h: PeriodEvidence;
  readonly #ingestPeriods5m: IngestPeriods;
  readonly #ingestPeriods1h: IngestPeriods;
  readonly #ingest5m: SessionIngestRow[] = [];
  readonly #ingest1h: SessionIngestRow[] = [];
  readonly #buckets5m: SessionBucketRow[] = [];
  readonly #buckets1h: SessionBucketRow[] = [];
  readonly #identities = new Set<string>();

  constructor(input: ResolveInput) {
    this.#input = input;
    const capabilities = input.capabilities.ofOrg(input.org);
    this.#history = new SessionHistory(capabilities);
    this.#attributions = new SegmentAttributions(input.org, this.#history, capabilities, input.policy, input.naming);
    const knownFromMs = input.prefix?.untilMs ?? hourStart(input.slices[0]?.startMs ?? 0);
    const dirtyFromMs = input.dirtyFromMs === null ? knownFromMs : input.dirtyFromMs - HORIZON_MS;
    this.#from5mMs = Math.max(knownFromMs, dirtyFromMs);
    this.#from1hMs = Math.max(knownFromMs, hourStart(dirtyFromMs));
    this.#evidence5m = new PeriodEvidence(SLICE_MS, this.#from5mMs);
    this.#evidence1h = new PeriodEvidence(HOUR_MS, this.#from1hMs);
    this.#ingestPeriods5m = new IngestPeriods(SLICE_MS, this.#from5mMs);
    this.#ingestPeriods1h = new IngestPeriods(HOUR_MS, this.#from1hMs);
  }

  resolve(): ResolvedSession {
    const { prefix, slices } = this.#input;
    if (prefix !== null) this.#startFrom(prefix);
    for (const { startMs, fold } of slices) {
      this.#judgeDue(startMs);
      const placements = this.#history.append(fold, startMs);
      this.#evidence5m.add(startMs, placements);
      this.#evidence1h.add(startMs, placements);
      this.#ingestPeriods5m.add(startMs, fold.ingest);
      this.#ingestPeriods1h.add(startMs, fold.ingest);
      this.#noteIdentities(fold);
    }
    this.#judgeDue(Number.POSITIVE_INFINITY);
    return this.#rows();
  }

  #startFrom(prefix: SessionPrefix): void {
    const { parts } = this.#history.append(prefix.fold, null);
    const headParts = prefix.fold.head.firstAt === null ? 0 : 1;
    const bySegment = (counts: CountsByRun): ReadonlyMap<Segment, TailCounts> => {
      const sums = new Map<Segment, TailCounts>();
      for (const [run, added] of counts) {
        const segment = parts[run + headParts]?.segment;
        if (segment !== undefined) sums.set(segment, addTailCounts(sums.get(segment) ?? NO_TAIL_COUNTS, added));
      }
      return sums;
    };
    this.#evidence5m.seed(prefix.untilMs - SLICE_MS, bySegment(prefix.lastSliceCounts));
    this.#evidence1h.seed(prefix.untilMs - HOUR_MS, bySegment(prefix.lastHourCounts));
    this.#ingestPeriods5m.seed(prefix.fold.ingest);
    this.#ingestPeriods1h.seed(prefix.fold.ingest);
    this.#noteIdentities(prefix.fold);
  }

  #judgeDue(nextSliceMs: number): void {
    const { org, sessionKey } = this.#input;
    const context = { org, sessionKey, history: this.#history, attributions: this.#attributions };
    for (const startMs of this.#evidence5m.takeDue(nextSliceMs)) {
      this.#buckets5m.push(...periodRows(context, this.#evidence5m, startMs, SLICE_MS));
    }
    for (const startMs of this.#evidence1h.takeDue(nextSliceMs)) {
      this.#buckets1h.push(...periodRows(context, this.#evidence1h, startMs, HOUR_MS));
    }
    this.#judgeIngest(this.#ingestPeriods5m, this.#ingest5m, nextSliceMs);
    this.#judgeIngest(this.#ingestPeriods1h, this.#ingest1h, nextSliceMs);
  }

  /** Pipeline and model are those of the session's last segment, as known at the bucket's horizon. */
  #judgeIngest(periods: IngestPeriods, rows: SessionIngestRow[], nextSliceMs: number): void {
    for (const [startMs, quality] of periods.takeDue(nextSliceMs)) {
      const last = this.#history.segments.at(-1);
      if (last === undefined) continue;
      const { grainId } = this.#attributions.withoutServer(last);
      const { org, sessionKey } = this.#input;
      rows.push(ingestRow({ org, sessionKey, grainId }, startMs, quality));
    }
  }

  #rows(): ResolvedSession {
    const name = { org: this.#input.org, sessionKey: this.#input.sessionKey };
    const history = this.#history;
    const judgement = judge(history);
    const last = history.segments.at(-1);
    if (judgement === null || last === undefined) {
      throw new RangeError(`session ${name.org} ${name.sessionKey} has no events, wanted at least one`);
    }
    const attributions = this.#attributions;
    const { slices, capabilities } = this.#input;
    const prefix = advancePrefix(this.#input.prefix, slices, capabilities.ofOrg(name.org));
    const counters = cohortCounters(history, judgement);
    const failure = failureOf(counters, judgement.excusal, history.facts);
    const session = sessionRow(name, history, judgement, attributions.of(last), { failure, prefix });
    const segments = history.segments.map((segment) => segmentRow(name, segment, attributions));
    const swaps = swapRows(name, history, attributions);
    const start = sessionStartRow(name, judgement, attributions.of(last), { counters, failure });
    const named = [
      ...[session, start, ...segments, ...swaps],
      ...[...this.#buckets5m, ...this.#buckets1h, ...this.#ingest5m, ...this.#ingest1h],
    ];
    return {
      session,
      segments,
      swaps,
      decisions: history.segments.map((segment) => decisionRow(name, segment, attributions)),
      start,
      gpuReadings: gpuReadingRows(name, history, this.#input.naming),
      buckets5m: this.#buckets5m,
      buckets1h: this.#buckets1h,
      ingest5m: this.#ingest5m,
      ingest1h: this.#ingest1h,
      rewritten5mFromMs: this.#from5mMs,
      rewritten1hFromMs: this.#from1hMs,
      prefix,
      identities: [...this.#identities].sort(),
      grains: attributions.grainsOf(new Set(named.map(({ grainId }) => grainId))),
    };
  }

  #noteIdentities(fold: Fold): void {
    const shown = fold.runs.flatMap(({ url, address }) => [url, address]);
    const swapped = fold.swaps.flatMap((swap) => [swap.awayUrl, swap.awayAddress, swap.toUrl, swap.toAddress]);
    for (const identity of [...shown, ...swapped]) if (identity !== '') this.#identities.add(identity);
  }
}
