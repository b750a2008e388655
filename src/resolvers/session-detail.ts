import { z } from 'zod';
import type { Milestone, StreamState } from '../domain/event.js';
import type {
  AttributionConfidence,
  AttributionMethod,
  AttributionOutcome,
  AttributionReason,
  Excusal as ExcusalOrNone,
  SelectionOutcome,
} from '../domain/resolved-rows.js';
import type { Session } from '../warehouse/prisma/client.js';
import { type Metric, metric } from './metric.js';

export type {
  AttributionConfidence,
  AttributionMethod,
  AttributionOutcome,
  AttributionReason,
  Milestone,
  SelectionOutcome,
  StreamState,
};
export type Excusal = NonNullable<ExcusalOrNone>;

/** A milestone of a session: the first of its kind. */
export interface SessionMilestone {
  readonly org: string;
  readonly milestone: string;
  /** On the gateway's clock, which orders events. */
  readonly at: Date;
  /** On the runner's own clock, or the own time of a v1 frame; null for all else that the gateway saw itself. */
  readonly ownAt: Date | null;
  readonly clock: 'GATEWAY' | 'RUNNER';
  readonly eventId: string;
}

const storedMilestones = z.array(
  z.object({ milestone: z.string(), at: z.coerce.date(), own_at: z.coerce.date().nullable(), event_id: z.string() }),
);

export function sessionMilestones(session: Pick<Session, 'org' | 'milestones'>): SessionMilestone[] {
  return storedMilestones.parse(session.milestones).map(({ milestone, at, own_at, event_id }) => ({
    org: session.org,
    milestone,
    at,
    ownAt: own_at,
    clock: own_at !== null && milestone.startsWith('runner_') ? 'RUNNER' : 'GATEWAY',
    eventId: event_id,
  }));
}

/** What a decision rests on: a stretch of equal capability reports. */
export interface Sighting {
  readonly org: string;
  readonly address: string;
  readonly uri: string | null;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly contentHash: string;
  readonly eventId: string;
}

const storedSightings = z.array(
  z.object({
    address: z.string(),
    uri: z.string().nullable(),
    first_at: z.coerce.date(),
    last_at: z.coerce.date(),
    content_hash: z.string(),
    event_id: z.string(),
  }),
);

export function decisionSightings(decision: { readonly org: string; readonly sightings: unknown }): Sighting[] {
  return storedSightings.parse(decision.sightings).map((sighting) => ({
    org: decision.org,
    address: sighting.address,
    uri: sighting.uri,
    firstAt: sighting.first_at,
    lastAt: sighting.last_at,
    contentHash: sighting.content_hash,
    eventId: sighting.event_id,
  }));
}

/** A latency of one session; null when an edge of it is missing or inverted. */
export function sessionLatency(ms: number | null): Metric {
  return metric('MILLISECONDS', ms, ms === null ? 0 : 1);
}

/** Mean of summed samples; null without samples. */
export function meanFps(sum: { toNumber(): number }, count: number): Metric {
  return metric('FRAMES_PER_SECOND', count > 0 ? sum.toNumber() / count : null, count);
}
