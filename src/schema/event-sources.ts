import type { ObjectRef } from '@pothos/core';
import {
  type EventAvailability,
  type EventSource,
  type EventTrace,
  eventTrace,
  type SessionEventPage,
  sessionEvents,
} from '../resolvers/event-sources.js';
import { sourceKind } from '../resolvers/meta.js';
import { type Builder, connectionCost, pageArguments } from './builder.js';
import { defineConnection } from './connection.js';
import type { DiscoveryType } from './discovery.js';
import { describedEnum, type Enums } from './enums.js';
import type { JobType } from './job.js';
import type { PaymentType } from './payment.js';
import type { SessionTypes } from './session.js';

type Types = Builder['$inferSchemaTypes'];

interface Traced extends SessionTypes {
  readonly Payment: PaymentType;
  readonly Job: JobType;
  readonly Discovery: DiscoveryType;
  readonly enums: Enums;
}

/**
 * Where the events behind sessions, payments, jobs and discoveries were read: topic, partition and offset [LINEAGE-002].
 * No content of theirs.
 */
export function defineEventSources(builder: Builder, types: Traced): void {
  const { Session, Milestone, Sighting, Swap, Payment, Job, Discovery, enums } = types;
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
  const Event = defineEvent(builder, Availability, enums);
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
  /** Adds `event` to a type whose rows name their event. */
  const leadToEvent = <Shape extends { readonly org: string; readonly eventId: string }>(
    Row: ObjectRef<Types, Shape>,
    description: string,
    at: (row: Shape) => Date,
  ): void =>
    builder.objectField(Row, 'event', (t) =>
      t.field({
        type: Event,
        description,
        resolve: (row, _args, context) => eventTrace(context, row.org, row.eventId, at(row)),
      }),
    );
  leadToEvent(Milestone, 'The event that says so.', ({ at }) => at);
  leadToEvent(Sighting, 'The capability report that began the stretch.', ({ firstAt }) => firstAt);
  leadToEvent(Payment, 'The event that says so, and where it was read.', ({ paidAt }) => paidAt);
  leadToEvent(Job, 'The event of its completion, and where it was read.', ({ completedAt }) => completedAt);
  leadToEvent(Discovery, 'The message, and where it was read.', ({ discoveredAt }) => discoveredAt);
  builder.prismaObjectField(Swap, 'event', (t) =>
    t.field({
      type: Event,
      nullable: true,
      description: 'The event that announced it; null when it was inferred.',
      resolve: ({ org, eventId, swappedAt }, _args, context) =>
        eventId === null ? null : eventTrace(context, org, eventId, swappedAt),
    }),
  );
}

function defineEvent(
  builder: Builder,
  Availability: ReturnType<typeof describedEnum<EventAvailability>>,
  { SourceKind }: Enums,
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
        description: 'Type of a trace or stream event, status or ingest_metrics; null outside the list of a session.',
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
