import type { Pool } from 'pg';
import { Registry } from 'prom-client';
import { createHttpServer } from '../../src/http/server.js';
import { DEFAULT_DECODE_RULES } from '../../src/ingest/decode.js';
import { createMessageSink } from '../../src/ingest/message-sink.js';
import { maintenanceJob } from '../../src/jobs/maintenance.js';
import { refreshAlone } from '../../src/jobs/refresh-rollups.js';
import { createResolver } from '../../src/jobs/resolver.js';
import { createResolverModes, type ResolverModes } from '../../src/jobs/resolver-modes.js';
import { drainScores } from '../../src/jobs/score-sla.js';
import { createLog } from '../../src/log.js';
import { createPool, sessionOf } from '../../src/warehouse/pool.js';
import type { SqlSession } from '../../src/warehouse/sql-session.js';
import { createApiClient } from '../e2e/naap.js';
import { panelSql } from '../support/grafana-panels.js';
import { AFTERWARDS, type PublicApi, type Scenario } from './scenario.js';

const PUBLIC_ID_KEY = 'a key of the public ids, for conformance only';
type Role = 'ingest' | 'worker' | 'owner' | 'reader';

/** The system on one migrated database, run by hand and by a given clock. */
export interface ConformanceWarehouse {
  /** Brings a scenario's messages through ingest, resolver, rollups and scores, step by step. */
  play(scenario: Scenario): Promise<void>;
  /** Resolves, refreshes and scores everything that is left, with an instant as now. */
  settle(atIso: string): Promise<void>;
  readonly modes: ResolverModes;
  readonly api: PublicApi;
  /** Everything the database holds, as its owner sees it. */
  readonly owner: SqlSession;
  readonly ownerPool: Pool;
  /** The public contract alone, as Grafana sees it. */
  readonly reader: Pool;
  close(): Promise<void>;
}

export async function openConformanceWarehouse(urlOf: (role: Role) => string): Promise<ConformanceWarehouse> {
  const log = createLog({ level: 'silent', format: 'json' });
  const open = (role: Role): Pool => createPool({ url: urlOf(role), name: `naap conformance ${role}`, max: 4, log });
  const [ingest, worker, ownerPool, reader] = [open('ingest'), open('worker'), open('owner'), open('reader')];
  const ownerClient = await ownerPool.connect();
  const resolver = await createResolver({ pool: worker, publicIdKey: PUBLIC_ID_KEY, log });

  async function score(atIso: string): Promise<void> {
    const asOf = new Date(atIso);
    await refreshAlone({ ownerPool, asOf, log });
    await drainScores({ pool: worker, asOf, log });
  }
  async function settle(atIso: string): Promise<void> {
    await resolver.drain({ decidedAt: new Date(atIso) });
    await score(atIso);
  }
  async function maintain(atIso: string): Promise<void> {
    const [asOf, { signal }] = [new Date(atIso), new AbortController()];
    await maintenanceJob.run({}, { pool: worker, ownerPool, log, asOf, clock: () => asOf, signal });
  }
  const modes = createResolverModes({
    resolver,
    pool: worker,
    ownerPool,
    publicIdKey: PUBLIC_ID_KEY,
    concurrency: 1,
    settle: () => score(AFTERWARDS),
    log,
  });

  let nowMs = Date.parse(AFTERWARDS);
  const server = createHttpServer({ db: reader, log, clock: () => nowMs, metrics: new Registry() });
  const client = createApiClient(await server.listen(0, '127.0.0.1'));
  const at = (atIso = AFTERWARDS): void => {
    nowMs = Date.parse(atIso);
  };

  return {
    settle,
    modes,
    ownerPool,
    reader,
    owner: sessionOf(ownerClient),
    async play({ name, source, org = 'daydream', trustedPublishers = null, steps }) {
      const sink = await createMessageSink({
        pool: ingest,
        org,
        source: { clusterId: 'conformance', topic: name, partition: 0, ...source },
        rules: {
          ...DEFAULT_DECODE_RULES,
          trustedPublishers: trustedPublishers === null ? null : new Set(trustedPublishers),
        },
        log,
        now: () => Date.parse(AFTERWARDS),
      });
      for (const step of steps) {
        if ('settle' in step) await settle(step.settle);
        else if ('maintain' in step) await maintain(step.maintain);
        else await sink.send(step.send.map(({ text }) => text));
      }
    },
    api: {
      ask(query, atIso) {
        at(atIso);
        return client.ask(query);
      },
      async get(path, atIso) {
        at(atIso);
        const { status, text } = await client.get(path);
        if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`);
        return JSON.parse(text);
      },
      async panel(title, fromIso, toIso) {
        return (await reader.query<Record<string, unknown>>(panelSql(title, new Date(fromIso), new Date(toIso)))).rows;
      },
    },
    async close() {
      await server.close();
      ownerClient.release();
      await Promise.all([ingest, worker, ownerPool, reader].map((pool) => pool.end()));
    },
  };
}
