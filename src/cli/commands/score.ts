import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { instant } from '../argument.js';
import type { Execute } from '../command-context.js';
import { closeAll } from '../command-lifetime.js';
import { openJobParts } from '../job-process.js';
import { openWarehouse } from '../warehouse-connections.js';

export function scoreCommand(execute: Execute): CommandUnknownOpts {
  return new Command('score')
    .description('Refresh the rollups and score every final bucket that has changed, without the job queue.')
    .option('--as-of <instant>', 'the now that decides which buckets are final; the current time by default', instant)
    .action(({ asOf }) =>
      execute(async ({ config, log, signal, stdout }) => {
        const warehouse = await openWarehouse(config, log);
        const closers = [warehouse.close];
        try {
          const { settle, close } = await openJobParts(warehouse, { concurrency: config.worker.concurrency, log });
          closers.push(close);
          await settle(asOf === undefined ? new Date() : new Date(asOf), signal);
          stdout.write(
            signal.aborted ? 'stopped; what is marked stays marked\n' : 'rollups and scores are up to date\n',
          );
        } finally {
          await closeAll(closers);
        }
      }),
    );
}
