import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { AppError } from '../../errors.js';
import type { ResolverModes } from '../../jobs/resolver-modes.js';
import { instant } from '../argument.js';
import type { Execute } from '../command-context.js';
import { closeAll } from '../command-lifetime.js';
import { openJobParts } from '../job-process.js';
import { openWarehouse } from '../warehouse-connections.js';

export function resolveCommand(execute: Execute): CommandUnknownOpts {
  return new Command('resolve')
    .description('Work sessions out from events, without the job queue.')
    .addOption(
      new Option('--mode <mode>', 'tail: what is marked; bootstrap: everything; auto: both; repair: a span of time')
        .choices(['tail', 'bootstrap', 'auto', 'repair'] as const)
        .default('tail' as const),
    )
    .option('--from <instant>', 'begin of the span to repair, inclusive', instant)
    .option('--to <instant>', 'end of the span to repair, exclusive', instant)
    .action(({ mode, from, to }) =>
      execute(async ({ config, log, signal, stdout }) => {
        const span = spanOf(mode, from, to);
        const warehouse = await openWarehouse(config, log);
        const closers = [warehouse.close];
        try {
          const { modes, close } = await openJobParts(warehouse, { concurrency: config.worker.concurrency, log });
          closers.push(close);
          const { parkedCount } = await resolve(modes, mode, span, signal);
          stdout.write(signal.aborted ? 'stopped; what is marked stays marked\n' : `${mode} done\n`);
          if (parkedCount > 0) {
            throw new AppError(
              'SESSIONS_PARKED',
              `${parkedCount} sessions could not be resolved and are parked: see work.parked_session`,
            );
          }
        } finally {
          await closeAll(closers);
        }
      }),
    );
}

function resolve(
  modes: ResolverModes,
  mode: string,
  span: { readonly from: Date; readonly to: Date } | null,
  signal: AbortSignal,
): Promise<{ readonly parkedCount: number }> {
  if (span !== null) return modes.repair({ ...span, signal });
  if (mode === 'bootstrap') return modes.bootstrap();
  return modes[mode === 'auto' ? 'auto' : 'tail']({ follow: false, signal });
}

/** The span of a repair, null for the other modes; USAGE when options do not go together. */
function spanOf(mode: string, from: number | undefined, to: number | undefined): { from: Date; to: Date } | null {
  if (mode !== 'repair') {
    if (from === undefined && to === undefined) return null;
    throw new AppError('USAGE', `--from and --to go with --mode repair, not with ${mode}`);
  }
  if (from === undefined || to === undefined) throw new AppError('USAGE', '--mode repair wants both --from and --to');
  const span = { from: new Date(from), to: new Date(to) };
  if (to > from) return span;
  throw new AppError('USAGE', `--to ${span.to.toISOString()} is not after --from ${span.from.toISOString()}`);
}
