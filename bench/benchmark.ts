import { parseArgs } from 'node:util';
import { type BenchDatabase, type BenchServer, openBenchServer } from './database.js';
import { type Measurement, progress, report } from './report.js';

/** A size of the benchmark that `--<name>` changes; the default is the size that the aim speaks of. */
export interface SizeFlag {
  readonly default: number;
  /** The least that makes sense; 1 when absent. */
  readonly least?: number;
  readonly about: string;
}

export interface BenchmarkRun<Name extends string> {
  readonly sizes: Readonly<Record<Name, number>>;
  /** Switches that were set. */
  readonly switches: ReadonlySet<string>;
  readonly engine: string;
  /** A migrated, empty database; dropped when the benchmark ends. */
  createDatabase(): Promise<BenchDatabase>;
  /** Undoes something when the benchmark ends, however it ends; the last one registered first. */
  onEnd(undo: () => Promise<unknown>): void;
}

export interface Benchmark<Name extends string> {
  /** `bench:<name>` in package.json. */
  readonly name: string;
  readonly about: string;
  readonly flags: Readonly<Record<Name, SizeFlag>>;
  /** What each `--<switch>` adds; off by default. */
  readonly switches?: Readonly<Record<string, string>>;
  run(run: BenchmarkRun<Name>): Promise<readonly Measurement[]>;
}

const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

/** Runs a benchmark as a program: reads its flags, opens a server, reports, cleans up, also after Ctrl-C. */
export async function runBenchmark<Name extends string>(benchmark: Benchmark<Name>): Promise<void> {
  const wanted = readFlags(benchmark);
  if (wanted === null) return;
  const undos: (() => Promise<unknown>)[] = [];
  const cleanUp = async (): Promise<void> => {
    for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
      await undo().catch((error: unknown) => progress(`not cleaned up: ${String(error)}`));
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanUp().finally(() => process.exit(EXIT_INTERRUPTED)));
  }
  try {
    const server: BenchServer = await openBenchServer();
    undos.push(server.close);
    const measurements = await benchmark.run({
      ...wanted,
      engine: server.engine,
      createDatabase: async () => {
        const database = await server.createDatabase();
        undos.push(database.drop);
        return database;
      },
      onEnd: (undo) => undos.push(undo),
    });
    report(benchmark.name, server.engine, measurements);
  } finally {
    await cleanUp();
  }
}

function readFlags<Name extends string>(
  benchmark: Benchmark<Name>,
): Pick<BenchmarkRun<Name>, 'sizes' | 'switches'> | null {
  const { name, flags, switches = {} } = benchmark;
  const names = Object.keys(flags) as Name[];
  const fail = (detail: string): null => {
    process.stderr.write(`bench:${name}: ${detail} (--help says what is possible)\n`);
    process.exitCode = EXIT_USAGE;
    return null;
  };
  const options = Object.fromEntries(names.map((flag) => [flag, { type: 'string' as const }]));
  const toggles = Object.fromEntries(
    [...Object.keys(switches), 'help'].map((flag) => [flag, { type: 'boolean' as const }]),
  );
  let values: Partial<Record<string, string | boolean>>;
  try {
    values = parseArgs({ options: { ...options, ...toggles } }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  if (values.help === true) {
    process.stdout.write(helpText(benchmark));
    return null;
  }
  const sizes: Partial<Record<Name, number>> = {};
  for (const flag of names) {
    const size = values[flag] === undefined ? flags[flag].default : Number(values[flag]);
    const { least = 1 } = flags[flag];
    if (!(Number.isSafeInteger(size) && size >= least))
      return fail(`--${flag} ${values[flag]}: wanted a whole number of at least ${least}`);
    sizes[flag] = size;
  }
  return {
    sizes: sizes as Record<Name, number>,
    switches: new Set(Object.keys(switches).filter((flag) => values[flag] === true)),
  };
}

function helpText<Name extends string>({ name, about, flags, switches = {} }: Benchmark<Name>): string {
  const width = Math.max(...Object.keys({ ...flags, ...switches }).map((flag) => flag.length));
  const sizes = Object.entries<SizeFlag>(flags);
  const lines = [
    ...sizes.map(
      ([flag, { default: size, about: meaning }]) => `  --${flag.padEnd(width)}  ${meaning} (default ${size})`,
    ),
    ...Object.entries(switches).map(([flag, meaning]) => `  --${flag.padEnd(width)}  ${meaning}`),
  ];
  return `npm run bench:${name} [-- --<size> <number>]

${about}

${lines.join('\n')}

NAAP_BENCH_DATABASE_URL names a server whose user may do everything; unset, an embedded PostgreSQL is started.
Writes bench-results/${name}-<engine>.json.
`;
}
