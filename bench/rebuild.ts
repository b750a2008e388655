import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { SimulationOptions } from '../src/simulator/options.js';
import { simulate } from '../src/simulator/simulate.js';
import { type BenchmarkRun, runBenchmark } from './benchmark.js';
import { copyChunks, withClient } from './copy-limit.js';
import type { BenchDatabase } from './database.js';
import { createLoader } from './load.js';
import { runNaap } from './naap-process.js';
import { type Measurement, progress } from './report.js';
import { networkOptions, WEEK_FAULTS } from './traffic.js';

const AIM_SECONDS = 45;
const AIM_BYTES = 2 * 1024 ** 3;
const GIB = 1024 ** 3;
const READ_BYTES = 1024 ** 2;
/** Everything that a rebuild writes, but for the rollups and scores made from it inside the database. */
const WRITTEN = [
  'core.session',
  'core.segment',
  'core.swap',
  'core.decision',
  'core.session_identity',
  'core.session_gpu_reading',
  'core.session_slice',
  'core.session_start',
  'core.session_bucket_5m',
  'core.session_bucket_1h',
] as const;

type Sizes = 'sessions' | 'hours' | 'streams' | 'stream-hours';

await runBenchmark<Sizes>({
  name: 'rebuild',
  about: `Seconds from stored facts to scores, by \`naap resolve --mode bootstrap\` as a process of its own, start-up
included, and its peak of memory. The limit reads the same facts in one sequential COPY and writes
the same rows of core by binary COPY into empty tables with the same indexes: no folding, no rollup, no score.`,
  flags: {
    sessions: { default: 30_000, about: 'sessions of the network day, 25 events each on average' },
    hours: { default: 24, about: 'hours that they are spread over' },
    streams: { default: 30, least: 0, about: 'long streams of the second row; 0 leaves it out' },
    'stream-hours': { default: 24, about: 'hours that each of them lasts' },
  },
  switches: { faults: 'duplicates, shuffling, late, lost and garbage messages, and two gateways of six that speak v1' },
  async run(run) {
    const { sessions, hours, streams } = run.sizes;
    const faulty = run.switches.has('faults') ? { faults: WEEK_FAULTS, v1Gateways: 2 } : {};
    const network = await measure(
      run,
      `${sessions} sessions in ${hours} h${run.switches.has('faults') ? ', faulty' : ''}`,
      networkOptions({ sessions, hours, ...faulty }),
    );
    if (streams === 0) return network;
    const long = networkOptions({
      sessions: streams,
      hours: 1,
      longSessionHours: run.sizes['stream-hours'],
      ...faulty,
    });
    return [...network, ...(await measure(run, `${streams} streams of ${run.sizes['stream-hours']} h`, long))];
  },
});

async function measure(
  run: BenchmarkRun<Sizes>,
  label: string,
  options: SimulationOptions,
): Promise<readonly Measurement[]> {
  const database = await run.createDatabase();
  const loader = createLoader(database.url('ingest'));
  await loader.load(simulate(options));
  await loader.close();
  const count = await countAccepted(database);
  // As the server would have done by itself a minute later: a rebuild comes long after the events.
  await withClient(database.url(), (client) => client.query('vacuum (analyze) fact.session_event'));
  progress(`${label}: ${count.toLocaleString('en-US')} events stored, rebuilding`);
  const { seconds, peakBytes } = await runNaap(['resolve', '--mode', 'bootstrap'], database.environment);
  await checkScores(database);
  progress(`rebuilt in ${seconds.toFixed(1)} s, measuring the limit`);
  const limit = await measureLimit(database);
  await database.drop();
  const size = `${label}, ${count.toLocaleString('en-US')} events`;
  const isDay = options.longSessionHours === undefined && options.hours <= 24;
  return [
    {
      label: `${size}: seconds`,
      value: seconds,
      unit: 's',
      limit,
      ratio: limit / seconds,
      aim: isDay ? `≤ ${AIM_SECONDS} s` : '',
    },
    {
      label: `${size}: peak memory of Node`,
      value: peakBytes / GIB,
      unit: 'GiB',
      limit: null,
      ratio: null,
      aim: `≤ ${AIM_BYTES / GIB} GiB`,
    },
  ];
}

async function countAccepted(database: BenchDatabase): Promise<number> {
  const { rows } = await withClient(database.url(), (client) =>
    client.query<{ count: number }>(
      `select sum(message_count)::float8 as count from raw.tally where verdict = 'accepted'`,
    ),
  );
  return rows[0]?.count ?? 0;
}

/** A rebuild that made no scores would be quick. */
async function checkScores(database: BenchDatabase): Promise<void> {
  const { rows } = await withClient(database.url(), (client) =>
    client.query<{ is_scored: boolean }>('select exists (select from core.sla_score) as is_scored'),
  );
  if (rows[0]?.is_scored !== true) throw new Error('the rebuild made no scores');
}

/**
 * Seconds of reading the facts and of writing the rows that were made of them. The rows wait in a file, since those of
 * a week do not fit into memory; reading it back is a small part of writing.
 */
async function measureLimit(database: BenchDatabase): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'naap-bench-rows-'));
  const file = join(folder, 'rows');
  try {
    return await withClient(database.url(), async (client) => {
      const startedAt = performance.now();
      const facts = rowsOf(client, 'fact.session_event');
      facts.resume();
      await finished(facts);
      let seconds = (performance.now() - startedAt) / 1000;
      for (const table of WRITTEN) {
        await pipeline(rowsOf(client, table), createWriteStream(file));
        await client.query('drop table if exists public.bench_limit');
        await client.query(`create table public.bench_limit (like ${table} including indexes)`);
        const rows = createReadStream(file, { highWaterMark: READ_BYTES });
        seconds += await copyChunks(client, 'copy public.bench_limit from stdin (format binary)', rows);
      }
      return seconds;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function rowsOf(client: pg.Client, table: string): Readable {
  return client.query(copyTo(`copy (select * from ${table}) to stdout (format binary)`));
}
