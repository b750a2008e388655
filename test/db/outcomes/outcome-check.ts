import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'pg';
import { Registry } from 'prom-client';
import { createHttpServer } from '../../../src/http/server.js';
import type { Log } from '../../../src/log.js';
import { compareOutcomes } from '../../outcomes/outcomes.js';

const PROGRAM = fileURLToPath(new URL('../../outcomes/main.ts', import.meta.url));

export interface ServedApi {
  /** GraphQL endpoint. */
  readonly url: string;
  close(): Promise<void>;
}

/** The public API over a database, as the reader role, at a fixed instant. */
export async function serveApi({ db, log, nowMs }: { db: Pool; log: Log; nowMs: number }): Promise<ServedApi> {
  const server = createHttpServer({ db, log, clock: () => nowMs, metrics: new Registry() });
  const url = `${await server.listen(0, '127.0.0.1')}/graphql`;
  return {
    url,
    async close() {
      await server.close();
      await db.end();
    },
  };
}

/** Every difference between an expectation and an API, and how many rows of each kind were held against each other. */
export async function checkOutcomes(expectFile: string, url: string) {
  const differences: object[] = [];
  const results = await compareOutcomes({
    expectFile,
    url,
    onDifference: ({ kind }, difference) => differences.push({ kind, ...difference }),
    onProgress: () => undefined,
  });
  const tallies = Object.fromEntries(results.map(({ kind, tally }) => [kind.kind, tally]));
  return { differences, tallies };
}

/** Runs `npm run outcomes` as a person would. */
export function runOutcomes(args: readonly string[]): Promise<{ code: number | null; output: string; words: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['--import', 'tsx', PROGRAM, ...args], (_error, output, words) =>
      resolve({ code: child.exitCode, output, words }),
    );
  });
}
