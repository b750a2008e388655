import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { AppError } from '../../errors.js';
import type { Execute } from '../command-context.js';

export function serveCommand(execute: Execute): CommandUnknownOpts {
  return new Command('serve')
    .description('Serve GraphQL, /v1, health and metrics, as the reader role.')
    .addHelpText('after', '\nListens on HTTP_HOST and HTTP_PORT until SIGINT or SIGTERM.')
    .action(() =>
      execute(async () => {
        throw new AppError('INTERNAL', 'naap serve is not wired yet');
      }),
    );
}
