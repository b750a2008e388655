import { type PriceStretch, prices } from '../resolvers/prices.js';
import { type Builder, connectionCost } from './builder.js';
import type { Entities } from './entities.js';

/** `prices`: the price history of an orchestrator. */
export function definePrices(builder: Builder, { Price }: Entities) {
  const Stretch = builder.objectRef<PriceStretch>('PriceStretch').implement({
    description: 'A time in which a service of an orchestrator named one price to the gateways of an organisation.',
    fields: (t) => ({
      startedAt: t.field({ type: 'DateTime', description: 'First report with it.', resolve: ({ sinceAt }) => sinceAt }),
      endedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'First report without it; null while the newest report has it.',
        resolve: ({ untilAt }) => untilAt,
      }),
      lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'Newest report with it.' }),
      org: t.exposeString('org', { description: 'Organisation whose gateways it was named to.' }),
      orchestratorAddress: t.exposeString('orchestratorAddress', {
        description: 'Canonical on-chain address, lower-case.',
      }),
      orchestratorUri: t.exposeString('orchestratorUri', {
        nullable: true,
        description: 'Service URI that named it; null when the host is private.',
      }),
      pipeline: t.exposeString('pipeline', { description: 'Canonical pipeline, or an external capability.' }),
      model: t.string({
        nullable: true,
        description: 'Model; null: every model of the pipeline without a price of its own.',
        resolve: ({ model }) => model || null,
      }),
      price: t.field({ type: Price, description: 'The price.', resolve: (stretch) => stretch }),
    }),
  });
  const Filter = builder.inputType('PriceFilter', {
    description: 'Keeps prices that match every given list.',
    fields: (t) => ({
      orgs: t.stringList({ required: false, description: 'Organisations whose gateways they were named to.' }),
      pipelines: t.stringList({ required: false, description: 'Canonical pipelines.' }),
      models: t.stringList({ required: false, description: 'Models; "" keeps prices for all models of a pipeline.' }),
    }),
  });
  builder.queryField('prices', (t) =>
    t.connection(
      {
        type: Stretch,
        nullable: true,
        description: 'Prices that an orchestrator named, present and past, newest start first.',
        complexity: connectionCost,
        args: {
          orchestratorAddress: t.arg.string({ required: true, description: 'Canonical on-chain address, any case.' }),
          where: t.arg({ type: Filter, required: false, description: 'What to keep; everything by default.' }),
        },
        resolve: (_root, args, context) => prices(context, args),
      },
      {
        name: 'PriceConnection',
        description: 'A page of prices.',
        fields: (c) => ({
          totalCount: c.field({
            type: 'Count',
            description: 'Prices in the whole list.',
            resolve: (page) => page.totalCount(),
          }),
        }),
      },
      { name: 'PriceEdge', description: 'A price and its position.' },
    ),
  );
  return Stretch;
}

export type PriceStretchType = ReturnType<typeof definePrices>;
