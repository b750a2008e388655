import {
  isSameOrchestrator,
  type ObservedIdentity,
  type OrgCapabilities,
  SIGHTING_GRACE_MS,
} from './capability-index.js';
import type { SwapEvent } from './fold-facts.js';
import { compareOrder, type OrderKey } from './order.js';
import { classifySwapReason } from './reasons.js';
import type { SwapReasonClass } from './resolved-rows.js';
import type { Segment } from './segments.js';

/** How long after a change of identity its swap event may come. */
export const SWAP_PAIRING_MS = 10_000;

/** A swap of a session [LIFECYCLE-006]. */
export interface Swap {
  /** Its own event's position; for an inferred swap that of the first event with the new identity. */
  readonly key: OrderKey;
  readonly isExplicit: boolean;
  /** Ordinal of the segment swapped away from; null: the event names somebody who served no segment begun by then. */
  readonly from: number | null;
  /** On-chain addresses; `''` when unknown. */
  readonly fromAddress: string;
  readonly toAddress: string;
  readonly reason: string;
  readonly reasonClass: SwapReasonClass;
}

/**
 * The swaps of a session in order: every swap event is explicit, a change of segment without one is inferred.
 *
 * A change takes the newest unused event before it that names its old identity, else the earliest one up to 10 s after
 * it; events before the previous change are not its own.
 */
export function pairSwaps(
  segments: readonly Segment[],
  events: readonly SwapEvent[],
  capabilities: OrgCapabilities,
): readonly Swap[] {
  if (segments.length < 2 && events.length === 0) return [];
  const book = new SwapBook(segments, capabilities);
  const used = new Set<SwapEvent>();
  const swaps: Swap[] = [];
  let from = 0;
  for (const next of segments) {
    const old = segments[next.ordinal - 1];
    if (next.change === null || old === undefined) continue;
    from = skipBefore(events, from, old.change);
    const event = eventOfChange(next.change, old, events, from, used, book);
    if (event !== null) used.add(event);
    swaps.push(book.swapAt(next.change, old, next, event));
  }
  for (const event of events) if (!used.has(event)) swaps.push(book.swapWithoutChange(event));
  return swaps.sort((a, b) => compareOrder(a.key, b.key));
}

/** Index of the first event at or after `from` that does not come before `change`. */
function skipBefore(events: readonly SwapEvent[], from: number, change: OrderKey | null): number {
  let index = from;
  for (let event = events[index]; event !== undefined; event = events[index]) {
    if (change === null || compareOrder(event.key, change) > 0) break;
    index += 1;
  }
  return index;
}

function eventOfChange(
  change: OrderKey,
  old: Segment,
  events: readonly SwapEvent[],
  from: number,
  used: ReadonlySet<SwapEvent>,
  book: SwapBook,
): SwapEvent | null {
  let newestBefore: SwapEvent | null = null;
  for (let index = from; index < events.length; index += 1) {
    const event = events[index];
    if (event === undefined || event.key.at > change.at + SWAP_PAIRING_MS) break;
    const isAfter = compareOrder(event.key, change) > 0;
    if (isAfter && newestBefore !== null) break;
    if (used.has(event) || !book.names(event, old)) continue;
    if (isAfter) return event;
    newestBefore = event;
  }
  return newestBefore;
}

/** Reads identities of segments and swap events as they were known when the later of the two came. */
class SwapBook {
  readonly #segments: readonly Segment[];
  readonly #capabilities: OrgCapabilities;

  constructor(segments: readonly Segment[], capabilities: OrgCapabilities) {
    this.#segments = segments;
    this.#capabilities = capabilities;
  }

  names(event: SwapEvent, segment: Segment): boolean {
    const away = awayOf(event);
    if (away === null) return this.#lyingIn(event.key) === segment;
    const knownMs = Math.max(event.key.at, segment.latestAt ?? 0) + SIGHTING_GRACE_MS;
    return isSameOrchestrator(away, segment.latest, this.#capabilities, knownMs) === true;
  }

  swapAt(change: OrderKey, old: Segment, next: Segment, event: SwapEvent | null): Swap {
    const knownMs = Math.max(change.at, event?.key.at ?? 0) + SIGHTING_GRACE_MS;
    const away = event === null ? null : awayOf(event);
    const named = event === null ? null : { url: event.toUrl, address: event.toAddress };
    return {
      key: event?.key ?? change,
      isExplicit: event !== null,
      from: old.ordinal,
      fromAddress: this.#addressOf([away, old.latest], knownMs),
      toAddress: this.#addressOf([named, next.first], knownMs),
      reason: event?.reason ?? '',
      reasonClass: classifySwapReason(event?.reason ?? ''),
    };
  }

  swapWithoutChange(event: SwapEvent): Swap {
    const knownMs = event.key.at + SIGHTING_GRACE_MS;
    const away = awayOf(event);
    const blamed = away === null ? this.#lyingIn(event.key) : this.#newestNamed(event);
    return {
      key: event.key,
      isExplicit: true,
      from: blamed?.ordinal ?? null,
      fromAddress: this.#addressOf([away, blamed?.latest ?? null], knownMs),
      toAddress: this.#addressOf([{ url: event.toUrl, address: event.toAddress }], knownMs),
      reason: event.reason,
      reasonClass: classifySwapReason(event.reason),
    };
  }

  /** The newest segment begun before the event that it names; null when it names none of them. */
  #newestNamed(event: SwapEvent): Segment | null {
    return this.#segments.findLast((segment) => hasBegun(segment, event.key) && this.names(event, segment)) ?? null;
  }

  #lyingIn(key: OrderKey): Segment | null {
    return this.#segments.findLast((segment) => hasBegun(segment, key)) ?? null;
  }

  #addressOf(identities: readonly (ObservedIdentity | null)[], knownMs: number): string {
    for (const identity of identities) {
      const address = identity === null ? null : this.#capabilities.canonicalOf(identity, knownMs);
      if (address !== null) return address;
    }
    return '';
  }
}

/** Whom a swap event names; null when it names nobody. */
function awayOf({ awayUrl, awayAddress }: SwapEvent): ObservedIdentity | null {
  return awayUrl === '' && awayAddress === '' ? null : { url: awayUrl, address: awayAddress };
}

function hasBegun(segment: Segment, key: OrderKey): boolean {
  return segment.change === null || compareOrder(segment.change, key) < 0;
}
