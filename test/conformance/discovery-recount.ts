import type { RecountPair } from './recount-pair.js';

/** The one address that sightings of the element's organisation give it up to 30 s after its message; null for several. */
const ownerBy = (condition: string): string => `(
  select case when count(distinct s.address) = 1 then min(s.address) end
  from fact.capability_sighting as s
  where s.org = d.org and s.observed_at <= d.event_at + interval '30 seconds' and ${condition}
)`;

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
      cross join lateral (
        select coalesce(
          ${ownerBy(`s.uri = e.url and e.url <> ''`)},
          ${ownerBy('s.address = e.address')},
          ${ownerBy(`s.local_address = e.address and s.local_address <> s.address and s.local_address ~ '^0x[0-9a-f]{40}$'`)}
        ) as owner
      ) as o`,
    core: `
      select concat_ws(' ', d.org, d.event_id, d.ordinal, d.discovered_at, d.is_known,
        coalesce(nullif(g.orchestrator_address, ''), '-'), coalesce(trim_scale(d.latency_ms)::text, '-')) as line
      from core.discovery as d join core.grain as g using (grain_id)`,
  },
];
