import { finished } from 'node:stream/promises';
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
import { networkOptions } from './traffic.js';

const AIM_SECONDS = 45;
const AIM_BYTES = 2 * 1024 ** 3;
const GIB = 1024 ** 3;
/** Everything that a rebuild writes, but for the rollups and scores made from it inside the database. */
const WRITTEN = [
  'core.session',
  'core.segment',
  'core.swap',
  'core.decision',
  'core.session_identity',
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
    streams: { default: 30, about: 'long streams of the second row' },
    'stream-hours': { default: 24, about: 'hours that each of them lasts' },
  },
  async run(run) {
    const { sessions, hours, streams } = run.sizes;
    return [
      ...(await measure(run, `${sessions} sessions in ${hours} h`, networkOptions({ sessions, hours }))),
      ...(await measure(
        run,
        `${streams} streams of ${run.sizes['stream-hours']} h`,
        networkOptions({ sessions: streams, hours: 1, longSessionHours: run.sizes['stream-hours'] }),
      )),
    ];
  },
});

async function measure(
  run: BenchmarkRun<Sizes>,
  label: string,
  options: SimulationOptions,
): Promise<readonly Measurement[]> {
  const database = await run.createDatabase();
  const loader = createLoader(database.url('ingest'));
  const count = await loader.load(simulate(options));
  await loader.close();
  // As the server would have done by itself a minute later: a rebuild comes long after the events.
  await withClient(database.url(), (client) => client.query('vacuum (analyze) fact.session_event'));
  progress(`${label}: ${count.toLocaleString('en-US')} events stored, rebuilding`);
  const { seconds, peakBytes } = await runNaap(['resolve', '--mode', 'bootstrap'], database.environment);
  await checkScores(database);
  progress(`rebuilt in ${seconds.toFixed(1)} s, measuring the limit`);
  const limit = await measureLimit(database);
  await database.drop();
  const size = `${label}, ${count.toLocaleString('en-US')} events`;
  const isDay = options.longSessionHours === undefined;
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

/** A rebuild that made no scores would be quick. */
async function checkScores(database: BenchDatabase): Promise<void> {
  const { rows } = await withClient(database.url(), (client) =>
    client.query<{ is_scored: boolean }>('select exists (select from core.sla_score) as is_scored'),
  );
  if (rows[0]?.is_scored !== true) throw new Error('the rebuild made no scores');
}

/** Seconds of reading the facts and of writing the rows that were made of them. */
async function measureLimit(database: BenchDatabase): Promise<number> {
  return withClient(database.url(), async (client) => {
    const startedAt = performance.now();
    await readAll(client, 'fact.session_event', () => undefined);
    let seconds = (performance.now() - startedAt) / 1000;
    for (const table of WRITTEN) {
      const chunks: Buffer[] = [];
      await readAll(client, table, (chunk) => chunks.push(chunk));
      await client.query('drop table if exists public.bench_limit');
      await client.query(`create table public.bench_limit (like ${table} including indexes)`);
      seconds += await copyChunks(client, 'copy public.bench_limit from stdin (format binary)', chunks);
    }
    return seconds;
  });
}

async function readAll(client: pg.Client, table: string, take: (chunk: Buffer) => unknown): Promise<void> {
  const stream = client.query(copyTo(`copy (select * from ${table}) to stdout (format binary)`));
  stream.on('data', take);
  await finished(stream);
}
