import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { DIMENSIONS, type Dimension } from '../../../src/domain/dimensions.js';
import { randomFrom } from '../jobs/session-samples.js';
import { useApi } from './api-under-test.js';
import { HOUR_MS, iso, ORCHESTRATORS, type SeedSession, seedSessions } from './network.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const FROM = NOW - 60 * HOUR_MS;
const WIDTH_MS = { MINUTE_5: 300_000, HOUR_1: HOUR_MS, DAY_1: 24 * HOUR_MS } as const;
/** A bin is 2 % wide and stands for its middle. */
const PROMISED = 0.01;
const PAGE = 100;

const api = useApi(NOW);
const sessions = seededNetwork(randomFrom(20_260_110), 500);

/** Sessions unlike each other in every dimension; some measure nothing, some only a part, some give no frame. */
function seededNetwork(random: () => number, count: number): readonly SeedSession[] {
  const int = (limit: number) => Math.floor(random() * limit);
  const pick = (...texts: readonly string[]) => texts[int(texts.length)] ?? '';
  const latency = () => (random() < 0.3 ? undefined : Math.ceil(Math.exp(random() * 11)));
  const measured = (fields: Record<string, number | undefined>) =>
    Object.fromEntries(Object.entries(fields).filter(([, ms]) => ms !== undefined));
  return Array.from({ length: count }, (_, index) => ({
    id: `s_${String(index).padStart(24, '0')}`,
    startedMs: FROM + int(NOW - FROM),
    orchestrator: pick('', ...ORCHESTRATORS),
    gateway: pick('gw-1', 'gw-2', 'gw-3'),
    pipeline: pick('live-video-to-video', 'byoc'),
    model: pick('', 'sd', 'sdxl', 'flux'),
    gpu: pick('', '', ...[1, 2, 3].map((gpu) => `gpu_${String(gpu).padStart(16, '0')}`)),
    region: pick('', 'eu-central', 'us-east'),
    isSynthetic: random() < 0.15,
    isRequested: random() < 0.9,
    outcome: (['success', 'success', 'failed', 'excused'] as const)[int(4)] ?? 'success',
    swaps: random() < 0.2 ? 1 : 0,
    minutes: 1 + int(90),
    fps: Array.from({ length: int(20) }, () => (random() < 0.2 ? 0 : Math.round(random() * 60e6) / 1e6)),
    ...measured({
      startupMs: latency(),
      e2eMs: latency(),
      ptffMs: latency(),
      gatewayRoundTripMs: latency(),
      hopGatewayRunnerMs: latency(),
      hopRunnerMs: latency(),
      hopRunnerGatewayMs: latency(),
    }),
  }));
}

const VALUE_OF: Readonly<Record<Dimension, (session: SeedSession) => string>> = {
  ORG: () => 'daydream',
  ORCHESTRATOR: ({ orchestrator }) => orchestrator,
  GATEWAY: ({ gateway }) => gateway ?? '',
  PIPELINE: ({ pipeline }) => pipeline ?? '',
  MODEL: ({ model }) => model ?? '',
  GPU: ({ gpu }) => gpu ?? '',
  REGION: ({ region }) => region ?? '',
};
const FIELD_OF: Readonly<Record<Dimension, string>> = {
  ORG: 'org',
  ORCHESTRATOR: 'orchestratorAddress',
  GATEWAY: 'gateway',
  PIPELINE: 'pipeline',
  MODEL: 'model',
  GPU: 'gpuId',
  REGION: 'region',
};
const LATENCY_OF = {
  startup: 'startupMs',
  e2e: 'e2eMs',
  ptff: 'ptffMs',
  gatewayRoundTrip: 'gatewayRoundTripMs',
  gatewayToRunner: 'hopGatewayRunnerMs',
  runnerProcessing: 'hopRunnerMs',
  runnerToGateway: 'hopRunnerGatewayMs',
} as const satisfies Record<string, keyof SeedSession>;
const LATENCIES = Object.entries(LATENCY_OF);
const COUNTS = `knownCount requestedCount startupSuccessCount startupExcusedCount startupFailedCount zeroOutputCount
  effectiveFailedCount swappedCount`;
const RATIOS = 'startupSuccessRatio { value } effectiveSuccessRatio { value } excusedFailureRatio { value }';

interface Question {
  readonly groupBy: readonly Dimension[];
  readonly bucket: keyof typeof WIDTH_MS;
  readonly startMs: number;
  readonly endMs: number;
  readonly synthetic: 'EXCLUDE' | 'ONLY' | 'INCLUDE';
  readonly gateways: readonly string[] | undefined;
  readonly isHardwareBacked: boolean | undefined;
}

const questions: fc.Arbitrary<Question> = fc
  .record({
    groupBy: fc.subarray([...DIMENSIONS]),
    bucket: fc.constantFrom('MINUTE_5', 'HOUR_1', 'DAY_1'),
    startMs: fc.integer({ min: FROM - HOUR_MS, max: NOW - 1 }),
    spanMs: fc.integer({ min: 1, max: 62 * HOUR_MS }),
    synthetic: fc.constantFrom('EXCLUDE', 'ONLY', 'INCLUDE'),
    gateways: fc.option(fc.subarray(['gw-1', 'gw-2', 'gw-3'], { minLength: 1 }), { nil: undefined }),
    isHardwareBacked: fc.option(fc.boolean(), { nil: undefined }),
  })
  .map(({ spanMs, ...rest }) => ({ ...rest, endMs: rest.startMs + spanMs }));

/** The sessions a question is about, told apart as it asks, by their key. */
function expectedGroups(question: Question): ReadonlyMap<string, readonly SeedSession[]> {
  const width = WIDTH_MS[question.bucket];
  const [fromMs, toMs] = [Math.floor(question.startMs / width) * width, Math.ceil(question.endMs / width) * width];
  const groups = new Map<string, SeedSession[]>();
  for (const session of sessions) {
    if (session.startedMs < fromMs || session.startedMs >= toMs) continue;
    if (question.synthetic !== 'INCLUDE' && (question.synthetic === 'ONLY') !== session.isSynthetic) continue;
    if (question.gateways?.includes(session.gateway ?? '') === false) continue;
    if (question.isHardwareBacked !== undefined && question.isHardwareBacked !== Boolean(session.gpu)) continue;
    const key = JSON.stringify(question.groupBy.map((dimension) => VALUE_OF[dimension](session)));
    groups.set(key, [...(groups.get(key) ?? []), session]);
  }
  return groups;
}

function countsOf(group: readonly SeedSession[]): Record<string, number> {
  const requested = group.filter(({ isRequested }) => isRequested ?? true);
  const of = (outcome: SeedSession['outcome']) => requested.filter((session) => session.outcome === outcome).length;
  const isZeroOutput = ({ fps = [] }: SeedSession) => fps.length > 0 && fps.every((value) => value === 0);
  return {
    knownCount: group.length,
    requestedCount: requested.length,
    startupSuccessCount: of('success'),
    startupExcusedCount: of('excused'),
    startupFailedCount: of('failed'),
    zeroOutputCount: group.filter(isZeroOutput).length,
    effectiveFailedCount: requested.filter((session) => session.outcome === 'failed' || isZeroOutput(session)).length,
    swappedCount: requested.filter(({ swaps }) => swaps === 1).length,
  };
}

/** rank ⌈q·n⌉; null without values. */
function nearestRank(values: readonly number[], percent: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent * sorted.length) / 100) - 1)] ?? null;
}

interface Answered {
  readonly metrics: Record<string, never>;
  readonly [dimension: string]: unknown;
}

/** Every group of an answer by its key; the pages of the list are as long as they may be. */
async function answeredGroups(field: string, metrics: string, question: Question) {
  const groups = new Map<string, Answered['metrics']>();
  let total: Answered['metrics'] | null = null;
  for (let after: string | null = null, isLast = false; !isLast; ) {
    const { data, errors } = await api().query(
      `query ($groupBy: [Dimension!], $range: TimeRangeInput, $bucket: Bucket, $synthetic: Synthetic, $where: GrainFilter, $after: String) {
        page: ${field}(groupBy: $groupBy, range: $range, bucket: $bucket, synthetic: $synthetic, where: $where, first: ${PAGE}, after: $after) {
          total { ${metrics} } pageInfo { hasNextPage endCursor }
          edges { node { org orchestratorAddress gateway pipeline model gpuId region metrics { ${metrics} } } } } }`,
      {
        groupBy: question.groupBy,
        range: { start: iso(question.startMs), end: iso(question.endMs) },
        bucket: question.bucket,
        synthetic: question.synthetic,
        where: { gateways: question.gateways, isHardwareBacked: question.isHardwareBacked },
        after,
      },
    );
    expect(errors).toBeUndefined();
    for (const { node } of data.page.edges as { node: Answered }[]) {
      groups.set(JSON.stringify(question.groupBy.map((name) => node[FIELD_OF[name]] ?? '')), node.metrics);
    }
    total = data.page.total;
    after = data.page.pageInfo.endCursor;
    isLast = !data.page.pageInfo.hasNextPage;
  }
  return { groups, total };
}

/** Within the promise, or null where nothing was measured. */
function expectNear(seen: number | null, exact: number | null): void {
  if (exact === null || exact === 0) expect(seen).toBe(exact);
  else expect(Math.abs((seen ?? Number.NaN) / exact - 1)).toBeLessThanOrEqual(PROMISED);
}

const runs = { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 30) };

beforeAll(() => seedSessions(api().owner, sessions));

describe('any grouping, filter, range and width', () => {
  test.each(['networkDemand', 'serviceMetrics'])(
    '%s: the counts of each group are those of its sessions, and the groups sum to the whole [AGGREGATE-002, AGGREGATE-006]',
    async (field) => {
      await fc.assert(
        fc.asyncProperty(questions, async (question) => {
          const { groups, total } = await answeredGroups(field, `${COUNTS} ${RATIOS}`, question);
          const expected = expectedGroups(question);
          expect(new Set(groups.keys())).toEqual(new Set(expected.keys()));
          const all = [...expected.values()].flat();
          if (all.length === 0) expect(total).toBeNull();
          else expect(total).toMatchObject(countsOf(all));
          for (const [key, group] of expected) {
            const { startupSuccessRatio, effectiveSuccessRatio, excusedFailureRatio, ...counts } = figuresOf(
              groups,
              key,
            );
            expect(counts).toEqual(countsOf(group));
            const ratios = [startupSuccessRatio, effectiveSuccessRatio, excusedFailureRatio].map(({ value }) => value);
            if (counts.requestedCount === 0) expect(ratios).toEqual([null, null, null]);
            else expect(ratios[1]).toBeLessThanOrEqual(ratios[0] + ratios[2] + 1e-12);
          }
        }),
        runs,
      );
    },
  );

  test('percentiles of every latency and of fps are within 1 % of the exact ones', async () => {
    const metrics = `p50Fps { value } p95Fps { value } p99Fps { value }
      ${LATENCIES.map(([name]) => `${name} { averageMs { value sampleCount } p50Ms { value } p95Ms { value } p99Ms { value } }`).join('\n')}`;
    await fc.assert(
      fc.asyncProperty(questions, async (question) => {
        const { groups } = await answeredGroups('serviceMetrics', metrics, question);
        for (const [key, group] of expectedGroups(question)) {
          const seen = figuresOf(groups, key);
          const fps = group.flatMap((session) => session.fps ?? []);
          for (const percent of [50, 95, 99]) expectNear(seen[`p${percent}Fps`].value, nearestRank(fps, percent));
          for (const [name, property] of LATENCIES) {
            const exact = group.flatMap((session) => session[property] ?? []);
            const { averageMs, ...percentiles } = seen[name];
            expect(averageMs.sampleCount).toBe(exact.length);
            for (const percent of [50, 95, 99]) {
              expectNear(percentiles[`p${percent}Ms`].value, nearestRank(exact, percent));
            }
          }
        }
      }),
      runs,
    );
  });
});

// biome-ignore lint/suspicious/noExplicitAny: an unexpected shape fails the test anyway
function figuresOf(groups: ReadonlyMap<string, unknown>, key: string): any /* eslint-disable-line */ {
  return groups.get(key);
}
