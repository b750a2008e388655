import type { ClientBase } from 'pg';
import { MINUTE_MS } from '../domain/time.js';
import type { Log } from '../log.js';
import { type Parked, type ParkedSession, park, takeParked } from '../warehouse/stores/parked-session-store.js';
import type { SessionMark } from '../warehouse/stores/session-mark-store.js';
import { nameKey } from './dirty-session.js';
import type { FailedSession } from './session-batch-fold.js';

const LONGEST_MS = 6 * 60 * MINUTE_MS;
const LONGEST_ERROR = 2_000;

export type Marks = [SessionMark, ...SessionMark[]];

/** The sessions of a batch by their name's key. */
export interface MarkedSessions {
  readonly marksOf: ReadonlyMap<string, Marks>;
  /** Those that were parked: an attempt has failed. */
  readonly parkedOf: ReadonlyMap<string, Parked>;
}

/** Adds to the marks of each session those that it is owed since it was parked. */
export async function addParkedMarks(client: ClientBase, marksOf: Map<string, Marks>): Promise<MarkedSessions> {
  const names = [...marksOf.values()].map(([first]) => first);
  const parked = await takeParked(client, names);
  for (const one of parked) {
    const { org, sessionKey } = one;
    const owed = one.marks.map(({ sliceStartMs }) => ({ org, sessionKey, sliceStartMs, firstKey: null }));
    marksOf.get(nameKey(one))?.push(...owed);
  }
  return { marksOf, parkedOf: new Map(parked.map((one) => [nameKey(one), one])) };
}

/** Parks failed sessions with their marks, with one line for the operator each. */
export async function parkFailed(
  client: ClientBase,
  failed: readonly FailedSession[],
  {
    marked: { marksOf, parkedOf },
    failedAt,
    log,
  }: { readonly marked: MarkedSessions; readonly failedAt: Date; readonly log: Log },
): Promise<void> {
  const sessions = failed.map((one) => {
    const key = nameKey(one);
    const session = parkedSession(one, marksOf.get(key) ?? [], parkedOf.get(key) ?? null, failedAt);
    const { org, sessionKey, reason, attemptCount, retryAt } = session;
    log.error(
      { err: one.error, org, session: sessionKey, reason, attempts: attemptCount, retryAt },
      'session parked: it could not be resolved',
    );
    return session;
  });
  await park(client, sessions);
}

function parkedSession(
  { org, sessionKey, reason, error }: FailedSession,
  marks: ParkedSession['marks'],
  before: Parked | null,
  failedAt: Date,
): ParkedSession {
  const attemptCount = (before?.attemptCount ?? 0) + 1;
  return {
    org,
    sessionKey,
    marks,
    reason,
    error: String(error).slice(0, LONGEST_ERROR),
    attemptCount,
    firstFailedAt: before?.firstFailedAt ?? failedAt,
    lastFailedAt: failedAt,
    retryAt: new Date(failedAt.getTime() + retryDelayMs(attemptCount)),
  };
}

/** How long a session waits after its nth failure, in ms: 1 min, doubled each time, at most 6 h. */
export function retryDelayMs(attemptCount: number): number {
  return Math.min(LONGEST_MS, MINUTE_MS * 2 ** (attemptCount - 1));
}
