import { gatewayMessage } from './resolving-harness.js';

export const T0 = Date.UTC(2026, 0, 8, 23, 58);
export const MINUTE = 60_000;
export const URLS = ['https://orch-a.example.com:8935', 'https://orch-b.example.com:8935'];
export const ADDRESSES = [`0x${'a'.repeat(40)}`, `0x${'b'.repeat(40)}`];
export const HOT_KEYS = [`0x${'1'.repeat(40)}`, `0x${'2'.repeat(40)}`];

export interface Element {
  readonly url?: string;
  readonly address?: string;
  readonly latency_ms?: string;
}

export const discovery = (id: string, atMs: number, elements: readonly Element[], gateway = 'gw.example.com') =>
  gatewayMessage(T0, { id, type: 'discovery_results', atMs, data: elements, gateway });

export const element = (orchestrator: number, fields: Element = {}): Element => ({
  url: URLS[orchestrator] ?? '',
  address: HOT_KEYS[orchestrator] ?? '',
  latency_ms: '77',
  ...fields,
});

export function report(id: string, atMs: number, orchestrator: number, localAddress = HOT_KEYS[orchestrator] ?? '') {
  const said = {
    address: ADDRESSES[orchestrator],
    local_address: localAddress,
    orch_uri: URLS[orchestrator],
    capabilities: { version: '0.8.8', constraints: {} },
    capabilities_prices: null,
    hardware: null,
  };
  return gatewayMessage(T0, { id, type: 'network_capabilities', atMs, data: [said] });
}
