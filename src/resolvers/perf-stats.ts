import { mergeHistograms } from '../domain/bins.js';
import { groupBy } from '../domain/group-by.js';
import { roundTripScore } from '../domain/round-trip-score.js';
import type { ApiContext } from './context.js';
import type { GroupSums } from './grouped-answer.js';
import { complementMetric } from './metric.js';
import type { ScoreAnswer } from './score-answer.js';
import { allSlaScores } from './scores.js';
import { allServiceGroups } from './service.js';
import { type LatencySums, latencyPercentile, type ServiceSums } from './service-figures.js';

/** The region of everything, whatever its gateways' regions: gateways without one ask for it. */
export const WHOLE_NETWORK = 'GLOBAL';

export interface PerfStatsQuestion {
  /** In any case; null for every region and the whole network. */
  readonly region: string | null;
  readonly pipeline: string | null;
  readonly model: string | null;
}

/** How an orchestrator did for the gateways of a region. Ratios from 0 to 1, higher is better. */
export interface PerfStats {
  readonly address: string;
  /** In capitals. */
  readonly region: string;
  /** The SLA score over 100. */
  readonly score: number;
  /** Requested sessions that did not fail: start-up, loading alone and no output fail, an excused start does not. */
  readonly successRate: number;
  /** null without a gateway round trip. */
  readonly roundTripScore: number | null;
}

/**
 * Scores of orchestrators by region of the gateways and over the whole network, for the 24 hourly buckets that end with
 * the open one, in the order of address and region. Who has no score is left out: unknown is not 0.
 *
 * Three grouped answers, whatever the number of orchestrators and regions; and one for each region that configuration
 * spells in several cases.
 */
export async function perfStats(context: ApiContext, question: PerfStatsQuestion): Promise<readonly PerfStats[]> {
  const wanted = question.region?.toUpperCase() ?? null;
  const where = {
    ...(question.pipeline !== null && { pipelines: [question.pipeline] }),
    ...(question.model !== null && { models: [question.model] }),
  };
  const [byRegion, service] = await Promise.all([
    wanted === WHOLE_NETWORK ? [] : scoresByRegion(context, where, wanted),
    allServiceGroups(context, { groupBy: ['ORCHESTRATOR', 'REGION'], where }),
  ]);
  const whole =
    wanted === null || wanted === WHOLE_NETWORK
      ? [{ region: WHOLE_NETWORK, ...(await allSlaScores(context, { groupBy: ['ORCHESTRATOR'], where })) }]
      : [];
  const trips = tripsOf(service.groups);
  return [...byRegion, ...whole]
    .flatMap(({ region, groups }) => groups.flatMap((group) => statsOf(group, region, trips)))
    .sort((a, b) => compareText(a.address, b.address) || compareText(a.region, b.region));
}

interface RegionScores {
  readonly region: string;
  readonly groups: readonly GroupSums<ScoreAnswer>[];
}

async function scoresByRegion(
  context: ApiContext,
  where: { readonly pipelines?: readonly string[]; readonly models?: readonly string[] },
  wanted: string | null,
): Promise<readonly RegionScores[]> {
  const { groups } = await allSlaScores(context, { groupBy: ['ORCHESTRATOR', 'REGION'], where });
  const byName = [...groupBy(groups, ({ grain }) => regionName(grain.REGION))].filter(
    ([name]) => name !== '' && name !== WHOLE_NETWORK && (wanted === null || name === wanted),
  );
  return Promise.all(
    byName.map(async ([region, own]): Promise<RegionScores> => {
      const spellings = [...new Set(own.map(({ grain }) => grain.REGION ?? ''))];
      if (spellings.length === 1) return { region, groups: own };
      const merged = await allSlaScores(context, {
        groupBy: ['ORCHESTRATOR'],
        where: { ...where, regions: spellings },
      });
      return { region, groups: merged.groups };
    }),
  );
}

function statsOf(
  { grain, sums: { value, inputs } }: GroupSums<ScoreAnswer>,
  region: string,
  trips: Trips,
): readonly PerfStats[] {
  const address = grain.ORCHESTRATOR ?? '';
  const successRate = complementMetric(inputs.effectiveFailedCount, inputs.requestedCount).value;
  if (address === '' || value.value === null || successRate === null) return [];
  const own = latencyPercentile(trips.of(address, region), 0.5).value;
  return [
    { address, region, score: value.value / 100, successRate, roundTripScore: roundTripScore(own, trips.medianMs) },
  ];
}

interface Trips {
  /** Over all known orchestrators and regions. */
  readonly medianMs: number | null;
  readonly of: (address: string, region: string) => LatencySums;
}

function tripsOf(groups: readonly GroupSums<ServiceSums>[]): Trips {
  const known = groups.filter(({ grain }) => grain.ORCHESTRATOR);
  const byAddress = groupBy(known, ({ grain }) => grain.ORCHESTRATOR ?? '');
  return {
    medianMs: latencyPercentile(sumTrips(known), 0.5).value,
    of: (address, region) =>
      sumTrips(
        (byAddress.get(address) ?? []).filter(
          ({ grain }) => region === WHOLE_NETWORK || regionName(grain.REGION) === region,
        ),
      ),
  };
}

function sumTrips(groups: readonly GroupSums<ServiceSums>[]): LatencySums {
  const parts = groups.map(({ sums }) => sums.latencies.gatewayRoundTrip);
  return {
    sampleCount: parts.reduce((sum, { sampleCount }) => sum + sampleCount, 0),
    msSum: parts.reduce((sum, { msSum }) => sum + msSum, 0),
    histogram: mergeHistograms(parts.map(({ histogram }) => histogram)),
  };
}

/** Gateway software asks for regions in capitals. */
function regionName(region: string | undefined): string {
  return (region ?? '').toUpperCase();
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
