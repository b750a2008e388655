import type { ExpectedOutcome, OutcomeRow } from './outcome-kind.js';

/** One way in which the answers are not the expectation. */
export type Difference =
  | {
      readonly what: 'different';
      readonly id: string;
      readonly field: string;
      readonly expected: unknown;
      readonly seen: unknown;
    }
  | { readonly what: 'not found' | 'not expected'; readonly id: string };

export interface Tally {
  expectedCount: number;
  seenCount: number;
  /** Rows with at least one field that differs. */
  differentCount: number;
  notFoundCount: number;
  notExpectedCount: number;
  fieldCount: number;
  /** Rows of which some fields were left to chance, and not compared. */
  uncertainCount: number;
}

/**
 * Holds expected rows against the rows seen, both roughly in order of time: reads on where it is behind, and keeps only
 * rows whose counterpart has not come yet. Rows left over at the end are not found, or not expected.
 */
export async function compareRows(
  expected: AsyncIterable<ExpectedOutcome>,
  seen: AsyncIterable<OutcomeRow>,
  onDifference: (difference: Difference) => void,
  onProgress: (tally: Readonly<Tally>) => void = () => undefined,
): Promise<Tally> {
  const tally: Tally = {
    expectedCount: 0,
    seenCount: 0,
    differentCount: 0,
    notFoundCount: 0,
    notExpectedCount: 0,
    fieldCount: 0,
    uncertainCount: 0,
  };
  const waitingExpected = new Map<string, ExpectedOutcome>();
  const waitingSeen = new Map<string, OutcomeRow>();
  const expectations = readerOf(expected);
  const answers = readerOf(seen);
  for (;;) {
    if (expectations.hasEnded && answers.hasEnded) break;
    if (answers.hasEnded || (!expectations.hasEnded && expectations.atMs <= answers.atMs)) {
      const row = await expectations.next();
      if (row === null) continue;
      tally.expectedCount += 1;
      if (row.uncertain.length > 0) tally.uncertainCount += 1;
      const answer = take(waitingSeen, row.id);
      if (answer === undefined) waitingExpected.set(row.id, row);
      else compareFields(row, answer, tally, onDifference);
    } else {
      const answer = await answers.next();
      if (answer === null) continue;
      tally.seenCount += 1;
      const row = take(waitingExpected, answer.id);
      if (row === undefined) waitingSeen.set(answer.id, answer);
      else compareFields(row, answer, tally, onDifference);
      onProgress(tally);
    }
  }
  for (const id of waitingExpected.keys()) onDifference({ what: 'not found', id });
  for (const id of waitingSeen.keys()) onDifference({ what: 'not expected', id });
  return { ...tally, notFoundCount: waitingExpected.size, notExpectedCount: waitingSeen.size };
}

function compareFields(
  { id, fields, uncertain }: ExpectedOutcome,
  seen: OutcomeRow,
  tally: Tally,
  onDifference: (difference: Difference) => void,
): void {
  let isDifferent = false;
  for (const field of new Set([...Object.keys(fields), ...Object.keys(seen.fields)])) {
    if (uncertain.includes(field)) continue;
    tally.fieldCount += 1;
    const [wanted, got] = [fields[field], seen.fields[field]];
    if (JSON.stringify(wanted) === JSON.stringify(got)) continue;
    isDifferent = true;
    onDifference({ what: 'different', id, field, expected: wanted, seen: got });
  }
  if (isDifferent) tally.differentCount += 1;
}

function take<Row>(waiting: Map<string, Row>, id: string): Row | undefined {
  const row = waiting.get(id);
  waiting.delete(id);
  return row;
}

interface RowReader<Row> {
  readonly hasEnded: boolean;
  /** Time of the newest row read; at first the least. */
  readonly atMs: number;
  /** Null when there is no more. */
  next(): Promise<Row | null>;
}

function readerOf<Row extends OutcomeRow>(rows: AsyncIterable<Row>): RowReader<Row> {
  const iterator = rows[Symbol.asyncIterator]();
  let hasEnded = false;
  let atMs = Number.NEGATIVE_INFINITY;
  return {
    get hasEnded() {
      return hasEnded;
    },
    get atMs() {
      return atMs;
    },
    async next() {
      const { done, value } = await iterator.next();
      if (done === true) {
        hasEnded = true;
        return null;
      }
      atMs = Math.max(atMs, value.atMs);
      return value;
    },
  };
}
