import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveOwner, openDataFolder } from '../../src/cli/data-folder.js';
import { startEmbeddedPostgres, stopOrphan } from '../../src/cli/embedded-postgres.js';
import { createLog } from '../../src/log.js';

export interface TestServer {
  readonly adminUrl: string;
  stop(): Promise<void>;
}

/** A test run may be killed at any time and its database is thrown away, so nothing waits for the disk. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '400',
  shared_buffers: '128MB',
  autovacuum_naptime: '10s',
};

const silent = createLog({ level: 'silent', format: 'json' });

/** An embedded PostgreSQL in a folder of its own, removed when it stops. Leftovers of killed runs are removed first. */
export async function startTestServer(): Promise<TestServer> {
  const base = join(tmpdir(), 'naap-test-postgres');
  await mkdir(base, { recursive: true });
  await chmod(base, 0o777).catch(() => undefined);
  await removeLeftovers(base);
  const dir = await mkdtemp(join(base, 'run-'));
  await chmod(dir, 0o755);
  const folder = await openDataFolder(dir);
  const server = await startEmbeddedPostgres({ folder, log: silent, preferredPort: 0, settings: SETTINGS });
  return {
    adminUrl: server.adminUrl,
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function removeLeftovers(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const dir = join(base, name);
    if ((await liveOwner(dir)) !== null || !isAbandoned(dir)) continue;
    await stopOrphan(join(dir, 'postgres'), silent);
    await rm(dir, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** A folder without an owner may belong to a run that is just beginning; one with a dead owner is abandoned. */
function isAbandoned(dir: string): boolean {
  return existsSync(join(dir, 'owner'));
}
