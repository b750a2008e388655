import { createHash } from 'node:crypto';
import { configOfRow, configRowAt, type ScoringBook, targetRowAt } from './scoring-book.js';
import { BENCHMARK_KINDS, type Benchmark, type BenchmarkKind } from './sla-benchmark.js';
import { addInputs, NO_SLA_INPUTS, type SlaInputs } from './sla-inputs.js';
import { type SlaScore, type Subscore, scoreSla } from './sla-score.js';
import { utcDay } from './time.js';

/** What is scored: one group of a bucket at the full key. */
export interface ScoredGroup {
  readonly startMs: number;
  readonly gateway: string;
  readonly pipeline: string;
  readonly model: string;
  readonly inputs: SlaInputs;
  /** Equal for equal inputs, and only for those. */
  readonly inputHash: string;
}

/** A benchmark as a result names it. */
export interface NumberedBenchmark extends Benchmark {
  readonly kind: BenchmarkKind;
  readonly revision: number;
}

/** The benchmark of a kind for a model's UTC day; null: none is known. */
export type BenchmarkOf = (
  kind: BenchmarkKind,
  part: { readonly pipeline: string; readonly model: string; readonly day: string },
) => NumberedBenchmark | null;

/** A result with everything that it rests on beside its inputs. */
export interface ScoringResult {
  /** 0..100, higher is better; null when nothing was requested. */
  readonly score: number | null;
  readonly subscores: readonly Subscore[];
  /** Of quality-benchmark-v1; spec-v1 has none. */
  readonly benchmarks: readonly NumberedBenchmark[];
  readonly configId: string;
  /** Of spec-v1; null when the model has no target of its own. */
  readonly targetId: string | null;
  /** Equal for equal score, subscores and inputs: a later result is stored only when it differs. */
  readonly hash: string;
}

export interface VersionedResult {
  readonly scoringVersion: string;
  readonly result: ScoringResult;
}

/**
 * The results of a group by some versions, with the configuration and targets in force at the start of its bucket
 * [AGGREGATE-005]; none by a version that has no configuration there.
 */
export function scoreGroup(
  { startMs, gateway, pipeline, model, inputs, inputHash }: ScoredGroup,
  scoringVersions: readonly string[],
  book: ScoringBook,
  benchmarkOf: BenchmarkOf,
): readonly VersionedResult[] {
  const part = { pipeline, model, day: utcDay(startMs) };
  return scoringVersions.flatMap((scoringVersion) => {
    const row = configRowAt(book.configs, { scoringVersion, gateway, atMs: startMs });
    if (row === null) return [];
    const isSpec = row.formula === 'spec-v1';
    const target = isSpec ? targetRowAt(book.targets, { pipeline, model, atMs: startMs }) : null;
    const scored = scoreSla(
      [{ ...part, inputs }],
      { benchmark: (kind, of) => benchmarkOf(kind, of), target: () => target },
      configOfRow(row),
    );
    const result = {
      score: scored.score,
      subscores: scored.subscores,
      benchmarks: isSpec ? [] : BENCHMARK_KINDS.flatMap((kind) => benchmarkOf(kind, part) ?? []),
      configId: row.configId,
      targetId: target?.targetId ?? null,
      hash: hashOf(scored, inputHash),
    };
    return [{ scoringVersion, result }];
  });
}

/** Columns one by one, so that no order of keys is part of it; the inputs are thousands of digits, and hashed already. */
function hashOf({ score, subscores }: SlaScore, inputHash: string): string {
  const rows = subscores.map(({ name, value, weight, of, sampleCount, raw }) => {
    return [name, value, weight, of, sampleCount, raw];
  });
  return digest(JSON.stringify([score, rows, inputHash]), 'base64url', HASH_LENGTH);
}

const HASH_LENGTH = 22;
const OLDER_HASH_LENGTH = 32;

/**
 * Whether a result is the one that was stored with a hash. Older releases hashed the inputs themselves: what they stored
 * stays in force as long as nothing but the hash would change.
 */
export function isStored(
  storedHash: string | undefined,
  result: Pick<ScoringResult, 'score' | 'subscores' | 'hash'>,
  inputs: SlaInputs,
): boolean {
  if (storedHash === result.hash) return true;
  return storedHash?.length === OLDER_HASH_LENGTH && storedHash === olderHash(result, inputs);
}

/** The hash of a result as releases that hashed its inputs stored it. */
export function olderHash({ score, subscores }: Pick<ScoringResult, 'score' | 'subscores'>, inputs: SlaInputs): string {
  // summed as they were then, which settles how decimals are written
  const inputsText = sortedText(addInputs(NO_SLA_INPUTS, inputs));
  return digest(`[${sortedText(score)},${sortedText(subscores)},${inputsText}]`, 'hex', OLDER_HASH_LENGTH);
}

function digest(text: string, encoding: 'hex' | 'base64url', length: number): string {
  return createHash('sha256').update(text).digest(encoding).slice(0, length);
}

/** JSON text whose keys are sorted, since what comes back from jsonb is. */
function sortedText(value: unknown): string {
  return JSON.stringify(value, sortedKeys);
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
