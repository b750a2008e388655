import { resolve } from 'node:path';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import type { Role, RolePasswords } from '../warehouse/server-preparation.js';
import type { Config } from './config.js';
import { folderSecret, liveOwner, openDataFolder } from './data-folder.js';
import { findRunningPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { configuredUrl, roleUrls } from './role-connections.js';

/** Where a command finds the warehouse, and the secrets that belong to it. */
export interface WarehouseConnections {
  /** Connection that may create roles; `null` when only role connections are named. */
  readonly adminUrl: string | null;
  /** Passwords that migrating gives to the roles. */
  readonly rolePasswords: RolePasswords;
  /** Connection of a role; CONFIG_INVALID when nothing names or implies it. */
  url(role: Role): string;
  /** Key of the public ids; CONFIG_INVALID when a real server is used and no key is set. */
  publicIdKey(): string;
  /** Stops the embedded server if this process started it. */
  close(): Promise<void>;
}

/**
 * The warehouse that the configuration names, else the embedded one of the data folder: the server of a `naap dev`
 * that runs on it, or one that this process starts and stops.
 */
export async function openWarehouse(config: Config, log: Log): Promise<WarehouseConnections> {
  const { adminUrl, rolePasswords, roleUrlOverrides } = config.database;
  if (adminUrl === null && Object.keys(roleUrlOverrides).length === 0) return openEmbedded(config, log);
  return {
    adminUrl,
    rolePasswords,
    url: (role) => wanted(configuredUrl(role, config.database), `NAAP_DATABASE_URL_${role.toUpperCase()}`),
    publicIdKey: () => wanted(config.publicIdKey ?? undefined, 'NAAP_PUBLIC_ID_KEY'),
    close: async () => undefined,
  };
}

async function openEmbedded(config: Config, log: Log): Promise<WarehouseConnections> {
  const dataDir = resolve(config.dataDir);
  const running = (await liveOwner(dataDir)) === null ? null : await findRunningPostgres(dataDir);
  const { adminUrl, close } = running === null ? await startInFolder(dataDir, log) : { adminUrl: running, close: none };
  const rolePasswords = await folderPasswords(dataDir, config.database.rolePasswords);
  const publicIdKey = config.publicIdKey ?? (await folderSecret(dataDir, 'public-id-key'));
  const urls = roleUrls(adminUrl, rolePasswords);
  return { adminUrl, rolePasswords, url: (role) => urls[role], publicIdKey: () => publicIdKey, close };
}

/** Configured passwords, and one of the folder's own for each other role: the reader's is printed, so none is shared. */
async function folderPasswords(dataDir: string, configured: RolePasswords): Promise<RolePasswords> {
  const of = async (role: Role) => configured[role] ?? (await folderSecret(dataDir, `${role}-password`));
  return {
    owner: await of('owner'),
    ingest: await of('ingest'),
    worker: await of('worker'),
    reader: await of('reader'),
  };
}

async function startInFolder(dataDir: string, log: Log): Promise<{ adminUrl: string; close: () => Promise<void> }> {
  const folder = await openDataFolder(dataDir);
  try {
    const server = await startEmbeddedPostgres({ folder, log });
    return { adminUrl: server.adminUrl, close: () => server.stop().finally(folder.release) };
  } catch (error) {
    await folder.release();
    throw error;
  }
}

async function none(): Promise<void> {}

function wanted(value: string | undefined, name: string): string {
  if (value === undefined) throw new AppError('CONFIG_INVALID', `${name} is not set, and this command needs it`);
  return value;
}
