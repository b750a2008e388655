import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { AppError } from '../../errors.js';
import type { Execute } from '../command-context.js';
import { closeAll, untilStopped } from '../command-lifetime.js';
import { startIngest } from '../ingest-process.js';
import { startOperations } from '../operations.js';
import { openWarehouse } from '../warehouse-connections.js';

export function ingestCommand(execute: Execute): CommandUnknownOpts {
  return new Command('ingest')
    .description('Consume the configured Kafka topics into the warehouse until told to stop.')
    .addHelpText(
      'after',
      '\nNeeds KAFKA_BROKERS. Run as many as there are partitions; they share the work.' +
        '\nHealth and metrics are on HTTP_HOST and HTTP_PORT.',
    )
    .action(() =>
      execute(async ({ config, log, signal }) => {
        if (config.kafka === null) {
          throw new AppError('CONFIG_INVALID', 'KAFKA_BROKERS is not set, and ingest needs it');
        }
        const warehouse = await openWarehouse(config, log);
        const closers = [warehouse.close];
        try {
          let isReading = false;
          const { registry, close } = await startOperations(config, () => isReading, log);
          closers.push(close);
          const ingest = await startIngest(config, config.kafka, { warehouse, registry, log });
          closers.push(ingest.close);
          isReading = true;
          await Promise.race([untilStopped(signal), ingest.finished]);
        } finally {
          await closeAll(closers);
        }
      }),
    );
}
