import { isDeepStrictEqual } from 'node:util';
import type { ScoringBook } from '../domain/scoring-book.js';
import type { ScoringResult } from '../domain/scoring-results.js';
import { utcDay } from '../domain/time.js';
import type { StoredBenchmark } from '../warehouse/stores/benchmark-store.js';
import type { InputGroup } from '../warehouse/stores/score-input-store.js';
import type { ScoreColumns } from '../warehouse/stores/score-store.js';
import { decimalText } from '../warehouse/writers/score-writer.js';

/** A column of a stored row that is not what it should be; values as JSON text. */
export interface ColumnDifference {
  readonly column: string;
  readonly stored: string;
  readonly computed: string;
}

/** Which results a stored row may rest on: any configuration and benchmark that was ever known. */
export interface KnownReferences {
  readonly book: ScoringBook;
  /** Every revision of the days concerned. */
  readonly revisions: readonly StoredBenchmark[];
}

/**
 * How a stored result differs from the wanted one, column by column. A configuration, a target or a revision that
 * changes no result appends none, so the row may name an older one, but only one that is for its bucket.
 */
export function differingColumns(
  stored: ScoreColumns,
  { group, scoringVersion, result }: { group: InputGroup; scoringVersion: string; result: ScoringResult },
  known: KnownReferences,
): readonly ColumnDifference[] {
  const score = result.score === null ? null : decimalText(result.score);
  const found: ColumnDifference[] = [];
  const add = (column: string, was: unknown, wanted: unknown): void => {
    found.push({ column, stored: JSON.stringify(was), computed: JSON.stringify(wanted) });
  };
  if (stored.score !== score) add('score', numberOf(stored.score), result.score);
  for (const [name, was, wanted] of differingSubscores(stored.subscores, result)) add(`subscores.${name}`, was, wanted);
  if (stored.inputHash !== group.inputHash) add('input_id (md5 of its inputs)', stored.inputHash, group.inputHash);
  if (!isConfigOf(stored.configId, { group, scoringVersion }, known.book)) {
    add('config_id', numberOf(stored.configId), Number(result.configId));
  }
  if (!isTargetOf(stored.targetId, group, known.book)) {
    add('target_id', numberOf(stored.targetId), numberOf(result.targetId));
  }
  if (!areRevisionsOf(stored.benchmarks, group, known.revisions)) {
    add('benchmarks', stored.benchmarks, result.benchmarks);
  }
  return found;
}

function differingSubscores(stored: ScoreColumns['subscores'], { subscores }: ScoringResult) {
  const names = [...new Set([...stored, ...subscores].map(({ name }) => name))];
  const named = (rows: ScoreColumns['subscores'], name: string) => rows.find((row) => row.name === name) ?? null;
  return names
    .map((name) => [name, named(stored, name), named(subscores, name)] as const)
    .filter(([, was, wanted]) => !isDeepStrictEqual(was, wanted));
}

/** Null: older than the column. */
function isConfigOf(
  configId: string | null,
  { group, scoringVersion }: { readonly group: InputGroup; readonly scoringVersion: string },
  { configs }: ScoringBook,
): boolean {
  if (configId === null) return true;
  const row = configs.find((one) => one.configId === configId);
  if (row === undefined || row.isRetired || row.scoringVersion !== scoringVersion) return false;
  return (row.gateway === '' || row.gateway === group.gateway) && row.validFromMs <= group.startMs;
}

function isTargetOf(
  targetId: string | null,
  { pipeline, model, startMs }: InputGroup,
  { targets }: ScoringBook,
): boolean {
  if (targetId === null) return true;
  const row = targets.find((one) => one.targetId === targetId);
  return row?.pipeline === pipeline && row.model === model && row.validFromMs <= startMs;
}

function areRevisionsOf(
  benchmarks: ScoreColumns['benchmarks'],
  { startMs, pipeline, model }: InputGroup,
  revisions: readonly StoredBenchmark[],
): boolean {
  const day = utcDay(startMs);
  return benchmarks.every((used) =>
    revisions.some((row) => {
      const { forDay, pipeline: ofPipeline, model: ofModel, ...numbered } = row;
      return forDay === day && ofPipeline === pipeline && ofModel === model && isDeepStrictEqual(numbered, { ...used });
    }),
  );
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}
