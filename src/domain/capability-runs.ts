import { compareBytewise } from './order.js';

/** A sighting of one (org, address, uri). */
export interface Sighting {
  readonly observedAtMs: number;
  readonly eventId: string;
  readonly contentHash: string;
  /** Part of the content. */
  readonly localAddress: string;
}

/** A maximal stretch of sightings of one key with equal content [TYPED_RAW-003]. */
export interface SightedRun {
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** First sighting of different content; null: still in force. */
  readonly nextAtMs: number | null;
  readonly contentHash: string;
  readonly localAddress: string;
  readonly firstEventId: string;
  readonly lastEventId: string;
}

/**
 * The runs of one key, from its sightings in any order, oldest first.
 *
 * Of several sightings at one instant the last by event id counts: the others are in force for no time. `followingAtMs`
 * is where a run begins after these sightings, of other content than the last of them; null: there is none.
 */
export function runsOf(sightings: readonly Sighting[], followingAtMs: number | null = null): readonly SightedRun[] {
  const ordered = [...sightings].sort(compareSightings);
  const counting = ordered.filter((one, index) => ordered[index + 1]?.observedAtMs !== one.observedAtMs);
  const runs: { -readonly [K in keyof SightedRun]: SightedRun[K] }[] = [];
  for (const { observedAtMs, eventId, contentHash, localAddress } of counting) {
    const current = runs.at(-1);
    if (current?.contentHash === contentHash) {
      current.lastAtMs = observedAtMs;
      current.lastEventId = eventId;
      continue;
    }
    if (current !== undefined) current.nextAtMs = observedAtMs;
    const [first, last] = [
      { firstAtMs: observedAtMs, firstEventId: eventId },
      { lastAtMs: observedAtMs, lastEventId: eventId },
    ];
    runs.push({ ...first, ...last, nextAtMs: followingAtMs, contentHash, localAddress });
  }
  return runs;
}

/**
 * The run with sightings that came after its first one: null when they do not fit into it, because one has other
 * content or lies at or after the run that follows, so that the runs around it have to be made anew.
 */
export function extendedRun(run: SightedRun, news: readonly Sighting[]): SightedRun | null {
  let { lastAtMs, lastEventId } = run;
  for (const { observedAtMs, eventId, contentHash } of news) {
    if (contentHash !== run.contentHash || observedAtMs <= run.firstAtMs) return null;
    if (run.nextAtMs !== null && observedAtMs >= run.nextAtMs) return null;
    const order = observedAtMs - lastAtMs || compareBytewise(eventId, lastEventId);
    if (order > 0) [lastAtMs, lastEventId] = [observedAtMs, eventId];
  }
  return { ...run, lastAtMs, lastEventId };
}

function compareSightings(a: Sighting, b: Sighting): number {
  return a.observedAtMs - b.observedAtMs || compareBytewise(a.eventId, b.eventId);
}
