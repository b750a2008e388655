import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ROLE_PASSWORD } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const NAAP = fileURLToPath(new URL('../../bin/naap.js', import.meta.url));

export const RECORDED_SESSION = fileURLToPath(
  new URL('../../data/recorded-session-2026-01-08.ndjson', import.meta.url),
);

export type Environment = Readonly<Record<string, string>>;

/** The settings of a command that works on a database of the test server. */
export function onDatabase(adminUrl: string): Environment {
  return {
    DATABASE_URL: adminUrl,
    NAAP_ROLE_PASSWORD: ROLE_PASSWORD,
    NAAP_PUBLIC_ID_KEY: 'a key of the public ids, for tests only',
  };
}

export interface RunningNaap {
  readonly process: ChildProcess;
  /** Everything written to standard output, and to standard error, so far. */
  output(): string;
  words(): string;
  /** Sends the signal and waits for the end; answers the exit code, null when the signal itself ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a command as a user would, in a folder without an `.env`, with nothing of our own settings. */
export function startNaap(args: readonly string[], environment: Environment): RunningNaap {
  const { PATH = '', HOME = '', XDG_CACHE_HOME = '' } = process.env;
  const child = spawn(process.execPath, [NAAP, ...args], {
    cwd: tmpdir(),
    env: { PATH, HOME, XDG_CACHE_HOME, LOG_LEVEL: 'info', HTTP_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { output: '', words: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.words += text;
  });
  return {
    process: child,
    output: () => written.output,
    words: () => written.words,
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'close');
        child.kill(signal);
        await ended;
      }
      return child.exitCode;
    },
  };
}

/** Runs a command to its end and answers its standard output; fails with its words when it fails. */
export async function runNaap(args: readonly string[], environment: Environment): Promise<string> {
  const naap = startNaap(args, environment);
  const [code] = await once(naap.process, 'close');
  if (code !== 0) throw new Error(`naap ${args.join(' ')} ended with ${code}:\n${naap.words()}`);
  return naap.output();
}

/** A base URL that the command has said it listens on. */
export function listeningUrl(naap: RunningNaap): Promise<string> {
  return waitFor(
    () => {
      if (naap.process.exitCode !== null) return 'ended';
      return /"url":"(http:[^"]+)"[^\n]*API is listening/.exec(naap.words())?.[1];
    },
    { what: 'the API to listen' },
  ).then((url) => {
    if (url === 'ended') throw new Error(`naap ended:\n${naap.words()}`);
    return url;
  });
}

export interface ApiClient {
  /** The data of an answer without errors. */
  ask(query: string, variables?: Readonly<Record<string, unknown>>): Promise<Answer>;
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** The text of every answer so far. */
  readonly answers: readonly string[];
}

// Tests read answers by path, and an unexpected shape fails them anyway.
// biome-ignore lint/suspicious/noExplicitAny: as above
export type Answer = any; // eslint-disable-line @typescript-eslint/no-explicit-any

export function createApiClient(url: string): ApiClient {
  const answers: string[] = [];
  async function read(response: Response): Promise<string> {
    const text = await response.text();
    answers.push(text);
    return text;
  }
  return {
    answers,
    async ask(query, variables = {}) {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ query, variables });
      const text = await read(await fetch(`${url}/graphql`, { method: 'POST', headers, body }));
      const { data, errors } = JSON.parse(text);
      if (errors !== undefined) throw new Error(`the query failed: ${JSON.stringify(errors)}`);
      return data;
    },
    async get(path) {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, text: await read(response) };
    },
  };
}
