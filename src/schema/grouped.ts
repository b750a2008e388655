import type { GrainValues, GroupKey } from '../resolvers/grouping.js';
import type { Builder } from './builder.js';
import type { Entities } from './entities.js';
import type { Enums } from './enums.js';
import type { Values } from './values.js';

interface Grouped {
  readonly groupBy: readonly GroupKey[];
  readonly grain: GrainValues;
}

/** The range of a field over rollups. */
export function rangeArgument(builder: Builder, values: Values) {
  return builder.args((t) => ({
    range: t.field({
      type: values.TimeRangeInput,
      required: false,
      description: 'Default: the 24 hourly buckets that end with the open one.',
    }),
  }));
}

/** The choice of test traffic. */
export function syntheticArgument(builder: Builder, enums: Enums) {
  return builder.args((t) => ({
    synthetic: t.field({
      type: enums.Synthetic,
      required: false,
      description: 'Which traffic counts; EXCLUDE by default.',
    }),
  }));
}

/** Arguments of a field over rollups in which test traffic is told apart. */
export function groupedArguments(builder: Builder, enums: Enums, values: Values) {
  return { ...dimensionArguments(builder, enums, values), ...syntheticArgument(builder, enums) };
}

/** Arguments that every field over rollups takes. */
export function dimensionArguments(builder: Builder, enums: Enums, values: Values) {
  return builder.args((t) => ({
    ...rangeArgument(builder, values),
    bucket: t.field({
      type: enums.Bucket,
      required: false,
      description:
        'Default: an hour up to 31 days, else a day; of demand 5 minutes up to 6 hours, while they are kept. Of service and scores 5 minutes and hours are two answers, so 5 minutes are summed only when asked for.',
    }),
    groupBy: t.field({
      type: [enums.Dimension],
      required: false,
      description: 'What to tell apart; none gives one group, unless the field says otherwise.',
    }),
    where: t.field({ type: values.GrainFilter, required: false, description: 'What to keep; everything by default.' }),
  }));
}

/** The interface of everything that is told apart by dimensions. */
export function defineGrouped(builder: Builder, enums: Enums, entities: Entities) {
  return builder.interfaceRef<Grouped>('Grouped').implement({
    description:
      'Values of the dimensions a group is told apart by; a dimension that is unknown or not grouped by is null.',
    fields: (t) => ({
      groupedBy: t.field({
        type: [enums.Dimension],
        description: 'Dimensions that were grouped by.',
        resolve: ({ groupBy }) => [...groupBy],
      }),
      org: t.string({
        nullable: true,
        description: 'Organisation whose gateways sent the events; null when not grouped by.',
        resolve: ({ grain }) => grain.ORG || null,
      }),
      orchestratorAddress: t.string({
        nullable: true,
        description: 'Canonical on-chain address; null when unknown or not grouped by.',
        resolve: ({ grain }) => grain.ORCHESTRATOR || null,
      }),
      orchestrator: t.field({
        type: entities.Orchestrator,
        nullable: true,
        description: 'The orchestrator; null when unknown or not grouped by.',
        resolve: ({ grain }, _args, context) =>
          grain.ORCHESTRATOR ? context.loaders.orchestrator.load(grain.ORCHESTRATOR) : null,
      }),
      gateway: t.string({
        nullable: true,
        description: 'Public gateway name; null when unknown or not grouped by.',
        resolve: ({ grain }) => grain.GATEWAY || null,
      }),
      pipeline: t.string({
        nullable: true,
        description: 'Canonical pipeline; null when unknown or not grouped by.',
        resolve: ({ grain }) => grain.PIPELINE || null,
      }),
      model: t.string({
        nullable: true,
        description: 'Model; null when unknown or not grouped by.',
        resolve: ({ grain }) => grain.MODEL || null,
      }),
      gpuId: t.string({
        nullable: true,
        description: 'Public GPU id; null when unknown or not grouped by.',
        resolve: ({ grain }) => grain.GPU || null,
      }),
      gpuIdentityStatus: t.field({
        type: enums.GpuIdentityStatus,
        nullable: true,
        description: 'Whether the GPU is known; null when not grouped by GPU.',
        resolve: ({ groupBy, grain }) =>
          groupBy.includes('GPU') ? (grain.GPU ? 'RESOLVED' : 'HARDWARE_UNRESOLVED') : null,
      }),
      region: t.string({
        nullable: true,
        description: 'Gateway region; null when unknown, not configured or not grouped by.',
        resolve: ({ grain }) => grain.REGION || null,
      }),
    }),
  });
}

export type GroupedInterface = ReturnType<typeof defineGrouped>;
