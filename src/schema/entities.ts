import { checkedAddress } from '../resolvers/grouping.js';
import { isSnapshotFresh } from '../resolvers/orchestrator-offer.js';
import { orchestrators } from '../resolvers/orchestrators.js';
import { type Builder, connectionCost } from './builder.js';
import { relationsAskedFor } from './listed-rows.js';
import { defineOrchestratorParts } from './orchestrator-parts.js';
import type Relations from './pothos-types.js';
import type { Values } from './values.js';

/** Entities that other types refer to. */
export function defineEntities(builder: Builder, values: Values) {
  const parts = defineOrchestratorParts(builder, values);

  const Orchestrator = builder.prismaNode('Orchestrator', {
    nullable: true,
    description: 'A GPU operator, known by its canonical on-chain address.',
    id: { field: 'id', description: 'Opaque global id.' },
    fields: (t) => ({
      address: t.exposeString('orchestratorAddress', {
        description: 'Canonical on-chain address, 0x and 40 hex digits, lower-case.',
      }),
      displayName: t.exposeString('displayName', {
        nullable: true,
        description: 'Configured name; null when none is.',
      }),
      region: t.exposeString('region', { nullable: true, description: 'Configured region; null when none is.' }),
      uris: t.exposeStringList('uris', {
        description: 'Public service URIs it was ever reported with, sorted; private hosts are left out.',
      }),
      aliasCount: t.expose('aliasCount', {
        type: 'Count',
        description: 'Local names and keys it was ever reported with; they themselves are not public.',
      }),
      version: t.exposeString('version', {
        nullable: true,
        description: 'Software version of the newest report with one; null when none has.',
      }),
      versions: t.exposeStringList('versions', {
        description: 'Software versions of its services in their newest reports, sorted.',
      }),
      gpuCount: t.expose('gpuCount', {
        type: 'Count',
        nullable: true,
        description:
          'GPUs in the newest reports of its services; null without hardware data. Those that only samples name are not in it.',
      }),
      sampledGpuCount: t.field({
        type: 'Count',
        description: 'GPUs that samples of runners name while it served, and no report ever did; not in `gpuCount`.',
        resolve: ({ id }, _args, { loaders }) => loaders.sampledGpuCount.load(id),
      }),
      firstSeenAt: t.expose('firstSeenAt', { type: 'DateTime', description: 'First capability report of it.' }),
      lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'Newest capability report of it.' }),
      isReported: t.boolean({
        description: 'Whether the newest report stands for now, at most an hour old by default; false: nobody sees it.',
        resolve: (orchestrator, _args, context) => isSnapshotFresh(orchestrator, context),
      }),
      offers: t.relation('offers', {
        description: 'What it offers by its newest reports.',
        query: { orderBy: { id: 'asc' } },
      }),
      gpus: t.relation('gpus', {
        description:
          'GPUs in the newest reports of its services, and those that only samples name; the root field `gpus` lists past ones too.',
        query: { where: { OR: [{ isInstalled: true }, { isInstalled: null }] }, orderBy: { id: 'asc' } },
      }),
    }),
  });

  const Filter = builder.inputType('OrchestratorFilter', {
    description: 'Keeps orchestrators that match everything given.',
    fields: (t) => ({
      pipelines: t.stringList({
        required: false,
        description: 'Canonical pipelines; one offer must match this and models together.',
      }),
      models: t.stringList({
        required: false,
        description: 'Models; one offer must match this and pipelines together.',
      }),
      regions: t.stringList({ required: false, description: 'Configured regions.' }),
      seenSince: t.field({ type: 'DateTime', required: false, description: 'Reported at or after this instant.' }),
    }),
  });

  builder.queryFields((t) => ({
    orchestrator: t.prismaField({
      type: Orchestrator,
      nullable: true,
      description: 'The orchestrator with an address; null when no capability report ever named it.',
      args: { address: t.arg.string({ required: true, description: 'Canonical on-chain address, any case.' }) },
      resolve: (query, _root, { address }, { prisma }) =>
        prisma.orchestrator.findUnique({ ...query, where: { id: checkedAddress(address) } }),
    }),
    orchestrators: t.connection(
      {
        type: Orchestrator,
        nullable: true,
        description: 'Orchestrators in address order.',
        complexity: connectionCost,
        args: { where: t.arg({ type: Filter, required: false, description: 'What to keep; everything by default.' }) },
        resolve: (_root, args, context, info) =>
          orchestrators(context, args, (ids) =>
            context.prisma.orchestrator.findMany({
              include: relationsAskedFor<Relations['Orchestrator']['Include']>(context, info, 'Orchestrator'),
              where: { id: { in: ids } },
            }),
          ),
      },
      {
        name: 'OrchestratorConnection',
        description: 'A page of orchestrators.',
        fields: (c) => ({
          totalCount: c.field({
            type: 'Count',
            description: 'Orchestrators in the whole list.',
            resolve: (page) => page.totalCount(),
          }),
        }),
      },
      { name: 'OrchestratorEdge', description: 'An orchestrator and its position.' },
    ),
  }));

  return { Orchestrator, ...parts };
}

export type Entities = ReturnType<typeof defineEntities>;
