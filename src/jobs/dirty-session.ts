import type { SessionEvent } from '../domain/event.js';
import { type Fold, foldEvents, mergeFolds } from '../domain/fold.js';
import { FOLD_VERSION } from '../domain/fold-codec.js';
import { compareOrder, type OrderKey, orderKeyOf } from '../domain/order.js';
import { decodePrefix, prefixServes, type SessionPrefix } from '../domain/session-prefix.js';
import { SLICE_MS, sliceStartMs } from '../domain/time.js';
import type { EventRange } from '../warehouse/readers/session-event-reader.js';
import type { SessionMark } from '../warehouse/stores/session-mark-store.js';
import type { StoredSlice } from '../warehouse/stores/session-slice-store.js';
import type { KnownSession } from '../warehouse/stores/session-store.js';

/** What the marks of one session say is to be done. All decisions here are pure; the batch does the reading. */
export interface DirtySession {
  readonly org: string;
  readonly sessionKey: string;
  readonly known: KnownSession | null;
  /** Smallest marked key per dirty slice; null: fold the whole slice again. */
  readonly dirtySlices: ReadonlyMap<number, OrderKey | null>;
  /** Start of the earliest dirty slice; null: everything is judged again. */
  readonly dirtyFromMs: number | null;
  /** The stored merge to go on from; null: all slices are read. */
  readonly prefix: SessionPrefix | null;
  /** Stored slices are read from here on. */
  readonly slicesFromMs: number;
  /** False: stored slices are not read at all, since every one is folded anew. */
  readonly trustsSlices: boolean;
  /** It began before the raw floor: its early slices are gone, only what its prefix continues can change. */
  readonly isFrozen: boolean;
}

/** Marks by session, in the order of their first mark. */
export function groupMarks(marks: readonly SessionMark[]): Map<string, [SessionMark, ...SessionMark[]]> {
  const bySession = new Map<string, [SessionMark, ...SessionMark[]]>();
  for (const mark of marks) {
    const key = nameKey(mark);
    const group = bySession.get(key);
    if (group === undefined) bySession.set(key, [mark]);
    else group.push(mark);
  }
  return bySession;
}

export function nameKey({ org, sessionKey }: { readonly org: string; readonly sessionKey: string }): string {
  return `${org}\u001f${sessionKey}`;
}

/**
 * What to read for a marked session; null when nothing of it can change any more: it began before the raw floor, so
 * its early slices are gone, and the mark lies before what its prefix can continue. `wasParked`: an attempt has failed,
 * so nothing that is stored of it is trusted as long as all its events are there. Throws when its prefix is damaged.
 */
export function planSession(
  marks: readonly [SessionMark, ...SessionMark[]],
  known: KnownSession | null,
  rawFloorMs: number,
  wasParked = false,
): DirtySession | null {
  const { org, sessionKey } = marks[0];
  const isFrozen = known !== null && known.firstSeenAtMs < rawFloorMs;
  const name = { org, sessionKey, isFrozen, trustsSlices: isFrozen || !wasParked };
  const isStale = known !== null && (known.foldVersion !== FOLD_VERSION || !name.trustsSlices);
  const dirtySlices = isStale && !isFrozen ? everySlice(known) : new Map<number, OrderKey | null>();
  let dirtyFromMs: number | null = Number.POSITIVE_INFINITY;
  for (const { sliceStartMs: startMs, firstKey } of marks) {
    if (startMs === null) {
      dirtyFromMs = null;
      continue;
    }
    if (startMs < rawFloorMs) continue;
    const before = dirtySlices.get(startMs);
    dirtySlices.set(startMs, before === undefined ? firstKey : earlier(before, firstKey));
    if (dirtyFromMs !== null) dirtyFromMs = Math.min(dirtyFromMs, startMs);
  }
  if (isFrozen && dirtyFromMs === null) dirtyFromMs = Math.min(Number.POSITIVE_INFINITY, ...dirtySlices.keys());
  if (dirtyFromMs === Number.POSITIVE_INFINITY) return null;
  if (known === null || (isStale && !isFrozen)) {
    const from = Math.min(Number.POSITIVE_INFINITY, ...dirtySlices.keys());
    if (from === Number.POSITIVE_INFINITY) return null;
    return { ...name, known, dirtySlices, dirtyFromMs: null, prefix: null, slicesFromMs: from };
  }
  if (dirtyFromMs !== null && known.prefix !== null && known.prefixUntilMs !== null && !isStale) {
    const prefix = decodePrefix(known.prefixUntilMs, known.prefix);
    if (prefixServes(prefix, dirtyFromMs) && prefix.untilMs >= (isFrozen ? rawFloorMs : 0)) {
      return { ...name, known, dirtySlices, dirtyFromMs, prefix, slicesFromMs: prefix.untilMs };
    }
  }
  if (isFrozen) return null;
  const slicesFromMs = Math.min(sliceStartMs(known.firstSeenAtMs), ...dirtySlices.keys());
  return { ...name, known, dirtySlices, dirtyFromMs, prefix: null, slicesFromMs };
}

/** As `session`, but judging everything again from all slices. */
export function replanWhole(session: DirtySession): DirtySession {
  const firstMs = session.known === null ? session.slicesFromMs : sliceStartMs(session.known.firstSeenAtMs);
  return {
    ...session,
    prefix: null,
    dirtyFromMs: null,
    slicesFromMs: Math.min(firstMs, ...session.dirtySlices.keys()),
  };
}

function everySlice(known: KnownSession): Map<number, OrderKey | null> {
  const slices = new Map<number, OrderKey | null>();
  for (let startMs = sliceStartMs(known.firstSeenAtMs); startMs <= known.lastSeenAtMs; startMs += SLICE_MS) {
    slices.set(startMs, null);
  }
  return slices;
}

function earlier(a: OrderKey | null, b: OrderKey | null): OrderKey | null {
  if (a === null || b === null) return null;
  return compareOrder(a, b) <= 0 ? a : b;
}

/**
 * The events that a session's dirty slices need: from the first marked one on where that comes after everything the
 * stored slice has folded, else all of the slice.
 */
export function eventRanges(
  { org, sessionKey, dirtySlices }: DirtySession,
  stored: ReadonlyMap<number, Fold>,
): EventRange[] {
  return [...dirtySlices].map(([startMs, firstKey]) => {
    const continuesAt = continuedFrom(stored.get(startMs), firstKey);
    return { org, sessionKey, fromMs: continuesAt ?? startMs, toMs: startMs + SLICE_MS };
  });
}

function continuedFrom(fold: Fold | undefined, firstKey: OrderKey | null): number | null {
  if (fold === undefined || firstKey === null || fold.last === null) return null;
  return compareOrder(firstKey, fold.last) > 0 ? firstKey.at : null;
}

/** The session's slices in time order, dirty ones folded from `events`, and those whose fold is new. */
export function foldDirty(
  session: DirtySession,
  stored: ReadonlyMap<number, Fold>,
  events: readonly SessionEvent[],
): { readonly slices: { startMs: number; fold: Fold }[]; readonly changed: StoredSlice[] } {
  const folds = new Map(stored);
  const changed: StoredSlice[] = [];
  const bySlice = new Map<number, SessionEvent[]>();
  for (const event of events) {
    const startMs = sliceStartMs(event.eventAtMs);
    const group = bySlice.get(startMs);
    if (group === undefined) bySlice.set(startMs, [event]);
    else group.push(event);
  }
  for (const [startMs, firstKey] of session.dirtySlices) {
    const read = bySlice.get(startMs) ?? [];
    const before = stored.get(startMs);
    const last = continuedFrom(before, firstKey) === null ? null : before?.last;
    const news = last == null ? read : read.filter((event) => compareOrder(orderKeyOf(event), last) > 0);
    if (news.length === 0) continue;
    const added = foldEvents(news);
    const fold = before === undefined || last == null ? added : mergeFolds(before, added);
    folds.set(startMs, fold);
    changed.push({ org: session.org, sessionKey: session.sessionKey, startMs, fold });
  }
  const slices = [...folds].map(([startMs, fold]) => ({ startMs, fold })).sort((a, b) => a.startMs - b.startMs);
  return { slices, changed };
}

/** Every URL and address that a fold shows, swaps included. */
export function identitiesOf(fold: Fold): Set<string> {
  const identities = new Set<string>();
  for (const run of fold.runs) identities.add(run.url).add(run.address);
  for (const swap of fold.swaps) {
    identities.add(swap.awayUrl).add(swap.awayAddress).add(swap.toUrl).add(swap.toAddress);
  }
  identities.delete('');
  return identities;
}
