import { ownerIn } from './owner-recount.js';
import type { RecountPair } from './recount-pair.js';

/** Elements of discovery messages as sightings and texts tell them, over all rows at once [domain 4.3, PARITY-002]. */
export const DISCOVERY_PAIRS: readonly RecountPair[] = [
  {
    what: 'discoveries: each element once, whom its URL, else its key leads to, and its latency',
    facts: `
      select concat_ws(' ', d.org, d.event_id, e.n, d.event_at, o.owner is not null, coalesce(o.owner, '-'),
        case when e.latency ~ '^[0-9]+(\\.[0-9]+)?$' and e.latency::numeric <= 600000
          then trim_scale(round(e.latency::numeric, 3))::text else '-' end) as line
      from fact.discovery_result as d
      cross join unnest(d.orch_urls, d.orch_addresses, d.latencies_ms) with ordinality as e (url, address, latency, n)
      cross join lateral (select ${ownerIn('e.url', 'e.address')} as owner) as o`,
    core: `
      select concat_ws(' ', d.org, d.event_id, d.ordinal, d.discovered_at, d.is_known,
        coalesce(nullif(g.orchestrator_address, ''), '-'), coalesce(trim_scale(d.latency_ms)::text, '-')) as line
      from core.discovery as d join core.grain as g using (grain_id)`,
  },
];
