// Runs an embedded PostgreSQL in the folder given as argument until it is told or killed to end.
import { openDataFolder } from '../../src/cli/data-folder.js';
import { startEmbeddedPostgres } from '../../src/cli/embedded-postgres.js';
import { createLog } from '../../src/log.js';

const folder = await openDataFolder(process.argv[2] ?? '');
const server = await startEmbeddedPostgres({ folder, log: createLog({ level: 'warn', format: 'text' }) });
process.stdout.write(`${server.adminUrl}\n`);
process.once('SIGTERM', () => void server.stop().then(folder.release));
