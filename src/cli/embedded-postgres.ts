import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { chown, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import { type DataFolder, folderSecret, readOrNull } from './data-folder.js';
import { findPostgresInstallation, makeOwnedFolder, type PostgresInstallation } from './postgres-installation.js';
import { commandLine, endProcess, isAlive } from './running-process.js';

export interface EmbeddedPostgres {
  /** Connection as the superuser, to the database `postgres`. */
  readonly adminUrl: string;
  /** Ends all sessions and stops the server; its files stay. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly folder: DataFolder;
  readonly log: Log;
  /** Taken when it is free, else the system chooses one. */
  readonly preferredPort?: number;
  /** Server settings beside those below. */
  readonly settings?: Readonly<Record<string, string>>;
}

const SUPERUSER = 'postgres';
const PASSWORD_FILE = 'postgres-password';
const START_ATTEMPTS = 3;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

/** No socket file: one port is all there is to find, and the folder may lie too deep for a socket's path. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
};

/**
 * Starts a real PostgreSQL in the data folder, which this process must hold.
 *
 * A server left behind by a killed process is stopped first; PostgreSQL then recovers by itself. The server has its own
 * process group, so that Ctrl-C reaches us alone and we stop it after our own work. The npm package's own starter is
 * not used: it installs signal handlers that end this process under our feet.
 */
export async function startEmbeddedPostgres({
  folder,
  log,
  preferredPort = 54_329,
  settings = {},
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const installation = await findPostgresInstallation(folder.path);
  const password = await folderSecret(folder.path, PASSWORD_FILE);
  await stopOrphan(installation.clusterDir, log);
  await initialise(installation, password, log);

  const logFile = join(folder.path, 'postgres.log');
  const { server, port } = await startServer(installation, { ...SETTINGS, ...settings }, preferredPort, logFile);
  let isStopping = false;
  server.once('exit', (code, signal) => {
    if (!isStopping) log.error({ code, signal, logFile }, 'embedded PostgreSQL ended by itself');
  });
  log.info({ port, dataDir: installation.clusterDir }, 'embedded PostgreSQL started');
  return {
    adminUrl: adminUrl(port, password),
    async stop() {
      isStopping = true;
      await stopServer(server);
      log.info('embedded PostgreSQL stopped');
    },
  };
}

/** Connection to the server that another process runs on the folder; `null` while it is not ready. */
export async function findRunningPostgres(dataDir: string): Promise<string | null> {
  const lines = (await readOrNull(join(dataDir, 'postgres', 'postmaster.pid')))?.split('\n') ?? [];
  const port = Number(lines[3]);
  return lines[7]?.trim() === 'ready' ? adminUrl(port, await folderSecret(dataDir, PASSWORD_FILE)) : null;
}

function adminUrl(port: number, password: string): string {
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
}

/** Stops the server that a killed process left on the folder, if there is one. */
export async function stopOrphan(clusterDir: string, log: Log): Promise<void> {
  const pidFile = join(clusterDir, 'postmaster.pid');
  const pid = Number((await readOrNull(pidFile))?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if (isAlive(pid) && (await commandLine(pid)).includes(clusterDir)) {
    log.warn({ pid }, 'stopping the PostgreSQL that an earlier run left behind');
    if (!(await endProcess(pid, ['SIGINT', 'SIGQUIT'], STOP_TIMEOUT_MS))) {
      throw new AppError('EMBEDDED_POSTGRES_FAILED', `PostgreSQL process ${pid} of an earlier run does not stop`);
    }
  }
  // The id may belong to a stranger by now, and PostgreSQL would take that for a running server.
  await rm(pidFile, { force: true });
}

async function initialise({ clusterDir, binDir, account }: PostgresInstallation, password: string, log: Log) {
  if (existsSync(clusterDir)) return;
  log.info({ dataDir: clusterDir }, 'creating the embedded database');
  // Made beside its place and moved when complete, so that a kill in between leaves nothing half done.
  const unfinished = `${clusterDir}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await makeOwnedFolder(unfinished, account);
  const passwordDir = await mkdtemp(join(dirname(clusterDir), 'initdb-'));
  const passwordFile = join(passwordDir, 'password');
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (account !== null) {
      await chown(passwordFile, account.uid, account.gid);
      await chown(passwordDir, account.uid, account.gid);
    }
    await promisify(execFile)(
      join(binDir, 'initdb'),
      [
        `--pgdata=${unfinished}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-instructions',
      ],
      { ...account, cwd: '/', env: { ...process.env, LC_ALL: 'C' } },
    );
    await rename(unfinished, clusterDir);
  } catch (cause) {
    const detail = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause);
    throw new AppError('EMBEDDED_POSTGRES_FAILED', `cannot create ${clusterDir}: ${detail}`, { cause });
  } finally {
    await rm(passwordDir, { recursive: true, force: true });
  }
}

async function startServer(
  installation: PostgresInstallation,
  settings: Readonly<Record<string, string>>,
  preferredPort: number,
  logFile: string,
): Promise<{ server: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(attempt < START_ATTEMPTS ? preferredPort : 0);
    const server = await launch(installation, settings, port, logFile);
    if (await becomesReady(server, installation.clusterDir)) return { server, port };
    await stopServer(server);
    if (attempt === START_ATTEMPTS) {
      const words = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join('\n');
      throw new AppError('EMBEDDED_POSTGRES_FAILED', `the embedded PostgreSQL does not start:\n${words}`);
    }
    // The port was taken in between, or a killed server's last children still hold its shared memory.
    await delay(300);
  }
}

async function launch(
  { binDir, clusterDir, account }: PostgresInstallation,
  settings: Readonly<Record<string, string>>,
  port: number,
  logFile: string,
): Promise<ChildProcess> {
  const log = await open(logFile, 'w', 0o600);
  try {
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = spawn(join(binDir, 'postgres'), ['-D', clusterDir, '-p', String(port), ...flags], {
      ...account,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, LC_ALL: 'C' },
    });
    server.on('error', (error) => appendFileSync(logFile, `${error.message}\n`));
    return server;
  } finally {
    await log.close();
  }
}

/** PostgreSQL writes `ready` into the eighth line of its pid file once it accepts connections. */
async function becomesReady(server: ChildProcess, clusterDir: string): Promise<boolean> {
  const pidFile = join(clusterDir, 'postmaster.pid');
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!hasEnded(server) && performance.now() < deadline) {
    const lines = (await readOrNull(pidFile))?.split('\n') ?? [];
    if (lines[0] === String(server.pid) && lines[7]?.trim() === 'ready') return true;
    await delay(10);
  }
  return false;
}

function hasEnded(server: ChildProcess): boolean {
  return server.pid === undefined || server.exitCode !== null || server.signalCode !== null;
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.pid === undefined) return;
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    const deadline = performance.now() + STOP_TIMEOUT_MS;
    if (!hasEnded(server)) server.kill(signal);
    while (!hasEnded(server) && performance.now() < deadline) await delay(10);
  }
}

async function freePort(preferred: number): Promise<number> {
  const port = await new Promise<number | null>((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(null));
    probe.listen(preferred, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
  if (port !== null) return port;
  if (preferred === 0) throw new AppError('EMBEDDED_POSTGRES_FAILED', 'the system has no free TCP port');
  return freePort(0);
}
