import type { Pool, PoolClient } from 'pg';
import { buildCapabilityIndex, type CapabilityIndex } from '../domain/capability-index.js';
import type { MessageKind } from '../domain/message.js';
import type { Log } from '../log.js';
import { createCapabilityReader } from '../warehouse/readers/capability-reader.js';
import { readRollupDifferences } from '../warehouse/readers/rollup-difference-reader.js';
import type { RowDifference } from '../warehouse/readers/row-difference.js';
import {
  createSessionDifferenceReader,
  type NamedSession,
  readEventlessSessions,
  type SessionDifferenceReader,
} from '../warehouse/readers/session-difference-reader.js';
import { type SessionEvents, streamSessionEvents } from '../warehouse/readers/session-event-stream.js';
import { readReleaseRollups } from '../warehouse/rollup-release.js';
import { countMarkedGateways } from '../warehouse/stores/gateway-mark-store.js';
import { readWaitingSessions } from '../warehouse/stores/session-mark-store.js';
import { joinedTables, rowsByTable } from '../warehouse/stores/session-tables.js';
import { nameKey } from './dirty-session.js';
import { MESSAGE_SOURCES } from './message-sources.js';
import { setOlderApart } from './older-sessions.js';
import { atOneInstant } from './one-instant.js';
import { type Progress, progressOf } from './progress.js';
import { type RebuiltSession, rebuildSession } from './rebuild-session.js';
import { readPolicy } from './resolver.js';
import type { ResolvePolicy } from './session-batch.js';
import { attempt, type FailedSession } from './session-batch-fold.js';
import { verifyBenchmarks } from './verify-benchmarks.js';
import { verifyJobs } from './verify-jobs.js';
import { verifyMessages } from './verify-messages.js';
import type { VerifiedPart, VerifyPart } from './verify-part.js';
import { verifyPayments } from './verify-payments.js';
import { verifyRuns } from './verify-runs.js';
import { verifyScores } from './verify-scores.js';

export interface VerifyOptions {
  /** Connections of naap_worker, at least two. */
  readonly pool: Pool;
  readonly publicIdKey: string;
  /** Sessions, payments, jobs and sighted keys with an event in the span, or a stored row; cut at the raw floor. */
  readonly from: Date;
  readonly to: Date;
  /** Decides which scores and benchmarks are final; they and the rollups are not cut at the raw floor. */
  readonly asOf: Date;
  onDifference(difference: RowDifference): void;
  readonly signal?: AbortSignal;
  readonly log: Log;
}

export interface VerifyReport {
  readonly sessionCount: number;
  readonly eventCount: number;
  /** Sessions left out because their marks or those of their gateways still wait, or because they are parked. */
  readonly waitingCount: number;
  /** Gateways whose changed configuration waits to be applied: what carries them is left out, and counted as waiting. */
  readonly waitingGatewayCount: number;
  /** Sessions that an older version stored, by other rules: recomputed, but not compared. A rebuild makes them anew. */
  readonly olderCount: number;
  /** Sessions that could not be recomputed: a rule failed. */
  readonly failedCount: number;
  readonly payments: VerifiedPart;
  readonly jobs: VerifiedPart;
  /** Messages that stand for themselves, by kind. */
  readonly messages: Readonly<Record<MessageKind, VerifiedPart>>;
  /** Keys of capability runs. */
  readonly runs: VerifiedPart;
  /** Final buckets with scores. */
  readonly scores: VerifiedPart;
  /** Full days with benchmarks. */
  readonly benchmarks: VerifiedPart;
  /** Of all of them, and of the rollups. */
  readonly differenceCount: number;
}

/** Sessions compared by one statement per table. */
const SESSIONS_PER_COMPARISON = 500;
/** Events held at most before a comparison. */
const EVENTS_PER_COMPARISON = 50_000;

/**
 * Recomputes a span from the layer before, with the functions that made it, and names every stored row that differs:
 * capability runs from sightings, sessions from events and runs, payments from events and sessions, jobs and
 * messages from events and runs, rollups from what they count, benchmarks and scores from rollups [PARITY-002]. Everything is read at one instant, so that it can run beside a
 * resolver; nothing is written.
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  return atOneInstant(options.pool, async (reader, stream) => {
    const policy = await readPolicy(reader, options.publicIdKey);
    const rawFloor = new Date(policy.rawFloorMs);
    const from = options.from < rawFloor ? rawFloor : options.from;
    const span = { from, to: options.to, rawFloor };
    const capabilities = buildCapabilityIndex(await createCapabilityReader().readAllRuns(reader));
    const comparison = await createComparison(reader, options, { policy, capabilities });
    let [runs, payments, jobs] = [NOTHING, NOTHING, NOTHING];
    const messages = { discovery: NOTHING, ticket: NOTHING, byoc_auth: NOTHING, byoc_worker: NOTHING };
    if (from < options.to) {
      const { report } = comparison;
      const part: VerifyPart = { ...options, reader, stream, span, policy, report };
      runs = await verifyRuns(part);
      await compareSessions(stream, comparison, span, options);
      await comparison.compare(await readEventlessSessions(reader, span));
      payments = await verifyPayments(part);
      jobs = await verifyJobs(part, capabilities);
      for (const source of MESSAGE_SOURCES) {
        messages[source.tables.kind] = await verifyMessages(source, part, capabilities);
      }
    }
    for (const rollup of await readReleaseRollups()) {
      if (options.signal?.aborted) break;
      comparison.report(await readRollupDifferences(reader, rollup, options));
    }
    const scoring = { ...options, reader, report: comparison.report };
    const [benchmarks, scores] = [await verifyBenchmarks(scoring), await verifyScores(scoring)];
    const waitingGatewayCount = await countMarkedGateways(reader);
    return { ...comparison.result(), waitingGatewayCount, runs, payments, jobs, messages, benchmarks, scores };
  });
}

const NOTHING: VerifiedPart = { count: 0, waitingCount: 0, failedCount: 0 };

interface Span {
  readonly from: Date;
  readonly to: Date;
  readonly rawFloor: Date;
}

async function compareSessions(
  stream: PoolClient,
  comparison: Comparison,
  { from, to, rawFloor }: Span,
  { signal, log }: VerifyOptions,
): Promise<void> {
  const total = await stream.query<{ count: number }>(
    'select count(*)::float8 as count from fact.session_event where event_at >= $1 and event_at < $2',
    [from, to],
  );
  const progress: Progress = progressOf({ log, message: 'verifying', total: total.rows[0]?.count ?? 0 });
  await streamSessionEvents(stream, {
    rawFloor,
    skipsFrozen: true,
    within: { from, to },
    onSession(session) {
      if (signal?.aborted) return undefined;
      progress.add(session.events.length);
      return comparison.add(session);
    },
  });
  await comparison.flush();
  progress.finish();
}

type CountOfSessions =
  | 'sessionCount'
  | 'eventCount'
  | 'waitingCount'
  | 'olderCount'
  | 'failedCount'
  | 'differenceCount';

interface Comparison {
  /** Recomputes a session; compares those that wait when they are many. */
  add(session: SessionEvents): Promise<void> | undefined;
  flush(): Promise<void>;
  /** Compares sessions of which nothing should be stored. */
  compare(eventless: readonly NamedSession[]): Promise<void>;
  report(differences: readonly RowDifference[]): void;
  result(): Pick<VerifyReport, CountOfSessions>;
}

async function createComparison(
  reader: PoolClient,
  { onDifference, log }: VerifyOptions,
  { policy, capabilities }: { readonly policy: ResolvePolicy; readonly capabilities: CapabilityIndex },
): Promise<Comparison> {
  const differences: SessionDifferenceReader = await createSessionDifferenceReader(reader);
  const waiting = new Set((await readWaitingSessions(reader)).map(nameKey));
  const failed: FailedSession[] = [];
  const count = { sessionCount: 0, eventCount: 0, waitingCount: 0, differenceCount: 0, olderCount: 0 };
  let names: NamedSession[] = [];
  let rebuilt: RebuiltSession[] = [];
  let heldEvents = 0;

  function report(found: readonly RowDifference[]): void {
    count.differenceCount += found.length;
    for (const one of found) onDifference(one);
  }

  async function flush(): Promise<void> {
    const rows = joinedTables(rebuilt.map(({ resolved, slices }) => rowsByTable(resolved, slices)));
    const compared = names;
    [names, rebuilt, heldEvents] = [[], [], 0];
    if (compared.length === 0) return;
    const { current, olderCount } = setOlderApart(await differences.read(reader, compared, rows));
    count.olderCount += olderCount;
    count.sessionCount -= olderCount;
    report(current);
  }

  return {
    add(session) {
      if (waiting.has(nameKey(session))) {
        count.waitingCount += 1;
        return undefined;
      }
      const made = attempt(session, 'unresolvable', () => rebuildSession(session, capabilities, policy), failed);
      count.eventCount += session.events.length;
      if (made === null) {
        const { org, sessionKey: key } = session;
        log.error({ err: failed.at(-1)?.error, org, session: key }, 'session could not be recomputed');
        return undefined;
      }
      count.sessionCount += 1;
      names.push({ org: session.org, sessionKey: session.sessionKey });
      rebuilt.push(made);
      heldEvents += session.events.length;
      return names.length < SESSIONS_PER_COMPARISON && heldEvents < EVENTS_PER_COMPARISON ? undefined : flush();
    },
    flush,
    async compare(eventless) {
      names = eventless.filter((one) => !waiting.has(nameKey(one)));
      await flush();
    },
    report,
    result: () => ({ ...count, failedCount: failed.length }),
  };
}
