import { randomBytes } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import type { EngineName } from '../../src/warehouse/engines/engine.js';
import { closeDatabase, createDatabase, dropDatabase, migrateDatabase } from './test-database.js';
import { startTestServer, type TestServer } from './test-server.js';

/** The server of a test run, the same for all projects. */
interface ProvidedPostgres {
  readonly adminUrl: string;
  /** Name of the migrated database that each test file gets a copy of. */
  readonly template: string;
  /** The engine of the template: what the server has. */
  readonly engine: EngineName;
  /** A full TimescaleDB server, when one is named, by either variable. */
  readonly timescaleUrl: string | null;
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: ProvidedPostgres;
  }
}

interface Running {
  readonly provided: ProvidedPostgres;
  stop(): Promise<void>;
}

// The projects of a run load this module one by one, yet share one server.
declare global {
  var naapTestPostgres: { users: number; running: Promise<Running> } | undefined;
}

/**
 * `NAAP_TEST_DATABASE_URL` names a real server to use in place of the embedded one; its user may do everything. When it
 * has TimescaleDB, every test runs on that engine, and those that compare the engines on both.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  globalThis.naapTestPostgres ??= { users: 0, running: start() };
  const shared = globalThis.naapTestPostgres;
  shared.users += 1;
  project.provide('postgres', (await shared.running).provided);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    globalThis.naapTestPostgres = undefined;
    await (await shared.running).stop();
  };
}

async function start(): Promise<Running> {
  const namedUrl = process.env.NAAP_TEST_DATABASE_URL;
  const server: TestServer = namedUrl ? { adminUrl: namedUrl, stop: async () => undefined } : await startTestServer();
  const { adminUrl } = server;
  const template = `naap_template_${randomBytes(4).toString('hex')}`;
  const stop = async (): Promise<void> => {
    await dropDatabase(adminUrl, template);
    await server.stop();
  };
  try {
    const { engine } = await migrateDatabase(await createDatabase(adminUrl, template));
    await closeDatabase(adminUrl, template);
    const timescaleUrl = process.env.NAAP_TEST_TIMESCALE_URL || (engine === 'timescaledb' ? adminUrl : null);
    return { provided: { adminUrl, template, engine, timescaleUrl }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
