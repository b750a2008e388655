import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { AppError } from '../../errors.js';
import { instant } from '../argument.js';
import type { Execute } from '../command-context.js';

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
      execute(async () => {
        checkSpan(mode, from, to);
        throw new AppError('INTERNAL', 'naap resolve is not wired yet');
      }),
    );
}

function checkSpan(mode: string, from: number | undefined, to: number | undefined): void {
  if (mode === 'repair') {
    if (from === undefined || to === undefined) {
      throw new AppError('USAGE', '--mode repair wants both --from and --to');
    }
    if (to <= from) {
      const [seenFrom, seenTo] = [new Date(from).toISOString(), new Date(to).toISOString()];
      throw new AppError('USAGE', `--to ${seenTo} is not after --from ${seenFrom}`);
    }
  } else if (from !== undefined || to !== undefined) {
    throw new AppError('USAGE', `--from and --to go with --mode repair, not with ${mode}`);
  }
}
