import type { BatchedPage, StatusSample } from '../resolvers/batched-lists.js';
import type { Builder } from './builder.js';
import { defineConnection } from './connection.js';
import type { SessionType } from './session.js';

export type StatusSampleTypes = ReturnType<typeof defineStatusSamples>;
export type StatusSampleType = StatusSampleTypes['StatusSample'];

/** Status samples one by one: what the minutes of `statusSeries` are summed over [LINEAGE-002]. */
export function defineStatusSamples(builder: Builder, Session: SessionType) {
  const Sample = builder.objectRef<StatusSample>('StatusSample').implement({
    description: 'A status sample of a session.',
    fields: (t) => ({
      at: t.expose('at', { type: 'DateTime', description: 'Event time.' }),
      org: t.exposeString('org', { description: 'Organisation whose gateway sent it.' }),
      eventId: t.exposeString('eventId', { description: 'The event that says so.' }),
      sessionId: t.exposeString('sessionId', { description: 'Public id of its session.' }),
      session: t.field({
        type: Session,
        nullable: true,
        description: 'Its session; null when it was removed while this was answered.',
        resolve: ({ sessionId }, _args, { loaders }) => loaders.session.load(sessionId),
      }),
      state: t.exposeString('state', {
        nullable: true,
        description: 'State it names; null when it names none, and then it is ONLINE with frames and LOADING without.',
      }),
      outputFps: t.exposeFloat('outputFps', {
        nullable: true,
        description: 'Output frames per second; null when not said.',
      }),
      inputFps: t.exposeFloat('inputFps', {
        nullable: true,
        description: 'Input frames per second; null when not said.',
      }),
      isError: t.exposeBoolean('isError', { description: 'Whether it has an error or is in state ERROR.' }),
    }),
  });
  const Samples = defineConnection<StatusSample, BatchedPage<StatusSample>>(builder, {
    name: 'StatusSample',
    Node: Sample,
    words: { page: 'A page of status samples.', edge: 'A sample and its position.', node: 'The sample.' },
    fields: (t) => ({
      totalCount: t.field({
        type: 'Count',
        description: 'Samples in the whole list.',
        resolve: (page) => page.totalCount(),
      }),
    }),
  });
  return { StatusSample: Sample, StatusSamples: Samples };
}
