import { type LiveGroup, liveSessions } from '../resolvers/live-sessions.js';
import { type Builder, connectionCost } from './builder.js';
import type { Enums } from './enums.js';
import type { GroupedInterface } from './grouped.js';
import { syntheticArgument } from './grouped.js';
import type { Values } from './values.js';

const LIVE = 'Sessions without a close whose newest event is less than 2 minutes old.';
const IDLE = 'Sessions without a close, silent for 2 minutes and more, but less than 30.';
const LOST = 'Sessions without a close that fell silent between 30 minutes and 24.5 hours ago.';

/** `liveSessions`: what runs now, for dashboards. */
export function defineLiveSessions(
  builder: Builder,
  { enums, values, grouped }: { enums: Enums; values: Values; grouped: GroupedInterface },
): void {
  const Group = builder.objectRef<LiveGroup>('LiveSessionGroup').implement({
    description: 'Sessions of one group at this instant.',
    interfaces: [grouped],
    fields: (t) => ({
      liveCount: t.field({ type: 'Count', description: LIVE, resolve: (group) => group.liveCount }),
      idleCount: t.field({ type: 'Count', description: IDLE, resolve: (group) => group.idleCount }),
      lostCount: t.field({ type: 'Count', description: LOST, resolve: (group) => group.lostCount() }),
    }),
  });
  builder.queryField('liveSessions', (t) =>
    t.connection(
      {
        type: Group,
        nullable: true,
        description:
          'Sessions that run now by any dimensions, most live ones first; groups have a live or an idle session. A session counts under its newest orchestrator.',
        complexity: connectionCost,
        args: {
          groupBy: t.arg({
            type: [enums.Dimension],
            required: false,
            description: 'Dimensions to tell apart; none gives one group.',
          }),
          where: t.arg({
            type: values.GrainFilter,
            required: false,
            description: 'What to keep; everything by default.',
          }),
          ...syntheticArgument(builder, enums),
        },
        resolve: (_root, args, context) => liveSessions(context, args),
      },
      {
        name: 'LiveSessionConnection',
        description: 'A page of groups, with the numbers of all of them beside it.',
        fields: (c) => ({
          totalCount: c.field({
            type: 'Count',
            description: 'Groups in the whole list.',
            resolve: (page) => page.totalCount(),
          }),
          asOf: c.field({
            type: 'DateTime',
            description: 'The instant that live, idle and lost are judged at.',
            resolve: ({ asOfMs }) => new Date(asOfMs),
          }),
          liveCount: c.field({ type: 'Count', description: LIVE, resolve: (page) => page.liveCount }),
          idleCount: c.field({ type: 'Count', description: IDLE, resolve: (page) => page.idleCount }),
          lostCount: c.field({ type: 'Count', description: LOST, resolve: (page) => page.lostCount() }),
        }),
      },
      { name: 'LiveSessionEdge', description: 'A group and its position.' },
    ),
  );
}
