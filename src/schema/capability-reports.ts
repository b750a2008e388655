import {
  type AliasReport,
  type CapabilityReport,
  type ReportedGpu,
  type ReportedOffer,
  type ReportedPrice,
  reportedCapacity,
} from '../resolvers/capability-reports.js';
import { isSnapshotFresh } from '../resolvers/orchestrator-offer.js';
import type { Builder } from './builder.js';
import type { Entities } from './entities.js';
import type { Values } from './values.js';

export type CapabilityReportTypes = ReturnType<typeof defineCapabilityReports>;

/** What orchestrators reported, report by report: the way back from offers, prices, GPUs and capacity [LINEAGE-002]. */
export function defineCapabilityReports(builder: Builder, values: Values, { Orchestrator, Gpu, Price }: Entities) {
  const parts = defineReportParts(builder, values, Price);
  const Report = builder.objectRef<CapabilityReport>('CapabilityReport').implement({
    description: 'A stretch of equal capability reports of one service of an orchestrator.',
    fields: (t) => ({
      orchestratorAddress: t.exposeString('orchestratorAddress', { description: 'Canonical on-chain address.' }),
      orchestratorUri: t.exposeString('orchestratorUri', {
        nullable: true,
        description: 'Service URI reported; null when its host is private.',
      }),
      org: t.exposeString('org', { description: 'Organisation whose gateways sent the reports.' }),
      firstSeenAt: t.expose('firstSeenAt', { type: 'DateTime', description: 'First report of the stretch.' }),
      lastSeenAt: t.expose('lastSeenAt', {
        type: 'DateTime',
        description: 'Newest report of the stretch; what is in use is of then.',
      }),
      replacedAt: t.expose('replacedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'First report of something else; null while none is.',
      }),
      isReported: t.boolean({
        description:
          'Whether it stands for now, at most an hour old by default: `models`, `pipelines` and `gpuMarket` leave older ones out.',
        resolve: (report, _args, context) => isSnapshotFresh(report, context),
      }),
      contentHash: t.exposeString('contentHash', { description: 'Hash of what was reported.' }),
      version: t.exposeString('version', {
        nullable: true,
        description: 'Software version; null when it does not say.',
      }),
      offers: t.field({
        type: [parts.Offer],
        description: 'What it offers by pipeline and model; empty when it is not the newest report of its service.',
        resolve: ({ offers }) => [...offers],
      }),
      prices: t.field({ type: [parts.Price], description: 'Prices it names.', resolve: ({ prices }) => [...prices] }),
      gpus: t.field({
        type: [parts.Gpu],
        description: 'GPUs it shows, one row for each pipeline and model they serve.',
        resolve: ({ gpus }) => [...gpus],
      }),
    }),
  });
  const Alias = builder.objectRef<AliasReport>('OrchestratorAlias').implement({
    description: 'A local name or key of an orchestrator, which itself is not public.',
    fields: (t) => ({
      firstSeenAt: t.expose('firstSeenAt', {
        type: 'DateTime',
        nullable: true,
        description: 'First report that shows it; null when none is kept.',
      }),
    }),
  });
  builder.objectFields(Orchestrator, (t) => ({
    reports: t.field({
      type: [Report],
      description: 'The newest report of each of its services: its offers, GPUs, capacity and prices are from these.',
      resolve: async ({ id }, _args, { loaders }) => [...(await loaders.capabilityReports.counted.load(id))],
    }),
    aliases: t.field({
      type: [Alias],
      description: 'The local names and keys that `aliasCount` counts, unnamed.',
      resolve: async ({ id }, _args, { loaders }) => [...(await loaders.capabilityReports.aliases.load(id))],
    }),
  }));
  builder.objectField(Gpu, 'report', (t) =>
    t.field({
      type: Report,
      nullable: true,
      description: 'The newest report that shows it; null when none is kept, and when only samples name it.',
      resolve: ({ orchestratorId, gpuId }, _args, { loaders }) =>
        orchestratorId === null
          ? null
          : loaders.capabilityReports.ofGpu.load({ orchestratorAddress: orchestratorId, gpuId }),
    }),
  );
  return { Report, Alias };
}

function defineReportParts(builder: Builder, values: Values, PriceRef: Entities['Price']) {
  const surface = {
    pipeline: 'Canonical pipeline, or the name of an external capability; null when not said.',
    model: 'Model; null when not said.',
  };
  const Offer = builder.objectRef<ReportedOffer>('ReportedOffer').implement({
    description: 'A pipeline and model in a capability report.',
    fields: (t) => ({
      pipeline: t.string({
        nullable: true,
        description: surface.pipeline,
        resolve: ({ pipeline }) => pipeline || null,
      }),
      model: t.string({ nullable: true, description: surface.model, resolve: ({ model }) => model || null }),
      isWarm: t.exposeBoolean('is_warm', { description: 'Whether the model is loaded.' }),
      capacity: t.expose('capacity', {
        type: 'Count',
        description: 'Streams or jobs it offers to run at once, those in use included; 0 when it does not say.',
      }),
      capacityInUse: t.field({
        type: values.Metric,
        description: 'Of these in use at the newest report; NO_DATA when the service never said.',
        resolve: (offer) => reportedCapacity(offer.capacity_in_use),
      }),
      capacityAvailable: t.field({
        type: values.Metric,
        description: 'Of these free at the newest report; NO_DATA when what is in use is not known.',
        resolve: (offer) => reportedCapacity(offer.capacity_available),
      }),
    }),
  });
  const Price = builder.objectRef<ReportedPrice>('ReportedPrice').implement({
    description: 'A price in a capability report.',
    fields: (t) => ({
      pipeline: t.string({
        nullable: true,
        description: surface.pipeline,
        resolve: ({ pipeline }) => pipeline || null,
      }),
      model: t.string({
        nullable: true,
        description: 'Model; null: every model of the pipeline without a price of its own.',
        resolve: ({ model }) => model || null,
      }),
      price: t.field({
        type: PriceRef,
        description: 'The price.',
        resolve: ({ price_per_unit_wei: pricePerUnitWei, pixels_per_unit: pixelsPerUnit }) => {
          return { pricePerUnitWei, pixelsPerUnit };
        },
      }),
    }),
  });
  const Gpu = builder.objectRef<ReportedGpu>('ReportedGpu').implement({
    description: 'A GPU in a capability report, with one pipeline and model that it serves.',
    fields: (t) => ({
      gpuId: t.exposeString('gpu_id', { description: 'Public id, `gpu_` and 16 hex digits.' }),
      gpuModel: t.string({
        nullable: true,
        description: 'Model name as the driver says it; null when it does not say.',
        resolve: ({ gpu_model: name }) => name || null,
      }),
      memoryBytes: t.expose('memory_bytes', {
        type: 'Count',
        nullable: true,
        description: 'Memory in bytes; null when not reported.',
      }),
      pipeline: t.string({
        nullable: true,
        description: surface.pipeline,
        resolve: ({ pipeline }) => pipeline || null,
      }),
      model: t.string({ nullable: true, description: surface.model, resolve: ({ model }) => model || null }),
    }),
  });
  return { Offer, Price, Gpu };
}
