import { encodeSample } from './bins.js';
import type { Grain } from './grain.js';
import {
  type MessageEvent,
  type MessageRow,
  type MessageRules,
  messageColumns,
  messageGrain,
  ownerOf,
  type ResolvedMessage,
} from './message.js';

/** An accepted discovery message: what one gateway found at one instant. The lists are of equal length. */
export interface DiscoveryEvent extends MessageEvent {
  /** Mostly hot keys; lower-case. */
  readonly orchAddresses: readonly string[];
  readonly orchUrls: readonly string[];
  /** As the gateway sent them. */
  readonly latenciesMs: readonly string[];
}

/** A row of `core.discovery`. */
export interface DiscoveryRow extends MessageRow {
  readonly discoveredAt: Date;
  readonly ordinal: number;
  readonly orchUrl: string;
  readonly orchAddress: string;
  readonly isKnown: boolean;
  /** Decimal text in whole thousandths. */
  readonly latencyMs: string | null;
  readonly latencyMsHistogram: string | null;
}

/** A gateway waits seconds for an answer; what claims to be longer is no measurement. */
const LONGEST_LATENCY_MS = 600_000;
const DECIMAL = /^\d{1,12}(\.\d{1,12})?$/;

/**
 * The rows of a discovery message, one per element in its order [domain 4.3].
 *
 * Whom an element is about follows from its URL, else its address, as `ownerOf` says; nobody when neither leads to one
 * on-chain address [ATTRIBUTION-001].
 */
export function resolveDiscovery(event: DiscoveryEvent, rules: MessageRules): ResolvedMessage<DiscoveryRow> {
  const columns = { ...messageColumns(event), discoveredAt: new Date(event.eventAtMs) };
  const grains = new Map<string, Grain>();
  const rows = event.orchUrls.map((url, index): DiscoveryRow => {
    const address = event.orchAddresses[index] ?? '';
    const owner = ownerOf({ url, address }, event, rules);
    const orchestratorAddress = owner ?? '';
    const grain =
      grains.get(orchestratorAddress) ?? messageGrain(event, { orchestratorAddress, pipeline: '', model: '' }, rules);
    grains.set(orchestratorAddress, grain);
    const latencyMs = usableLatency(event.latenciesMs[index] ?? '');
    return {
      ...columns,
      ordinal: index + 1,
      grainId: grain.grainId,
      orchUrl: url,
      orchAddress: address,
      isKnown: owner !== null,
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
