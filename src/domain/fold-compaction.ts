import type { OrgCapabilities } from './capability-index.js';
import { absorbCell, copyCell } from './cell.js';
import { type Fold, type Run, serviceBetween } from './fold.js';
import { keptGpuReadings } from './gpu-reading.js';
import { lastReadings } from './ingest-quality.js';
import { type Segment, SegmentScan } from './segments.js';

export interface CompactFold {
  readonly fold: Fold;
  /** By index of a run of the given fold: index of the run that holds it now. */
  readonly runOf: readonly number[];
}

/**
 * The fold with at most six runs for each segment [LIFECYCLE-005], whatever identities alternate in it, so that what
 * is kept of a session does not grow with its age; every rule answers as before.
 *
 * Of the ingest only the last readings are kept: what it measured is in the rows of its buckets.
 *
 * Kept are the runs that a segment's first and latest URL and address and its latest identity come from. Each other one
 * goes into the kept one before it, which lies in the same segment. Kept runs are marked as joined: compared again
 * without those between them they might come out as another segment. It rests on what `capabilities` know of the runs'
 * own time; a sighting that changes that calls for a new one, from slices. Compacting a compact fold and later ones is
 * compacting all at once.
 */
export function compactFold(fold: Fold, capabilities: OrgCapabilities): CompactFold {
  const scan = new SegmentScan(capabilities);
  const placed = scan.append(fold, null).parts;
  const segments = placed.slice(placed.length - fold.runs.length).map(({ segment }) => segment);
  const kept = keptRuns(fold.runs, segments);
  const runs: Run[] = [];
  const runOf: number[] = [];
  fold.runs.forEach((run, index) => {
    const last = runs.at(-1);
    if (last === undefined || kept.has(index)) {
      const isJoined = index > 0 && segments[index] === segments[index - 1];
      runs.push({ ...run, isJoined, cell: copyCell(run.cell) });
    } else {
      last.serviceMs += serviceBetween(last.showLastAt, run.start.at) + run.serviceMs;
      last.showLastAt = run.showLastAt;
      absorbCell(last.cell, run.cell);
    }
    runOf.push(runs.length - 1);
  });
  const head = copyCell(fold.head);
  for (const cell of [head, ...runs.map((run) => run.cell)]) cell.readings = scan.chain.keep(cell.readings);
  const ingest = fold.ingest === null ? null : lastReadings(fold.ingest);
  return { fold: { ...fold, head, runs, ingest, gpuReadings: keptGpuReadings(fold.gpuReadings) }, runOf };
}

/** Indexes of the runs that say something which no other run of their segment does. */
function keptRuns(runs: readonly Run[], segments: readonly Segment[]): ReadonlySet<number> {
  const kept = new Set<number>();
  let start = 0;
  while (start < runs.length) {
    let end = start;
    while (end < runs.length && segments[end] === segments[start]) end += 1;
    const own = runs.slice(start, end);
    const hasUrl = ({ url }: Run): boolean => url !== '';
    const hasAddress = ({ address }: Run): boolean => address !== '';
    const said = [
      0,
      own.findIndex(hasUrl),
      own.findIndex(hasAddress),
      own.findLastIndex(hasUrl),
      own.findLastIndex(hasAddress),
      own.length - 1,
    ];
    for (const index of said) if (index >= 0) kept.add(start + index);
    start = end;
  }
  return kept;
}
