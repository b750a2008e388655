import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataFolder } from '../src/cli/data-folder.js';
import { startEmbeddedPostgres } from '../src/cli/embedded-postgres.js';
import { roleUrls } from '../src/cli/role-connections.js';
import { createLog } from '../src/log.js';
import { migrate } from '../src/warehouse/migrate.js';
import type { Role } from '../src/warehouse/server-preparation.js';
import { createDatabase, dropDatabase, ROLE_PASSWORD, ROLE_PASSWORDS } from '../test/support/test-database.js';

/** Where benchmarks measure: a database of one's own on a server whose settings are the product's. */
export interface BenchServer {
  /** `postgres` or `timescaledb`, as the server has it. */
  readonly engine: string;
  /** Makes a migrated, empty database. */
  createDatabase(): Promise<BenchDatabase>;
  close(): Promise<void>;
}

export interface BenchDatabase {
  /** Connection of a role; without one, of the administrator. */
  url(role?: Role): string;
  /** What a `naap` process needs in its environment to work on this database. */
  readonly environment: Readonly<Record<string, string>>;
  drop(): Promise<void>;
}

const silent = createLog({ level: 'silent', format: 'json' });

/**
 * The server that `NAAP_BENCH_DATABASE_URL` names (its user may do everything), else an embedded PostgreSQL in a
 * temporary folder. Both durable: no setting is loosened for a better number.
 */
export async function openBenchServer(): Promise<BenchServer> {
  const named = process.env.NAAP_BENCH_DATABASE_URL;
  const { adminUrl, stop } = named ? { adminUrl: named, stop: async () => undefined } : await startServer();
  try {
    const probe = await createBenchDatabase(adminUrl);
    await probe.database.drop();
    return {
      engine: probe.engine,
      createDatabase: async () => (await createBenchDatabase(adminUrl)).database,
      close: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function createBenchDatabase(serverUrl: string): Promise<{ engine: string; database: BenchDatabase }> {
  const name = `naap_bench_${randomBytes(4).toString('hex')}`;
  const adminUrl = await createDatabase(serverUrl, name);
  const drop = (): Promise<void> => dropDatabase(serverUrl, name);
  const byRole = roleUrls(adminUrl, ROLE_PASSWORDS);
  try {
    const { engine } = await migrate({ adminUrl, ownerUrl: byRole.owner, rolePasswords: ROLE_PASSWORDS, log: silent });
    const database: BenchDatabase = {
      url: (role) => (role === undefined ? adminUrl : byRole[role]),
      environment: {
        DATABASE_URL: adminUrl,
        NAAP_ROLE_PASSWORD: ROLE_PASSWORD,
        NAAP_PUBLIC_ID_KEY: 'key of the benchmarks, known to everybody',
      },
      drop,
    };
    return { engine, database };
  } catch (error) {
    await drop();
    throw error;
  }
}

async function startServer(): Promise<{ adminUrl: string; stop: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'naap-bench-postgres-'));
  await chmod(dir, 0o755);
  const folder = await openDataFolder(dir);
  const server = await startEmbeddedPostgres({ folder, log: silent, preferredPort: 0 });
  return {
    adminUrl: server.adminUrl,
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
