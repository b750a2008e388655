import type { PoolClient } from 'pg';
import { bookKnownAt } from '../domain/scoring-book.js';
import type { RowDifference } from '../warehouse/readers/row-difference.js';
import { readInputTexts, readTornRows, readWaitingBuckets } from '../warehouse/readers/score-row-reader.js';
import { readScoringBook } from '../warehouse/readers/scoring-config-reader.js';
import type { InputRow, ScoreBucket, ScoreWidth } from '../warehouse/stores/score-input-store.js';
import { readScorableBuckets } from '../warehouse/stores/score-store.js';
import { readChangedConfig } from './changed-config.js';
import { compareBuckets, type ScoreChange } from './score-buckets.js';
import { BATCH_BUCKETS } from './score-sla.js';
import { readStamp } from './score-stamp.js';
import type { VerifiedPart } from './verify-part.js';

/** What scores and benchmarks are verified with: rollups outlive raw events, so the span is not cut at the raw floor. */
export interface VerifyScoring {
  readonly reader: PoolClient;
  readonly from: Date;
  readonly to: Date;
  /** Decides what is final. */
  readonly asOf: Date;
  report(differences: readonly RowDifference[]): void;
  readonly signal?: AbortSignal;
}

const WIDTHS: readonly ScoreWidth[] = ['5m', '1h'];

/**
 * Scores the final buckets of a span anew, at both widths and by every stored version, and reports every column of
 * inputs and results in force that differs, and rows that are missing or should be withdrawn. Below the rollups' floor
 * the stored inputs stand for them. Counted are buckets; those that are still to be refreshed or scored are left out.
 */
export async function verifyScores({ reader, from, to, asOf, report, signal }: VerifyScoring): Promise<VerifiedPart> {
  const book = bookKnownAt(await readScoringBook(reader), asOf.getTime());
  const stamp = await readStamp(reader, { asOf });
  const terms = { asOf, stamp, book, comparesRows: true };
  const all = await readScorableBuckets(reader, { asOf, fromMs: from.getTime(), toMs: to.getTime() });
  const { buckets: reconfigured } = await readChangedConfig(reader, book);
  const waiting = new Set([...(await readWaitingBuckets(reader)), ...reconfigured].map(bucketText));
  const settled = all.filter((bucket) => !waiting.has(bucketText(bucket)));
  let count = 0;
  while (count < settled.length && !signal?.aborted) {
    const batch = settled.slice(count, count + BATCH_BUCKETS);
    for await (const { changes } of compareBuckets(reader, batch, terms)) {
      report(await inputDifferences(reader, changes.inputs));
      report(changes.scores.flatMap(scoreDifferences));
    }
    report(await tornRows(reader, batch));
    count += batch.length;
  }
  return { count, waitingCount: all.length - settled.length, failedCount: 0 };
}

async function inputDifferences(reader: PoolClient, inputs: readonly InputRow[]): Promise<readonly RowDifference[]> {
  const stored = new Map<string, string>();
  for (const width of WIDTHS) {
    const changed = inputs.filter((row) => row.width === width && row.inputs !== null);
    for (const { text, ...key } of await readInputTexts(reader, width, changed)) {
      stored.set(groupText({ width, ...key }), text);
    }
  }
  return inputs.flatMap((row): readonly RowDifference[] => {
    const whole = { relation: 'core.sla_input', key: keyOf(row), column: null, stored: null, computed: null };
    const before = stored.get(groupText(row));
    if (row.inputs === null) return [{ ...whole, kind: 'surplus' }];
    if (before === undefined) return [{ ...whole, kind: 'missing' }];
    return differingInputs(before, row.inputs.text).map((one) => ({ ...whole, kind: 'changed', ...one }));
  });
}

/** Inputs by name, each as JSON text. */
function differingInputs(before: string, after: string) {
  const [stored, wanted]: readonly Readonly<Record<string, unknown>>[] = [JSON.parse(before), JSON.parse(after)];
  return [...new Set([...Object.keys(stored ?? {}), ...Object.keys(wanted ?? {})])]
    .map((name) => ({
      column: `inputs.${name}`,
      stored: JSON.stringify(stored?.[name] ?? null),
      computed: JSON.stringify(wanted?.[name] ?? null),
    }))
    .filter((one) => one.stored !== one.computed);
}

function scoreDifferences(change: ScoreChange): readonly RowDifference[] {
  const key = { ...keyOf(change), scoring_version: change.scoringVersion };
  const whole = { relation: 'core.sla_score', key, column: null, stored: null, computed: null };
  if (change.after === null) return [{ ...whole, kind: 'surplus' }];
  if (change.before === null) return [{ ...whole, kind: 'missing' }];
  return (change.columns ?? []).map((one) => ({ ...whole, kind: 'changed', ...one }));
}

async function tornRows(reader: PoolClient, buckets: readonly ScoreBucket[]): Promise<readonly RowDifference[]> {
  const found: RowDifference[] = [];
  for (const width of WIDTHS) {
    const starts = buckets.filter((bucket) => bucket.width === width).map(({ startMs }) => startMs);
    if (starts.length > 0) found.push(...(await readTornRows(reader, width, starts)));
  }
  return found;
}

function keyOf({ width, startMs, grainId }: ScoreBucket & { readonly grainId: string }) {
  return { width, bucket_start: new Date(startMs).toISOString(), grain_id: grainId };
}

function bucketText({ width, startMs }: ScoreBucket): string {
  return `${width}|${startMs}`;
}

function groupText(row: ScoreBucket & { readonly grainId: string }): string {
  return `${bucketText(row)}|${row.grainId}`;
}
