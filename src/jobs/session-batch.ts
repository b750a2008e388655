import type { ClientBase } from 'pg';
import { buildCapabilityIndex, type CapabilityIndex } from '../domain/capability-index.js';
import type { Naming } from '../domain/segment-attribution.js';
import { type ResolvedSession, resolveSession } from '../domain/session-rows.js';
import type { Log } from '../log.js';
import { writeAccepted } from '../warehouse/accepted-write.js';
import type { CapabilityReader } from '../warehouse/readers/capability-reader.js';
import type { GrainStore } from '../warehouse/stores/grain-store.js';
import { markPaymentsOfSessions } from '../warehouse/stores/payment-mark-store.js';
import type { SessionMark } from '../warehouse/stores/session-mark-store.js';
import type { SliceWriter } from '../warehouse/stores/session-slice-store.js';
import { readKnownSessions, type SessionStore } from '../warehouse/stores/session-store.js';
import { changedForPayments } from './changed-sessions.js';
import { type DirtySession, groupMarks, nameKey, planSession, replanWhole } from './dirty-session.js';
import { attempt, type FailedSession, type FoldedSession, foldSessions } from './session-batch-fold.js';
import { addParkedMarks, type MarkedSessions, parkFailed } from './session-parking.js';

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
  /** Sessions that could not be resolved and are parked with their marks. */
  readonly parkedCount: number;
}

export interface BatchContext {
  readonly stores: BatchStores;
  readonly policy: ResolvePolicy;
  readonly decidedAt: Date;
  readonly log: Log;
}

interface Resolution {
  readonly folded: FoldedSession;
  readonly resolved: ResolvedSession;
}

/**
 * Resolves the sessions of some marks, inside the caller's transaction, and marks the buckets that changed.
 *
 * Reads: one statement for sessions, slices, events and runs each, whatever the number of sessions, and once more for
 * those that must be judged whole. Writes: one per table. A session that fails at any step is parked with its marks, and
 * the others are written as if it were not there.
 */
export async function resolveMarks(
  client: ClientBase,
  marks: readonly SessionMark[],
  context: BatchContext,
): Promise<BatchReport> {
  const { stores, policy, log } = context;
  const failed: FailedSession[] = [];
  const marked = await addParkedMarks(client, groupMarks(marks));
  const plans = await planSessions(client, { marked, failed, rawFloorMs: policy.rawFloorMs, log });
  const folded = await foldSessions(client, plans);
  // Read anew for whole sessions: a prefix does not show every identity that the slices behind it do.
  const resolveAll = async (sessions: readonly FoldedSession[]): Promise<Resolution[]> => {
    const capabilities = await readCapabilities(client, stores.capabilities, sessions);
    return sessions.flatMap((one) => {
      const resolved = attempt(one.session, 'unresolvable', () => resolveFolded(one, capabilities, policy), failed);
      return resolved === null ? [] : [{ folded: one, resolved }];
    });
  };
  const first = await resolveAll(folded.sessions);
  const isWider = ({ folded: { session }, resolved }: Resolution): boolean => needsWhole(resolved, session);
  const whole = await foldSessions(
    client,
    first.filter(isWider).map((one) => replanWhole(one.folded.session)),
  );
  const resolutions = [...first.filter((one) => !isWider(one)), ...(await resolveAll(whole.sessions))];
  const refused = await writeResolutions(client, resolutions, context);
  failed.push(...folded.failed, ...whole.failed, ...refused);
  await parkFailed(client, failed, { marked, failedAt: context.decidedAt, log });
  return {
    markCount: marks.length,
    sessionCount: resolutions.length - refused.length,
    eventCount: folded.eventCount + whole.eventCount,
    sliceCount: folded.sliceCount + whole.sliceCount,
    parkedCount: failed.length,
  };
}

async function planSessions(
  client: ClientBase,
  {
    marked: { marksOf, parkedOf },
    failed,
    rawFloorMs,
    log,
  }: {
    readonly marked: MarkedSessions;
    readonly failed: FailedSession[];
    readonly rawFloorMs: number;
    readonly log: Log;
  },
): Promise<readonly DirtySession[]> {
  const names = [...marksOf.values()].map(([first]) => first);
  const known = new Map((await readKnownSessions(client, names)).map((one) => [nameKey(one), one]));
  const plans: DirtySession[] = [];
  let goneCount = 0;
  for (const [key, marks] of marksOf) {
    const plan = attempt(
      marks[0],
      'unreadable',
      () => ({ session: planSession(marks, known.get(key) ?? null, rawFloorMs, parkedOf.has(key)) }),
      failed,
    );
    if (plan?.session != null) plans.push(plan.session);
    else if (plan !== null) goneCount += 1;
  }
  if (goneCount > 0) log.warn({ sessions: goneCount }, 'sessions older than the raw floor stay as they are');
  return plans;
}

/** Writes what was resolved and marks the buckets; answers the sessions whose rows the database refuses. */
async function writeResolutions(
  client: ClientBase,
  resolutions: readonly Resolution[],
  { stores, decidedAt }: BatchContext,
): Promise<readonly FailedSession[]> {
  const { results, refused } = await writeAccepted(client, resolutions, async (accepted) => {
    await stores.slices.write(
      client,
      accepted.flatMap(({ folded }) => folded.changed),
    );
    const rewrites = accepted.map(({ resolved, folded }) => ({ resolved, known: folded.session.known }));
    const buckets = await stores.sessions.write(client, rewrites, decidedAt);
    await markPaymentsOfSessions(client, changedForPayments(rewrites));
    // New grains and jobs last: other batches that add the same wait for this one's commit.
    await stores.grains.add(
      client,
      accepted.flatMap(({ resolved }) => resolved.grains),
    );
    return { buckets };
  });
  await markBuckets(client, {
    sessionStart: results.flatMap(({ buckets }) => buckets.sessionStart),
    sessionBucket5m: results.flatMap(({ buckets }) => buckets.sessionBucket5m),
    sessionBucket1h: results.flatMap(({ buckets }) => buckets.sessionBucket1h),
    swap: results.flatMap(({ buckets }) => buckets.swap),
    sessionIngest5m: results.flatMap(({ buckets }) => buckets.sessionIngest5m),
    sessionIngest1h: results.flatMap(({ buckets }) => buckets.sessionIngest1h),
  });
  return refused.map(({ item: { folded }, error }) => {
    const { org, sessionKey } = folded.session;
    return { org, sessionKey, reason: 'refused', error };
  });
}

async function readCapabilities(
  client: ClientBase,
  reader: CapabilityReader,
  sessions: readonly FoldedSession[],
): Promise<CapabilityIndex> {
  const wanted = new Map<string, Set<string>>();
  for (const { session, identities } of sessions) {
    const ofOrg = wanted.get(session.org) ?? new Set<string>();
    wanted.set(session.org, ofOrg);
    for (const one of identities) ofOrg.add(one);
  }
  const named = [...wanted].flatMap(([org, ofOrg]) => [...ofOrg].map((identity) => ({ org, identity })));
  return buildCapabilityIndex(await reader.readRuns(client, named));
}

function resolveFolded(
  { session, slices }: FoldedSession,
  capabilities: CapabilityIndex,
  { capabilityMaxAgeMs, naming }: ResolvePolicy,
): ResolvedSession {
  const { org, sessionKey, prefix, dirtyFromMs } = session;
  const policy = { capabilityMaxAgeMs };
  return resolveSession({ org, sessionKey, prefix, slices, dirtyFromMs, capabilities, policy, naming });
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
    ['swap', buckets.swap],
    ['session_ingest_5m', buckets.sessionIngest5m],
    ['session_ingest_1h', buckets.sessionIngest1h],
  ] as const;
  for (const [table, starts] of changes) {
    if (starts.length > 0) await client.query({ ...MARK_BUCKETS, values: [table, starts] });
  }
}
