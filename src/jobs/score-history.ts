import type { Pool, PoolClient } from 'pg';
import type { Grain } from '../domain/grain.js';
import { bookKnownAt, type ScoringBook } from '../domain/scoring-book.js';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import { withTransaction } from '../warehouse/pool.js';
import { readScoringBook } from '../warehouse/readers/scoring-config-reader.js';
import { readGrains } from '../warehouse/stores/grain-store.js';
import type { ScoreBucket } from '../warehouse/stores/score-input-store.js';
import { lockScoring, markBuckets, readLastComputedAt, readScorableBuckets } from '../warehouse/stores/score-store.js';
import { progressOf } from './progress.js';
import { appendChanges, compareBuckets, type ScoreChange } from './score-buckets.js';
import { addReports, BATCH_BUCKETS, NOTHING, reportOf, type ScoringReport } from './score-sla.js';
import { readStamp } from './score-stamp.js';

export interface HistoryOptions {
  /** Connections of naap_worker. */
  readonly pool: Pool;
  /** Decides what is final and known; what is appended is dated then, or as the newest stored result or benchmark. */
  readonly asOf: Date;
  /** Buckets that start from `fromMs` on and before `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Undefined: every stored version. */
  readonly scoringVersion?: string | undefined;
  /** Writes nothing. */
  readonly isDryRun: boolean;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Told of every result that differs, with the dimensions of its group. */
  readonly onChange: (change: ScoreChange, group: Grain) => void;
}

/**
 * Recomputes every final bucket of a span from what the warehouse holds now, marked or not. Results that differ are
 * appended; those that were there stay as they were said.
 */
export async function scoreHistory(options: HistoryOptions): Promise<ScoringReport> {
  const { pool, asOf, log, signal } = options;
  const book = bookKnownAt(await readScoringBook(pool), asOf.getTime());
  checkVersion(book, options.scoringVersion);
  if (!options.isDryRun) await checkAsOf(pool, asOf);
  const buckets = await readScorableBuckets(pool, options);
  const progress = progressOf({ log, message: 'scoring history', total: buckets.length });
  let total = NOTHING;
  for (let first = 0; first < buckets.length && !signal.aborted; first += BATCH_BUCKETS) {
    const batch = buckets.slice(first, first + BATCH_BUCKETS);
    total = addReports(total, await withTransaction(pool, (client) => scoreBatch(client, batch, options)));
    progress.add(batch.length);
  }
  progress.finish({ ...total });
  return total;
}

async function scoreBatch(
  client: PoolClient,
  buckets: readonly ScoreBucket[],
  { asOf, scoringVersion, isDryRun, onChange }: HistoryOptions,
): Promise<ScoringReport> {
  if (isDryRun) await client.query('set transaction isolation level repeatable read, read only');
  else await lockScoring(client);
  const stamp = await readStamp(client, { asOf });
  const book = bookKnownAt(await readScoringBook(client), asOf.getTime());
  let report = NOTHING;
  const terms = { asOf, stamp, book, onlyVersion: scoringVersion, comparesRows: true };
  for await (const { bucketCount, changes } of compareBuckets(client, buckets, terms)) {
    const grains = await readGrains(client, [...new Set(changes.scores.map(({ grainId }) => grainId))]);
    for (const change of changes.scores) {
      const group = grains.get(change.grainId);
      if (group !== undefined) onChange(change, group);
    }
    if (!isDryRun) {
      await appendChanges(client, changes, stamp);
      // results of the other versions rest on the inputs that were just replaced: they are the job's to score
      if (scoringVersion !== undefined) await markBuckets(client, changes.inputs);
    }
    report = addReports(report, reportOf(bucketCount, changes));
  }
  return report;
}

function checkVersion({ configs, storedVersions }: ScoringBook, version: string | undefined): void {
  if (version === undefined || storedVersions.includes(version)) return;
  const known = configs.some(({ scoringVersion }) => scoringVersion === version);
  throw new AppError(
    'USAGE',
    known
      ? `scoring version ${version} is not stored, so there is no history to recompute; config.scoring_version says which are: ${storedVersions.join(', ')}`
      : `scoring version ${JSON.stringify(version)} is not known; stored are ${storedVersions.join(', ')}`,
  );
}

/** Results computed before the newest stored one would change what was known in between. */
async function checkAsOf(pool: Pool, asOf: Date): Promise<void> {
  const last = await readLastComputedAt(pool);
  if (last === null || asOf >= last) return;
  throw new AppError(
    'USAGE',
    `--as-of ${asOf.toISOString()} is before the newest stored result, ${last.toISOString()}: that would change what was known in between`,
  );
}
