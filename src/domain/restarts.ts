/**
 * Restarts of a runner over a stretch of events in order: announced by events, and told by a cumulative counter that
 * every status carries. Both may report the same restart, in any order and in different buckets.
 */
export interface Restarts {
  /** Restart events. */
  readonly announced: number;
  /** First and newest reading of the counter; null without one. */
  readonly first: number | null;
  readonly last: number | null;
  /** What the counter grew by between them. */
  readonly growth: number;
}

const NO_RESTARTS: Restarts = { announced: 0, first: null, last: null, growth: 0 };

/** What a counter grew by from one reading to the next; one that went down has begun again at 0. */
export function growthOf(from: number, to: number): number {
  return to >= from ? to - from : to;
}

/** Adds a restart event to what came before it. */
export function addAnnounced(before: Restarts | null): Restarts {
  const known = before ?? NO_RESTARTS;
  return { ...known, announced: known.announced + 1 };
}

/** Adds a reading of the counter to what came before it; the usual one, which says nothing new, costs nothing. */
export function addCounted(before: Restarts | null, count: number): Restarts {
  const known = before ?? NO_RESTARTS;
  if (known.last === count) return known;
  const growth = known.last === null ? 0 : growthOf(known.last, count);
  return { announced: known.announced, first: known.first ?? count, last: count, growth: known.growth + growth };
}

/** Both stretches, where every event of `later` comes after those of `before`. */
export function joinRestarts(before: Restarts | null, later: Restarts | null): Restarts | null {
  if (before === null || later === null) return before ?? later;
  const between = before.last === null || later.first === null ? 0 : growthOf(before.last, later.first);
  if (later.announced === 0 && later.growth + between === 0 && later.last === before.last) return before;
  return {
    announced: before.announced + later.announced,
    first: before.first ?? later.first,
    last: later.last ?? before.last,
    growth: before.growth + between + later.growth,
  };
}

/**
 * Restarts of one orchestrator's stretch from its beginning, where its counter stands at 0: the larger of what was
 * announced and what was counted, so that one reported both ways counts once. It only grows as the stretch goes on, so
 * a bucket counts by how much it grew.
 */
export function restartsIn(restarts: Restarts | null): number {
  return restarts === null ? 0 : Math.max(restarts.announced, (restarts.first ?? 0) + restarts.growth);
}
