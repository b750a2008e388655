import { createHmac } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { Naming } from '../domain/segment-attribution.js';

const READ_GATEWAYS = {
  name: 'naming/gateways',
  text: 'select gateway, display_name, region from config.gateway',
};

/** Public names as configured now; ids of GPUs and unnamed private gateways are a hash under `publicIdKey`. */
export async function readNaming(client: Pick<ClientBase, 'query'>, publicIdKey: string): Promise<Naming> {
  const { rows } = await client.query<{ gateway: string; display_name: string; region: string }>(READ_GATEWAYS);
  const byHost = new Map(rows.map((row) => [row.gateway, row]));
  return {
    publicGateway: cached((host) => {
      const configured = byHost.get(host)?.display_name;
      if (configured !== undefined && configured !== '') return configured;
      // user:password@ is nobody's business
      return isPrivateHost(host) ? `gw_${idOf(publicIdKey, `gateway:${host}`)}` : host.replace(USER_INFO, '$1');
    }),
    regionOf: (host) => byHost.get(host)?.region ?? '',
    publicGpuId: gpuNaming(publicIdKey),
  };
}

/** Public ids of GPUs under `publicIdKey`, the same wherever a GPU is named [PRIVACY-001]. */
export function gpuNaming(publicIdKey: string): (uuid: string) => string {
  return cached((uuid) => `gpu_${idOf(publicIdKey, `gpu:${uuid}`)}`);
}

function idOf(publicIdKey: string, text: string): string {
  return createHmac('sha256', publicIdKey).update(text).digest('hex').slice(0, 16);
}

function cached(name: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = name(text);
    known.set(text, made);
    return made;
  };
}

const PRIVATE_NAME = /\.(?:local|internal|lan|home|localdomain)\.?$/;
const PRIVATE_IPV4 =
  /^(?:0|10|127)\.|^192\.168\.|^169\.254\.|^172\.(?:1[6-9]|2\d|3[01])\.|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./;
const PRIVATE_IPV6 = /^(?:::1?$|fe[89ab][0-9a-f]:|f[cd][0-9a-f]{2}:|::ffff:)/;

const USER_INFO = /^((?:[a-z][a-z0-9+.-]*:\/\/)?)[^/@]*@/i;

/** Hosts that are never published [PRIVACY-001]: RFC 1918 and its kin, .local, names without a dot. */
function isPrivateHost(gateway: string): boolean {
  const host = hostOf(gateway);
  if (host.includes(':')) return PRIVATE_IPV6.test(host);
  return !host.includes('.') || PRIVATE_NAME.test(host) || PRIVATE_IPV4.test(host);
}

/** The host of a URL, of `host:port` or of a bare host. */
function hostOf(text: string): string {
  const match = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/@]*@)?(?:\[([0-9a-f:.]+)\]|([^/:?#]*))/i.exec(text);
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase();
}
