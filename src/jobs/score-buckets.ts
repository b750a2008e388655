import type { PoolClient } from 'pg';
import type { ScoringBook } from '../domain/scoring-book.js';
import { type BenchmarkOf, isStored, type ScoringResult, scoreGroup } from '../domain/scoring-results.js';
import { utcDay } from '../domain/time.js';
import { AppError } from '../errors.js';
import { readInputRows, readScoreRows } from '../warehouse/readers/score-row-reader.js';
import {
  readBenchmarkRevisions,
  readBenchmarksInForce,
  type StoredBenchmark,
} from '../warehouse/stores/benchmark-store.js';
import {
  appendInputs,
  type CurrentInput,
  type InputGroup,
  type InputRow,
  readCurrentInputs,
  readGroups,
  readRollupFloors,
  readStoredGroups,
  type ScoreBucket,
  type ScoreWidth,
  WITHDRAWN_HASH,
} from '../warehouse/stores/score-input-store.js';
import { type CurrentScore, readCurrentScores, readFiveMinuteFloor } from '../warehouse/stores/score-store.js';
import { appendScores } from '../warehouse/writers/score-writer.js';
import { type ColumnDifference, differingColumns, type KnownReferences } from './score-columns.js';
import { partOf } from './score-parts.js';

/** A result that differs from the one in force. */
export interface ScoreChange {
  readonly width: ScoreWidth;
  readonly startMs: number;
  readonly grainId: string;
  readonly scoringVersion: string;
  /** The result in force; null: none, or a withdrawn one. */
  readonly before: { readonly score: number | null } | null;
  /** Null: withdrawn. */
  readonly after: ScoringResult | null;
  /** How the stored row differs, where rows are compared and there is one. */
  readonly columns?: readonly ColumnDifference[];
}

/** Everything that scoring some buckets would append. */
export interface BucketChanges {
  readonly inputs: readonly InputRow[];
  readonly scores: readonly ScoreChange[];
}

/** How to score: the book as known, and the versions to look at, if not all that are stored. */
export interface ScoringTerms {
  readonly asOf: Date;
  /** The instant the results are known from: benchmarks known by then are theirs. */
  readonly stamp: Date;
  readonly book: ScoringBook;
  readonly onlyVersion?: string | undefined;
  /** Compares every stored column, as somebody in doubt wants; else only the stored hash of each row, as the job does. */
  readonly comparesRows?: boolean;
}

/** What differs in some of the buckets asked for. */
export interface PartChanges {
  readonly bucketCount: number;
  readonly changes: BucketChanges;
}

/**
 * What differs in some final buckets between the results in force and those that follow from the warehouse now, part by
 * part: the server reads the next one while this one is scored.
 */
export async function* compareBuckets(
  client: PoolClient,
  buckets: readonly ScoreBucket[],
  terms: ScoringTerms,
): AsyncGenerator<PartChanges, void, undefined> {
  const oldest = await readFiveMinuteFloor(client, terms.asOf);
  const read = (part: readonly ScoreBucket[]): Promise<PartRows> => {
    const kept = part.filter(({ width, startMs }) => width === '1h' || startMs >= oldest);
    return readPart(client, kept, terms);
  };
  let part = partOf(buckets, null);
  let coming = read(part);
  try {
    for (let done = 0; done < buckets.length; ) {
      const rows = await coming;
      const bucketCount = part.length;
      done += bucketCount;
      part = partOf(buckets.slice(done), { bucketCount, groupCount: rows.groups.length });
      coming = part.length > 0 ? read(part) : coming;
      // a failure is the caller's when it asks for the next part; until then it must not count as unhandled
      coming.catch(() => undefined);
      yield { bucketCount, changes: changesOf(rows, terms) };
    }
  } finally {
    await coming.catch(() => undefined);
  }
}

/** Appends what differs and puts it in force. */
export async function appendChanges(client: PoolClient, { inputs, scores }: BucketChanges, stamp: Date): Promise<void> {
  await appendInputs(client, inputs, stamp);
  for (const width of ['5m', '1h'] as const) {
    const changes = scores.filter((change) => change.width === width);
    if (changes.length === 0) continue;
    const starts = [...new Set(changes.map(({ startMs }) => startMs))];
    const current = await readCurrentInputs(client, width, starts);
    const inputIds = new Map(current.map((row) => [keyText(row), row.inputId]));
    const rows = changes.map((change) => {
      const inputId = inputIds.get(keyText(change));
      if (inputId === undefined)
        throw new AppError('INVARIANT_BROKEN', 'a group was scored whose inputs are not stored');
      return { ...rowOf(change), inputId };
    });
    await appendScores(client, rows, stamp);
  }
}

interface PartRows {
  readonly width: ScoreWidth;
  readonly groups: readonly InputGroup[];
  readonly inForce: readonly CurrentInput[];
  readonly scores: readonly CurrentScore[];
  readonly benchmarks: readonly StoredBenchmark[];
  /** Where rows are compared. */
  readonly revisions: readonly StoredBenchmark[];
}

async function readPart(
  client: PoolClient,
  part: readonly ScoreBucket[],
  { stamp, onlyVersion, comparesRows = false }: ScoringTerms,
): Promise<PartRows> {
  const width = part[0]?.width ?? '1h';
  const starts = part.map(({ startMs }) => startMs);
  if (starts.length === 0) return { width, groups: [], inForce: [], scores: [], benchmarks: [], revisions: [] };
  const groups = await readPresentGroups(client, width, starts);
  const inForce = await (comparesRows ? readInputRows : readCurrentInputs)(client, width, starts);
  const scores = (await (comparesRows ? readScoreRows : readCurrentScores)(client, width, starts)).filter(
    ({ scoringVersion }) => onlyVersion === undefined || scoringVersion === onlyVersion,
  );
  const revisions = comparesRows ? await readBenchmarkRevisions(client, [...new Set(starts.map(utcDay))]) : [];
  const benchmarks = await readBenchmarksInForce(client, [...new Set(starts.map(utcDay))], stamp);
  return { width, groups, inForce, scores, benchmarks, revisions };
}

function changesOf(
  { width, groups, inForce, scores, benchmarks, revisions }: PartRows,
  { book, onlyVersion }: ScoringTerms,
): BucketChanges {
  const versions = onlyVersion === undefined ? book.storedVersions : [onlyVersion];
  return {
    inputs: changedInputs(width, groups, inForce),
    scores: changedScores(width, groups, scores, { versions, book, revisions, benchmarkOf: lookup(benchmarks) }),
  };
}

/**
 * What there is to score: from the rollups, below their floor from the stored inputs. The floor is read after the rows:
 * read before, retention that moves it in between would leave buckets that seem to have lost all their groups.
 */
async function readPresentGroups(
  client: PoolClient,
  width: ScoreWidth,
  starts: readonly number[],
): Promise<readonly InputGroup[]> {
  const summed = await readGroups(client, width, starts);
  const floor = (await readRollupFloors(client))[width];
  const past = starts.filter((ms) => ms < floor);
  return [...summed.filter(({ startMs }) => startMs >= floor), ...(await readStoredGroups(client, width, past))];
}

function changedInputs(
  width: ScoreWidth,
  groups: readonly InputGroup[],
  inForce: readonly CurrentInput[],
): readonly InputRow[] {
  const hashes = new Map(inForce.map((row) => [keyText(row), row.inputHash]));
  const present = new Set(groups.map(keyText));
  const gone = inForce.filter((row) => row.inputHash !== WITHDRAWN_HASH && !present.has(keyText(row)));
  const changed = groups.filter((group) => hashes.get(keyText(group)) !== group.inputHash);
  return [
    ...changed.map(({ startMs, grainId, inputsText: text, inputHash: hash, watermark }) => {
      return { width, startMs, grainId, inputs: { text, hash }, watermark };
    }),
    ...gone.map(({ startMs, grainId }) => ({ width, startMs, grainId, inputs: null, watermark: null })),
  ];
}

function changedScores(
  width: ScoreWidth,
  groups: readonly InputGroup[],
  current: readonly CurrentScore[],
  by: KnownReferences & { readonly versions: readonly string[]; readonly benchmarkOf: BenchmarkOf },
): readonly ScoreChange[] {
  const before = new Map(current.map((row) => [scoreText(row), row]));
  const scored = new Set<string>();
  const results = groups.flatMap((group) =>
    scoreGroup(group, by.versions, by.book, by.benchmarkOf).flatMap(
      ({ scoringVersion, result }): readonly ScoreChange[] => {
        const { startMs, grainId } = group;
        const text = scoreText({ startMs, grainId, scoringVersion });
        scored.add(text);
        const known = before.get(text);
        const columns = known?.columns ? differingColumns(known.columns, { group, scoringVersion, result }, by) : null;
        const isInForce = columns === null ? isStored(known?.resultHash, result, group.inputs) : columns.length === 0;
        if (isInForce) return [];
        const was = known === undefined ? null : answered(known);
        return [{ width, startMs, grainId, scoringVersion, before: was, after: result, columns: columns ?? [] }];
      },
    ),
  );
  const withdrawn = current
    .filter((row) => row.resultHash !== WITHDRAWN_HASH && !scored.has(scoreText(row)))
    .map((row): ScoreChange => {
      const { startMs, grainId, scoringVersion } = row;
      return { width, startMs, grainId, scoringVersion, before: answered(row), after: null };
    });
  return [...results, ...withdrawn];
}

function answered({ resultHash, score }: CurrentScore): ScoreChange['before'] {
  return resultHash === WITHDRAWN_HASH ? null : { score };
}

function rowOf({ width, startMs, grainId, scoringVersion, after }: ScoreChange) {
  return {
    width,
    startMs,
    grainId,
    scoringVersion,
    configId: after?.configId ?? null,
    targetId: after?.targetId ?? null,
    score: after?.score ?? null,
    subscores: after?.subscores ?? [],
    benchmarks: after?.benchmarks ?? [],
    isWithdrawn: after === null,
    resultHash: after?.hash ?? WITHDRAWN_HASH,
  };
}

function lookup(benchmarks: readonly StoredBenchmark[]): BenchmarkOf {
  const textOf = (kind: string, day: string, pipeline: string, model: string): string =>
    JSON.stringify([kind, day, pipeline, model]);
  const byKey = new Map(
    benchmarks.map(({ forDay, pipeline, model, ...numbered }) => [
      textOf(numbered.kind, forDay, pipeline, model),
      numbered,
    ]),
  );
  return (kind, { day, pipeline, model }) => byKey.get(textOf(kind, day, pipeline, model)) ?? null;
}

function keyText({ startMs, grainId }: { readonly startMs: number; readonly grainId: string }): string {
  return `${startMs}|${grainId}`;
}

function scoreText(row: {
  readonly startMs: number;
  readonly grainId: string;
  readonly scoringVersion: string;
}): string {
  return `${keyText(row)}|${row.scoringVersion}`;
}
