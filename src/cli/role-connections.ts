import type { Role, RolePasswords } from '../warehouse/server-preparation.js';
import type { DatabaseConfig } from './config.js';

export type RoleUrls = Readonly<Record<Role, string>>;

/** Connections of the four roles on the server and database of `adminUrl`, with the parameters it has. */
export function roleUrls(adminUrl: string, passwords: RolePasswords): RoleUrls {
  const derive = (role: Role): string => {
    const url = new URL(adminUrl);
    url.username = `naap_${role}`;
    return withPassword(url, passwords[role] ?? '');
  };
  return { owner: derive('owner'), ingest: derive('ingest'), worker: derive('worker'), reader: derive('reader') };
}

/**
 * Connection of a role as configured: the one named for it, else one derived from the administrator's; undefined when
 * neither is set. A named connection without a password gets that of its role.
 */
export function configuredUrl(role: Role, { adminUrl, rolePasswords, roleUrlOverrides }: DatabaseConfig) {
  const named = roleUrlOverrides[role];
  if (named === undefined) return adminUrl === null ? undefined : roleUrls(adminUrl, rolePasswords)[role];
  const url = new URL(named);
  return url.password === '' ? withPassword(url, rolePasswords[role] ?? '') : named;
}

function withPassword(url: URL, password: string): string {
  url.password = encodeURIComponent(password);
  return url.href;
}
