import {
  bookKnownAt,
  CONTRACT_SCORING_VERSION,
  configOfRow,
  type ScoringBook,
  type ScoringConfigRow,
} from '../domain/scoring-book.js';
import { CALLER_SCORING_VERSION, type ScoringConfig, scoringConfig, withParameters } from '../domain/scoring-config.js';
import { type ScoredSpan, scoredSpan } from '../domain/scoring-stretches.js';
import { AppError } from '../errors.js';
import type { RollupQuery, Span } from '../warehouse/readers/grain.js';
import { readScoringBook } from '../warehouse/readers/scoring-config-reader.js';
import type { ApiContext } from './context.js';
import { BUCKET_MS } from './range.js';

export type { ScoredSpan, ScoringConfigRow };

/** A parameter of a formula: a weight, target or limit. */
export interface NamedParameter {
  readonly name: string;
  readonly value: number;
}

/** A version's book as known at an instant, or now. */
export interface VersionBook {
  readonly version: string;
  readonly book: ScoringBook;
}

/** Fails with UNKNOWN_SCORING_VERSION when the version has no configuration known by then. */
export async function readVersionBook(
  { db, nowMs }: Pick<ApiContext, 'db' | 'nowMs'>,
  version: string = CONTRACT_SCORING_VERSION,
  asOfMs: number | null = null,
): Promise<VersionBook> {
  const book = bookKnownAt(await readScoringBook(db), asOfMs ?? nowMs);
  if (!book.configs.some(({ scoringVersion }) => scoringVersion === version)) {
    throw new AppError('UNKNOWN_SCORING_VERSION', `scoring version ${JSON.stringify(version)} is not known`);
  }
  return { version, book };
}

/** Width of the buckets that answers of a bucket are put together from: days are stored by hour. */
export function storedBucketMs(bucket: RollupQuery['bucket']): number {
  return Math.min(BUCKET_MS[bucket], BUCKET_MS.HOUR_1);
}

/** Which configurations of the version score a span of a gateway, or of all (''). */
export function scoredSpanOf(
  { version, book }: VersionBook,
  { bucket, span, gateway }: { bucket: RollupQuery['bucket']; span: Span; gateway: string },
): ScoredSpan {
  const by = { scoringVersion: version, gateway };
  return scoredSpan(book.configs, by, { ...span, bucketMs: storedBucketMs(bucket) });
}

/** Gateways that can be in an answer and have a configuration of the version's of their own; '' is the network. */
export function configuredGateways({ version, book }: VersionBook, query: RollupQuery): readonly string[] {
  const only = onlyGateway(query);
  if (only !== null) return [only];
  if (!query.groupBy.includes('GATEWAY')) return [''];
  const own = book.configs.filter(({ scoringVersion }) => scoringVersion === version).map(({ gateway }) => gateway);
  return [...new Set(['', ...own])];
}

/** The gateway whose configuration scores a row: the one it is of, or the only one that the filter names; else ''. */
export function gatewayOf(query: RollupQuery, grain: { readonly GATEWAY?: string }): string {
  return grain.GATEWAY ?? onlyGateway(query) ?? '';
}

function onlyGateway({ filter }: RollupQuery): string | null {
  const [first, ...others] = new Set(filter.wanted.GATEWAY ?? []);
  return first === undefined || others.length > 0 ? null : first;
}

/** The configuration that scores a span; where none does, the version's first one, for what it would be computed by. */
export function configOf({ version, book }: VersionBook, { rows }: ScoredSpan): ScoringConfig {
  const row = rows[0] ?? book.configs.find(({ scoringVersion }) => scoringVersion === version);
  return row === undefined ? scoringConfig(version, CONTRACT_SCORING_VERSION, {}) : configOfRow(row);
}

/** The same formula with the caller's own parameters; fails with INVALID_ARGUMENT for unusable ones. */
export function callersOwn(config: ScoringConfig, parameters: readonly NamedParameter[]): ScoringConfig {
  const names = parameters.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new AppError('INVALID_ARGUMENT', `scoring parameter ${twice} is given twice`);
  try {
    return withParameters(
      config,
      CALLER_SCORING_VERSION,
      Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
    );
  } catch (error) {
    if (error instanceof RangeError) throw new AppError('INVALID_ARGUMENT', error.message, { cause: error });
    throw error;
  }
}

/** Every parameter of a configuration, those that are the formula's defaults too. */
export function parametersOf({ parameters }: ScoringConfig): readonly NamedParameter[] {
  return Object.entries(parameters).map(([name, value]): NamedParameter => ({ name, value }));
}

/** The same of a row. */
export function allParametersOf(row: ScoringConfigRow): readonly NamedParameter[] {
  return parametersOf(configOfRow(row));
}

/** No answer lists more. */
const MAX_CONFIGURATIONS = 1_000;

/** Configurations known now, of a version or of all, those that begin last first; 1,000 at most. */
export async function scoringConfigurations(
  { db, nowMs }: ApiContext,
  scoringVersion: string | null,
): Promise<readonly ScoringConfigRow[]> {
  const { configs } =
    scoringVersion === null
      ? bookKnownAt(await readScoringBook(db), nowMs)
      : (await readVersionBook({ db, nowMs }, scoringVersion)).book;
  return configs
    .filter((row) => scoringVersion === null || row.scoringVersion === scoringVersion)
    .sort((a, b) => b.validFromMs - a.validFromMs || b.knownAtMs - a.knownAtMs)
    .slice(0, MAX_CONFIGURATIONS);
}
