import type { Writable } from 'node:stream';
import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { MESSAGE_KINDS, type MessageKind } from '../../domain/message.js';
import { AppError } from '../../errors.js';
import { marksLeft } from '../../jobs/resolve.js';
import {
  RESOLVER_MODES,
  type ResolverMode,
  type ResolverModes,
  type Span,
  type UnresolvedReport,
  type WritingMode,
} from '../../jobs/resolver-modes.js';
import { instant } from '../argument.js';
import type { Execute } from '../command-context.js';
import { closeAll } from '../command-lifetime.js';
import { openJobParts } from '../job-process.js';
import { differenceLine } from '../row-difference-line.js';
import { openWarehouse } from '../warehouse-connections.js';

const HELP = `
Modes:
  tail       what is marked
  bootstrap  everything, from facts
  auto       bootstrap when no session is stored, or when an older version stored some, then tail
  repair     the 5-minute slices, payments, jobs and messages from --from to --to; wants both
  verify     writes nothing: recomputes capability runs, sessions, payments, jobs and messages of a span, or of all raw
             retention, from facts, rollups from what they count, benchmarks and scores from rollups, and prints every
             stored row that differs; sessions that an older version stored are counted, not compared; --from and --to
             go together

Messages are those that stand for themselves: discoveries, signed tickets, BYOC authorisations and worker events.

Exit code 1 when sessions had to be parked, jobs, payments, messages or capability reports could not be resolved, stored
rows differ, or sessions were stored by an older version and want --mode bootstrap.`;

export function resolveCommand(execute: Execute): CommandUnknownOpts {
  return new Command('resolve')
    .description('Work sessions out from events, without the job queue; or verify them.')
    .addOption(new Option('--mode <mode>', 'what to work out').choices(RESOLVER_MODES).default('tail' as const))
    .option('--from <instant>', 'begin of the span to repair or verify, inclusive', instant)
    .option('--to <instant>', 'end of the span to repair or verify, exclusive', instant)
    .option('--dry-run', 'say how much would be touched, and write nothing')
    .addHelpText('after', HELP)
    .action(({ mode, from, to, dryRun = false }) =>
      execute(async ({ config, log, signal, stdout }) => {
        const span = spanOf(mode, from, to);
        if (dryRun && mode === 'verify')
          throw new AppError('USAGE', '--mode verify writes nothing, with or without --dry-run');
        const warehouse = await openWarehouse(config, log);
        const closers = [warehouse.close];
        try {
          const { modes, close } = await openJobParts(warehouse, { concurrency: config.worker.concurrency, log });
          closers.push(close);
          if (mode === 'verify') await verify(modes, span, signal, stdout);
          else if (dryRun) await tellExtent(modes, mode, span, stdout);
          else await resolve(modes, mode, span, signal, stdout);
        } finally {
          await closeAll(closers);
        }
      }),
    );
}

async function resolve(
  modes: ResolverModes,
  mode: WritingMode,
  span: Span | null,
  signal: AbortSignal,
  stdout: Writable,
): Promise<void> {
  const { parkedCount, leftCount } = await run(modes, mode, span, signal);
  stdout.write(signal.aborted ? 'stopped; what is marked stays marked\n' : `${mode} done\n`);
  if (parkedCount > 0) {
    throw new AppError(
      'SESSIONS_PARKED',
      `${parkedCount} sessions could not be resolved and are parked: see work.parked_session`,
    );
  }
  if (leftCount > 0) throw marksLeft(leftCount);
}

function run(
  modes: ResolverModes,
  mode: WritingMode,
  span: Span | null,
  signal: AbortSignal,
): Promise<UnresolvedReport> {
  if (span !== null) return modes.repair({ ...span, signal });
  if (mode === 'bootstrap') return modes.bootstrap();
  return modes[mode === 'auto' ? 'auto' : 'tail']({ follow: false, signal });
}

async function tellExtent(modes: ResolverModes, mode: WritingMode, span: Span | null, stdout: Writable): Promise<void> {
  const extent = await modes.extentOf(mode, span);
  const { sessions, events, payments, jobs, messages, marks, buckets5m, buckets1h } = extent;
  stdout.write(
    `${mode} would resolve ${sessions} sessions from ${events} events, ${payments} payments, ${jobs} jobs, ${counted((kind) => messages[kind])}, work off ${marks} marks, and touch ${buckets5m} 5-minute and ${buckets1h} hourly buckets; nothing was written\n`,
  );
}

async function verify(modes: ResolverModes, span: Span | null, signal: AbortSignal, stdout: Writable): Promise<void> {
  const onDifference: Parameters<ResolverModes['verify']>[0]['onDifference'] = (difference) =>
    void stdout.write(`${differenceLine(difference)}\n`);
  const report = await modes.verify({ span, signal, onDifference });
  const { sessionCount, eventCount, waitingCount, differenceCount, olderCount, payments, jobs, runs, messages } =
    report;
  const { scores, benchmarks, waitingGatewayCount } = report;
  const failedCount = [report, payments, jobs, ...Object.values(messages)].reduce(
    (sum, part) => sum + part.failedCount,
    0,
  );
  const verified = `${sessionCount} sessions of ${eventCount} events, ${payments.count} payments, ${jobs.count} jobs, ${counted((kind) => messages[kind].count)}, the capability runs of ${runs.count} keys, the rollups, the scores of ${scores.count} buckets and the benchmarks of ${benchmarks.count} days`;
  const waiting = `${waitingCount} sessions, ${payments.waitingCount} payments, ${jobs.waitingCount} jobs, ${counted((kind) => messages[kind].waitingCount)} and ${runs.waitingCount} keys wait to be resolved, ${scores.waitingCount} buckets to be scored, ${benchmarks.waitingCount} days to be benchmarked`;
  stdout.write(
    `${signal.aborted ? 'stopped; ' : ''}verified ${verified}: ${differenceCount} differences; ${waiting}, ${failedCount} of them could not be recomputed\n`,
  );
  if (waitingGatewayCount > 0) stdout.write(`${waitingGatewayCount} gateways wait to be applied\n`);
  if (olderCount > 0) stdout.write(`${older(olderCount)}\n`);
  if (differenceCount === 0 && failedCount === 0) {
    if (olderCount > 0) throw new AppError('STORED_BY_OLDER_VERSION', older(olderCount));
    return;
  }
  throw new AppError(
    'ROWS_DIFFER',
    `${differenceCount} stored values differ from a recount and ${failedCount} entities could not be recomputed`,
  );
}

const WORDS: Readonly<Record<MessageKind, string>> = {
  discovery: 'discoveries',
  ticket: 'tickets',
  byoc_auth: 'BYOC authorisations',
  byoc_worker: 'BYOC worker events',
};

/** How many messages of each kind. */
function counted(count: (kind: MessageKind) => number): string {
  return MESSAGE_KINDS.map((kind) => `${count(kind)} ${WORDS[kind]}`).join(', ');
}

function older(count: number): string {
  return `${count} sessions were stored by an older version and not compared; run naap resolve --mode bootstrap`;
}

/** The span of a repair, which needs one, or of a verification; null for none. USAGE when options do not go together. */
function spanOf(mode: ResolverMode, from: number | undefined, to: number | undefined): Span | null {
  if (from === undefined && to === undefined && mode !== 'repair') return null;
  if (mode !== 'repair' && mode !== 'verify') {
    throw new AppError('USAGE', `--from and --to go with --mode repair or verify, not with ${mode}`);
  }
  if (from === undefined || to === undefined) throw new AppError('USAGE', `--mode ${mode} wants both --from and --to`);
  const span = { from: new Date(from), to: new Date(to) };
  if (to > from) return span;
  throw new AppError('USAGE', `--to ${span.to.toISOString()} is not after --from ${span.from.toISOString()}`);
}
