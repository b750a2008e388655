import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { migrate } from '../../warehouse/migrate.js';
import type { Execute } from '../command-context.js';
import { openWarehouse } from '../warehouse-connections.js';

export function migrateCommand(execute: Execute): CommandUnknownOpts {
  return new Command('migrate')
    .description('Bring the database to this version: roles, migrations, rollups, views, policies.')
    .addHelpText('after', '\nMay be run at any time, also twice; prints the engine and what was applied.')
    .action(() =>
      execute(async ({ config, log, stdout }) => {
        const warehouse = await openWarehouse(config, log);
        try {
          const { adminUrl, rolePasswords } = warehouse;
          const { engine, applied } = await migrate({ adminUrl, rolePasswords, ownerUrl: warehouse.url('owner'), log });
          stdout.write(`engine ${engine}, applied: ${applied.join(', ') || 'nothing, it was up to date'}\n`);
        } finally {
          await warehouse.close();
        }
      }),
    );
}
