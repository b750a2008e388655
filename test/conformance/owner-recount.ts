/**
 * The one address that a URL leads to, else an address, as sightings of the organisation of a fact `d` tell up to 30 s
 * after it; null for nobody and for several [ATTRIBUTION-001].
 */
export const ownerIn = (url: string, address: string): string => `coalesce(
  ${ownerBy(`s.uri = ${url} and ${url} <> ''`)},
  ${ownerBy(`s.address = ${address}`)},
  ${ownerBy(`s.local_address = ${address} and s.local_address <> s.address and s.local_address ~ '^0x[0-9a-f]{40}$'`)}
)`;

const ownerBy = (condition: string): string => `(
  select case when count(distinct s.address) = 1 then min(s.address) end
  from fact.capability_sighting as s
  where s.org = d.org and s.observed_at <= d.event_at + interval '30 seconds' and ${condition}
)`;
