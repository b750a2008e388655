import { objectsOf } from '../../domain/json-fields.js';
import { label, lowerLabel } from '../../domain/text.js';
import { type FamilyDecoder, mismatch } from './family.js';

export const DISCOVERY: FamilyDecoder = {
  decode: ({ data }) => {
    const found = objectsOf(data)
      .map((entry) => ({
        address: lowerLabel(entry.address),
        url: lowerLabel(entry.url),
        latencyMs: label(entry.latency_ms),
      }))
      .filter(({ address, url }) => address !== '' || url !== '');
    if (found.length === 0) {
      return mismatch('data is no list with an orchestrator in it');
    }
    return {
      kind: 'other',
      table: 'discovery_result',
      row: {
        orch_addresses: found.map(({ address }) => address),
        orch_urls: found.map(({ url }) => url),
        latencies_ms: found.map(({ latencyMs }) => latencyMs),
      },
    };
  },
};
