import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Execute } from '../command-context.js';
import { closeAll, untilStopped } from '../command-lifetime.js';
import { openWarehouse } from '../warehouse-connections.js';

export function serveCommand(execute: Execute): CommandUnknownOpts {
  return new Command('serve')
    .description('Serve GraphQL, /v1, health and metrics, as the reader role.')
    .addHelpText('after', '\nListens on HTTP_HOST and HTTP_PORT until SIGINT or SIGTERM.')
    .action(() =>
      execute(async ({ config, log, signal }) => {
        // not with the program: the schema and GraphiQL were most of every other command's start
        const { startApi } = await import('../api-process.js');
        const warehouse = await openWarehouse(config, log);
        const closers = [warehouse.close];
        try {
          const api = await startApi(config, warehouse, log);
          closers.push(api.close);
          await untilStopped(signal);
        } finally {
          await closeAll(closers);
        }
      }),
    );
}
