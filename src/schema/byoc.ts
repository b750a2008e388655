import type { ObjectRef } from '@pothos/core';
import type { BatchedPage } from '../resolvers/batched-lists.js';
import {
  authEvents,
  type ByocAuthEvent,
  type ByocWorkerEvent,
  byocAuth,
  byocWorkers,
  type Ranged,
  type RangedAuth,
  type RangedRows,
  type RangedWorkers,
  workerEvents,
} from '../resolvers/byoc.js';
import { type Builder, connectionCost, pageArguments, SHORT_LIST_COST, WHOLE_COST } from './builder.js';
import { authSums, workerSums } from './byoc-metrics.js';
import { defineConnection } from './connection.js';
import type { Entities } from './entities.js';
import { placeEvents } from './event-place.js';
import type { Values } from './values.js';

type Types = Builder['$inferSchemaTypes'];

interface Dependencies {
  readonly values: Values;
  readonly entities: Entities;
}

/** Workers and authorisations of BYOC capabilities. */
export function defineByoc(builder: Builder, { values, entities }: Dependencies) {
  const events = defineByocEvents(builder, entities);
  const Workers = builder.objectRef<RangedWorkers>('ByocCapabilityWorkers').implement({
    description: 'The workers of one capability, from what they said in the range.',
    fields: (t) => ({
      capability: t.string({
        nullable: true,
        description: 'Capability, lower-case; null when not said or no name, such as an address.',
        resolve: ({ capability }) => capability || null,
      }),
      workerCount: t.expose('workerCount', { type: 'Count', description: 'Distinct workers.' }),
      ...workerSums(t, values),
      models: t.exposeStringList('models', { description: 'Models they offered, sorted.' }),
      contributions: t.field({
        type: events.WorkerEventConnection,
        description: 'The events in these numbers, oldest first.',
        complexity: connectionCost,
        args: pageArguments(builder),
        resolve: (row, args, context) => workerEvents(context, row, args),
      }),
    }),
  });
  const Auth = builder.objectRef<RangedAuth>('ByocCapabilityAuth').implement({
    description: 'Authorisations of jobs of one capability in the range.',
    fields: (t) => ({
      capability: t.string({
        nullable: true,
        description: 'Capability, lower-case; null when not said or no name, such as an address.',
        resolve: ({ capability }) => capability || null,
      }),
      ...authSums(t, values),
      contributions: t.field({
        type: events.AuthEventConnection,
        description: 'The authorisations in these numbers, oldest first.',
        complexity: connectionCost,
        args: pageArguments(builder),
        resolve: (row, args, context) => authEvents(context, row, args),
      }),
    }),
  });
  const ranged = <Row>(name: string, description: string, Row: ObjectRef<Types, Ranged<Row>>) =>
    builder.objectRef<RangedRows<Row>>(name).implement({
      description,
      fields: (t) => ({
        rangeUsed: t.expose('range', { type: values.RangeUsed, description: 'The range answered for.' }),
        capabilities: t.field({
          type: [Row],
          complexity: SHORT_LIST_COST,
          description: 'By capability, in its order.',
          resolve: ({ rows }) => [...rows],
        }),
      }),
    });
  const WorkersAnswer = ranged('ByocWorkers', 'Workers by capability.', Workers);
  const AuthAnswer = ranged('ByocAuth', 'Authorisations by capability.', Auth);
  builder.queryFields((t) => {
    const range = t.arg({
      type: values.TimeRangeInput,
      required: false,
      description: 'Only events in it. Default: the 24 hours that end with the open one.',
    });
    return {
      byocWorkers: t.field({
        type: WorkersAnswer,
        nullable: true,
        complexity: WHOLE_COST,
        description: 'BYOC workers by capability, as far back as sessions are kept.',
        args: { range },
        resolve: (_root, args, context) => byocWorkers(context, args),
      }),
      byocAuth: t.field({
        type: AuthAnswer,
        nullable: true,
        complexity: WHOLE_COST,
        description: 'Authorisations of BYOC jobs by capability, as far back as sessions are kept.',
        args: { range },
        resolve: (_root, args, context) => byocAuth(context, args),
      }),
    };
  });
  return events;
}

/** What the numbers of workers and authorisations are counted from. */
function defineByocEvents(builder: Builder, entities: Entities) {
  const WorkerEvent = builder.objectRef<ByocWorkerEvent>('ByocWorkerEvent').implement({
    description: 'What a BYOC worker said of itself.',
    fields: (t) => ({
      at: t.expose('at', { type: 'DateTime', description: 'Event time.' }),
      org: t.exposeString('org', { description: 'Organisation whose gateway sent it.' }),
      eventId: t.exposeString('eventId', { description: 'The event that says so.' }),
      name: t.exposeString('name', { description: 'What happened, as the gateway says it, addresses masked.' }),
      pipeline: t.string({
        nullable: true,
        description: 'Capability it serves, as the gateway says it; null when unknown or no name, such as an address.',
        resolve: ({ pipeline }) => pipeline || null,
      }),
      model: t.string({
        nullable: true,
        description: 'The one model it offers; null when none or several, or no name, such as an address.',
        resolve: ({ model }) => model || null,
      }),
      workerId: t.exposeString('workerId', {
        nullable: true,
        description: 'Public id of the worker, w_ and 16 hex; null when its URL is unknown.',
      }),
      models: t.exposeStringList('models', { description: 'Models it offers, as it says them, addresses masked.' }),
      pricePerUnitWei: t.expose('pricePerUnit', {
        type: 'Decimal',
        nullable: true,
        description: 'Price per unit in wei, fractions possible; null when not said.',
      }),
    }),
  });
  const AuthEvent = builder.objectRef<ByocAuthEvent>('ByocAuthEvent').implement({
    description: 'An authorisation of a BYOC job.',
    fields: (t) => ({
      at: t.expose('at', { type: 'DateTime', description: 'Event time.' }),
      org: t.exposeString('org', { description: 'Organisation whose gateway sent it.' }),
      eventId: t.exposeString('eventId', { description: 'The event that says so.' }),
      name: t.exposeString('name', { description: 'What happened, as the gateway says it, addresses masked.' }),
      pipeline: t.string({
        nullable: true,
        description: 'Capability asked for, as the gateway says it; null when unknown or no name, such as an address.',
        resolve: ({ pipeline }) => pipeline || null,
      }),
      requestId: t.string({
        nullable: true,
        description: 'Request of the job; null when unknown.',
        resolve: ({ requestId }) => requestId || null,
      }),
      isSuccess: t.exposeBoolean('isSuccess', {
        nullable: true,
        description: 'Whether it was granted; null when not said.',
      }),
      error: t.string({
        nullable: true,
        description: 'What went wrong, addresses masked; null for none.',
        resolve: ({ error }) => error || null,
      }),
    }),
  });
  const WorkerEventConnection = defineConnection<ByocWorkerEvent, BatchedPage<ByocWorkerEvent>>(builder, {
    name: 'ByocWorkerEvent',
    Node: WorkerEvent,
    words: { page: 'A page of worker events.', edge: 'A worker event and its position.', node: 'The event.' },
    fields: (t) => ({
      totalCount: t.field({
        type: 'Count',
        description: 'Events in the whole list.',
        resolve: (page) => page.totalCount(),
      }),
    }),
  });
  const AuthEventConnection = defineConnection<ByocAuthEvent, BatchedPage<ByocAuthEvent>>(builder, {
    name: 'ByocAuthEvent',
    Node: AuthEvent,
    words: {
      page: 'A page of authorisations.',
      edge: 'An authorisation and its position.',
      node: 'The authorisation.',
    },
    fields: (t) => ({
      totalCount: t.field({
        type: 'Count',
        description: 'Authorisations in the whole list.',
        resolve: (page) => page.totalCount(),
      }),
    }),
  });
  for (const Row of [WorkerEvent, AuthEvent]) placeEvents(builder, Row, entities);
  return { WorkerEvent, AuthEvent, WorkerEventConnection, AuthEventConnection };
}

export type ByocEventTypes = ReturnType<typeof defineByoc>;
