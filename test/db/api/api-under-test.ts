import type { Pool, QueryConfig } from 'pg';
import { Registry } from 'prom-client';
import { afterAll, beforeAll } from 'vitest';
import { createHttpServer, type HttpServer } from '../../../src/http/server.js';
import { createLog } from '../../../src/log.js';
import { createPool, sessionOf } from '../../../src/warehouse/pool.js';
import type { SqlSession } from '../../../src/warehouse/sql-session.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';

export interface GraphqlAnswer {
  // Tests read answers by path, and an unexpected shape fails them anyway.
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly data: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly errors?: readonly { message: string; path?: readonly (string | number)[]; extensions: { code?: string } }[];
}

export interface LogLine {
  /** pino's number: 20 debug, 50 error. */
  readonly level: number;
  readonly msg: string;
  readonly code?: string;
  readonly path?: string;
  readonly requestId?: string;
}

export interface ApiUnderTest {
  readonly url: string;
  readonly database: TestDatabase;
  readonly owner: SqlSession;
  readonly worker: Pool;
  readonly ownerPool: Pool;
  readonly reader: Pool;
  /** Moves the API's clock. */
  setNow(ms: number): void;
  query(text: string, variables?: Record<string, unknown>): Promise<GraphqlAnswer>;
  /** What the server logged during `work`, from debug up. */
  logDuring(work: () => Promise<unknown>): Promise<readonly LogLine[]>;
  /** Number of SQL statements the reader role ran during `work`. */
  countStatements(work: () => Promise<unknown>): Promise<number>;
}

/** A served API over a database of its own, for the tests of the enclosing block. */
export function useApi(startMs: number): () => ApiUnderTest {
  let api: ApiUnderTest | undefined;
  const closers: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    const log = createLog({ level: 'fatal', format: 'text' });
    const lines: LogLine[] = [];
    const served = createLog({
      level: 'debug',
      format: 'json',
      destination: { write: (line) => lines.push(JSON.parse(line)) },
    });
    const database = await createTestDatabase();
    const pool = (role: 'owner' | 'worker' | 'reader'): Pool =>
      createPool({ url: database.url(role), name: `naap test ${role}`, max: 4, log });
    const [ownerPool, worker, reader] = [pool('owner'), pool('worker'), pool('reader')];
    const ownerClient = await ownerPool.connect();
    let nowMs = startMs;
    let statements = 0;
    countQueries(reader, () => {
      statements += 1;
    });
    const server: HttpServer = createHttpServer({
      db: reader,
      log: served,
      clock: () => nowMs,
      metrics: new Registry(),
    });
    const url = await server.listen(0, '127.0.0.1');
    closers.push(
      () => server.close(),
      async () => ownerClient.release(),
      () => Promise.all([ownerPool.end(), worker.end(), reader.end()]),
      () => database.drop(),
    );
    api = {
      url,
      database,
      owner: sessionOf(ownerClient),
      worker,
      ownerPool,
      reader,
      setNow: (ms) => {
        nowMs = ms;
      },
      query: async (query, variables = {}) => {
        const response = await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query, variables }),
        });
        return (await response.json()) as GraphqlAnswer;
      },
      logDuring: async (work) => {
        const before = lines.length;
        await work();
        return lines.slice(before);
      },
      countStatements: async (work) => {
        const before = statements;
        await work();
        return statements - before;
      },
    };
  });
  afterAll(async () => {
    for (const close of closers) await close();
  });
  return () => {
    if (api === undefined) throw new Error('the API is there only inside tests');
    return api;
  };
}

/** Counts what every client of the pool runs, whoever asked for it: readers and Prisma share the pool. */
function countQueries(pool: Pool, count: (text: string) => void): void {
  pool.on('connect', (client) => {
    const run = client.query.bind(client);
    Object.assign(client, {
      query: (...args: unknown[]) => {
        const [first] = args;
        const text = typeof first === 'string' ? first : (first as QueryConfig).text;
        if (!/^\s*(begin|commit|rollback|set)/i.test(text ?? '')) count(text ?? '');
        return Reflect.apply(run, client, args);
      },
    });
  });
}
