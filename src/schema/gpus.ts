import { achievedFps, fpsEfficiency, type GpuMarketRow, gpuMarket } from '../resolvers/gpu-market.js';
import { gpus } from '../resolvers/gpus.js';
import { type Builder, connectionCost } from './builder.js';
import type { Entities } from './entities.js';
import type { Enums } from './enums.js';
import { relationsAskedFor } from './listed-rows.js';
import type Relations from './pothos-types.js';
import { type SupplyFields, supplyFields } from './supply-fields.js';
import type { Values } from './values.js';

interface Parts {
  readonly enums: Enums;
  readonly values: Values;
  readonly entities: Entities;
  readonly supply: SupplyFields;
}

/** Lists of GPUs: the inventory, and the market by GPU model. */
export function defineGpus(builder: Builder, parts: Parts): void {
  defineInventory(builder, parts.entities);
  defineMarket(builder, parts);
}

function defineInventory(builder: Builder, { Gpu, GpuSource }: Entities): void {
  const Filter = builder.inputType('GpuFilter', {
    description: 'Keeps GPUs that match everything given; a value matches a list that holds it.',
    fields: (t) => ({
      orchestrators: t.stringList({ required: false, description: 'Canonical on-chain addresses, any case.' }),
      gpus: t.stringList({ required: false, description: 'Public GPU ids.' }),
      gpuModels: t.stringList({ required: false, description: 'Model names of GPUs, exactly.' }),
      pipelines: t.stringList({
        required: false,
        description: 'Canonical pipelines; one surface must match this and models together.',
      }),
      models: t.stringList({
        required: false,
        description: 'Models; one surface must match this and pipelines together.',
      }),
      minMemoryBytes: t.field({ type: 'Count', required: false, description: 'Least memory in bytes.' }),
      isInstalled: t.boolean({
        required: false,
        description:
          'Whether the newest reports still have it; null takes all. By default those that reports say are gone are left out, and those that only samples name are in.',
      }),
      sources: t.field({
        type: [GpuSource.type],
        required: false,
        description: 'What names it; [REPORT] gives the inventory alone. All by default.',
      }),
      seenSince: t.field({
        type: 'DateTime',
        required: false,
        description: 'Reported, or of a sampled GPU read, at or after this instant.',
      }),
    }),
  });
  builder.queryField('gpus', (t) =>
    t.connection(
      {
        type: Gpu,
        nullable: true,
        description:
          'GPUs by the address of their orchestrator and their own id: what reports show, and what only samples name.',
        complexity: connectionCost,
        args: {
          where: t.arg({
            type: Filter,
            required: false,
            description: 'What to keep; by default all but those that reports say are gone.',
          }),
        },
        resolve: (_root, args, context, info) =>
          gpus(context, args, (ids) =>
            context.prisma.gpu.findMany({
              include: relationsAskedFor<Relations['Gpu']['Include']>(context, info, 'Gpu'),
              where: { id: { in: ids } },
            }),
          ),
      },
      {
        name: 'GpuConnection',
        description: 'A page of GPUs.',
        fields: (c) => ({
          totalCount: c.field({
            type: 'Count',
            description: 'GPUs in the whole list; with `sources: [REPORT]` the inventory, as counts of GPUs have it.',
            resolve: (page) => page.totalCount(),
          }),
        }),
      },
      { name: 'GpuEdge', description: 'A GPU and its position.' },
    ),
  );
}

function defineMarket(builder: Builder, { enums, values, supply }: Parts): void {
  const Row = builder.objectRef<GpuMarketRow>('GpuMarketRow').implement({
    description:
      'What is offered now by one GPU model on one pipeline and model, and what these GPUs achieve. Offers whose GPUs are unknown or of several models are rows without a GPU model, so that capacity adds up to the whole.',
    fields: (t) => ({
      gpuModel: t.exposeString('gpuModel', {
        nullable: true,
        description: 'Model name of the GPU; null for unknown or mixed hardware.',
      }),
      pipeline: t.exposeString('pipeline', { description: 'Canonical pipeline, or an external capability.' }),
      model: t.string({
        nullable: true,
        description: 'Model; null for an external capability.',
        resolve: ({ model }) => model || null,
      }),
      minMemoryBytes: t.field({
        type: 'Count',
        nullable: true,
        description: 'Least memory of these GPUs in bytes; null when none reports it.',
        resolve: (row) => row.minMemoryBytes,
      }),
      maxMemoryBytes: t.field({
        type: 'Count',
        nullable: true,
        description: 'Most memory of these GPUs in bytes; null when none reports it.',
        resolve: (row) => row.maxMemoryBytes,
      }),
      ...supplyFields(t, supply),
      achievedFps: t.field({
        type: values.Metric,
        description: 'Average output frames per second of these GPUs over the range; null without samples.',
        resolve: achievedFps,
      }),
      targetFps: t.float({
        nullable: true,
        description: 'Configured target of the model in frames per second; null without one.',
        resolve: (row) => row.fpsTarget,
      }),
      fpsEfficiency: t.field({
        type: values.Metric,
        description: 'Achieved over target frames per second; null without samples or without a target.',
        resolve: fpsEfficiency,
      }),
    }),
  });
  const Filter = builder.inputType('GpuMarketFilter', {
    description: 'Keeps rows that match every given list.',
    fields: (t) => ({
      pipelines: t.stringList({ required: false, description: 'Canonical pipelines, or external capabilities.' }),
      models: t.stringList({ required: false, description: 'Models.' }),
      gpuModels: t.stringList({ required: false, description: 'Model names of GPUs, exactly.' }),
    }),
  });
  builder.queryField('gpuMarket', (t) =>
    t.connection(
      {
        type: Row,
        nullable: true,
        description:
          'The GPU market at this instant: GPU model × pipeline × model with GPUs, capacity, price and achieved frame rate, most GPUs first.',
        complexity: connectionCost,
        args: {
          range: t.arg({
            type: values.TimeRangeInput,
            required: false,
            description:
              'What achieved frame rates are over; by default the 24 hourly buckets that end with the open one.',
          }),
          bucket: t.arg({
            type: enums.Bucket,
            required: false,
            description: 'Bucket that the range is snapped to; not MINUTE_1.',
          }),
          where: t.arg({ type: Filter, required: false, description: 'What to keep; everything by default.' }),
          synthetic: t.arg({
            type: enums.Synthetic,
            required: false,
            description: 'Which traffic counts for frame rates; EXCLUDE by default.',
          }),
        },
        resolve: (_root, args, context) => gpuMarket(context, args),
      },
      {
        name: 'GpuMarketConnection',
        description: 'A page of the GPU market.',
        fields: (c) => ({
          totalCount: c.field({
            type: 'Count',
            description: 'Rows in the whole list.',
            resolve: (page) => page.totalCount(),
          }),
          rangeUsed: c.field({
            type: values.RangeUsed,
            description: 'What achieved frame rates are over.',
            resolve: ({ range }) => range,
          }),
        }),
      },
      { name: 'GpuMarketEdge', description: 'A row of the market and its position.' },
    ),
  );
}
