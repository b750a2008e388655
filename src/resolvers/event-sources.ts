import DataLoader from 'dataloader';
import { groupBy } from '../domain/group-by.js';
import type { Session } from '../warehouse/prisma/client.js';
import {
  countSessionEvents,
  type EventMeasurement,
  type EventName,
  type EventSource,
  readEventSources,
  readJobEventSources,
  readSessionEventSources,
  type SessionEventKey,
  type SessionEventQuery,
  type SourcedEvent,
  type SourcedJobEvent,
  type SourcedSessionEvent,
} from '../warehouse/readers/event-source-reader.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';

export type { EventMeasurement, EventSource };

export const EVENT_AVAILABILITIES = ['KEPT', 'PARTLY_EXPIRED', 'EXPIRED', 'NOT_FOUND'] as const;
/** Whether events are still there: they are kept for the raw retention, what they led to for longer. */
export type EventAvailability = (typeof EVENT_AVAILABILITIES)[number];

/** An event that something rests on: where it was read, or why that cannot be said. */
export interface EventTrace {
  readonly org: string;
  readonly eventId: string;
  readonly at: Date;
  readonly availability: EventAvailability;
  /** Null unless KEPT; `name` also for families without one. */
  readonly family: string | null;
  readonly name: string | null;
  readonly receivedAt: Date | null;
  readonly source: EventSource | null;
  /** null also for an event that measures nothing, or that is not asked for in the list of its session. */
  readonly measured: EventMeasurement | null;
}

export interface SessionEventPage extends Page<EventTrace> {
  readonly totalCount: () => Promise<number>;
  readonly availability: EventAvailability;
  readonly keptSince: Date;
}

/** Fields of one answer that ask where events were read share statements. */
export interface EventSourceLoaders {
  readonly sessionEvents: DataLoader<SessionEventQuery, readonly SourcedSessionEvent[]>;
  readonly sessionEventCount: DataLoader<string, number>;
  readonly event: DataLoader<EventName, SourcedEvent | null, string>;
  readonly jobEvents: DataLoader<string, readonly SourcedJobEvent[]>;
}

export function createEventSourceLoaders(db: ApiContext['db']): EventSourceLoaders {
  return {
    sessionEvents: new DataLoader((queries) => readInDirections(db, queries), { cache: false }),
    sessionEventCount: new DataLoader((ids) => countSessionEvents(db, ids)),
    event: new DataLoader((names) => readEventSources(db, names), {
      cacheKeyFn: ({ org, eventId, atMs }) => JSON.stringify([org, eventId, atMs]),
    }),
    jobEvents: new DataLoader(async (ids) => {
      const byJob = groupBy(await readJobEventSources(db, ids), ({ jobId }) => jobId);
      return ids.map((id) => byJob.get(id) ?? []);
    }),
  };
}

async function readInDirections(
  db: ApiContext['db'],
  queries: readonly SessionEventQuery[],
): Promise<readonly (readonly SourcedSessionEvent[])[]> {
  const pages: (readonly SourcedSessionEvent[])[] = queries.map(() => []);
  for (const isBackward of [false, true]) {
    const own = [...queries.entries()].filter(([, { page }]) => page.isBackward === isBackward);
    if (own.length === 0) continue;
    const rows = await readSessionEventSources(
      db,
      own.map(([, query]) => query),
      isBackward,
    );
    for (const [position, [index]] of own.entries()) pages[index] = rows[position] ?? [];
  }
  return pages;
}

/** The events of a session that are still kept, in their order, and whether those are all [LINEAGE-002]. */
export async function sessionEvents(
  { loaders, floors }: ApiContext,
  session: Pick<Session, 'id' | 'firstSeenAt' | 'lastSeenAt'>,
  args: PageArgs,
): Promise<SessionEventPage> {
  const key: PageKey<EventTrace & { readonly familyRank: number }> = {
    fingerprint: listFingerprint('session events', session.id),
    shape: ['number', 'number', 'string'],
    of: ({ at, familyRank, eventId }) => [at.getTime(), familyRank, eventId],
  };
  const request = pageRequest(args, key);
  const [rows, { raw }] = await Promise.all([
    loaders.eventSources.sessionEvents.load({
      sessionId: session.id,
      page: { ...request, after: keyOf(request.after), before: keyOf(request.before) },
    }),
    floors(),
  ]);
  const keptSince = new Date(raw);
  const kept = rows.map((row) => ({ ...row, availability: 'KEPT' as const }));
  return {
    ...pageOf(kept, request, key),
    totalCount: () => loaders.eventSources.sessionEventCount.load(session.id),
    availability: availabilityOf(session, keptSince),
    keptSince,
  };
}

function availabilityOf(
  { firstSeenAt, lastSeenAt }: Pick<Session, 'firstSeenAt' | 'lastSeenAt'>,
  keptSince: Date,
): EventAvailability {
  if (lastSeenAt < keptSince) return 'EXPIRED';
  return firstSeenAt < keptSince ? 'PARTLY_EXPIRED' : 'KEPT';
}

/** An event that something names: where it was read while it is kept. */
export async function eventTrace(
  { loaders, floors }: ApiContext,
  org: string,
  eventId: string,
  at: Date,
): Promise<EventTrace> {
  const event = await loaders.eventSources.event.load({ org, eventId, atMs: at.getTime() });
  if (event !== null) return { ...event, name: null, measured: null, availability: 'KEPT' };
  const isExpired = at.getTime() < (await floors()).raw;
  return {
    org,
    eventId,
    at,
    availability: isExpired ? 'EXPIRED' : 'NOT_FOUND',
    family: null,
    name: null,
    receivedAt: null,
    source: null,
    measured: null,
  };
}

/** The events that a job follows from, those that are still kept [LINEAGE-002]. */
export async function jobEvents({ loaders }: ApiContext, jobId: string): Promise<EventTrace[]> {
  const events = await loaders.eventSources.jobEvents.load(jobId);
  return events.map((event) => ({ ...event, measured: null, availability: 'KEPT' }));
}

function keyOf(key: CursorKey | null): SessionEventKey | null {
  if (key === null) return null;
  const [atMs, familyRank, eventId] = key;
  return { atMs: Number(atMs), familyRank: Number(familyRank), eventId: String(eventId) };
}
