import type { ClientBase } from 'pg';
import type { SessionEvent } from '../domain/event.js';
import type { Fold } from '../domain/fold.js';
import { decodeFold } from '../domain/fold-codec.js';
import { readEvents } from '../warehouse/readers/session-event-reader.js';
import type { ParkingReason } from '../warehouse/stores/parked-session-store.js';
import { type EncodedSlice, readSlices, type StoredSlice } from '../warehouse/stores/session-slice-store.js';
import { type DirtySession, eventRanges, foldDirty, identitiesOf, nameKey } from './dirty-session.js';

/** A session whose slices are up to its marks. */
export interface FoldedSession {
  readonly session: DirtySession;
  readonly slices: readonly { readonly startMs: number; readonly fold: Fold }[];
  readonly changed: readonly StoredSlice[];
  /** Every URL and address that its slices and prefix show. */
  readonly identities: ReadonlySet<string>;
}

/** A session that cannot be resolved now, and why. */
export interface FailedSession {
  readonly org: string;
  readonly sessionKey: string;
  readonly reason: ParkingReason;
  readonly error: unknown;
}

export interface FoldedSessions {
  readonly sessions: readonly FoldedSession[];
  readonly failed: readonly FailedSession[];
  readonly eventCount: number;
  readonly sliceCount: number;
}

/** Folds the dirty slices of sessions: one statement for their stored slices and one for their events. */
export async function foldSessions(client: ClientBase, plans: readonly DirtySession[]): Promise<FoldedSessions> {
  if (plans.length === 0) return { sessions: [], failed: [], eventCount: 0, sliceCount: 0 };
  const failed: FailedSession[] = [];
  const ranges = plans
    .filter(({ trustsSlices }) => trustsSlices)
    .map(({ org, sessionKey, slicesFromMs }) => ({ org, sessionKey, fromMs: slicesFromMs }));
  const encoded = await readSlices(client, ranges);
  const bySession = groupBySession(encoded, (slice) => slice);
  const readable = plans.flatMap((session) => {
    const stored = attempt(session, 'unreadable', () => decodeSlices(bySession.get(nameKey(session)) ?? []), failed);
    return stored === null ? [] : [{ session, stored }];
  });
  const owned = await readEvents(
    client,
    readable.flatMap(({ session, stored }) => eventRanges(session, stored)),
  );
  const events = groupBySession(owned, ({ org, event }) => ({ org, sessionKey: event.sessionKey }));
  const folded = readable.flatMap(({ session, stored }) => {
    const own = (events.get(nameKey(session)) ?? []).map(({ event }) => event);
    return attempt(session, 'unresolvable', () => foldSession(session, stored, own), failed) ?? [];
  });
  return {
    sessions: folded.filter(({ slices, session }) => slices.length > 0 || session.prefix !== null),
    failed,
    eventCount: owned.length,
    sliceCount: encoded.length,
  };
}

/** What `work` answers for a session; null when it throws, which is noted: it must not hold up the others. */
export function attempt<Result>(
  { org, sessionKey }: { readonly org: string; readonly sessionKey: string },
  reason: ParkingReason,
  work: () => Result,
  failed: FailedSession[],
): Result | null {
  try {
    return work();
  } catch (error) {
    failed.push({ org, sessionKey, reason, error });
    return null;
  }
}

function foldSession(
  session: DirtySession,
  stored: ReadonlyMap<number, Fold>,
  events: readonly SessionEvent[],
): FoldedSession {
  const { slices, changed } = foldDirty(session, stored, events);
  const folds = slices.map(({ fold }) => fold);
  if (session.prefix !== null) folds.push(session.prefix.fold);
  return { session, slices, changed, identities: new Set(folds.flatMap((fold) => [...identitiesOf(fold)])) };
}

function decodeSlices(slices: readonly EncodedSlice[]): Map<number, Fold> {
  return new Map(slices.map(({ startMs, fold }) => [startMs, decodeFold(fold)]));
}

function groupBySession<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => { readonly org: string; readonly sessionKey: string },
): Map<string, Item[]> {
  const bySession = new Map<string, Item[]>();
  for (const item of items) {
    const key = nameKey(nameOf(item));
    const group = bySession.get(key);
    if (group === undefined) bySession.set(key, [item]);
    else group.push(item);
  }
  return bySession;
}
