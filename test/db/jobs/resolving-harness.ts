import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { DEFAULT_DECODE_RULES } from '../../../src/ingest/decode.js';
import { type RebuildReport, rebuild } from '../../../src/jobs/rebuild.js';
import { createResolver, type DrainReport, type Resolver } from '../../../src/jobs/resolver.js';
import { createResolverModes, type ResolverModes } from '../../../src/jobs/resolver-modes.js';
import type { VerifyReport } from '../../../src/jobs/resolver-verify.js';
import { createLog } from '../../../src/log.js';
import type { SimulatedMessage } from '../../../src/simulator/options.js';
import { createPool } from '../../../src/warehouse/pool.js';
import type { RowDifference } from '../../../src/warehouse/readers/row-difference.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { openTopicFeed } from '../outcomes/simulated-day.js';

const log = createLog({ level: 'silent', format: 'json' });
const publicIdKey = 'a key of the public ids, for tests only';
const DAY_MS = 86_400_000;

/** From the bytes of messages to rows of core, through the real door and all three modes of the resolver. */
export interface Resolving {
  readonly admin: Pool;
  readonly ownerPool: Pool;
  readonly resolver: Resolver;
  /** Sends messages in one transaction; each must be accepted, or a duplicate. */
  send(messages: readonly SimulatedMessage[]): Promise<void>;
  drain(): Promise<DrainReport>;
  /** Repairs everything from a day before to a day after an instant. */
  repairAround(atMs: number): Promise<void>;
  bootstrap(): Promise<RebuildReport>;
  /** The same over other connections of the owner. */
  rebuildWith(ownerPool: Pool): Promise<RebuildReport>;
  readonly modes: ResolverModes;
  /** What a verification of everything says. */
  verify(): Promise<{ readonly report: VerifyReport; readonly differences: readonly RowDifference[] }>;
  /** No event, no row, no mark. */
  empty(): Promise<void>;
}

/** A database of its own, emptied before each test, for the tests of the file. */
export function useResolving(): () => Resolving {
  let database: TestDatabase;
  let resolving: Resolving | undefined;
  const pools: Pool[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    const open = (role?: 'ingest' | 'worker' | 'owner'): Pool => {
      const pool = createPool({ url: database.url(role), name: 'test resolving', max: 3, log });
      pools.push(pool);
      return pool;
    };
    const [admin, ingest, pool, ownerPool] = [open(), open('ingest'), open('worker'), open('owner')];
    const resolver = await createResolver({ pool, publicIdKey, batchMarks: 7, log });
    resolving = resolvingOf({ admin, ingest, pool, ownerPool, resolver });
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await database?.drop();
  });
  beforeEach(() => resolving?.empty());
  return () => {
    if (resolving === undefined) throw new Error('the database is there only inside tests');
    return resolving;
  };
}

function resolvingOf(parts: {
  readonly admin: Pool;
  readonly ingest: Pool;
  readonly pool: Pool;
  readonly ownerPool: Pool;
  readonly resolver: Resolver;
}): Resolving {
  const { admin, ingest, pool, ownerPool, resolver } = parts;
  const settle = async () => undefined;
  const modes = createResolverModes({ resolver, pool, ownerPool, publicIdKey, concurrency: 2, settle, log });
  return {
    admin,
    ownerPool,
    resolver,
    modes,
    async send(messages) {
      const feed = await openTopicFeed(ingest, DEFAULT_DECODE_RULES, () => 'telemetry');
      await feed.send(messages);
      expect(feed.verdicts.telemetry).toEqual({ accepted: messages.length });
    },
    drain: () => resolver.drain({ decidedAt: new Date() }),
    async repairAround(atMs) {
      await modes.repair({ from: new Date(atMs - DAY_MS), to: new Date(atMs + DAY_MS) });
    },
    bootstrap: () => rebuild({ ownerPool, publicIdKey, decidedAt: new Date(), log }),
    rebuildWith: (another) => rebuild({ ownerPool: another, publicIdKey, decidedAt: new Date(), log }),
    async verify() {
      const differences: RowDifference[] = [];
      const report = await modes.verify({ span: null, onDifference: (one) => differences.push(one) });
      return { report, differences };
    },
    async empty() {
      const { rows } = await admin.query<{ list: string }>(`
        select string_agg(format('%I.%I', n.nspname, c.relname), ', ') as list
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname in ('raw', 'fact', 'core', 'work') and c.relkind in ('r', 'p') and c.relname not in ('floor', 'public_salt')`);
      await admin.query(`truncate ${rows[0]?.list}`);
      await admin.query(`update work.floor set raw_floor = '2000-01-01Z', core_floor = '2000-01-01Z'`);
    },
  };
}

/** A message of a gateway, read by the broker a day after `readFromMs`: what is late is late by the sender's clock only. */
export function gatewayMessage(
  readFromMs: number,
  {
    id,
    type,
    atMs,
    data,
    gateway = 'gw.example.com',
  }: {
    readonly id: string;
    readonly type: string;
    readonly atMs: number;
    readonly data: object;
    readonly gateway?: string;
  },
): SimulatedMessage {
  const body = { id, type, timestamp: String(atMs), gateway, data };
  return { topic: 'network_events', atMs: readFromMs + DAY_MS, value: Buffer.from(JSON.stringify(body)) };
}

/** Numbers in [0, 1), the same for a seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
