import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDataFolder } from '../../src/cli/data-folder.js';
import { stopOrphan } from '../../src/cli/embedded-postgres.js';
import { isAlive } from '../../src/cli/running-process.js';
import { createLog } from '../../src/log.js';

const HOLDER = fileURLToPath(new URL('../support/embedded-postgres-holder.ts', import.meta.url));

describe('the embedded PostgreSQL', () => {
  let dataDir: string;
  const holders: ChildProcess[] = [];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'naap-embedded-'));
    await chmod(dataDir, 0o755);
  });

  afterEach(async () => {
    for (const holder of holders.splice(0)) await end(holder, 'SIGKILL');
    await stopOrphan(join(dataDir, 'postgres'), createLog({ level: 'silent', format: 'json' }));
    await rm(dataDir, { recursive: true, force: true });
  });

  test('keeps its rows between runs and leaves no process behind', async () => {
    const first = await hold();
    await query(first.url, 'create table kept as select 42 as answer');
    const pid = await postmasterPid();
    await end(first.holder, 'SIGTERM');
    expect(isAlive(pid)).toBe(false);

    const second = await hold();
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  test('recovers after kill -9 of its parent, with every committed row', async () => {
    const first = await hold();
    await query(first.url, 'create table kept as select 42 as answer');
    const orphan = await postmasterPid();
    await end(first.holder, 'SIGKILL');
    expect(isAlive(orphan)).toBe(true);

    const second = await hold();
    expect(isAlive(orphan)).toBe(false);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  test('recovers after kill -9 of parent and server', async () => {
    const first = await hold();
    await query(first.url, 'create table kept as select 42 as answer');
    const orphan = await postmasterPid();
    await end(first.holder, 'SIGKILL');
    process.kill(orphan, 'SIGKILL');

    const second = await hold();
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  test('takes another port when the preferred one is taken', async () => {
    const other = await mkdtemp(join(tmpdir(), 'naap-embedded-'));
    await chmod(other, 0o755);
    try {
      const [one, two] = [await hold(), await hold(other)];
      expect(new URL(one.url).port).not.toBe(new URL(two.url).port);
      await end(two.holder, 'SIGTERM');
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });

  test('a folder in use is refused with the id of the process that uses it', async () => {
    const { holder } = await hold();
    await expect(openDataFolder(dataDir)).rejects.toMatchObject({
      code: 'DATA_FOLDER_IN_USE',
      message: expect.stringContaining(`process ${holder.pid};`),
    });
  });

  async function hold(folder = dataDir): Promise<{ holder: ChildProcess; url: string }> {
    const holder = spawn(process.execPath, ['--import', 'tsx', HOLDER, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    holders.push(holder);
    for await (const url of createInterface({ input: holder.stdout })) return { holder, url };
    throw new Error('the holder ended before its server was ready');
  }

  async function end(holder: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (holder.exitCode !== null || holder.signalCode !== null) return;
    holder.kill(signal);
    await once(holder, 'exit');
  }

  async function postmasterPid(): Promise<number> {
    return Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  }
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
