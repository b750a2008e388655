import type { Pool } from 'pg';

/** What a public service of an orchestrator offers now. */
export interface ServiceOffer {
  readonly orchestratorId: string;
  readonly uri: string;
  readonly pipeline: string;
  /** `''` for an external capability. */
  readonly model: string;
  readonly isWarm: boolean;
  /** 0 when it does not say. */
  readonly capacity: number;
  /** null when what is in use is not known. */
  readonly capacityAvailable: number | null;
  /** Wei for `pixelsPerUnit` pixels, decimal texts; null when it names no price. */
  readonly pricePerUnitWei: string | null;
  readonly pixelsPerUnit: string | null;
  readonly lastSeenAt: Date;
}

/** Which offers count; null does not matter. An offer that does not say what a bound is about is outside of it. */
export interface ServiceOfferFilter {
  readonly pipeline: string | null;
  readonly model: string | null;
  /** Wei for one pixel, decimal text. */
  readonly maxWeiPerPixel: string | null;
  /** Of the smallest of the GPUs that serve it. */
  readonly minMemoryBytes: number | null;
  readonly isWarm: boolean;
}

const OFFERS = {
  name: 'service-offer-reader/offers',
  text: `select orchestrator_id as "orchestratorId", orchestrator_uri as "uri", pipeline, model, is_warm as "isWarm",
  capacity::float8 as "capacity", capacity_available::float8 as "capacityAvailable",
  trim_scale(price_per_unit_wei)::text as "pricePerUnitWei", trim_scale(pixels_per_unit)::text as "pixelsPerUnit",
  last_seen_at as "lastSeenAt"
from api.service_offer
where last_seen_at > $1::timestamptz - (select snapshot_max_age_seconds from config.policy) * interval '1 second'
  and ($2::text is null or pipeline = $2::text)
  and ($3::text is null or model = $3::text)
  and ($4::numeric is null or price_per_unit_wei <= $4::numeric * pixels_per_unit)
  and ($5::bigint is null or min_memory_bytes >= $5::bigint)
  and (not $6::boolean or is_warm)
order by orchestrator_id, orchestrator_uri, pipeline, model`,
};

/** Offers of public services in reports that stand for now, by orchestrator, service, pipeline and model. */
export async function readServiceOffers(
  db: Pool,
  { pipeline, model, maxWeiPerPixel, minMemoryBytes, isWarm }: ServiceOfferFilter,
  nowMs: number,
): Promise<readonly ServiceOffer[]> {
  const { rows } = await db.query<ServiceOffer>({
    ...OFFERS,
    values: [new Date(nowMs).toISOString(), pipeline, model, maxWeiPerPixel, minMemoryBytes, isWarm],
  });
  return rows;
}

const ANY = {
  name: 'service-offer-reader/any',
  text: `select exists (
  select from api.orchestrator
  where last_seen_at > $1::timestamptz - (select snapshot_max_age_seconds from config.policy) * interval '1 second'
) as "isAny"`,
};

/** Whether any orchestrator at all is in a report that stands for now. */
export async function isAnybodyReported(db: Pool, nowMs: number): Promise<boolean> {
  const { rows } = await db.query<{ isAny: boolean }>({ ...ANY, values: [new Date(nowMs).toISOString()] });
  return rows[0]?.isAny ?? false;
}
