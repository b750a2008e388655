import { encodeSample } from './bins.js';
import { type OrgCapabilities, SIGHTING_GRACE_MS } from './capability-index.js';
import { type Grain, grainOf } from './grain.js';
import type { Naming } from './segment-attribution.js';
import { sliceStartMs } from './time.js';

/** An accepted discovery message: what one gateway found at one instant. The lists are of equal length. */
export interface DiscoveryEvent {
  readonly org: string;
  readonly eventId: string;
  readonly eventAtMs: number;
  /** Host of the gateway, `''` when unknown. */
  readonly gateway: string;
  /** Mostly hot keys; lower-case. */
  readonly orchAddresses: readonly string[];
  readonly orchUrls: readonly string[];
  /** As the gateway sent them. */
  readonly latenciesMs: readonly string[];
}

/** A row of `core.discovery`. */
export interface DiscoveryRow {
  readonly bucketStart: Date;
  readonly discoveredAt: Date;
  readonly org: string;
  readonly eventId: string;
  readonly ordinal: number;
  readonly grainId: string;
  readonly orchUrl: string;
  readonly orchAddress: string;
  readonly isKnown: boolean;
  /** Decimal text in whole thousandths. */
  readonly latencyMs: string | null;
  readonly latencyMsHistogram: string | null;
}

export interface ResolvedDiscovery {
  readonly rows: readonly DiscoveryRow[];
  readonly grains: readonly Grain[];
}

export interface DiscoveryRules {
  readonly capabilities: OrgCapabilities;
  readonly naming: Naming;
}

/** A gateway waits seconds for an answer; what claims to be longer is no measurement. */
const LONGEST_LATENCY_MS = 600_000;
const DECIMAL = /^\d{1,12}(\.\d{1,12})?$/;

/**
 * The rows of a discovery message, one per element in its order [domain 4.3].
 *
 * Whom an element is about follows from its URL, else its address, as known 30 s after the message; nobody when neither
 * leads to one on-chain address [ATTRIBUTION-001].
 */
export function resolveDiscovery(event: DiscoveryEvent, { capabilities, naming }: DiscoveryRules): ResolvedDiscovery {
  const { org, eventId, eventAtMs, gateway: host } = event;
  const knownMs = eventAtMs + SIGHTING_GRACE_MS;
  const place = {
    org,
    gateway: host === '' ? '' : naming.publicGateway(host),
    region: host === '' ? '' : naming.regionOf(host),
  };
  const instants = { bucketStart: new Date(sliceStartMs(eventAtMs)), discoveredAt: new Date(eventAtMs) };
  const grains = new Map<string, Grain>();
  const rows = event.orchUrls.map((url, index): DiscoveryRow => {
    const address = event.orchAddresses[index] ?? '';
    const canonical = capabilities.canonicalOf({ url, address }, knownMs);
    const owner = canonical ?? '';
    const grain = grains.get(owner) ?? discoveryGrain(place, owner);
    grains.set(owner, grain);
    const latencyMs = usableLatency(event.latenciesMs[index] ?? '');
    return {
      ...instants,
      org,
      eventId,
      ordinal: index + 1,
      grainId: grain.grainId,
      orchUrl: url,
      orchAddress: address,
      isKnown: canonical !== null,
      latencyMs,
      latencyMsHistogram: latencyMs === null ? null : encodeSample(Number(latencyMs)),
    };
  });
  return { rows, grains: [...grains.values()] };
}

/**
 * A latency in ms as decimal text in whole thousandths, so that sums do not depend on order [AGGREGATE-006]; null when
 * it is no plain decimal number of 0 to 600,000. 0 is an answer in under a millisecond: gateways send whole ones.
 */
export function usableLatency(text: string): string | null {
  if (!DECIMAL.test(text)) return null;
  const latencyMs = Number(text);
  return latencyMs <= LONGEST_LATENCY_MS ? latencyMs.toFixed(3) : null;
}

function discoveryGrain(
  place: { readonly org: string; readonly gateway: string; readonly region: string },
  orchestratorAddress: string,
): Grain {
  return grainOf({ ...place, orchestratorAddress, pipeline: '', model: '', gpuId: '', isSynthetic: false });
}
