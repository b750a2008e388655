import type { ObjectRef } from '@pothos/core';
import {
  type EventAvailability,
  type EventSource,
  type EventTrace,
  eventTrace,
  jobEvents,
  type SessionEventPage,
  sessionEvents,
} from '../resolvers/event-sources.js';
import { sourceKind } from '../resolvers/meta.js';
import { type Builder, connectionCost, pageArguments } from './builder.js';
import type { ByocEventTypes } from './byoc.js';
import type { CapabilityReportTypes } from './capability-reports.js';
import { defineConnection } from './connection.js';
import type { DiscoveryType } from './discovery.js';
import type { Entities } from './entities.js';
import { describedEnum, type Enums } from './enums.js';
import type { JobType } from './job.js';
import { defineMeasured } from './measured.js';
import type { PaymentType } from './payment.js';
import type { PriceStretchType } from './prices.js';
import type { SessionTypes } from './session.js';
import type { StatusSampleType } from './status-sample.js';
import type { TicketTypes } from './ticket.js';

type Types = Builder['$inferSchemaTypes'];

/** A fact that is one event. */
interface NamedEvent {
  readonly org: string;
  readonly eventId: string;
  readonly at: Date;
}

interface Traced extends SessionTypes {
  readonly Payment: PaymentType;
  readonly Job: JobType;
  readonly Discovery: DiscoveryType;
  readonly Ticket: TicketTypes['Ticket'];
  readonly WorkerEvent: ByocEventTypes['WorkerEvent'];
  readonly AuthEvent: ByocEventTypes['AuthEvent'];
  readonly Report: CapabilityReportTypes['Report'];
  readonly Alias: CapabilityReportTypes['Alias'];
  readonly PriceStretch: PriceStretchType;
  readonly GpuReading: Entities['GpuReading'];
  readonly StatusSample: StatusSampleType;
  readonly enums: Enums;
}

/**
 * Where the events behind sessions, payments, jobs and discoveries were read: topic, partition and offset [LINEAGE-002].
 * No content of theirs.
 */
export function defineEventSources(builder: Builder, types: Traced): void {
  const { Session, enums } = types;
  const Availability = describedEnum<EventAvailability>(
    builder,
    'EventAvailability',
    'Whether events are still kept; what followed from them is kept for longer.',
    {
      KEPT: 'They are there.',
      PARTLY_EXPIRED: 'The older ones are past the retention of raw events.',
      EXPIRED: 'They are past the retention of raw events.',
      NOT_FOUND: 'They should be there and are not: a defect.',
    },
  );
  const Event = defineEvent(builder, Availability, enums, defineMeasured(builder));
  const Connection = defineConnection<EventTrace, SessionEventPage>(builder, {
    name: 'TelemetryEvent',
    Node: Event,
    words: {
      page: 'A page of events in the order of event time, family and id.',
      edge: 'An event and its position.',
      node: 'The event.',
    },
    fields: (t) => ({
      totalCount: t.field({ type: 'Count', description: 'Events still kept.', resolve: (page) => page.totalCount() }),
      availability: t.expose('availability', {
        type: Availability,
        description: 'Whether the list is whole; when it is empty, why.',
      }),
      keptSince: t.expose('keptSince', { type: 'DateTime', description: 'Events before this instant are gone.' }),
    }),
  });

  builder.prismaObjectField(Session, 'events', (t) =>
    t.field({
      type: Connection,
      description: 'The accepted events it follows from, and where each was read.',
      complexity: connectionCost,
      args: pageArguments(builder),
      resolve: (session, args, context) => sessionEvents(context, session, args),
    }),
  );
  leadToEvents(builder, types, Event);
}

/** Adds the event to every type whose rows name one. */
function leadToEvents(builder: Builder, types: Traced, Event: EventType): void {
  const lead = <Shape extends object>(
    Row: ObjectRef<Types, Shape>,
    name: string,
    description: string,
    of: (row: Shape) => NamedEvent,
  ): void =>
    builder.objectField(Row, name, (t) =>
      t.field({
        type: Event,
        description,
        resolve: (row, _args, context) => {
          const { org, eventId, at } = of(row);
          return eventTrace(context, org, eventId, at);
        },
      }),
    );
  const own = 'The event that says so, and where it was read.';
  lead(types.Milestone, 'event', 'The event that says so.', (row) => row);
  lead(types.Sighting, 'event', 'The capability report that began the stretch.', ({ firstAt, ...row }) => {
    return { ...row, at: firstAt };
  });
  lead(types.Payment, 'event', own, ({ paidAt, ...row }) => ({ ...row, at: paidAt }));
  lead(types.Job, 'event', 'The event of its completion, and where it was read.', ({ completedAt, ...row }) => {
    return { ...row, at: completedAt };
  });
  lead(types.Discovery, 'event', 'The message, and where it was read.', ({ discoveredAt, ...row }) => {
    return { ...row, at: discoveredAt };
  });
  for (const Row of [types.Ticket, types.WorkerEvent, types.AuthEvent, types.StatusSample]) {
    lead<NamedEvent>(Row, 'event', own, (row) => row);
  }
  lead(types.GpuReading, 'event', 'The sample, and where it was read.', ({ readAt, ...row }) => ({
    ...row,
    at: readAt,
  }));
  lead(types.Report, 'firstEvent', 'The first report of the stretch.', ({ org, firstEventId, firstSeenAt }) => {
    return { org, eventId: firstEventId, at: firstSeenAt };
  });
  lead(types.Report, 'lastEvent', 'The newest report of it.', ({ org, lastEventId, lastSeenAt }) => {
    return { org, eventId: lastEventId, at: lastSeenAt };
  });
  lead(types.PriceStretch, 'firstEvent', 'The first report with it.', ({ org, firstEventId, sinceAt }) => {
    return { org, eventId: firstEventId, at: sinceAt };
  });
  lead(types.PriceStretch, 'lastEvent', 'The newest report with it.', ({ org, lastEventId, lastSeenAt }) => {
    return { org, eventId: lastEventId, at: lastSeenAt };
  });
  leadToEventsThatMayLack(builder, types, Event);
}

/** The same where a row may have none. */
function leadToEventsThatMayLack(builder: Builder, { Swap, Alias, Job }: Traced, Event: EventType): void {
  builder.prismaObjectField(Swap, 'event', (t) =>
    t.field({
      type: Event,
      nullable: true,
      description: 'The event that announced it; null when it was inferred.',
      resolve: ({ org, eventId, swappedAt }, _args, context) =>
        eventId === null ? null : eventTrace(context, org, eventId, swappedAt),
    }),
  );
  builder.objectField(Alias, 'event', (t) =>
    t.field({
      type: Event,
      nullable: true,
      description: 'The first report that shows it; null when none is kept.',
      resolve: ({ org, firstEventId, firstSeenAt }, _args, context) =>
        org === null || firstEventId === null || firstSeenAt === null
          ? null
          : eventTrace(context, org, firstEventId, firstSeenAt),
    }),
  );
  builder.objectField(Job, 'events', (t) =>
    t.field({
      type: [Event],
      description:
        'The events it follows from, by time: received, completed, the LLM event, and what its BYOC worker said; those that are kept.',
      resolve: ({ id }, _args, context) => jobEvents(context, id),
    }),
  );
}

type EventType = ReturnType<typeof defineEvent>;

function defineEvent(
  builder: Builder,
  Availability: ReturnType<typeof describedEnum<EventAvailability>>,
  { SourceKind }: Enums,
  Measured: ReturnType<typeof defineMeasured>,
) {
  const Source = builder.objectRef<EventSource>('EventSource').implement({
    description: 'Where an event was read.',
    fields: (t) => ({
      kind: t.field({ type: SourceKind, description: 'What it was read from.', resolve: sourceKind }),
      topic: t.exposeString('topic', { description: 'Topic, or SHA-256 of the file’s content.' }),
      partition: t.expose('partition', { type: 'Count', description: 'Partition; 0 for a file.' }),
      offset: t.expose('offset', { type: 'Count', description: 'Offset, or line counted from 0.' }),
    }),
  });
  return builder.objectRef<EventTrace>('TelemetryEvent').implement({
    description: 'An accepted event: what it is and where it was read. Its content is not public.',
    fields: (t) => ({
      eventId: t.exposeString('eventId', { description: 'Id the sender gave it, unique in its organisation.' }),
      org: t.exposeString('org', { description: 'Organisation whose topic it came in.' }),
      at: t.expose('at', { type: 'DateTime', description: 'Event time.' }),
      availability: t.expose('availability', {
        type: Availability,
        description: 'Whether it is still kept; what is null below is null for this reason.',
      }),
      family: t.exposeString('family', { nullable: true, description: 'Family; null when it is not kept.' }),
      name: t.exposeString('name', {
        nullable: true,
        description:
          'Type of a trace, stream or job event, status or ingest_metrics; null outside the list of a session or job.',
      }),
      measured: t.expose('measured', {
        type: Measured,
        nullable: true,
        description: 'What a sample in the list of a session measured; null for all else.',
      }),
      receivedAt: t.expose('receivedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the broker, or the reader of the file, received it; null when it is not kept.',
      }),
      source: t.expose('source', {
        type: Source,
        nullable: true,
        description: 'Where it was read; null when it is not kept.',
      }),
    }),
  });
}
