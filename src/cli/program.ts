import type { Readable, Writable } from 'node:stream';
import { Command, CommanderError } from '@commander-js/extra-typings';
import { AppError } from '../errors.js';
import { createLog } from '../log.js';
import type { CommandContext, Execute } from './command-context.js';
import { devCommand } from './commands/dev.js';
import { ingestCommand } from './commands/ingest.js';
import { migrateCommand } from './commands/migrate.js';
import { replayCommand } from './commands/replay.js';
import { resolveCommand } from './commands/resolve.js';
import { scoreCommand } from './commands/score.js';
import { serveCommand } from './commands/serve.js';
import { simulateCommand } from './commands/simulate.js';
import { workCommand } from './commands/work.js';
import { readConfig } from './config.js';

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly isTerminal: boolean;
  readonly version: string;
}

export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Runs one `naap` command line and answers its exit code: 0 done, 1 somebody must act, 2 wrong call. */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  const execute: Execute = (work) => work(createContext(surroundings));
  const program = new Command('naap')
    .description('Public data API of the Livepeer compute network: telemetry in, sessions, rollups and SLA scores out.')
    .version(surroundings.version)
    .addHelpText('after', '\nSettings come from the environment, or from a file .env; .env.example lists them.');
  const commands = [
    devCommand,
    serveCommand,
    ingestCommand,
    workCommand,
    migrateCommand,
    replayCommand,
    simulateCommand,
    resolveCommand,
    scoreCommand,
  ];
  for (const command of commands) program.addCommand(command(execute));
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showHelpAfterError('(--help says what is possible)')
      .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportFailure(error, stderr);
  }
}

function createContext({ environment, signal, stdin, stdout, isTerminal }: Surroundings): CommandContext {
  const config = readConfig(environment);
  const { level, format } = config.log;
  return { config, signal, stdin, stdout, log: createLog({ level, format: format ?? (isTerminal ? 'text' : 'json') }) };
}

function reportFailure(error: unknown, stderr: Writable): number {
  if (error instanceof AppError && error.actor !== 'developer') {
    stderr.write(`naap: ${error.message}\n  [${error.code}]\n`);
    return error.code === 'USAGE' ? EXIT.usage : EXIT.failed;
  }
  const stack = error instanceof Error ? error.stack : String(error);
  stderr.write(`naap: this is a fault of the program, please report it\n${stack}\n`);
  return EXIT.failed;
}
