import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DataFolder, openDataFolder } from '../../src/cli/data-folder.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/cli/embedded-postgres.js';
import { createLog } from '../../src/log.js';
import { createApiClient, type Environment, listeningUrl, RECORDED_SESSION, runNaap, startNaap } from './naap.js';

const PASSWORDS = {
  NAAP_OWNER_PASSWORD: "owner's: p@ss/word",
  NAAP_INGEST_PASSWORD: 'the one of ingest',
  NAAP_WORKER_PASSWORD: 'the one of the worker',
  NAAP_READER_PASSWORD: 'the one of the reader',
} as const;

describe('roles with passwords of their own, each command with those it needs', () => {
  let folder: DataFolder;
  let server: EmbeddedPostgres;
  /** Connection of a role without its password, as docker-compose.yml names it. */
  const connection = (role: string): string => {
    const url = new URL(server.adminUrl);
    url.username = `naap_${role}`;
    url.password = '';
    return url.href;
  };
  const ingest = (): Environment => ({
    NAAP_DATABASE_URL_INGEST: connection('ingest'),
    NAAP_INGEST_PASSWORD: PASSWORDS.NAAP_INGEST_PASSWORD,
  });
  const worker = (): Environment => ({
    NAAP_DATABASE_URL_WORKER: connection('worker'),
    NAAP_WORKER_PASSWORD: PASSWORDS.NAAP_WORKER_PASSWORD,
    NAAP_DATABASE_URL_OWNER: connection('owner'),
    NAAP_OWNER_PASSWORD: PASSWORDS.NAAP_OWNER_PASSWORD,
    NAAP_PUBLIC_ID_KEY: 'a key of the public ids, for tests only',
  });
  const reader = (): Environment => ({
    NAAP_DATABASE_URL_READER: connection('reader'),
    NAAP_READER_PASSWORD: PASSWORDS.NAAP_READER_PASSWORD,
  });

  // A server of its own: roles and their passwords belong to the server, and other tests use those of the common one.
  beforeAll(async () => {
    const path = await mkdtemp(join(tmpdir(), 'naap-test-roles-'));
    await chmod(path, 0o755);
    folder = await openDataFolder(path);
    server = await startEmbeddedPostgres({
      folder,
      log: createLog({ level: 'silent', format: 'json' }),
      preferredPort: 0,
    });
    expect(await runNaap(['migrate'], { DATABASE_URL: server.adminUrl, ...PASSWORDS })).toContain('applied: 0001');
  });
  afterAll(async () => {
    await server?.stop();
    await folder?.release();
    if (folder !== undefined) await rm(folder.path, { recursive: true, force: true });
  });

  it('opens each role with its own password and with no other', async () => {
    for (const role of ['owner', 'ingest', 'worker', 'reader']) {
      for (const [name, password] of Object.entries(PASSWORDS)) {
        const url = new URL(connection(role));
        url.password = encodeURIComponent(password);
        const client = new pg.Client({ connectionString: url.href });
        const opened = client.connect().then(() => 'open');
        const outcome = await opened.catch((error: pg.DatabaseError) => error.code);
        expect(outcome, `${role} with ${name}`).toBe(name.includes(role.toUpperCase()) ? 'open' : '28P01');
        await client.end();
      }
    }
  });

  it('migrates again as the owner, without the administrator', async () => {
    const owner = { NAAP_DATABASE_URL_OWNER: connection('owner'), NAAP_OWNER_PASSWORD: PASSWORDS.NAAP_OWNER_PASSWORD };
    expect(await runNaap(['migrate'], owner)).toContain('nothing, it was up to date');
  });

  it('takes a message to its answer', async () => {
    expect(await runNaap(['replay', RECORDED_SESSION], ingest())).toContain('65 consumed = 65 accepted');
    expect(await runNaap(['resolve', '--mode', 'auto'], worker())).toContain('auto done');
    expect(await runNaap(['score'], worker())).toContain('up to date');
    const jobs = startNaap(['work'], worker());
    const api = startNaap(['serve'], reader());
    try {
      const client = createApiClient(await listeningUrl(api));
      const range = { start: '2026-01-08T21:00:00Z', end: '2026-01-08T22:00:00Z' };
      const { sessions } = await client.ask(
        'query ($range: TimeRangeInput) { sessions(startedIn: $range) { edges { node { startupOutcome } } } }',
        { range },
      );
      expect(sessions.edges).toEqual([{ node: { startupOutcome: 'SUCCESS' } }]);
      expect((await client.get('/readyz')).status).toBe(200);
    } finally {
      expect(await api.end('SIGTERM')).toBe(0);
      expect(await jobs.end('SIGTERM')).toBe(0);
    }
    expect(jobs.words() + api.words()).not.toMatch(/"level":(50|60)/);
  });

  it.each([
    [['serve'], 'NAAP_DATABASE_URL_READER', () => ingest()],
    [['replay', RECORDED_SESSION], 'NAAP_DATABASE_URL_INGEST', () => reader()],
    [['score'], 'NAAP_DATABASE_URL_WORKER', () => ingest()],
  ] as const)('%s says which connection it lacks: %s', async (args, name, environment) => {
    await expect(runNaap(args, environment())).rejects.toThrow(`${name} is not set`);
  });
});
