import { parseArgs } from 'node:util';
import type { Difference, Tally } from './comparison.js';
import type { OutcomeKind } from './outcome-kind.js';
import { compareOutcomes } from './outcomes.js';

// `npm run outcomes`: holds what `naap simulate --expect` wrote against the public API; see HELP.
const DEFAULT_URL = 'http://localhost:4000/graphql';
const EXIT_DIFFERENT = 1;
const EXIT_USAGE = 2;
const PROGRESS_MS = 5_000;
const HELP = `npm run outcomes -- --expect <file> [--url <url>]

Holds the true outcomes of a simulation against what the public API answers: every session, payment,
signer's session of tickets, and job, field by field; the sums of tickets, BYOC authorisations and BYOC
workers by gateway and hour, and by orchestrator, pipeline and model. The database should hold that
simulation alone: what is found and not expected is a difference too.

  --expect <file>  what \`naap simulate --expect <file>\` wrote
  --url <url>      GraphQL endpoint (default ${DEFAULT_URL})

Prints each difference on standard output: kind, id, field, what was expected and what was seen. Then a
line for each kind: how many were compared, and how many of them have an attribution that lost messages
leave to chance, and which is therefore not compared. Exit code 0 when nothing differs, 1 when
anything does, 2 when it could not be run.
`;

const whole = (count: number): string => count.toLocaleString('en-US');

function lineOf({ kind }: OutcomeKind, difference: Difference): string {
  if (difference.what !== 'different') return `${kind} ${difference.id}: ${difference.what}\n`;
  const { id, field, expected, seen } = difference;
  return `${kind} ${id}: ${field} expected ${JSON.stringify(expected)}, seen ${JSON.stringify(seen)}\n`;
}

function summaryOf({ plural }: OutcomeKind, tally: Tally): string {
  const parts = [
    `${whole(tally.expectedCount)} expected`,
    `${whole(tally.seenCount)} found`,
    `${whole(tally.differentCount)} different`,
    `${whole(tally.notFoundCount)} not found`,
    `${whole(tally.notExpectedCount)} not expected`,
    `${whole(tally.fieldCount)} fields compared`,
    `${whole(tally.uncertainCount)} with an uncertain attribution`,
  ];
  return `${plural.padEnd(24)} ${parts.join(', ')}\n`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { expect: { type: 'string' }, url: { type: 'string', default: DEFAULT_URL }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values.expect === undefined) throw new Error('--expect is missing (--help says what is possible)');
  let reportedAt = Date.now();
  const results = await compareOutcomes({
    expectFile: values.expect,
    url: values.url,
    onDifference: (kind, difference) => process.stdout.write(lineOf(kind, difference)),
    onProgress: ({ plural }, tally) => {
      if (Date.now() - reportedAt < PROGRESS_MS) return;
      reportedAt = Date.now();
      process.stderr.write(`  ${plural}: ${whole(tally.seenCount)} compared\n`);
    },
  });
  for (const { kind, tally } of results) process.stdout.write(summaryOf(kind, tally));
  const isSame = results.every(
    ({ tally }) => tally.differentCount + tally.notFoundCount + tally.notExpectedCount === 0,
  );
  const isAnything = results.some(({ tally }) => tally.expectedCount > 0);
  if (!isAnything) throw new Error(`${values.expect} expects nothing`);
  return isSame ? 0 : EXIT_DIFFERENT;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`outcomes: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT_USAGE;
}
