import type { OrchestratorOffer } from '../warehouse/prisma/client.js';
import type { ApiContext } from './context.js';
import { type Metric, metric, missingMetric } from './metric.js';
import type { Price } from './prices.js';

/** Whether a report stands for now: it is younger than the policy's `snapshot_max_age_seconds` at the request's instant. */
export async function isSnapshotFresh(
  { lastSeenAt }: { readonly lastSeenAt: Date },
  { loaders, nowMs }: ApiContext,
): Promise<boolean> {
  return lastSeenAt.getTime() > nowMs - (await loaders.snapshotMaxAgeMs());
}

/** Capacity in use or free; null when it is not known, or known of a time too long ago. */
export function offerCapacity(
  offer: OrchestratorOffer,
  part: 'capacityInUse' | 'capacityAvailable',
  isFresh: boolean,
): Metric {
  const value = offer[part];
  if (value !== null && !isFresh) return missingMetric('COUNT', 'STALE', 1);
  return metric('COUNT', value === null ? null : Number(value), value === null ? 0 : 1);
}

/** The price of an offer, exactly; null when it names none. */
export function offerPrice({ pricePerUnitWei, pixelsPerUnit }: OrchestratorOffer): Price | null {
  return pricePerUnitWei === null || pixelsPerUnit === null
    ? null
    : { pricePerUnitWei: pricePerUnitWei.toFixed(), pixelsPerUnit: pixelsPerUnit.toFixed() };
}
