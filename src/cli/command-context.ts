import type { Readable, Writable } from 'node:stream';
import type { Log } from '../log.js';
import type { Config } from './config.js';

/** What every command is given: nothing else of the process is touched by a command. */
export interface CommandContext {
  readonly config: Config;
  readonly log: Log;
  /** Aborted by the first SIGINT or SIGTERM: finish what is begun and return. */
  readonly signal: AbortSignal;
  readonly stdin: Readable;
  /** The command's result and nothing else; the log goes to standard error. */
  readonly stdout: Writable;
}

/** Runs a command's work inside its context and turns its end into an exit code. */
export type Execute = (work: (context: CommandContext) => Promise<void>) => Promise<void>;
