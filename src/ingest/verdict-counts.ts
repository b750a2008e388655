import type { TallyRow } from '../warehouse/writers/tally-writer.js';

/** Messages by verdict; consumed is the sum of the four [INGEST-004]. */
export interface VerdictCounts {
  accepted: number;
  ignored: number;
  rejected: number;
  duplicate: number;
  conflict: number;
  /** Capability elements equal to the content in force; not a verdict. */
  unchanged: number;
}

export function noVerdicts(): VerdictCounts {
  return { accepted: 0, ignored: 0, rejected: 0, duplicate: 0, conflict: 0, unchanged: 0 };
}

export function addTally(counts: VerdictCounts, rows: readonly TallyRow[]): void {
  for (const row of rows) {
    counts[row.verdict] += row.messageCount;
    counts.conflict += row.conflictCount;
    counts.unchanged += row.unchangedCount;
  }
}

export function consumed(counts: VerdictCounts): number {
  return counts.accepted + counts.ignored + counts.rejected + counts.duplicate;
}
