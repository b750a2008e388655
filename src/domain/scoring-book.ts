import { type ScoringConfig, type ScoringFormula, scoringConfig } from './scoring-config.js';

/** The version that is stored for every final bucket: the network's contracted score. */
export const STORED_SCORING_VERSION = 'quality-benchmark-v1';

/** A row of `config.scoring_config`; `gateway` is blank for every gateway without rows of its own. */
export interface ScoringConfigRow {
  readonly scoringVersion: string;
  readonly gateway: string;
  readonly formula: ScoringFormula;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly validFromMs: number;
}

/**
 * The configuration of a version in force at an instant: the gateway's own newest, else the newest of all gateways;
 * null when the version has none by then.
 */
export function scoringConfigAt(
  rows: readonly ScoringConfigRow[],
  { scoringVersion, gateway, atMs }: { scoringVersion: string; gateway: string; atMs: number },
): ScoringConfig | null {
  const inForce = rows
    .filter((row) => row.scoringVersion === scoringVersion && row.validFromMs <= atMs)
    .sort((a, b) => b.validFromMs - a.validFromMs);
  const row = inForce.find((own) => own.gateway === gateway) ?? inForce.find((own) => own.gateway === '');
  return row === undefined ? null : scoringConfig(row.scoringVersion, row.formula, row.parameters);
}
