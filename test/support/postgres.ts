import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { roleUrls } from '../../src/cli/role-connections.js';
import type { EngineName } from '../../src/warehouse/engines/engine.js';
import type { Role } from '../../src/warehouse/server-preparation.js';
import { createDatabase, dropDatabase, migrateDatabase, ROLE_PASSWORDS } from './test-database.js';

export interface TestDatabase {
  readonly name: string;
  /** Connection as one of the four roles; without one, as the administrator. */
  url(role?: Role): string;
  drop(): Promise<void>;
}

/** A migrated, empty database of one's own: a copy of the run's template, in C collation and UTC. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { adminUrl, template } = inject('postgres');
  const name = uniqueName();
  return testDatabase(adminUrl, name, await createDatabase(adminUrl, name, template));
}

/** A database without anything in it, for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const { adminUrl } = inject('postgres');
  const name = uniqueName();
  return testDatabase(adminUrl, name, await createDatabase(adminUrl, name));
}

/** A migrated, empty database of an engine; migrated anew when it is not the one that the run's template has. */
export async function createEngineDatabase(engine: EngineName): Promise<TestDatabase> {
  const { adminUrl, engine: templateEngine, timescaleUrl } = inject('postgres');
  if (engine === templateEngine) return createTestDatabase();
  const serverUrl = engine === 'timescaledb' ? timescaleUrl : adminUrl;
  if (serverUrl === null) throw new Error('no TimescaleDB server: NAAP_TEST_TIMESCALE_URL is not set');
  const name = uniqueName();
  const url = await createDatabase(serverUrl, name);
  await migrateDatabase(url, engine);
  return testDatabase(serverUrl, name, url);
}

function testDatabase(serverUrl: string, name: string, adminUrl: string): TestDatabase {
  const byRole = roleUrls(adminUrl, ROLE_PASSWORDS);
  return {
    name,
    url: (role) => (role === undefined ? adminUrl : byRole[role]),
    drop: () => dropDatabase(serverUrl, name),
  };
}

function uniqueName(): string {
  return `naap_test_${randomBytes(6).toString('hex')}`;
}
