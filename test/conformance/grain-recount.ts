/**
 * Dimensions of a fact that stands for itself, as SQL expressions over a row `f` of it: naive, over all sightings and the
 * configuration at once, written from the contract and not from the resolver.
 */

/** The one address that sightings of its organisation give it up to 30 s after its instant; null for several. */
const ownerBy = (condition: string): string => `(
  select case when count(distinct s.address) = 1 then min(s.address) end
  from fact.capability_sighting as s
  where s.org = f.org and s.observed_at <= f.event_at + interval '30 seconds' and ${condition}
)`;

/** Whom a URL, else an on-chain address, else a hot key leads to; null for nobody [ATTRIBUTION-001]. */
export const ownerOf = (url: string, address: string): string => `coalesce(
  ${ownerBy(`s.uri = ${url} and ${url} <> ''`)},
  ${ownerBy(`s.address = ${address}`)},
  ${ownerBy(`s.local_address = ${address} and s.local_address <> s.address and s.local_address ~ '^0x[0-9a-f]{40}$'`)}
)`;

/** Its gateway as configured, else its host where that is public, else the form of a private name. */
export const GATEWAY = `(
  select case when f.gateway = '' then '-'
    else coalesce(max(nullif(c.display_name, '')), naap.public_uri(f.gateway), 'gw_') || ' ' || coalesce(max(c.region), '') end
  from config.gateway as c where c.gateway = f.gateway
)`;

/** The same of a row `g` of core.grain. */
export const GRAIN_GATEWAY = `(
  case when g.gateway = '' then '-' else regexp_replace(g.gateway, '^gw_[0-9a-f]{16}$', 'gw_') || ' ' || g.region end
)`;

/** A text, or '' where it holds an address, host or key [PRIVACY-001]. */
export const nameOf = (text: string): string =>
  `case when strpos(${text}, '://') = 0 and naap.public_text(${text}) = ${text} then btrim(${text}) else '' end`;

const PIPELINES = `('text-to-image', 'image-to-image', 'image-to-video', 'upscale', 'audio-to-text', 'segment-anything-2',
  'llm', 'image-to-text', 'live-video-to-video', 'byoc', 'text-to-speech', 'text-to-video')`;

/** The model that a text means, aliases replaced [ATTRIBUTION-002]. */
export const modelOf = (text: string): string => `case lower(btrim(${text}))
  when 'pip_sd-turbo' then 'streamdiffusion-sdxl' when 'pip_sdxl-turbo' then 'streamdiffusion-sdxl'
  when 'pip_sdxl-turbo-v2v' then 'streamdiffusion-sdxl-v2v' when 'pip_sdxl-turbo-faceid' then 'streamdiffusion-sdxl-faceid'
  else btrim(${text}) end`;

/** Pipeline and model of a text that nobody's offer explains: a known pipeline, else a model and what it implies. */
export const hintOf = (text: string): string => `case
  when lower(btrim(${text})) in ${PIPELINES} then lower(btrim(${text})) || '|'
  when (${modelOf(text)}) ~* '^streamdiffusion' then 'live-video-to-video|' || (${modelOf(text)})
  else '|' || (${modelOf(text)}) end`;

/** The pipeline that a capability is: one of the list in its own case, else the name as it is. */
export const capabilityOf = (text: string): string => `case
  when lower(btrim(${text})) in ${PIPELINES} or lower(btrim(${text})) = 'noop' then lower(btrim(${text}))
  else ${nameOf(text)} end`;
