import { GATEWAY, GRAIN_GATEWAY, ownerOf } from './grain-recount.js';
import type { RecountPair } from './recount-pair.js';

/** Elements of discovery messages as sightings and texts tell them, over all rows at once [domain 4.3, PARITY-002]. */
export const DISCOVERY_PAIRS: readonly RecountPair[] = [
  {
    what: 'discoveries: each element once, whom its URL, else its key leads to, and its latency',
    facts: `
      select concat_ws(' ', f.org, f.event_id, e.n, f.event_at, ${GATEWAY}, o.owner is not null, coalesce(o.owner, '-'),
        case when e.latency ~ '^[0-9]+(\\.[0-9]+)?$' and e.latency::numeric <= 600000
          then trim_scale(round(e.latency::numeric, 3))::text else '-' end) as line
      from fact.discovery_result as f
      cross join unnest(f.orch_urls, f.orch_addresses, f.latencies_ms) with ordinality as e (url, address, latency, n)
      cross join lateral (select ${ownerOf('e.url', 'e.address')} as owner) as o`,
    core: `
      select concat_ws(' ', d.org, d.event_id, d.ordinal, d.discovered_at, ${GRAIN_GATEWAY}, d.is_known,
        coalesce(nullif(g.orchestrator_address, ''), '-'), coalesce(trim_scale(d.latency_ms)::text, '-')) as line
      from core.discovery as d join core.grain as g using (grain_id)`,
  },
];
