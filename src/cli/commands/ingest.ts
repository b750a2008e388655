import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { AppError } from '../../errors.js';
import type { Execute } from '../command-context.js';

export function ingestCommand(execute: Execute): CommandUnknownOpts {
  return new Command('ingest')
    .description('Consume the configured Kafka topics into the warehouse until told to stop.')
    .addHelpText('after', '\nNeeds KAFKA_BROKERS. Run as many as there are partitions; they share the work.')
    .action(() =>
      execute(async ({ config }) => {
        if (config.kafka === null)
          throw new AppError('CONFIG_INVALID', 'KAFKA_BROKERS is not set, and ingest needs it');
        throw new AppError('INTERNAL', 'naap ingest is not wired yet');
      }),
    );
}
