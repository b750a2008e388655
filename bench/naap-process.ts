import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NAAP = fileURLToPath(new URL('../bin/naap.js', import.meta.url));
const PEAK_MEMORY = new URL('./peak-memory.js', import.meta.url).href;

export interface CommandCost {
  readonly seconds: number;
  /** Largest resident size that the process ever had. */
  readonly peakBytes: number;
}

/** Runs one `naap` command to its end, as a user would, and says what it cost; fails when the command fails. */
export async function runNaap(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CommandCost> {
  const folder = await mkdtemp(join(tmpdir(), 'naap-bench-command-'));
  const peakFile = join(folder, 'peak');
  try {
    const startedAt = performance.now();
    const child = startNaap(args, { ...environment, NAAP_BENCH_PEAK_FILE: peakFile });
    const [code] = await once(child.process, 'exit');
    const seconds = (performance.now() - startedAt) / 1000;
    if (code !== 0) throw new Error(`naap ${args.join(' ')} ended with ${code}:\n${child.lastWords()}`);
    return { seconds, peakBytes: Number(await readFile(peakFile, 'utf8')) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface NaapProcess {
  readonly process: ChildProcess;
  /** The end of what it wrote to standard error. */
  lastWords(): string;
  stop(): Promise<void>;
}

/** Starts a `naap` command that runs until it is stopped. `NAAP_BENCH_CPU_PROFILES` names a folder for its CPU profile. */
export function startNaap(args: readonly string[], environment: Readonly<Record<string, string>>): NaapProcess {
  const profiles = process.env.NAAP_BENCH_CPU_PROFILES;
  const profiling = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [];
  const child = spawn(process.execPath, [...profiling, `--import=${PEAK_MEMORY}`, NAAP, ...args], {
    env: { ...process.env, LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-4_000);
  });
  return {
    process: child,
    lastWords: () => words,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
