import type { Pool } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { createResolver, type DrainReport, type Resolver } from '../../../src/jobs/resolver.js';
import { createResolverModes, type ResolverModes } from '../../../src/jobs/resolver-modes.js';
import { createLog } from '../../../src/log.js';
import { createPool } from '../../../src/warehouse/pool.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';

export const KEY = 'a key of the public ids, for tests only';

const log = createLog({ level: 'silent', format: 'json' });

export interface ResolverUnderTest {
  readonly database: TestDatabase;
  readonly admin: Pool;
  readonly pool: Pool;
  readonly ownerPool: Pool;
  readonly resolver: Resolver;
  /** A resolver that has read nothing yet. */
  another(): Promise<Resolver>;
  /** Forgets every fact, mark, resolved row and stored rollup. */
  empty(): Promise<void>;
  drain(concurrency?: number, decidedAt?: Date): Promise<DrainReport>;
  rebuild(): ReturnType<typeof rebuild>;
  modes(resolver?: Resolver): ResolverModes;
}

/** A migrated database with a resolver that takes few marks at once, for the tests of the enclosing block. */
export function useResolver(): () => ResolverUnderTest {
  let under: ResolverUnderTest | undefined;
  beforeAll(async () => {
    under = await openResolver();
  });
  afterAll(async () => {
    if (under === undefined) return;
    await Promise.all([under.admin.end(), under.pool.end(), under.ownerPool.end()]);
    await under.database.drop();
  });
  return () => {
    if (under === undefined) throw new Error('the resolver is there only inside tests');
    return under;
  };
}

async function openResolver(): Promise<ResolverUnderTest> {
  const database = await createTestDatabase();
  const admin = createPool({ url: database.url(), name: 'test admin', log });
  const pool = createPool({ url: database.url('worker'), name: 'test worker', log });
  const ownerPool = createPool({ url: database.url('owner'), name: 'test owner', max: 2, log });
  const resolver = await createResolver({ pool, publicIdKey: KEY, batchMarks: 7, log });
  return {
    database,
    admin,
    pool,
    ownerPool,
    resolver,
    another: () => createResolver({ pool, publicIdKey: KEY, batchMarks: 7, log }),
    async empty() {
      await admin.query(`
        truncate fact.session_event, fact.transport_sample, fact.capability_sighting, fact.capability_content,
          core.session, core.segment, core.session_gpu_reading, core.swap, core.decision, core.session_slice,
          core.session_identity, core.session_start, core.session_bucket_5m, core.session_bucket_1h,
          core.session_ingest_5m, core.session_ingest_1h, core.capability_run, core.capability_reading,
          core.capability_offer, core.capability_price, core.capability_gpu, core.orchestrator_alias,
          core.orchestrator_gpu, core.grain, work.session_mark, work.sighting_mark, work.bucket_mark,
          work.parked_session, rollup.demand_5m, rollup.demand_1h, rollup.demand_1d, rollup.service_5m,
          rollup.service_1h, rollup.service_1d, rollup.failure_5m, rollup.failure_1h, rollup.failure_1d, rollup.swap_5m,
          rollup.swap_1h, rollup.swap_1d, rollup.ingest_5m, rollup.ingest_1h, rollup.ingest_1d;
        update work.floor set raw_floor = '2000-01-01Z', core_floor = '2000-01-01Z'`);
    },
    drain: (concurrency = 1, decidedAt = new Date()) => resolver.drain({ decidedAt, concurrency }),
    rebuild: () => rebuild({ ownerPool, publicIdKey: KEY, decidedAt: new Date(), log }),
    modes: (another = resolver) =>
      createResolverModes({
        resolver: another,
        pool,
        ownerPool,
        publicIdKey: KEY,
        concurrency: 2,
        settle: async () => undefined,
        log,
      }),
  };
}
