import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { AppError } from '../../errors.js';
import { wholeNumber } from '../argument.js';
import type { Execute } from '../command-context.js';

export function workCommand(execute: Execute): CommandUnknownOpts {
  return new Command('work')
    .description('Run jobs (resolve, refresh rollups, score, maintain) until told to stop.')
    .option('--concurrency <jobs>', 'jobs at once; NAAP_WORKER_CONCURRENCY by default', wholeNumber(1))
    .action((_options) =>
      execute(async () => {
        throw new AppError('INTERNAL', 'naap work is not wired yet');
      }),
    );
}
