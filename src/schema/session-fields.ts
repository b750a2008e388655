import { sessions } from '../resolvers/sessions.js';
import { type Builder, connectionCost } from './builder.js';
import type { Enums } from './enums.js';
import { syntheticArgument } from './grouped.js';
import type { IngestQualityType } from './ingest-quality.js';
import { relationsAskedFor } from './listed-rows.js';
import type Relations from './pothos-types.js';
import type { SessionType } from './session.js';
import type { SessionEnums } from './session-enums.js';
import type { Values } from './values.js';

interface FieldDependencies {
  readonly enums: Enums;
  readonly sessionEnums: SessionEnums;
  readonly values: Values;
  readonly Session: SessionType;
  readonly IngestQuality: IngestQualityType;
}

/** The fields that answer sessions, one by its public id and the list, and what of a session other modules define. */
export function defineSessionFields(
  builder: Builder,
  { sessionEnums, Session, enums, values, IngestQuality }: FieldDependencies,
): void {
  builder.objectField(Session, 'ingestQuality', (t) =>
    t.field({
      type: IngestQuality,
      nullable: true,
      description: 'Quality of its leg from client to gateway over its whole life; null without a sample of it.',
      resolve: ({ id }, _args, { loaders }) => loaders.sessionIngest.load(id),
    }),
  );
  const { State, Startup, Order, Attribution, Selection } = sessionEnums;
  builder.queryFields((t) => ({
    session: t.prismaField({
      type: Session,
      nullable: true,
      description: 'The session with a public id; null when there is none.',
      args: { sessionId: t.arg.string({ required: true, description: 'Public id, s_ and 24 hex digits.' }) },
      resolve: (query, _root, { sessionId }, { prisma }) =>
        prisma.session.findUnique({ ...query, where: { id: sessionId } }),
    }),
    sessions: t.connection(
      {
        type: Session,
        nullable: true,
        description: 'Sessions, newest start first.',
        complexity: connectionCost,
        args: {
          startedIn: t.arg({
            type: values.TimeRangeInput,
            required: false,
            description: 'Half-open range of the start, not snapped; any by default.',
          }),
          where: t.arg({
            type: values.GrainFilter,
            required: false,
            description: 'What to keep; everything by default.',
          }),
          state: t.arg({ type: State, required: false, description: 'Only sessions in this state now.' }),
          startupOutcome: t.arg({
            type: Startup.type,
            required: false,
            description: 'Only sessions with this outcome of their start.',
          }),
          attributionOutcome: t.arg({
            type: Attribution.type,
            required: false,
            description: 'Only sessions with this outcome of their attribution.',
          }),
          selectionOutcome: t.arg({
            type: Selection.type,
            required: false,
            description: 'Only sessions for which an orchestrator was found, or not.',
          }),
          streamId: t.arg.string({ required: false, description: 'Only sessions of this stream.' }),
          requestId: t.arg.string({ required: false, description: 'Only sessions of this request.' }),
          ...syntheticArgument(builder, enums),
          orderBy: t.arg({ type: Order, required: false, description: 'Instant to order by; STARTED_AT by default.' }),
          ascending: t.arg.boolean({ required: false, description: 'Oldest first; false by default.' }),
        },
        resolve: (_root, args, context, info) =>
          sessions(context, args, (ids) =>
            context.prisma.session.findMany({
              include: relationsAskedFor<Relations['Session']['Include']>(context, info, 'Session'),
              where: { id: { in: ids } },
            }),
          ),
      },
      {
        name: 'SessionConnection',
        description: 'A page of sessions.',
        fields: (c) => ({
          totalCount: c.field({
            type: 'Count',
            description: 'Sessions in the whole list.',
            resolve: (page) => page.totalCount(),
          }),
        }),
      },
      { name: 'SessionEdge', description: 'A session and its position.' },
    ),
  }));
}
