import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError } from '../errors.js';
import { isAlive, processBeginning } from './running-process.js';

/** A folder that one process at a time may use, kept between runs. */
export interface DataFolder {
  readonly path: string;
  release(): Promise<void>;
}

const OWNER_FILE = 'owner';

/** Takes the folder for this process, making it if need be. A folder whose owner was killed is taken over. */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const path = resolve(folder);
  const ownerFile = join(path, OWNER_FILE);
  await mkdir(path, { recursive: true, mode: 0o755 }).catch((cause) => {
    throw new AppError('EMBEDDED_POSTGRES_FAILED', `cannot make the data folder ${path}`, { cause });
  });
  const ownText = `${process.pid} ${await processBeginning(process.pid)}\n`;
  while (!(await createOnce(ownerFile, ownText))) {
    const ownerPid = await liveOwner(path);
    if (ownerPid !== null) {
      throw new AppError(
        'DATA_FOLDER_IN_USE',
        `${path} is used by process ${ownerPid}; stop it, or choose another folder with NAAP_DATA_DIR`,
      );
    }
    await rm(ownerFile, { force: true });
  }
  return {
    path,
    release: () => rm(ownerFile, { force: true }),
  };
}

/** Id of the living process that holds the folder; `null` when nobody does. */
export async function liveOwner(folder: string): Promise<number | null> {
  const text = await readOrNull(join(folder, OWNER_FILE));
  if (text === null) return null;
  const [pidText = '', beginning] = text.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return null;
  return beginning === String(await processBeginning(pid)) ? pid : null;
}

/** A random text in the folder, made on first use and the same ever after, readable by this user only. */
export async function folderSecret(folder: string, name: string): Promise<string> {
  const file = join(folder, name);
  await createOnce(file, randomBytes(32).toString('hex'));
  return (await readFile(file, 'utf8')).trim();
}

async function createOnce(file: string, text: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(text);
    await handle.close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new AppError('EMBEDDED_POSTGRES_FAILED', `cannot write ${file}`, { cause: error });
  }
}

export async function readOrNull(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null);
}
