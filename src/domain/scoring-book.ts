import { type ModelTarget, type ScoringConfig, type ScoringFormula, scoringConfig } from './scoring-config.js';

/** The version that answers when none is asked for: the network's contracted score. */
export const CONTRACT_SCORING_VERSION = 'quality-benchmark-v1';

/** A fact of the configuration: which buckets it is for, and since when it is known. */
interface Known {
  readonly validFromMs: number;
  readonly knownAtMs: number;
}

/** A row of `config.scoring_config`; `gateway` is blank for every gateway without a row of its own. */
export interface ScoringConfigRow extends Known {
  readonly configId: string;
  readonly scoringVersion: string;
  readonly gateway: string;
  readonly formula: ScoringFormula;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** From then on the gateway has none of its own; of the blank gateway: the version scores nothing. */
  readonly isRetired: boolean;
}

/** A row of `config.model_target`. */
export interface ModelTargetRow extends Known, ModelTarget {
  readonly targetId: string;
  readonly pipeline: string;
  readonly model: string;
}

/** Everything that scores are configured by, as known at some instant. */
export interface ScoringBook {
  readonly configs: readonly ScoringConfigRow[];
  readonly targets: readonly ModelTargetRow[];
  /** Versions whose results are stored; any other is computed when read. */
  readonly storedVersions: readonly string[];
}

/** A question to the book: what scores a bucket that starts at `atMs`. */
export interface ScoredBy {
  readonly scoringVersion: string;
  readonly gateway: string;
  readonly atMs: number;
}

/** The book without what became known after an instant. */
export function bookKnownAt(book: ScoringBook, knownMs: number): ScoringBook {
  const isKnown = ({ knownAtMs }: Known): boolean => knownAtMs <= knownMs;
  return { ...book, configs: book.configs.filter(isKnown), targets: book.targets.filter(isKnown) };
}

/**
 * The row of a version in force for a gateway: its own newest, else the newest of all gateways; null when there is
 * none, or when that one is retired.
 */
export function configRowAt(rows: readonly ScoringConfigRow[], by: ScoredBy): ScoringConfigRow | null {
  const own = newestConfig(rows, by);
  const row = own === null || own.isRetired ? newestConfig(rows, { ...by, gateway: '' }) : own;
  return row === null || row.isRetired ? null : row;
}

/** Whether a bucket of a gateway would be scored otherwise without this row: it, or its retirement, is in force there. */
export function configApplies(rows: readonly ScoringConfigRow[], row: ScoringConfigRow, by: ScoredBy): boolean {
  if (row.scoringVersion !== by.scoringVersion) return false;
  const own = newestConfig(rows, by);
  if (own !== null && !own.isRetired) return own === row;
  return own === row || newestConfig(rows, { ...by, gateway: '' }) === row;
}

/** What a configuration row says: its formula's defaults, replaced by the parameters it names. */
export function configOfRow(row: ScoringConfigRow): ScoringConfig {
  return scoringConfig(row.scoringVersion, row.formula, row.parameters);
}

/** The target of a model for a bucket that starts at an instant; null without any. */
export function targetRowAt(
  rows: readonly ModelTargetRow[],
  { pipeline, model, atMs }: { readonly pipeline: string; readonly model: string; readonly atMs: number },
): ModelTargetRow | null {
  return newest(
    rows.filter((row) => row.pipeline === pipeline && row.model === model),
    atMs,
  );
}

/** Where the validity of a row ends: the beginning of the next of its kind; null when none follows. */
export function validUntilMs(siblings: readonly Known[], { validFromMs }: Known): number | null {
  const later = siblings.map((row) => row.validFromMs).filter((ms) => ms > validFromMs);
  return later.length === 0 ? null : Math.min(...later);
}

function newestConfig(rows: readonly ScoringConfigRow[], { scoringVersion, gateway, atMs }: ScoredBy) {
  return newest(
    rows.filter((row) => row.scoringVersion === scoringVersion && row.gateway === gateway),
    atMs,
  );
}

/** Of the rows valid by then the one that begins last, and of those the one known last. */
function newest<Row extends Known>(rows: readonly Row[], atMs: number): Row | null {
  const isBefore = (a: Known, b: Known): boolean =>
    a.validFromMs < b.validFromMs || (a.validFromMs === b.validFromMs && a.knownAtMs <= b.knownAtMs);
  return rows
    .filter(({ validFromMs }) => validFromMs <= atMs)
    .reduce<Row | null>((best, row) => (best === null || isBefore(best, row) ? row : best), null);
}
