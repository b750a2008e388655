import { FOLD_VERSION } from '../domain/fold-codec.js';
import type { RowDifference } from '../warehouse/readers/row-difference.js';

/** Differences of sessions as this version stores them, and the sessions that an older one stored. */
export interface DifferencesByVersion {
  readonly current: readonly RowDifference[];
  readonly olderCount: number;
}

/**
 * Sets apart the sessions that an older version stored: their rows differ because the rules have changed since, so what
 * they differ in is no finding.
 */
export function setOlderApart(differences: readonly RowDifference[]): DifferencesByVersion {
  const older = new Set(differences.filter(isOlder).map(sessionOf));
  if (older.size === 0) return { current: differences, olderCount: 0 };
  return { current: differences.filter((one) => !older.has(sessionOf(one))), olderCount: older.size };
}

function isOlder({ relation, column, stored }: RowDifference): boolean {
  return relation === 'core.session' && column === 'fold_version' && Number(stored) < FOLD_VERSION;
}

function sessionOf({ key }: RowDifference): string {
  return `${key.org}\u001f${key.session_key}`;
}
