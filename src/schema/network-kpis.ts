import {
  type FeeKpi,
  feeDelta,
  type Kpi,
  kpiDelta,
  type NetworkKpis,
  networkKpis,
  previousFees,
} from '../resolvers/network-kpis.js';
import { type Builder, WHOLE_COST } from './builder.js';
import type { Enums } from './enums.js';
import { syntheticArgument } from './grouped.js';
import type { Values } from './values.js';

const FIGURES = {
  score: 'SLA score of everything selected, 0 to 100 points, from summed inputs; as `slaScores`.',
  startupSuccessRatio: 'Share of requested sessions that became playable, 0 to 1; as `networkDemand`.',
  effectiveSuccessRatio:
    'Share of requested sessions that did not fail effectively, 0 to 1: an excused start is no failure; as `networkDemand`.',
  requestedSessions: 'Requested sessions, each counted once; as `networkDemand`.',
  serviceMinutes: 'Minutes in which service was seen; as `serviceMetrics`.',
  orchestratorsObserved: 'Orchestrators with evidence of service; as `serviceMetrics` grouped by orchestrator.',
  gpusObserved: 'Known GPUs with evidence of service; as `serviceMetrics` grouped by GPU.',
  jobs: 'Jobs of both kinds; as `jobMetrics`.',
} as const satisfies Partial<Record<keyof NetworkKpis, string>>;

/** Each figure is summed over the range and over the one before. */
const BOTH_WINDOWS_COST = 2 * WHOLE_COST;

/** `networkKpis`: the network's numbers beside those of the window before. */
export function defineNetworkKpis(builder: Builder, { enums, values }: { enums: Enums; values: Values }): void {
  const KpiRef = builder.objectRef<Kpi>('Kpi').implement({
    description: 'A number over the range, beside the one over the range of equal length before.',
    fields: (t) => ({
      current: t.expose('current', { type: values.Metric, description: 'Over the range.' }),
      previous: t.expose('previous', {
        type: values.Metric,
        description: 'Over the range before; null when not all of it is kept.',
      }),
      delta: t.float({
        nullable: true,
        description:
          'Current less previous, in the same unit; null when either is. The open bucket makes the range shorter than the one before.',
        resolve: kpiDelta,
      }),
    }),
  });
  const FeeRef = builder.objectRef<FeeKpi>('FeeKpi').implement({
    description: 'Fees over the range, beside those over the range before: expected value of payments, in wei.',
    fields: (t) => ({
      currentWei: t.expose('currentWei', { type: 'Wei', description: 'Over the range.' }),
      previousWei: t.field({
        type: 'Wei',
        description: 'Over the range before; RANGE_NOT_KEPT when not all of it is kept.',
        resolve: previousFees,
      }),
      deltaWei: t.field({
        type: 'Decimal',
        description: 'Current less previous in wei; negative when they fell, RANGE_NOT_KEPT as `previousWei`.',
        resolve: feeDelta,
      }),
    }),
  });
  const KpisRef = builder.objectRef<NetworkKpis>('NetworkKpis').implement({
    description:
      'What a network is judged by. All numbers are over one range; sums over nothing are 0, ratios and scores of nothing null.',
    fields: (t) => {
      const figure = (name: keyof typeof FIGURES) =>
        t.field({
          type: KpiRef,
          description: FIGURES[name],
          complexity: BOTH_WINDOWS_COST,
          resolve: (kpis) => kpis[name](),
        });
      return {
        rangeUsed: t.expose('range', { type: values.RangeUsed, description: 'The range answered for.' }),
        previousRangeUsed: t.expose('previousRange', { type: values.RangeUsed, description: 'The range before.' }),
        score: figure('score'),
        startupSuccessRatio: figure('startupSuccessRatio'),
        effectiveSuccessRatio: figure('effectiveSuccessRatio'),
        requestedSessions: figure('requestedSessions'),
        serviceMinutes: figure('serviceMinutes'),
        orchestratorsObserved: figure('orchestratorsObserved'),
        gpusObserved: figure('gpusObserved'),
        jobs: figure('jobs'),
        fees: t.field({
          type: FeeRef,
          complexity: BOTH_WINDOWS_COST,
          description: 'Expected value of what gateways paid; as `paymentTotals`.',
          resolve: (kpis) => kpis.fees(),
        }),
        orchestratorCount: t.field({
          type: 'Count',
          complexity: WHOLE_COST,
          description:
            'Orchestrators that offer any of the pipelines and models asked for in a report that stands for now. A state, so it has no window before.',
          resolve: async (kpis) => (await kpis.now()).orchestratorCount,
        }),
        gpuCount: t.field({
          type: 'Count',
          complexity: WHOLE_COST,
          description: 'GPUs that serve any of the pipelines and models asked for in a report that stands for now.',
          resolve: async (kpis) => (await kpis.now()).gpuCount,
        }),
        liveSessionCount: t.field({
          type: 'Count',
          complexity: WHOLE_COST,
          description: 'Live sessions: without a close, seen in the last 2 minutes. No test traffic.',
          resolve: (kpis) => kpis.liveSessionCount(),
        }),
      };
    },
  });
  builder.queryField('networkKpis', (t) =>
    t.field({
      type: KpisRef,
      nullable: true,
      complexity: WHOLE_COST,
      description: 'The numbers of the network, or of some pipelines and models, beside those of the window before.',
      args: {
        range: t.arg({
          type: values.TimeRangeInput,
          required: false,
          description:
            'Default: the 24 hourly buckets that end with the open one. Snapped outwards to hours, or to days beyond 31.',
        }),
        pipelines: t.arg.stringList({ required: false, description: 'Canonical pipelines to keep; all by default.' }),
        models: t.arg.stringList({ required: false, description: 'Models to keep; all by default.' }),
        ...syntheticArgument(builder, enums),
      },
      resolve: (_root, args, context) => networkKpis(context, args),
    }),
  );
}
