import { absorbCell, addEvent, type Cell, copyCell, emptyCell } from './cell.js';
import type { SessionEvent } from './event.js';
import { addFacts, appendFacts, emptyFacts, type FoldFacts, type FoldFactsDraft } from './fold-facts.js';
import { absorbIngest, addIngestSample, copyIngest, emptyIngest, type IngestQuality } from './ingest-quality.js';
import { compareOrder, type OrderKey, orderKeyOf } from './order.js';

/** Longer silence between two events showing an identity is not service. */
export const MAX_SERVICE_GAP_MS = 120_000;

/** A maximal stretch of events whose last shown identity is one (URL, address) [LIFECYCLE-005]. */
export interface Run {
  readonly url: string;
  readonly address: string;
  /** It lies in the segment of the run before for certain, because a compaction found it there. */
  readonly isJoined: boolean;
  /** The event that opened it; it shows the identity. */
  readonly start: OrderKey;
  /** Newest event of the run that shows the identity. */
  showLastAt: number;
  /** Time between consecutive events showing the identity, where at most 2 min, in ms. */
  serviceMs: number;
  readonly cell: Cell;
}

/** Everything the rules ask of a stretch of a session's events: a monoid under `mergeFolds` [FACT-002]. */
export interface Fold extends FoldFacts {
  /** Events before the first identity. */
  readonly head: Cell;
  readonly runs: readonly Run[];
  /** Null without a sample of the ingest. */
  readonly ingest: IngestQuality | null;
}

type FoldDraft = FoldFactsDraft & { readonly head: Cell; readonly runs: Run[]; ingest: IngestQuality | null };

/** The fold of no events: the neutral element of `mergeFolds`. */
export function emptyFold(): Fold {
  return draftFold();
}

/** The fold of a set of events of one session, in any order; a repeated event counts once [FACT-002]. */
export function foldEvents(events: readonly SessionEvent[]): Fold {
  const ordered = [...events].sort((a, b) => compareOrder(orderKeyOf(a), orderKeyOf(b)));
  const draft = draftFold();
  for (const event of ordered) {
    const key = orderKeyOf(event);
    if (draft.last !== null && compareOrder(draft.last, key) === 0) continue;
    addToRuns(draft, event, key);
    addFacts(draft, event, key);
    if (event.ingest !== null) {
      draft.ingest ??= emptyIngest();
      addIngestSample(draft.ingest, event.eventAtMs, event.ingest);
    }
  }
  return draft;
}

/** The fold of both sets of events, where every event of `a` comes before every event of `b`; both stay as they are. */
export function mergeFolds(a: Fold, b: Fold): Fold {
  return concatFolds([a, b]);
}

/** The fold of any number of consecutive stretches, in time proportional to their sizes. */
export function concatFolds(folds: readonly Fold[]): Fold {
  const draft = draftFold();
  for (const fold of folds) appendFold(draft, fold);
  return draft;
}

function draftFold(): FoldDraft {
  return { ...emptyFacts(), head: emptyCell(), runs: [], ingest: null };
}

function addToRuns(draft: FoldDraft, event: SessionEvent, key: OrderKey): void {
  const current = draft.runs.at(-1);
  const isShown = event.showsIdentity && (event.orchUrl !== '' || event.orchAddress !== '');
  if (!isShown) {
    addEvent(current?.cell ?? draft.head, event);
    return;
  }
  if (current !== undefined && current.url === event.orchUrl && current.address === event.orchAddress) {
    current.serviceMs += serviceBetween(current.showLastAt, event.eventAtMs);
    current.showLastAt = event.eventAtMs;
    addEvent(current.cell, event);
    return;
  }
  const cell = emptyCell();
  addEvent(cell, event);
  const { orchUrl: url, orchAddress: address } = event;
  draft.runs.push({ url, address, isJoined: false, start: key, showLastAt: event.eventAtMs, serviceMs: 0, cell });
}

/** Service between two consecutive events showing an identity, in ms: 0 when they are more than 2 min apart. */
export function serviceBetween(fromMs: number, toMs: number): number {
  const gap = toMs - fromMs;
  return gap <= MAX_SERVICE_GAP_MS ? gap : 0;
}

function appendFold(draft: FoldDraft, later: Fold): void {
  absorbCell(draft.runs.at(-1)?.cell ?? draft.head, later.head);
  for (const run of later.runs) appendRun(draft, run);
  appendFacts(draft, later);
  if (later.ingest === null) return;
  if (draft.ingest === null) draft.ingest = copyIngest(later.ingest);
  else absorbIngest(draft.ingest, later.ingest);
}

function appendRun(draft: FoldDraft, run: Run): void {
  const current = draft.runs.at(-1);
  if (current === undefined || run.isJoined || current.url !== run.url || current.address !== run.address) {
    draft.runs.push({ ...run, cell: copyCell(run.cell) });
    return;
  }
  current.serviceMs += serviceBetween(current.showLastAt, run.start.at) + run.serviceMs;
  current.showLastAt = run.showLastAt;
  absorbCell(current.cell, run.cell);
}
