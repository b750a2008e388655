import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { AppError } from '../../errors.js';
import { instant } from '../argument.js';
import type { Execute } from '../command-context.js';

export function scoreCommand(execute: Execute): CommandUnknownOpts {
  return new Command('score')
    .description('Refresh the rollups and score every final bucket that has changed, without the job queue.')
    .option('--as-of <instant>', 'the now that decides which buckets are final; the current time by default', instant)
    .action((_options) =>
      execute(async () => {
        throw new AppError('INTERNAL', 'naap score is not wired yet');
      }),
    );
}
