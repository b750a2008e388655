import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { type EngineName, readEngine, type WarehouseEngine } from '../../../src/warehouse/engines/engine.js';
import { connectionConfig, sessionOf } from '../../../src/warehouse/pool.js';
import type { Rollup } from '../../../src/warehouse/rollup-definition.js';
import { readReleaseRollups } from '../../../src/warehouse/rollup-release.js';
import type { SqlSession } from '../../../src/warehouse/sql-session.js';
import { createEngineDatabase, type TestDatabase } from '../../support/postgres.js';

/** Plain PostgreSQL always, TimescaleDB when a server of it is named. */
export function enginesUnderTest(): readonly EngineName[] {
  return inject('postgres').timescaleUrl === null ? ['postgres'] : ['postgres', 'timescaledb'];
}

export interface Warehouse {
  readonly database: TestDatabase;
  /** The owner's session, as refresh and retention have one. */
  readonly owner: SqlSession;
  readonly engine: WarehouseEngine;
  readonly rollups: readonly Rollup[];
  /** Another connection, as the role. Closed with the warehouse. */
  connect(role?: 'owner' | 'ingest' | 'worker' | 'reader'): Promise<pg.Client>;
}

/** A migrated database of the engine for the tests of the enclosing block. */
export function useWarehouse(engineName: EngineName): () => Warehouse {
  let warehouse: Warehouse | undefined;
  const clients: pg.Client[] = [];
  beforeAll(async () => {
    const database = await createEngineDatabase(engineName);
    const connect: Warehouse['connect'] = async (role) => {
      const client = new pg.Client(connectionConfig(database.url(role), 'naap test'));
      client.on('error', () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    };
    const owner = sessionOf(await connect('owner'));
    warehouse = { database, owner, connect, engine: await readEngine(owner), rollups: await readReleaseRollups() };
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await warehouse?.database.drop();
  });
  return () => {
    if (warehouse === undefined) throw new Error('the warehouse is there only inside tests');
    return warehouse;
  };
}
