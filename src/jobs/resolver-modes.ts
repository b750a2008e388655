import type { ClientBase, Pool } from 'pg';
import { DAY_MS } from '../domain/time.js';
import type { Log } from '../log.js';
import { withTransaction } from '../warehouse/pool.js';
import {
  type ResolveExtent,
  readMarkedExtent,
  readRebuildExtent,
  readSpanExtent,
} from '../warehouse/readers/resolve-extent-reader.js';
import type { RowDifference } from '../warehouse/readers/row-difference.js';
import { needsRebuild } from '../warehouse/readers/stored-version-reader.js';
import { markJobsBetween } from '../warehouse/stores/job-mark-store.js';
import { markMessagesBetween } from '../warehouse/stores/message-mark-store.js';
import { markPaymentsBetween } from '../warehouse/stores/payment-mark-store.js';
import { removeEventlessPayments } from '../warehouse/stores/payment-store.js';
import { countMarks, markSlicesWithEvents } from '../warehouse/stores/session-mark-store.js';
import { LOCK, sharesMode } from './advisory-locks.js';
import { type Progress, progressOf } from './progress.js';
import { type RebuildReport, rebuild } from './rebuild.js';
import { type DrainReport, type Resolver, readPolicy } from './resolver.js';
import { type VerifyReport, verify } from './resolver-verify.js';
import { pause } from './worker-liveness.js';

export interface ResolverModesOptions {
  readonly resolver: Resolver;
  /** Connections of naap_worker. */
  readonly pool: Pool;
  /** Connections of naap_owner, at least two. */
  readonly ownerPool: Pool;
  readonly publicIdKey: string;
  /** Loops that drain at once. */
  readonly concurrency: number;
  /** After a bootstrap or a repair: refreshes the rollups and scores, once. */
  settle(): Promise<void>;
  readonly log: Log;
}

export const RESOLVER_MODES = ['tail', 'bootstrap', 'auto', 'repair', 'verify'] as const;
export type ResolverMode = (typeof RESOLVER_MODES)[number];
export type WritingMode = Exclude<ResolverMode, 'verify'>;

export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** What could not be resolved. */
export type UnresolvedReport = Pick<DrainReport, 'parkedCount' | 'leftCount'>;

export interface ResolverModes {
  /** Drains the marks; with `follow`, goes on as new ones come until the signal is aborted. */
  tail(options: { readonly follow: boolean; readonly signal?: AbortSignal }): Promise<DrainReport>;
  /** Everything anew from facts, then rollups and scores. */
  bootstrap(): Promise<RebuildReport>;
  /** `bootstrap` when no session is stored or an older version stored some, then `tail`. */
  auto(options: { readonly follow: boolean; readonly signal?: AbortSignal }): Promise<UnresolvedReport>;
  /**
   * Folds every slice of `[from, to)` anew from its events and resolves its session, payments, jobs and messages, removing
   * what no event accounts for, then rollups and scores.
   */
  repair(options: Span & { readonly signal?: AbortSignal }): Promise<DrainReport>;
  /** Names every stored row of `span`, or of all that raw retention holds, that a recount contradicts; writes nothing. */
  verify(options: {
    readonly span: Span | null;
    /** The now that decides which scores are final; the current time by default. */
    readonly asOf?: Date;
    onDifference(difference: RowDifference): void;
    readonly signal?: AbortSignal;
  }): Promise<VerifyReport>;
  /** What the mode would touch now; writes nothing. `span` is the repair's. */
  extentOf(mode: WritingMode, span: Span | null): Promise<ResolveExtent>;
}

const FOLLOW_INTERVAL_MS = 250;
const ALWAYS: Span = { from: new Date('0001-01-01Z'), to: new Date('9999-01-01Z') };

/** The ways to the same rows: what is marked, everything anew, a span anew [PARITY-002]. */
export function createResolverModes(options: ResolverModesOptions): ResolverModes {
  const { resolver, pool, ownerPool, publicIdKey, concurrency, settle, log } = options;

  async function drain(message: string, signal?: AbortSignal): Promise<DrainReport> {
    const pending = await countMarks(pool);
    const progress = progressOf({ log, message, total: pending.sessions });
    const report = await resolver.drain({
      decidedAt: new Date(),
      concurrency,
      ...(signal !== undefined && { signal }),
      onBatch: advance(progress),
    });
    if (report.markCount > 0) {
      progress.finish({ sessions: report.sessionCount, events: report.eventCount, parked: report.parkedCount });
    }
    return report;
  }

  async function bootstrap(): Promise<RebuildReport> {
    const report = await rebuild({ ownerPool, publicIdKey, decidedAt: new Date(), log });
    await settle();
    return report;
  }

  async function tail({ follow, signal }: { follow: boolean; signal?: AbortSignal }): Promise<DrainReport> {
    const report = await drain('resolving', signal);
    while (follow && signal !== undefined && !signal.aborted) {
      await pause(FOLLOW_INTERVAL_MS, signal);
      if (!signal.aborted) await resolver.drain({ decidedAt: new Date(), concurrency, signal });
    }
    return report;
  }

  return {
    tail,
    bootstrap,
    async auto(tailOptions) {
      const rebuilt = (await needsRebuild(pool)) ? await bootstrap() : null;
      const drained = await tail(tailOptions);
      return { parkedCount: (rebuilt?.parkedCount ?? 0) + drained.parkedCount, leftCount: drained.leftCount };
    },
    async repair({ from, to, signal }) {
      let marked = 0;
      // By the day: what is held here stays one day's slices.
      for (let startMs = from.getTime(); startMs < to.getTime() && !signal?.aborted; startMs += DAY_MS) {
        const end = new Date(Math.min(startMs + DAY_MS, to.getTime()));
        marked += await withTransaction(pool, (client) => markSlicesWithEvents(client, new Date(startMs), end));
      }
      await withTransaction(pool, async (client) => {
        await removeSurplusPayments(client, from, to);
        await markPaymentsBetween(client, from, to);
        await markJobsBetween(client, from, to);
        await markMessagesBetween(client, from, to);
      });
      log.info({ from, to, slices: marked }, 'slices marked for repair');
      const report = await drain('repairing', signal);
      if (!signal?.aborted) await settle();
      return report;
    },
    verify({ span, asOf = new Date(), ...verifyOptions }) {
      return verify({ pool, publicIdKey, ...(span ?? ALWAYS), asOf, ...verifyOptions, log });
    },
    async extentOf(mode, span) {
      if (span !== null) return readSpanExtent(pool, span.from, span.to);
      if (mode === 'bootstrap' || (mode === 'auto' && (await needsRebuild(pool)))) {
        return readRebuildExtent(pool, new Date((await readPolicy(pool, publicIdKey)).rawFloorMs));
      }
      return readMarkedExtent(pool);
    },
  };
}

/** A rebuild under way makes them all anew, so that there is nothing to remove. */
async function removeSurplusPayments(client: ClientBase, from: Date, to: Date): Promise<void> {
  if (!(await sharesMode(client))) return;
  await client.query('select pg_advisory_xact_lock($1, 0)', [LOCK.payments]);
  const buckets = await removeEventlessPayments(client, from, to);
  if (buckets.length > 0) await client.query(`select work.mark_buckets('payment', $1)`, [buckets]);
}

function advance(progress: Progress): (report: DrainReport) => void {
  let before = 0;
  return ({ markCount, sessionCount }) => {
    progress.add(markCount - before, { sessions: sessionCount });
    before = markCount;
  };
}
