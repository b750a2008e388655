import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { wholeNumber } from '../argument.js';
import type { Execute } from '../command-context.js';
import { closeAll, untilStopped } from '../command-lifetime.js';
import { startJobs } from '../job-process.js';
import { startOperations } from '../operations.js';
import { openWarehouse } from '../warehouse-connections.js';

export function workCommand(execute: Execute): CommandUnknownOpts {
  return new Command('work')
    .description('Run jobs (resolve, refresh rollups, score, maintain) until told to stop.')
    .option('--concurrency <jobs>', 'jobs at once; NAAP_WORKER_CONCURRENCY by default', wholeNumber(1))
    .addHelpText('after', '\nAny number of workers share the jobs. Health and metrics are on HTTP_HOST and HTTP_PORT.')
    .action(({ concurrency }) =>
      execute(async ({ config, log, signal }) => {
        const warehouse = await openWarehouse(config, log);
        const closers = [warehouse.close];
        try {
          let isWorking = false;
          const operations = await startOperations(config, () => isWorking, log);
          closers.push(operations.close);
          const worker = await startJobs(warehouse, {
            concurrency: concurrency ?? config.worker.concurrency,
            kafka: config.kafka,
            log,
          });
          closers.push(() => worker.stop());
          isWorking = true;
          await Promise.race([untilStopped(signal), worker.stopped]);
        } finally {
          await closeAll(closers);
        }
      }),
    );
}
