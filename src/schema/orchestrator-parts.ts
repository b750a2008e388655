import { type GpuReading, type GpuSource, newestReading } from '../resolvers/gpus.js';
import { isSnapshotFresh, offerCapacity, offerPrice } from '../resolvers/orchestrator-offer.js';
import type { Price } from '../resolvers/prices.js';
import type { Builder } from './builder.js';
import { storedEnum } from './enums.js';
import type { Values } from './values.js';

/** What an orchestrator consists of: offers with capacity and price, and GPUs. */
export function defineOrchestratorParts(builder: Builder, values: Values) {
  const PriceRef = builder.objectRef<Price>('Price').implement({
    description: 'A price as an orchestrator names it: an amount in wei for a number of pixels.',
    fields: (t) => ({
      pricePerUnitWei: t.expose('pricePerUnitWei', {
        type: 'Decimal',
        description: 'Wei for `pixelsPerUnit` pixels.',
      }),
      pixelsPerUnit: t.expose('pixelsPerUnit', {
        type: 'Decimal',
        description: 'Pixels that the amount pays for, above 0.',
      }),
    }),
  });

  const Offer = builder.prismaObject('OrchestratorOffer', {
    description: 'A pipeline and model that an orchestrator offers now, over the newest reports of its services.',
    fields: (t) => ({
      pipeline: t.exposeString('pipeline', {
        description: 'Canonical pipeline, or the name of an external capability.',
      }),
      model: t.string({
        nullable: true,
        description: 'Model; null when the offer names none.',
        resolve: ({ model }) => model || null,
      }),
      isWarm: t.exposeBoolean('isWarm', { description: 'Whether the model is loaded.' }),
      capacity: t.field({
        type: 'Count',
        description: 'Streams or jobs it offers to run at once, those in use included; 0 when it does not say.',
        resolve: ({ capacity }) => Number(capacity),
      }),
      capacityInUse: t.field({
        type: values.Metric,
        description: 'Of the capacity in use by its newest report. NO_DATA when it never says, STALE when that is old.',
        resolve: async (offer, _args, context) =>
          offerCapacity(offer, 'capacityInUse', await isSnapshotFresh(offer, context)),
      }),
      capacityAvailable: t.field({
        type: values.Metric,
        description: 'Capacity less what is in use. NO_DATA when use is not known, STALE when the report is old.',
        resolve: async (offer, _args, context) =>
          offerCapacity(offer, 'capacityAvailable', await isSnapshotFresh(offer, context)),
      }),
      price: t.field({
        type: PriceRef,
        nullable: true,
        description:
          'Price in its newest report, the dearest per pixel when its services differ; null when it names none.',
        resolve: offerPrice,
      }),
      gpuCount: t.expose('gpuCount', {
        type: 'Count',
        nullable: true,
        description: 'GPUs that serve it; null without hardware data.',
      }),
      runnerVersions: t.exposeStringList('runnerVersions', {
        description: 'Versions of the runners that serve it, sorted.',
      }),
      liveSessionCount: t.field({
        type: 'Count',
        description: 'Live sessions that show it: without a close, seen in the last 2 minutes. No test traffic.',
        resolve: ({ orchestratorId, pipeline, model }, _args, { loaders }) =>
          loaders.offerStreams.load({ orchestratorId, pipeline, model }),
      }),
      lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'Newest capability report with the offer.' }),
    }),
  });

  const GpuSurface = builder.prismaObject('GpuSurface', {
    description: 'A pipeline and model that an installed GPU serves.',
    fields: (t) => ({
      pipeline: t.string({
        nullable: true,
        description: 'Canonical pipeline; null when the report names none.',
        resolve: ({ pipeline }) => pipeline || null,
      }),
      model: t.string({
        nullable: true,
        description: 'Model; null when the report names none.',
        resolve: ({ model }) => model || null,
      }),
      lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'Newest report with it.' }),
    }),
  });

  const GpuReadingRef = builder.objectRef<GpuReading>('GpuReading').implement({
    description:
      'What the newest sample of a runner that names a GPU says of it (v1); samples of test traffic are left out.',
    fields: (t) => ({
      readAt: t.expose('readAt', { type: 'DateTime', description: 'When the sample was taken.' }),
      gpuModel: t.exposeString('gpuModel', {
        nullable: true,
        description: 'Model name of the GPU; null when it does not say.',
      }),
      memoryBytes: t.expose('memoryBytes', {
        type: 'Count',
        nullable: true,
        description: 'Memory in bytes; null when it does not say.',
      }),
      cudaVersion: t.exposeString('cudaVersion', {
        nullable: true,
        description: 'CUDA version; null when it does not say.',
      }),
      utilisationRatio: t.exposeFloat('utilisation', {
        nullable: true,
        description: 'Utilisation of the GPU at that instant, 0–1; null when it does not say.',
      }),
    }),
  });
  const GpuSourceEnum = storedEnum<GpuSource>(builder, 'GpuSource', 'What names a GPU.', {
    report: 'A capability report of its orchestrator.',
    sample: 'Only samples of runners (v1): what reports say, such as what it serves, is not known of it.',
  });
  const Gpu = builder.prismaNode('Gpu', {
    nullable: true,
    description: 'A GPU of an orchestrator, present or past, under a public id.',
    id: { field: 'id', description: 'Opaque global id.' },
    fields: (t) => ({
      gpuId: t.exposeString('gpuId', {
        description: 'Public id, `gpu_` and 16 hex digits of a keyed hash: the same in every list and rollup.',
      }),
      source: t.field({
        type: GpuSourceEnum.type,
        description: 'What names it. Only GPUs of reports are in counts of GPUs.',
        resolve: ({ source }) => GpuSourceEnum.of(source),
      }),
      orchestratorAddress: t.exposeString('orchestratorId', {
        nullable: true,
        description:
          'Canonical on-chain address of the orchestrator, lower-case; of a sampled GPU whoever served then, null when that is not safely known.',
      }),
      gpuModel: t.exposeString('gpuModel', {
        nullable: true,
        description: 'Model name as the driver says it, such as NVIDIA GeForce RTX 4090; null when it does not say.',
      }),
      memoryBytes: t.field({
        type: 'Count',
        nullable: true,
        description: 'Memory in bytes; null when not reported.',
        resolve: ({ memoryBytes }) => (memoryBytes === null ? null : Number(memoryBytes)),
      }),
      isInstalled: t.exposeBoolean('isInstalled', {
        nullable: true,
        description:
          'Whether the newest reports of its orchestrator still have it; null for a sampled GPU, of which no report tells.',
      }),
      firstSeenAt: t.expose('firstSeenAt', {
        type: 'DateTime',
        description: 'First report with it; of a sampled GPU the newest reading of the oldest session kept.',
      }),
      lastSeenAt: t.expose('lastSeenAt', {
        type: 'DateTime',
        description: 'Newest report with it; of a sampled GPU its newest reading.',
      }),
      newestReading: t.field({
        type: GpuReadingRef,
        nullable: true,
        description: 'Its newest reading; null when no runner ever named it in a sample of real traffic.',
        resolve: newestReading,
      }),
      surfaces: t.relation('surfaces', {
        description: 'What it serves; empty when it is not installed any more, and when only samples name it.',
        query: { orderBy: { id: 'asc' } },
      }),
    }),
  });

  return { Offer, Gpu, GpuReading: GpuReadingRef, GpuSurface, GpuSource: GpuSourceEnum, Price: PriceRef };
}
