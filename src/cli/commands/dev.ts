import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { wholeNumber } from '../argument.js';
import type { Execute } from '../command-context.js';

export function devCommand(execute: Execute): CommandUnknownOpts {
  return new Command('dev')
    .description('Run the whole system in one process: database, history, live traffic, jobs, API.')
    .option('--seed <number>', 'seed of the simulated network', wholeNumber(0), 1)
    .option('--history-days <days>', 'days of simulated history before now', wholeNumber(0), 9)
    .option('--no-simulation', 'start without simulated history and live traffic')
    .addHelpText(
      'after',
      '\nThe simulated network was lightly used in the past, and has a handful of live sessions while this runs.' +
        '\nWithout DATABASE_URL a PostgreSQL is started in NAAP_DATA_DIR and kept between runs.' +
        '\nWith KAFKA_BROKERS the configured topics are consumed as well, and nothing is simulated.',
    )
    .action((options) =>
      execute(async (context) => {
        // not with the program: the schema and GraphiQL were most of every other command's start
        const { runDevelopment } = await import('../development.js');
        await runDevelopment(context, options);
      }),
    );
}
