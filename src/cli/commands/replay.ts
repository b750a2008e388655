import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { AppError } from '../../errors.js';
import type { Execute } from '../command-context.js';

export function replayCommand(execute: Execute): CommandUnknownOpts {
  return new Command('replay')
    .description('Send the messages of a file through ingest; print a tally of verdicts and a rate.')
    .addArgument(new Argument('<file>', 'NDJSON, plain or compressed (.gz, .zst); - is standard input'))
    .option('--topic <topic>', 'topic, and so organisation, that the messages belong to', 'network_events')
    .addHelpText('after', '\nA second run of the same file adds nothing.')
    .action((_file, _options) =>
      execute(async () => {
        throw new AppError('INTERNAL', 'naap replay is not wired yet');
      }),
    );
}
