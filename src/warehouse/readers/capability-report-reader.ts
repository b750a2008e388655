import type { Pool } from 'pg';

/** A pipeline and model in a report; what is in use is null when its service never said. */
export interface ReportedOffer {
  readonly pipeline: string;
  /** `''` for an external capability. */
  readonly model: string;
  readonly is_warm: boolean;
  readonly capacity: number;
  readonly capacity_in_use: number | null;
  readonly capacity_available: number | null;
}

/** A price in a report; decimals as text. */
export interface ReportedPrice {
  readonly pipeline: string;
  /** `''`: every model of the pipeline without a price of its own. */
  readonly model: string;
  readonly price_per_unit_wei: string;
  readonly pixels_per_unit: string;
}

/** A GPU in a report, once for each surface it serves; texts are `''` when not said. */
export interface ReportedGpu {
  readonly gpu_id: string;
  readonly gpu_model: string;
  readonly memory_bytes: number | null;
  readonly pipeline: string;
  readonly model: string;
}

/** A stretch of equal capability reports of a service [LINEAGE-002]. */
export interface CapabilityReport {
  readonly id: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly replacedAt: Date | null;
  readonly org: string;
  readonly orchestratorAddress: string;
  readonly orchestratorUri: string | null;
  readonly isCounted: boolean;
  readonly version: string | null;
  readonly contentHash: string;
  readonly firstEventId: string;
  readonly lastEventId: string;
  readonly offers: readonly ReportedOffer[];
  readonly prices: readonly ReportedPrice[];
  readonly gpus: readonly ReportedGpu[];
}

const COLUMNS = `r.id, r.first_seen_at as "firstSeenAt", r.last_seen_at as "lastSeenAt", r.replaced_at as "replacedAt", r.org,
  r.orchestrator_id as "orchestratorAddress", r.orchestrator_uri as "orchestratorUri", r.is_counted as "isCounted", r.version,
  r.content_hash as "contentHash", r.first_event_id as "firstEventId", r.last_event_id as "lastEventId", r.offers, r.prices,
  r.gpus`;

const COUNTED = {
  name: 'capability-report-reader/counted',
  text: `select ${COLUMNS}
from api.capability_report as r
where r.orchestrator_id = any ($1::text[]) and r.is_counted
order by r.orchestrator_id, r.last_seen_at desc, r.id`,
};

/** The reports that everything said of now about some orchestrators is from, newest first. */
export async function readCountedReports(db: Pool, addresses: readonly string[]): Promise<readonly CapabilityReport[]> {
  return (await db.query<CapabilityReport>({ ...COUNTED, values: [addresses] })).rows;
}

/** A GPU of an orchestrator. */
export interface ReportedGpuName {
  readonly orchestratorAddress: string;
  readonly gpuId: string;
}

const OF_GPU = {
  name: 'capability-report-reader/of-gpus',
  text: `select w.n, r.*
from unnest($1::text[], $2::text[]) with ordinality as w (address, gpu_id, n)
cross join lateral (
  select ${COLUMNS}
  from api.capability_report as r
  where r.orchestrator_id = w.address and r.gpus @> jsonb_build_array(jsonb_build_object('gpu_id', w.gpu_id))
  order by r.last_seen_at desc, r.id
  limit 1
) as r`,
};

/** The newest report that shows each GPU; null when none is kept. */
export async function readReportsOfGpus(
  db: Pool,
  gpus: readonly ReportedGpuName[],
): Promise<readonly (CapabilityReport | null)[]> {
  const { rows } = await db.query<CapabilityReport & { readonly n: string }>({
    ...OF_GPU,
    values: [gpus.map(({ orchestratorAddress }) => orchestratorAddress), gpus.map(({ gpuId }) => gpuId)],
  });
  const byNumber = new Map(rows.map((row) => [Number(row.n), row]));
  return gpus.map((_, index) => byNumber.get(index + 1) ?? null);
}

/** A local name or key of an orchestrator, unnamed; null parts when no report with it is kept. */
export interface AliasReport {
  readonly orchestratorAddress: string;
  readonly firstSeenAt: Date | null;
  readonly org: string | null;
  readonly firstEventId: string | null;
}

const ALIASES = {
  name: 'capability-report-reader/aliases',
  text: `select orchestrator_id as "orchestratorAddress", first_seen_at as "firstSeenAt", org, first_event_id as "firstEventId"
from api.orchestrator_alias_report
where orchestrator_id = any ($1::text[])
order by orchestrator_id, first_seen_at, id`,
};

/** The aliases of some orchestrators, first reported first. */
export async function readAliasReports(db: Pool, addresses: readonly string[]): Promise<readonly AliasReport[]> {
  return (await db.query<AliasReport>({ ...ALIASES, values: [addresses] })).rows;
}
