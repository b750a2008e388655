import type { CapabilityIndex } from '../domain/capability-index.js';
import { type DiscoveryEvent, type ResolvedDiscovery, resolveDiscovery } from '../domain/discovery.js';
import type { Log } from '../log.js';
import type { Refusal } from '../warehouse/accepted-write.js';
import type { DiscoveryName } from '../warehouse/readers/discovery-event-reader.js';
import type { ResolvePolicy } from './session-batch.js';

export interface DiscoveryResolution extends ResolvedDiscovery {
  readonly event: DiscoveryEvent;
}

/** Resolves each message by itself: one that a rule throws at holds up none of the others. */
export function resolveEachDiscovery(
  events: readonly DiscoveryEvent[],
  capabilities: CapabilityIndex,
  { naming }: ResolvePolicy,
): { readonly resolutions: readonly DiscoveryResolution[]; readonly refused: readonly Refusal<DiscoveryEvent>[] } {
  const resolutions: DiscoveryResolution[] = [];
  const refused: Refusal<DiscoveryEvent>[] = [];
  for (const event of events) {
    try {
      resolutions.push({ event, ...resolveDiscovery(event, { capabilities: capabilities.ofOrg(event.org), naming }) });
    } catch (error) {
      refused.push({ item: event, error });
    }
  }
  return { resolutions, refused };
}

/** The marks of messages that could not be resolved, with one line for the operator each. */
export function leftDiscoveries(refused: readonly Refusal<DiscoveryEvent>[], log: Log): DiscoveryName[] {
  return refused.map(({ item, error }) => {
    const { org, eventId } = item;
    log.error({ err: error, org, event: eventId }, 'discovery left with its mark: it could not be resolved');
    return { org, eventId, eventAt: new Date(item.eventAtMs) };
  });
}

/** Equal for the finds, events and marks of one message. */
export function messageKey({ org, eventId }: { readonly org: string; readonly eventId: string }): string {
  return `${org}\u001f${eventId}`;
}
