import { Registry } from 'prom-client';
import { HOUR_MS } from '../src/domain/time.js';
import { createHttpServer } from '../src/http/server.js';
import { createLog } from '../src/log.js';
import { simulate } from '../src/simulator/simulate.js';
import { createPool, type Pool, type PoolClient } from '../src/warehouse/pool.js';
import { runBenchmark } from './benchmark.js';
import { withClient } from './copy-limit.js';
import { createLoader } from './load.js';
import { runNaap } from './naap-process.js';
import { type Measurement, progress, quantile } from './report.js';
import { networkOptions, TRAFFIC_START_MS } from './traffic.js';

const WARM_UP = 5;

interface FieldQuery {
  /** The root field and what is asked of it. */
  readonly label: string;
  readonly query: string;
}

/** One SQL statement as a request ran it. */
interface RecordedStatement {
  readonly text: string;
  readonly values: unknown[];
}

/** The questions, over the whole range; `sample` holds ids that exist. */
function questions(
  startMs: number,
  endMs: number,
  sample: { sessionId: string; address: string },
): readonly FieldQuery[] {
  const iso = (ms: number): string => `"${new Date(ms).toISOString()}"`;
  const all = `range: { start: ${iso(startMs)}, end: ${iso(endMs)} }`;
  const lastHours = `range: { start: ${iso(endMs - 6 * HOUR_MS)}, end: ${iso(endMs)} }`;
  const score = 'score { value { value nullReason } isFinal subscores { name value { value } weight } }';
  const served = 'metrics { serviceMinutes { value } averageFps { value } e2e { p50Ms { value } p95Ms { value } } }';
  const session = `id startedAt state pipeline model orchestrator { address displayName }
    milestones { milestone at } segments { ordinal outcome orchestratorAddress } swaps { swappedAt isExplicit }`;
  return [
    { label: 'sessions: page of 50', query: `{ sessions(first: 50) { edges { node { ${session} } } } }` },
    { label: 'sessions: page of 50, total', query: `{ sessions(first: 50) { totalCount edges { node { id } } } }` },
    { label: 'session: all its parts', query: `{ session(sessionId: "${sample.sessionId}") { ${session} } }` },
    {
      label: 'orchestrators: page of 50',
      query: '{ orchestrators(first: 50) { edges { node { address displayName uris } } } }',
    },
    { label: 'orchestrator: one', query: `{ orchestrator(address: "${sample.address}") { address displayName } }` },
    {
      label: 'networkDemand: 8 days, one group',
      query: `{ networkDemand(${all}) { total { requestedCount startupSuccessRatio { value } } } }`,
    },
    {
      label: 'networkDemand: 8 days by pipeline and model',
      query: `{ networkDemand(${all}, groupBy: [PIPELINE, MODEL]) { edges { node { model metrics { requestedCount } } } } }`,
    },
    {
      label: 'serviceMetrics: 8 days by orchestrator',
      query: `{ serviceMetrics(${all}, groupBy: [ORCHESTRATOR]) { edges { node { orchestratorAddress ${served} } } } }`,
    },
    {
      label: 'serviceMetrics: 6 hours in 5 m points',
      query: `{ serviceMetrics(${lastHours}) { edges { node { points { start ${served} } } } } }`,
    },
    {
      label: 'slaScores: 24 hours by orchestrator',
      query: `{ slaScores(groupBy: [ORCHESTRATOR]) { edges { node { orchestratorAddress ${score} } } } }`,
    },
    {
      label: 'slaScores: 8 days by orchestrator',
      query: `{ slaScores(${all}, groupBy: [ORCHESTRATOR]) { edges { node { orchestratorAddress ${score} } } } }`,
    },
    {
      label: 'statusSeries: last hours of a session',
      query: `{ session(sessionId: "${sample.sessionId}") { startedAt } statusSeries(range: { start: ${iso(endMs - 2 * HOUR_MS)}, end: ${iso(endMs)} }) { points { start } } }`,
    },
    { label: 'meta', query: '{ meta { asOf lagSeconds { value } attributionCoverage { outcome sessionCount } } }' },
  ];
}

await runBenchmark({
  name: 'query',
  about: `Milliseconds of GraphQL requests over HTTP, server and client in one process, over 8 days of simulated data, at p50
and p99. The limit of each row is the same quantile of the SQL statements which that request ran, sent one after another
on one connection of the same role: what no change to this program could make quicker.`,
  flags: {
    days: { default: 8, about: 'days of data' },
    'sessions-per-day': { default: 3_000, about: 'sessions of each day, 25 events each on average' },
    requests: { default: 200, about: 'requests measured per question' },
  },
  async run({ sizes, createDatabase, onEnd }) {
    const database = await createDatabase();
    const loader = createLoader(database.url('ingest'));
    const hours = sizes.days * 24;
    const sessions = sizes.days * sizes['sessions-per-day'];
    const count = await loader.load(simulate(networkOptions({ sessions, hours })));
    await loader.close();
    progress(`${count.toLocaleString('en-US')} events stored, resolving`);
    await runNaap(['resolve', '--mode', 'bootstrap'], database.environment);
    await withClient(database.url(), (client) => client.query('vacuum (analyze)'));

    const endMs = TRAFFIC_START_MS + hours * HOUR_MS;
    const log = createLog({ level: 'silent', format: 'json' });
    const db = createPool({ url: database.url('reader'), name: 'naap bench api', max: 10, log });
    const recorder = recordStatements(db);
    // The clock stands at the end of the data, so that they are the newest and their last buckets still open.
    const server = createHttpServer({ db, log, clock: () => endMs, metrics: new Registry() });
    onEnd(() => server.close().finally(() => db.end()));
    const url = `${await server.listen(0, '127.0.0.1')}/graphql`;

    const measurements: Measurement[] = [];
    const sample = await readSample(database.url());
    for (const { label, query } of questions(TRAFFIC_START_MS, endMs, sample)) {
      const statements = await recorder.record(() => ask(url, query));
      const requests = await repeat(sizes.requests, () => ask(url, query));
      const bare = await measureBare(database.url('reader'), statements, sizes.requests);
      measurements.push(...rowsOf(label, requests, bare));
      progress(`${label}: ${statements.length} statements, p50 ${quantile(requests, 0.5).toFixed(1)} ms`);
    }
    return measurements;
  },
});

function rowsOf(label: string, requests: readonly number[], bare: readonly number[]): readonly Measurement[] {
  return [0.5, 0.99].map((q) => {
    const value = quantile(requests, q);
    const limit = bare.length === 0 ? null : quantile(bare, q);
    return {
      label: `${label}, p${q * 100}`,
      value,
      unit: 'ms',
      limit,
      ratio: limit === null ? null : limit / value,
      aim: '',
    };
  });
}

async function readSample(adminUrl: string): Promise<{ sessionId: string; address: string }> {
  return withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ session_id: string; orchestrator_address: string }>(`
      select session_id, orchestrator_address from core.session
      where orchestrator_address <> '' and segment_count > 1 order by started_at desc limit 1`);
    const [row] = rows;
    if (row === undefined) throw new Error('no session was attributed');
    return { sessionId: row.session_id, address: row.orchestrator_address };
  });
}

async function ask(url: string, query: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const answer = await response.text();
  if (!response.ok || answer.includes('"errors"')) throw new Error(`${query}\nanswered ${answer.slice(0, 1_000)}`);
}

async function repeat(count: number, work: () => Promise<unknown>): Promise<number[]> {
  for (let index = 0; index < WARM_UP; index += 1) await work();
  const millis: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const startedAt = performance.now();
    await work();
    millis.push(performance.now() - startedAt);
  }
  return millis;
}

/** Prepared by name, as the server does it. */
async function measureBare(url: string, statements: readonly RecordedStatement[], count: number): Promise<number[]> {
  if (statements.length === 0) return [];
  return withClient(url, async (client) => {
    await client.query("set timezone = 'UTC'");
    return repeat(count, async () => {
      for (const [index, { text, values }] of statements.entries()) {
        await client.query({ name: `bench-${index}`, text, values, rowMode: 'array' });
      }
    });
  });
}

/** Listens to what a pool's connections are asked. */
function recordStatements(pool: Pool): { record(work: () => Promise<unknown>): Promise<readonly RecordedStatement[]> } {
  let heard: RecordedStatement[] | null = null;
  pool.on('connect', (client: PoolClient) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    Object.assign(client, {
      query: (...args: unknown[]) => {
        const statement = statementOf(args);
        if (statement !== null) heard?.push(statement);
        return query(...args);
      },
    });
  });
  return {
    async record(work) {
      heard = [];
      await work();
      const statements = heard;
      heard = null;
      return statements;
    },
  };
}

function statementOf([first, second]: readonly unknown[]): RecordedStatement | null {
  const config = typeof first === 'string' ? { text: first } : first;
  if (typeof config !== 'object' || config === null || !('text' in config) || typeof config.text !== 'string')
    return null;
  if (!/^\s*(select|with)\b/i.test(config.text)) return null;
  const values = 'values' in config ? config.values : second;
  return { text: config.text, values: Array.isArray(values) ? values : [] };
}
