import { type DiscoveryPage, discoveries, type ListedDiscovery } from '../resolvers/discovery.js';
import { metric } from '../resolvers/metric.js';
import { type Builder, connectionCost, pageArguments } from './builder.js';
import { defineConnection } from './connection.js';
import type { Entities } from './entities.js';
import type { Values } from './values.js';

interface Dependencies {
  readonly values: Values;
  readonly entities: Entities;
}

/** Orchestrators that gateways found, one by one. */
export function defineDiscoveries(builder: Builder, { values, entities }: Dependencies) {
  const DiscoveryRef = defineDiscovery(builder, values, entities);
  return { Discovery: DiscoveryRef, DiscoveryConnection: defineDiscoveryList(builder, DiscoveryRef, values) };
}

export type DiscoveryType = ReturnType<typeof defineDiscovery>;

function defineDiscovery(builder: Builder, values: Values, { Orchestrator }: Entities) {
  return builder.objectRef<ListedDiscovery>('Discovery').implement({
    description: 'One find: an orchestrator in a message of a gateway that looked for some.',
    fields: (t) => {
      const text = (description: string, of: (find: ListedDiscovery) => string) =>
        t.string({ nullable: true, description, resolve: (find) => of(find) || null });
      return {
        discoveredAt: t.expose('discoveredAt', { type: 'DateTime', description: 'Event time of the message.' }),
        org: t.exposeString('org', { description: 'Organisation whose gateway looked.' }),
        eventId: t.exposeString('eventId', { description: 'The message.' }),
        ordinal: t.exposeInt('ordinal', { description: 'Place in the message, from 1.' }),
        gateway: text('Public gateway name; null when unknown.', (find) => find.gateway),
        region: text('Region of the gateway; null when not configured.', (find) => find.region),
        orchestratorAddress: text(
          'Canonical on-chain address; null when URL and key lead to no one address.',
          (find) => find.orchestratorAddress,
        ),
        orchestrator: t.field({
          type: Orchestrator,
          nullable: true,
          description: 'The orchestrator that was found; null when URL and key lead to no one address.',
          resolve: ({ orchestratorAddress }, _args, { loaders }) =>
            orchestratorAddress ? loaders.orchestrator.load(orchestratorAddress) : null,
        }),
        orchestratorUri: t.exposeString('orchestratorUri', {
          nullable: true,
          description: 'Service URI it was found at; null when none is named or its host is private.',
        }),
        latencyMs: t.field({
          type: values.Metric,
          description: 'Milliseconds until it answered the gateway; null when not usable.',
          resolve: ({ latencyMs }) => metric('MILLISECONDS', latencyMs, latencyMs === null ? 0 : 1),
        }),
      };
    },
  });
}

function defineDiscoveryList(builder: Builder, Discovery: DiscoveryType, values: Values) {
  const Connection = defineConnection<ListedDiscovery, DiscoveryPage>(builder, {
    name: 'Discovery',
    Node: Discovery,
    words: { page: 'A page of finds.', edge: 'A find and its position.', node: 'The find.' },
    fields: (t) => ({
      totalCount: t.field({
        type: 'Count',
        description: 'Finds in the whole list.',
        resolve: (page) => page.totalCount(),
      }),
    }),
  });
  builder.queryField('discoveries', (t) =>
    t.field({
      type: Connection,
      nullable: true,
      description:
        'Orchestrators that gateways found when they looked for some, newest first: what `discoveryMetrics` counts.',
      complexity: connectionCost,
      args: {
        discoveredIn: t.arg({
          type: values.TimeRangeInput,
          required: false,
          description: 'Half-open range of the message’s time, not snapped; any by default.',
        }),
        where: t.arg({
          type: values.GrainFilter,
          required: false,
          description:
            'What to keep; a find has no pipeline, model or GPU, so filters by them are refused. Everything by default.',
        }),
        ...pageArguments(builder),
      },
      resolve: (_root, args, context) => discoveries(context, args),
    }),
  );
  return Connection;
}
