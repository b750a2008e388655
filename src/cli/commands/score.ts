import type { Writable } from 'node:stream';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { AppError } from '../../errors.js';
import type { HistoryOptions } from '../../jobs/score-history.js';
import { instant } from '../argument.js';
import type { CommandContext, Execute } from '../command-context.js';
import { closeAll } from '../command-lifetime.js';
import { type JobParts, openJobParts } from '../job-process.js';
import { openWarehouse } from '../warehouse-connections.js';

interface Options {
  readonly asOf?: number | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly scoringVersion?: string | undefined;
  readonly dryRun?: true | undefined;
}

export function scoreCommand(execute: Execute): CommandUnknownOpts {
  return new Command('score')
    .description(
      'Refresh the rollups and score every final bucket that has changed, without the job queue. With a span: recompute its scores, changed or not; results that differ are appended, none is overwritten.',
    )
    .option('--as-of <instant>', 'the now that decides which buckets are final; the current time by default', instant)
    .option('--from <instant>', 'begin of the span to recompute, inclusive', instant)
    .option('--to <instant>', 'end of the span to recompute, exclusive', instant)
    .option('--scoring-version <version>', 'recompute this stored version alone')
    .option('--dry-run', 'print what recomputing the span would change, and write nothing')
    .action((options) =>
      execute(async (context) => {
        const span = spanOf(options);
        const warehouse = await openWarehouse(context.config, context.log);
        const closers = [warehouse.close];
        try {
          const { concurrency } = context.config.worker;
          const parts = await openJobParts(warehouse, { concurrency, log: context.log });
          closers.push(parts.close);
          if (span === null) await settle(parts, options, context);
          else await recompute(parts, { ...options, ...span }, context);
        } finally {
          await closeAll(closers);
        }
      }),
    );
}

async function settle({ settle }: JobParts, options: Options, { signal, stdout }: CommandContext): Promise<void> {
  await settle(nowOf(options), signal);
  stdout.write(signal.aborted ? 'stopped; what is marked stays marked\n' : 'rollups and scores are up to date\n');
}

async function recompute(
  { scoreHistory }: JobParts,
  options: Options & Span,
  { signal, stdout }: CommandContext,
): Promise<void> {
  const { fromMs, toMs, scoringVersion } = options;
  const isDryRun = options.dryRun === true;
  const report = await scoreHistory({
    asOf: nowOf(options),
    fromMs,
    toMs,
    scoringVersion,
    isDryRun,
    signal,
    onChange: isDryRun ? printerTo(stdout) : () => undefined,
  });
  const end = isDryRun ? 'nothing was written' : 'everything said before is kept';
  if (report.bucketCount === 0 && !signal.aborted) {
    const span = `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`;
    stdout.write(
      `no final bucket with anything in it starts in the span ${span}; buckets start every 5 minutes and every hour\n`,
    );
  }
  stdout.write(
    `${report.bucketCount} buckets: ${report.appendedCount} results ${isDryRun ? 'would be ' : ''}appended, ${report.withdrawnCount} withdrawn; ${end}\n`,
  );
  if (signal.aborted) stdout.write('stopped; what was recomputed stays\n');
}

const COLUMNS = [
  'width',
  'bucket_start',
  'scoring_version',
  'org',
  'orchestrator_address',
  'gateway',
  'pipeline',
  'model',
  'gpu_id',
  'region',
  'synthetic',
  'score_before',
  'score_after',
];

/**
 * A table of tab-separated lines, one per result that differs. Equal scores: subscores or inputs differ. `none`: there
 * was no result, `null`: nothing was requested.
 */
function printerTo(stdout: Writable): HistoryOptions['onChange'] {
  stdout.write(`${COLUMNS.join('\t')}\n`);
  return ({ width, startMs, scoringVersion, before, after }, group) => {
    const { orchestratorAddress, gateway, pipeline, model, gpuId, region, org, isSynthetic } = group;
    const dimensions = [org, orchestratorAddress, gateway, pipeline, model, gpuId, region].map((text) => text || '-');
    const line = [
      width,
      new Date(startMs).toISOString(),
      scoringVersion,
      ...dimensions,
      isSynthetic ? 'synthetic' : '-',
      before === null ? 'none' : scoreText(before.score),
      after === null ? 'withdrawn' : scoreText(after.score),
    ];
    stdout.write(`${line.join('\t')}\n`);
  };
}

function scoreText(score: number | null): string {
  return score === null ? 'null' : score.toFixed(6);
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The span to recompute, null for what is marked; USAGE when options do not go together. */
function spanOf({ from, to, scoringVersion, dryRun }: Options): Span | null {
  if (from === undefined && to === undefined) {
    if (scoringVersion === undefined && dryRun === undefined) return null;
    throw new AppError('USAGE', '--scoring-version and --dry-run go with --from and --to');
  }
  if (from === undefined || to === undefined) throw new AppError('USAGE', '--from and --to go together');
  if (to > from) return { fromMs: from, toMs: to };
  throw new AppError('USAGE', `--to ${new Date(to).toISOString()} is not after --from ${new Date(from).toISOString()}`);
}

function nowOf({ asOf }: Options): Date {
  return asOf === undefined ? new Date() : new Date(asOf);
}
