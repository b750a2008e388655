import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { compareRows, type Difference, type Tally } from './comparison.js';
import { figureOutcomes } from './figure-outcomes.js';
import { jobOutcomes } from './job-outcomes.js';
import type { ExpectedOutcome, OutcomeKind } from './outcome-kind.js';
import { paymentOutcomes } from './payment-outcomes.js';
import { listSeen, type Range } from './public-list.js';
import { sessionOutcomes } from './session-outcomes.js';
import { ticketOutcomes } from './ticket-outcomes.js';

/** In this order: what has a range takes it from the kinds before. */
const KINDS = [sessionOutcomes, paymentOutcomes, ticketOutcomes, jobOutcomes, ...figureOutcomes];
const DAY_MS = 86_400_000;

export interface KindResult {
  readonly kind: OutcomeKind;
  readonly tally: Tally;
}

export interface OutcomeRun {
  /** NDJSON that `naap simulate --expect` wrote. */
  readonly expectFile: string;
  /** GraphQL endpoint. */
  readonly url: string;
  onDifference(kind: OutcomeKind, difference: Difference): void;
  onProgress(kind: OutcomeKind, tally: Readonly<Tally>): void;
}

/** Holds everything that a simulation expects against what the public API answers, one kind after another. */
export async function compareOutcomes({ expectFile, url, ...run }: OutcomeRun): Promise<readonly KindResult[]> {
  const results: KindResult[] = [];
  let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  async function* noting(rows: AsyncIterable<ExpectedOutcome>): AsyncGenerator<ExpectedOutcome> {
    for await (const row of rows) {
      firstMs = Math.min(firstMs, row.atMs);
      lastMs = Math.max(lastMs, row.atMs);
      yield row;
    }
  }
  for (const kind of KINDS) {
    const tally = await compareRows(
      noting(readExpected(expectFile, kind)),
      listSeen(url, kind, rangeOf(firstMs, lastMs)),
      (difference) => run.onDifference(kind, difference),
      (progress) => run.onProgress(kind, progress),
    );
    results.push({ kind, tally });
  }
  return results;
}

/** A day more on both sides, so that what is nobody's is found too. */
function rangeOf(firstMs: number, lastMs: number): Range {
  const [fromMs, toMs] = firstMs > lastMs ? [0, 0] : [firstMs, lastMs];
  return { start: new Date(fromMs - DAY_MS).toISOString(), end: new Date(toMs + DAY_MS).toISOString() };
}

async function* readExpected(file: string, kind: OutcomeKind): AsyncGenerator<ExpectedOutcome> {
  const start = `{"kind":"${kind.kind}"`;
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) if (line.startsWith(start)) yield kind.readExpected(JSON.parse(line));
}
