import type { ClientBase } from 'pg';
import { buildCapabilityIndex, type CapabilityIndex } from '../domain/capability-index.js';
import type { SessionEvent } from '../domain/event.js';
import type { Fold } from '../domain/fold.js';
import type { Naming } from '../domain/segment-attribution.js';
import { type ResolvedSession, resolveSession } from '../domain/session-rows.js';
import type { Log } from '../log.js';
import { readEvents } from '../warehouse/readers/session-event-reader.js';
import type { CapabilityReader } from '../warehouse/stores/capability-run-store.js';
import type { GrainStore } from '../warehouse/stores/grain-store.js';
import type { SessionMark } from '../warehouse/stores/session-mark-store.js';
import { readSlices, type SliceWriter, type StoredSlice } from '../warehouse/stores/session-slice-store.js';
import { type Rewrite, readKnownSessions, type SessionStore } from '../warehouse/stores/session-store.js';
import {
  type DirtySession,
  eventRanges,
  foldDirty,
  groupMarks,
  identitiesOf,
  nameKey,
  planSession,
  replanWhole,
} from './dirty-session.js';

/** What resolving needs beside the connection: stores, and configuration as read at the batch's beginning. */
export interface BatchStores {
  readonly sessions: SessionStore;
  readonly slices: SliceWriter;
  readonly grains: GrainStore;
  readonly capabilities: CapabilityReader;
}
export interface ResolvePolicy {
  readonly capabilityMaxAgeMs: number;
  readonly rawFloorMs: number;
  readonly naming: Naming;
}

export interface BatchReport {
  readonly markCount: number;
  readonly sessionCount: number;
  readonly eventCount: number;
  readonly sliceCount: number;
  /** Sessions that could not be resolved, with their marks, which the caller sets again. */
  readonly failed: readonly { readonly marks: readonly SessionMark[]; readonly error: unknown }[];
}

interface FoldedSession {
  readonly session: DirtySession;
  readonly slices: readonly { readonly startMs: number; readonly fold: Fold }[];
  readonly changed: readonly StoredSlice[];
}

/**
 * Resolves the sessions of some marks, inside the caller's transaction, and marks the buckets that changed.
 *
 * Reads: one statement for sessions, slices, events and runs each, whatever the number of sessions. Writes: one per
 * table.
 */
export async function resolveMarks(
  client: ClientBase,
  marks: readonly SessionMark[],
  {
    stores,
    policy,
    decidedAt,
    log,
  }: {
    readonly stores: BatchStores;
    readonly policy: ResolvePolicy;
    readonly decidedAt: Date;
    readonly log: Log;
  },
): Promise<BatchReport> {
  const marksOf = groupMarks(marks);
  const names = [...marksOf.values()].flatMap(([first]) => first ?? []);
  const known = new Map((await readKnownSessions(client, names)).map((one) => [nameKey(one), one]));
  const plans = [...marksOf].flatMap(
    ([key, group]) => planSession(group, known.get(key) ?? null, policy.rawFloorMs) ?? [],
  );
  if (plans.length < marksOf.size) {
    log.warn({ sessions: marksOf.size - plans.length }, 'sessions older than the raw floor stay as they are');
  }

  const folded = await foldSessions(client, plans);
  const capabilities = await readCapabilities(client, stores.capabilities, folded.sessions);
  const attempts = folded.sessions.map((one) => attempt(one, capabilities, policy));
  const wider = attempts.filter((one) => one.kind === 'resolved' && needsWhole(one.resolved, one.folded.session));
  const whole = await foldSessions(
    client,
    wider.map((one) => replanWhole(one.folded.session)),
  );
  const again = new Map(
    whole.sessions.map((one) => [nameKey(one.session), attempt(one, capabilities, policy)] as const),
  );
  const outcomes = attempts.map((one) => again.get(nameKey(one.folded.session)) ?? one);

  const resolved = outcomes.flatMap((one) => (one.kind === 'resolved' ? [one] : []));
  const rewrites: Rewrite[] = resolved.map((one) => ({ resolved: one.resolved, known: one.folded.session.known }));
  await stores.slices.write(
    client,
    resolved.flatMap((one) => one.folded.changed),
  );
  const buckets = await stores.sessions.write(client, rewrites, decidedAt);
  // New grains and jobs last: other batches that add the same wait for this one's commit.
  await stores.grains.add(
    client,
    resolved.flatMap((one) => one.resolved.grains),
  );
  await markBuckets(client, buckets);
  return {
    markCount: marks.length,
    sessionCount: resolved.length,
    eventCount: folded.eventCount,
    sliceCount: folded.sliceCount + whole.sliceCount,
    failed: outcomes.flatMap((one) =>
      one.kind === 'failed' ? [{ marks: marksOf.get(nameKey(one.folded.session)) ?? [], error: one.error }] : [],
    ),
  };
}

async function foldSessions(
  client: ClientBase,
  plans: readonly DirtySession[],
): Promise<{ readonly sessions: FoldedSession[]; readonly eventCount: number; readonly sliceCount: number }> {
  if (plans.length === 0) return { sessions: [], eventCount: 0, sliceCount: 0 };
  const stored = groupSlices(
    await readSlices(
      client,
      plans.map(({ org, sessionKey, slicesFromMs }) => ({ org, sessionKey, fromMs: slicesFromMs })),
    ),
  );
  const slicesOf = (session: DirtySession): ReadonlyMap<number, Fold> => stored.get(nameKey(session)) ?? new Map();
  const owned = await readEvents(
    client,
    plans.flatMap((session) => eventRanges(session, slicesOf(session))),
  );
  const events = new Map<string, SessionEvent[]>();
  for (const { org, event } of owned) {
    const key = nameKey({ org, sessionKey: event.sessionKey });
    const group = events.get(key);
    if (group === undefined) events.set(key, [event]);
    else group.push(event);
  }
  const sessions = plans.map((session) => ({
    session,
    ...foldDirty(session, slicesOf(session), events.get(nameKey(session)) ?? []),
  }));
  return {
    sessions: sessions.filter(({ slices, session }) => slices.length > 0 || session.prefix !== null),
    eventCount: owned.length,
    sliceCount: [...stored.values()].reduce((sum, one) => sum + one.size, 0),
  };
}

function groupSlices(slices: readonly StoredSlice[]): Map<string, Map<number, Fold>> {
  const bySession = new Map<string, Map<number, Fold>>();
  for (const slice of slices) {
    const key = nameKey(slice);
    const group = bySession.get(key) ?? new Map<number, Fold>();
    group.set(slice.startMs, slice.fold);
    bySession.set(key, group);
  }
  return bySession;
}

async function readCapabilities(
  client: ClientBase,
  reader: CapabilityReader,
  sessions: readonly FoldedSession[],
): Promise<CapabilityIndex> {
  const wanted = new Map<string, Set<string>>();
  for (const { session, slices } of sessions) {
    const identities = wanted.get(session.org) ?? new Set<string>();
    wanted.set(session.org, identities);
    if (session.prefix !== null) for (const one of identitiesOf(session.prefix.fold)) identities.add(one);
    for (const { fold } of slices) for (const one of identitiesOf(fold)) identities.add(one);
  }
  const named = [...wanted].flatMap(([org, identities]) => [...identities].map((identity) => ({ org, identity })));
  return buildCapabilityIndex(await reader.readRuns(client, named));
}

type Attempt =
  | { readonly kind: 'resolved'; readonly folded: FoldedSession; readonly resolved: ResolvedSession }
  | { readonly kind: 'failed'; readonly folded: FoldedSession; readonly error: unknown };

/** One session that cannot be resolved must not hold up the others of its shard. */
function attempt(folded: FoldedSession, capabilities: CapabilityIndex, policy: ResolvePolicy): Attempt {
  const { session, slices } = folded;
  try {
    const resolved = resolveSession({
      org: session.org,
      sessionKey: session.sessionKey,
      prefix: session.prefix,
      slices,
      dirtyFromMs: session.dirtyFromMs,
      capabilities,
      policy: { capabilityMaxAgeMs: policy.capabilityMaxAgeMs },
      naming: policy.naming,
    });
    return { kind: 'resolved', folded, resolved };
  } catch (error) {
    return { kind: 'failed', folded, error };
  }
}

/**
 * Whether older bucket rows, which the resolver did not rewrite, hold for another attribution: a segment that reaches
 * back before the rewritten buckets has another grain than the stored one, because one more event made it longer.
 */
function needsWhole(resolved: ResolvedSession, { known, dirtyFromMs, isFrozen }: DirtySession): boolean {
  if (known === null || dirtyFromMs === null || isFrozen) return false;
  const rewrittenFromMs = Math.max(resolved.rewritten5mFromMs, resolved.rewritten1hFromMs);
  const now = resolved.segments.filter((segment) => segment.startedAt.getTime() < rewrittenFromMs);
  const before = known.segments.filter((segment) => segment.startedAtMs < rewrittenFromMs);
  return (
    now.length !== before.length ||
    now.some((segment, ordinal) => {
      const stored = before[ordinal];
      return stored?.grainId !== segment.grainId || stored.startedAtMs !== segment.startedAt.getTime();
    })
  );
}

const MARK_BUCKETS = { name: 'session-batch/mark-buckets', text: 'select work.mark_buckets($1, $2::timestamptz[])' };

/** Marks the buckets of every rollup over the changed rows, and asks for a refresh. */
export async function markBuckets(
  client: ClientBase,
  buckets: Awaited<ReturnType<SessionStore['write']>>,
): Promise<void> {
  const changes = [
    ['session_start', buckets.sessionStart],
    ['session_bucket_5m', buckets.sessionBucket5m],
    ['session_bucket_1h', buckets.sessionBucket1h],
  ] as const;
  for (const [table, starts] of changes) {
    if (starts.length > 0) await client.query({ ...MARK_BUCKETS, values: [table, starts] });
  }
}
