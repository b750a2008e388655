import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { DEFAULT_DECODE_RULES } from '../../src/ingest/decode.js';
import { replay } from '../../src/ingest/file-source.js';
import { rebuild } from '../../src/jobs/rebuild.js';
import { refreshAlone } from '../../src/jobs/refresh-rollups.js';
import { drainScores } from '../../src/jobs/score-sla.js';
import { createLog } from '../../src/log.js';
import { noFaults } from '../../src/simulator/options.js';
import { simulate, toNdjson } from '../../src/simulator/simulate.js';
import { createPool } from '../../src/warehouse/pool.js';
import { dashboards, expandMacros, panelSql, panels } from '../support/grafana-panels.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

const GRAFANA = new URL('../../grafana/', import.meta.url);
const MINUTE_MS = 60_000;
const log = createLog({ level: 'silent', format: 'json' });

const DEMAND = 'Demand served and unserved';
/** Columns of each panel, in the order its fields are shown. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  'Live sessions': ['live sessions'],
  'Start-up success': ['start-up success'],
  'Sessions requested': ['requested'],
  'Orchestrators serving': ['orchestrators'],
  'Newest event': ['age'],
  'Minutes served': ['minutes'],
  [DEMAND]: ['time', 'served', 'no orchestrator', 'excused', 'failed'],
  'Start-up and end-to-end latency': ['time', 'start-up', 'end to end'],
  'Frames per second': ['time', 'output', 'input'],
  'SLA leaderboard': ['orchestrator', 'pipeline', 'model', 'gpu', 'gateway', 'hour', 'score'],
};

describe('Grafana', () => {
  const now = new Date();
  let database: TestDatabase;
  let reader: pg.Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    await simulateLastHours(database, now);
    reader = new pg.Pool({ connectionString: database.url('reader'), max: 1 });
  });
  afterAll(async () => {
    await reader?.end();
    await database?.drop();
  });

  it('connects as the reader role, and every panel asks that connection', async () => {
    const file = new URL('provisioning/datasources/naap.yml', GRAFANA);
    const { datasources } = z
      .object({ datasources: z.array(z.object({ uid: z.string(), type: z.string(), user: z.string() })) })
      .parse(parse(await readFile(file, 'utf8')));
    expect(datasources).toEqual([{ uid: 'naap', type: 'postgres', user: 'naap_reader' }]);
    for (const { title, query } of panels) expect(query.datasource.uid, title).toBe('naap');
  });

  it('has a panel for every expectation of this test, and the other way round', () => {
    expect(dashboards.map(({ title }) => title)).toEqual(['Network overview']);
    expect(panels.map(({ title }) => title)).toEqual(Object.keys(COLUMNS));
  });

  it.each(panels)('shows $title of the last 24 hours', async ({ title, type, query }) => {
    const sql = expandMacros(query.rawSql, new Date(now.getTime() - 24 * 60 * MINUTE_MS), new Date());
    const { rows, fields } = await reader.query<Record<string, unknown>>(sql);
    expect(fields.map(({ name }) => name)).toEqual(COLUMNS[title]);
    expect(rows.length).toBeGreaterThan(type === 'timeseries' ? 5 : 0);
    for (const { name } of fields) {
      const values = rows.map((row) => row[name]).filter((value) => value !== null && value !== '');
      expect(values.length, `${name} has values`).toBeGreaterThan(0);
    }
    // The traffic runs ahead of the clock, so the newest event has a negative age.
    if (type === 'stat' && title !== 'Newest event') {
      expect(Number(Object.values(rows[0] ?? {})[0])).toBeGreaterThan(0);
    }
    if (query.format === 'time_series') {
      const times = rows.map(({ time }) => time);
      expect(times.every((time) => time instanceof Date)).toBe(true);
      expect(times).toEqual([...times].sort((a, b) => Number(a) - Number(b)));
    }
  });

  it('stacks demand to the sessions requested, and counts none of them twice', async () => {
    const ask = async (title: string) => {
      const sql = panelSql(title, new Date(now.getTime() - 24 * 60 * MINUTE_MS), new Date());
      return (await reader.query<Record<string, string>>(sql)).rows;
    };
    const { fieldConfig } = dashboards.flatMap((one) => one.panels).find(({ title }) => title === DEMAND) ?? {};
    const unstacked = (fieldConfig?.overrides ?? [])
      .filter(({ properties }) =>
        properties.some(({ id, value }) => id === 'custom.stacking' && JSON.stringify(value) === '{"mode":"none"}'),
      )
      .map(({ matcher }) => matcher.options);
    const stacked = (COLUMNS[DEMAND] ?? []).filter((name) => name !== 'time' && !unstacked.includes(name));
    const sum = (await ask(DEMAND)).reduce(
      (total, row) => total + stacked.reduce((part, name) => part + Number(row[name]), 0),
      0,
    );
    const [{ requested } = {}] = await ask('Sessions requested');
    expect(sum).toBe(Number(requested));
    expect(stacked).toEqual(['served', 'excused', 'failed']);
  });

  it.each(panels)('asks $title without failing when nothing was recorded', async ({ title, query }) => {
    const [fromAt, toAt] = [new Date(Date.UTC(2020, 0, 1)), new Date(Date.UTC(2020, 0, 2))];
    const { fields } = await reader.query(expandMacros(query.rawSql, fromAt, toAt));
    expect(fields.map(({ name }) => name)).toEqual(COLUMNS[title]);
  });
});

/**
 * Five hours of traffic and the next nine minutes, resolved, refreshed and scored: sessions that are live however long
 * the machine takes to get here.
 */
async function simulateLastHours(database: TestDatabase, now: Date): Promise<void> {
  const simulation = {
    seed: 11,
    sessions: 1_200,
    hours: 10,
    startMs: now.getTime() - 300 * MINUTE_MS,
    orchestrators: 8,
    gateways: 3,
    faults: noFaults,
    noise: false,
  };
  const messages = [...simulate(simulation)].filter(({ atMs }) => atMs <= now.getTime() + 9 * MINUTE_MS);
  const folder = await mkdtemp(join(tmpdir(), 'naap-test-'));
  const pools = (['ingest', 'worker', 'owner'] as const).map((role) =>
    createPool({ url: database.url(role), name: 'test grafana', max: 3, log }),
  );
  const [ingest, worker, owner] = pools;
  if (ingest === undefined || worker === undefined || owner === undefined) throw new Error('three pools were made');
  try {
    const path = join(folder, 'traffic.ndjson');
    await writeFile(path, Buffer.concat(messages.map(toNdjson)));
    await replay({ path, org: 'daydream', pool: ingest, rules: DEFAULT_DECODE_RULES, log, now: Date.now });
    await rebuild({ ownerPool: owner, publicIdKey: 'a key of the public ids, for tests only', decidedAt: now, log });
    await refreshAlone({ ownerPool: owner, asOf: now, log });
    await drainScores({ pool: worker, asOf: now, log });
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
    await rm(folder, { recursive: true });
  }
}
