import { createHmac } from 'node:crypto';
import type { ClientBase } from 'pg';
import { publicUri } from '../domain/public-host.js';
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
      return publicUri(host) ?? `gw_${idOf(publicIdKey, `gateway:${host}`)}`;
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
