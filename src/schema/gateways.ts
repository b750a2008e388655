import {
  type GatewayDemand,
  type GatewayOrchestrator,
  servedCount,
  topOrchestrators,
  unservedCount,
} from '../resolvers/gateway-demand.js';
import { gateways } from '../resolvers/gateways.js';
import { type Builder, connectionCost } from './builder.js';
import type { Contributions } from './contributions.js';
import type { Entities } from './entities.js';
import type { Enums } from './enums.js';
import { rangeArgument, syntheticArgument } from './grouped.js';
import { relationsAskedFor } from './listed-rows.js';
import type { MetricTypes } from './metrics.js';
import type Relations from './pothos-types.js';
import type { Values } from './values.js';

interface Parts {
  readonly enums: Enums;
  readonly values: Values;
  readonly metrics: MetricTypes;
  readonly entities: Entities;
  readonly contributions: Contributions;
}

/** Gateways, with the demand they sent and whom it went to. */
export function defineGateways(builder: Builder, parts: Parts): void {
  const { enums, values } = parts;
  const Demand = defineDemand(builder, parts);
  const Gateway = builder.prismaNode('Gateway', {
    nullable: true,
    description: 'A gateway that sends streams, under its public name within an organisation.',
    id: { field: 'id', description: 'Opaque global id.' },
    fields: (t) => ({
      name: t.exposeString('gateway', {
        description: 'Public name: the configured one, its host, or `gw_` and 16 hex when the host is private.',
      }),
      org: t.exposeString('org', { description: 'Organisation whose events it sends.' }),
      region: t.exposeString('region', {
        nullable: true,
        description:
          'Region of its newest session: the configured one, else the one its events name; null when neither does.',
      }),
      firstSessionAt: t.expose('firstSessionAt', { type: 'DateTime', description: 'Start of its first session.' }),
      lastSessionAt: t.expose('newestSessionAt', { type: 'DateTime', description: 'Start of its newest session.' }),
      liveSessionCount: t.field({
        type: 'Count',
        description: 'Its live sessions: without a close, seen in the last 2 minutes. No test traffic.',
        resolve: ({ org, gateway }, _args, { loaders }) => loaders.gatewayStreams.load({ org, gateway }),
      }),
      demand: t.field({
        type: Demand,
        description: 'What it was asked for and who served it.',
        args: {
          ...rangeArgument(builder, values),
          bucket: t.arg({
            type: enums.Bucket,
            required: false,
            description:
              'Bucket that the range is snapped to. Default: 5 minutes up to 6 hours while they are kept, an hour up to 31 days, else a day.',
          }),
          ...syntheticArgument(builder, enums),
        },
        resolve: ({ org, gateway }, args, { loaders }) => loaders.gatewayDemand({ org, gateway }, args),
      }),
    }),
  });

  const Filter = builder.inputType('GatewayFilter', {
    description: 'Keeps gateways that match everything given; a value matches a list that holds it.',
    fields: (t) => ({
      orgs: t.stringList({ required: false, description: 'Organisations.' }),
      gateways: t.stringList({ required: false, description: 'Public names.' }),
      regions: t.stringList({ required: false, description: 'Regions.' }),
    }),
  });
  builder.queryFields((t) => ({
    gateway: t.prismaField({
      type: Gateway,
      nullable: true,
      description: 'The gateway of an organisation with a name; null when it never sent a session.',
      args: {
        org: t.arg.string({ required: true, description: 'Organisation.' }),
        name: t.arg.string({ required: true, description: 'Public name.' }),
      },
      resolve: (query, _root, { org, name }, { prisma }) =>
        prisma.gateway.findUnique({ ...query, where: { id: `${org}/${name}` } }),
    }),
    gateways: t.connection(
      {
        type: Gateway,
        nullable: true,
        description: 'Gateways by organisation and name.',
        complexity: connectionCost,
        args: { where: t.arg({ type: Filter, required: false, description: 'What to keep; everything by default.' }) },
        resolve: (_root, args, context, info) =>
          gateways(context, args, (ids) =>
            context.prisma.gateway.findMany({
              include: relationsAskedFor<Relations['Gateway']['Include']>(context, info, 'Gateway'),
              where: { id: { in: ids } },
            }),
          ),
      },
      {
        name: 'GatewayConnection',
        description: 'A page of gateways.',
        fields: (c) => ({
          totalCount: c.field({
            type: 'Count',
            description: 'Gateways in the whole list.',
            resolve: (page) => page.totalCount(),
          }),
        }),
      },
      { name: 'GatewayEdge', description: 'A gateway and its position.' },
    ),
  }));
}

function defineDemand(builder: Builder, { values, metrics, entities, contributions }: Parts) {
  const Used = builder.objectRef<GatewayOrchestrator>('GatewayOrchestrator').implement({
    description: 'What one orchestrator took of a gateway’s demand.',
    fields: (t) => ({
      orchestratorAddress: t.exposeString('address', { description: 'Canonical on-chain address, lower-case.' }),
      orchestrator: t.field({
        type: entities.Orchestrator,
        nullable: true,
        description: 'The orchestrator; null when no capability report ever named it.',
        resolve: ({ address }, _args, { loaders }) => loaders.orchestrator.load(address),
      }),
      metrics: t.field({
        type: metrics.DemandMetrics,
        description: 'Its sessions: those whose last orchestrator it was.',
        resolve: ({ sums }) => sums,
      }),
      contributions: contributions.demandField(t, 'in these numbers.', ({ counted }) => counted),
      share: t.field({
        type: values.Metric,
        description: 'Its part of the sessions whose orchestrator is safely known, 0–1.',
        resolve: ({ share }) => share,
      }),
    }),
  });
  return builder.objectRef<GatewayDemand>('GatewayDemand').implement({
    description: 'Whole sessions of a gateway, each counted once in the bucket of its start.',
    fields: (t) => ({
      rangeUsed: t.field({
        type: values.RangeUsed,
        description: 'The range answered for.',
        resolve: ({ range }) => range,
      }),
      metrics: t.field({
        type: metrics.DemandMetrics,
        nullable: true,
        description: 'All its sessions; null when nothing was recorded.',
        resolve: ({ sums }) => sums,
      }),
      contributions: contributions.demandField(t, 'in these numbers.', ({ counted }) => counted),
      servedCount: t.field({
        type: 'Count',
        description: 'Requested sessions that became playable.',
        resolve: ({ sums }) => (sums === null ? 0 : servedCount(sums)),
      }),
      unservedCount: t.field({
        type: 'Count',
        description: 'Requested sessions that did not become playable, for whatever reason.',
        resolve: ({ sums }) => (sums === null ? 0 : unservedCount(sums)),
      }),
      orchestratorCount: t.field({
        type: 'Count',
        description: 'Orchestrators its sessions ended on.',
        resolve: ({ orchestrators }) => orchestrators.length,
      }),
      orchestrators: t.field({
        type: [Used],
        description: 'Orchestrators its sessions ended on, most sessions first.',
        complexity: ({ first }) => ({ field: 1, multiplier: first ?? 10 }),
        args: { first: t.arg.int({ defaultValue: 10, description: 'How many, 1 to 100.' }) },
        resolve: (demand, { first }) => [...topOrchestrators(demand, first)],
      }),
    }),
  });
}
