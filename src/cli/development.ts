import { fileURLToPath } from 'node:url';
import type { Pool } from 'pg';
import { Registry } from 'prom-client';
import { replay } from '../ingest/file-source.js';
import type { Log } from '../log.js';
import { migrate } from '../warehouse/migrate.js';
import { createPool } from '../warehouse/pool.js';
import { startApi } from './api-process.js';
import type { CommandContext } from './command-context.js';
import { closeAll, untilStopped } from './command-lifetime.js';
import { decodeRules } from './decode-rules.js';
import { startIngest } from './ingest-process.js';
import { openJobParts, startJobs } from './job-process.js';
import { configureSimulatedNetwork } from './simulated-configuration.js';
import { openSimulatedFeed } from './simulated-feed.js';
import type { SimulatedStream } from './simulated-stream.js';
import { orgOf, readTopics } from './topics.js';
import { openWarehouse, type WarehouseConnections } from './warehouse-connections.js';

export interface DevelopmentOptions {
  readonly seed: number;
  readonly historyDays: number;
  readonly simulation: boolean;
}

const RECORDED_SESSION = fileURLToPath(new URL('../../data/recorded-session-2026-01-08.ndjson', import.meta.url));
const RECORDED_TOPIC = 'network_events';
const RECORDED_FOR_DAYS = 3_650;
const LENGTHEN_RETENTION = `
update config.policy set raw_retention_days = greatest(raw_retention_days, $1::int),
  rollup_5m_retention_days = greatest(rollup_5m_retention_days, $1::int)`;

/**
 * The whole system in one process tree: database, migrations, a recorded session, simulated history and traffic (or
 * Kafka's), jobs and API. Each step can run twice: a second start adds only what happened since.
 */
export async function runDevelopment(context: CommandContext, options: DevelopmentOptions): Promise<void> {
  const { config, log, signal, stdout } = context;
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const warehouse = await openWarehouse(config, log);
    closers.push(warehouse.close);
    const { adminUrl, rolePasswords } = warehouse;
    await migrate({ adminUrl, rolePasswords, ownerUrl: warehouse.url('owner'), log });
    const pool = createPool({ url: warehouse.url('ingest'), name: 'naap dev', max: 4, log });
    closers.push(() => pool.end());
    const feed = await ingestHistory(context, options, { warehouse, pool });
    await resolveAll(context, warehouse);
    if (signal.aborted) return;
    const worker = await startJobs(warehouse, { concurrency: config.worker.concurrency, kafka: config.kafka, log });
    closers.push(() => worker.stop());
    const api = await startApi(config, warehouse, log);
    closers.push(api.close);
    const sources = await openSources(context, { warehouse, feed });
    closers.push(sources.close);
    stdout.write(urlList(api.url, config.database.adminUrl === null ? warehouse.url('reader') : null));
    await Promise.race([untilStopped(signal), worker.stopped, sources.finished]);
    log.info('stopping');
  } finally {
    await closeAll(closers);
  }
}

/** The recorded session, then everything that the simulated network did until now. */
async function ingestHistory(
  { config, log, signal }: CommandContext,
  { seed, historyDays, simulation }: DevelopmentOptions,
  { warehouse, pool }: { readonly warehouse: WarehouseConnections; readonly pool: Pool },
): Promise<SimulatedStream | null> {
  const rules = decodeRules(config);
  const isSimulated = simulation && config.kafka === null;
  await configure(warehouse, { isSimulated, log });
  const org = await orgOf(pool, RECORDED_TOPIC);
  const recorded = await replay({ path: RECORDED_SESSION, org, pool, rules, log, now: Date.now, signal });
  log.info({ ...recorded.counts, known: recorded.skippedCount }, 'recorded session ingested');
  if (!isSimulated) return null;
  const orgs = await readTopics(pool);
  const feed = await openSimulatedFeed({ pool, orgs, rules, log, seed, historyDays, now: Date.now, signal });
  const messages = await feed.catchUp();
  log.info({ messages, historyDays }, 'simulated history ingested');
  return feed;
}

/** Events and 5-minute buckets kept for longer than the age of the recorded session and, for the simulated network, what an operator would configure. */
async function configure(
  warehouse: WarehouseConnections,
  { isSimulated, log }: { readonly isSimulated: boolean; readonly log: Log },
): Promise<void> {
  const owner = createPool({ url: warehouse.url('owner'), name: 'naap dev owner', max: 1, log });
  try {
    await owner.query(LENGTHEN_RETENTION, [RECORDED_FOR_DAYS]);
    if (isSimulated) await configureSimulatedNetwork(owner);
  } finally {
    await owner.end();
  }
}

/** Everything at once on a first start, the marks that are left on a later one; then rollups and scores. */
async function resolveAll({ config, log, signal }: CommandContext, warehouse: WarehouseConnections): Promise<void> {
  const { modes, settle, close } = await openJobParts(warehouse, { concurrency: config.worker.concurrency, log });
  try {
    await modes.auto({ follow: false, signal });
    await settle(new Date(), signal);
  } finally {
    await close();
  }
}

interface RunningSources {
  readonly finished: Promise<void>;
  close(): Promise<void>;
}

async function openSources(
  { config, log, signal }: CommandContext,
  { warehouse, feed }: { readonly warehouse: WarehouseConnections; readonly feed: SimulatedStream | null },
): Promise<RunningSources> {
  if (config.kafka !== null) return startIngest(config, config.kafka, { warehouse, registry: new Registry(), log });
  if (feed === null) return { finished: untilStopped(signal), close: async () => undefined };
  const finished = feed.follow();
  return { finished, close: () => finished };
}

/** What a person may open now; the connection of a server that is not ours is not shown, since it holds a secret. */
function urlList(api: string, readerUrl: string | null): string {
  const lines = [
    ['GraphQL', `${api}/graphql`],
    ['schema', `${api}/schema.graphql`],
    ['SLA score', `${api}/v1/sla/score?window=24h`],
    ['metrics', `${api}/metrics`],
    ...(readerUrl === null ? [] : [['database (read-only)', readerUrl]]),
  ];
  return `\n${lines.map(([name = '', url = '']) => `  ${name.padEnd(21)} ${url}`).join('\n')}\n\n  Ctrl-C stops it; the data stay in the data folder.\n\n`;
}
