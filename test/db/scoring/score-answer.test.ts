import { beforeAll, describe, expect, test } from 'vitest';
import { reviseBenchmarks } from '../../../src/jobs/benchmarks.js';
import { useApi } from '../api/api-under-test.js';
import { HOUR_MS, iso } from '../api/network.js';
import { configure, NOW, refresh, score, scoredSessions, seedScoredNetwork } from './scored-network.js';

const START = NOW + 2 * HOUR_MS;
const api = useApi(START);
const hour = (hoursAgo: number) => Date.UTC(2026, 0, 10, 12) - hoursAgo * HOUR_MS;
/** Two days, so that there are parts of both. */
const RANGE = `bucket: HOUR_1, range: { start: "${iso(hour(20))}", end: "${iso(hour(0))}" }`;
const FIELDS = `value { value nullReason } inputs { requestedCount startupSuccessCount swappedExplicitCount swappedCount outputFailedCount
  effectiveFailedCount legacyHealthObservedCount healthExpectedCount } parameters { name value } benchmarks { low } targets { name } partCount
  parts { day pipeline model inputs { requestedCount e2eSampleCount e2eMsSum e2eP50Ms e2eP95Ms ptffP50Ms ptffP95Ms fpsJitter fpsSampleCount fpsSum }
    credits { subscore measured { value unit sampleCount } credit fullAt noneAt basis } }`;

interface Credit {
  readonly subscore: string;
  readonly measured: { readonly value: number; readonly sampleCount: number };
  readonly credit: number;
  readonly fullAt: number | null;
  readonly noneAt: number | null;
}
interface Answer {
  readonly value: { readonly value: number };
  readonly inputs: Readonly<Record<string, number>>;
  readonly parameters: readonly { readonly name: string; readonly value: number }[];
  readonly parts: readonly { readonly inputs: Readonly<Record<string, number>>; readonly credits: readonly Credit[] }[];
}

beforeAll(async () => {
  await seedScoredNetwork(api(), scoredSessions(8 * 24));
  await refresh(api(), START);
  await reviseBenchmarks({ pool: api().worker, asOf: new Date(START), ignoresHour: true });
  await score(api(), START);
});

async function asked(args: string, fields: string) {
  const { data, errors } = await api().query(`{ slaScores(${args}) { ${fields} } }`);
  expect(errors).toBeUndefined();
  return data.slaScores;
}

/** A credit by hand: linear between its two bounds, neutral without them; more is better of frame rates alone. */
function byHand({ subscore, measured, fullAt, noneAt }: Credit): number {
  if (fullAt === null || noneAt === null) return 0.5;
  const sign = subscore === 'fps' ? -1 : 1;
  if (sign * measured.value <= sign * fullAt) return 1;
  return sign * measured.value >= sign * noneAt ? 0 : (noneAt - measured.value) / (noneAt - fullAt);
}

/** Mean of the parts' credits and the samples behind it; null without any. */
function pooled({ parts }: Answer, subscore: string): { readonly mean: number | null; readonly n: number } {
  const own = parts.flatMap(({ credits }) => credits.filter((credit) => credit.subscore === subscore));
  const n = own.reduce((sum, { measured }) => sum + measured.sampleCount, 0);
  const sum = own.reduce((total, credit) => total + byHand(credit) * credit.measured.sampleCount, 0);
  return { mean: n === 0 ? null : sum / n, n };
}

describe('a score is computed again from its own answer by plain arithmetic', () => {
  test('quality-benchmark-v1', async () => {
    const { total } = await asked(`${RANGE}`, `total { ${FIELDS} }`);
    const answer: Answer = total;
    const p = Object.fromEntries(answer.parameters.map(({ name, value }) => [name, value]));
    const i = answer.inputs;
    const of = (record: Readonly<Record<string, number | undefined>>, name: string) => record[name] ?? Number.NaN;
    const n = of(i, 'requestedCount');
    const shrunk = (name: string): number => {
      const { mean, n: samples } = pooled(answer, name);
      return 0.5 + Math.min(samples / of(p, `${name}TrustSamples`), 1) * ((mean ?? 0.5) - 0.5);
    };
    const reliability =
      (of(p, 'startupSuccessWeight') * of(i, 'startupSuccessCount')) / n +
      of(p, 'noSwapWeight') * (1 - of(i, 'swappedExplicitCount') / n) +
      of(p, 'outputViabilityWeight') * (1 - of(i, 'outputFailedCount') / n);
    const latency = of(p, 'ptffWeight') * shrunk('ptff') + of(p, 'e2eWeight') * shrunk('e2e');
    const quality = of(p, 'latencyWeight') * latency + of(p, 'fpsWeight') * shrunk('fps');
    const expected = of(i, 'healthExpectedCount');
    const coverage = expected === 0 ? 1 : Math.min(of(i, 'legacyHealthObservedCount') / expected, 1);
    expect(answer.value.value).toBeCloseTo(
      100 * coverage * (of(p, 'reliabilityWeight') * reliability + of(p, 'qualityWeight') * quality),
      9,
    );
    expect(total.benchmarks.length).toBeGreaterThan(3);
    expect(total.targets).toEqual([]);
    expect(new Set(total.parts.map(({ day }: { day: string }) => day)).size).toBe(2);
    expect(total.partCount).toBe(total.parts.length);
    expect(answer.parts.some(({ credits }) => credits.some(({ fullAt }) => fullAt !== null))).toBe(true);
    for (const { inputs, credits } of answer.parts) {
      const e2e = credits.find(({ subscore }) => subscore === 'e2e');
      expect(e2e?.measured.value).toBeCloseTo(of(inputs, 'e2eMsSum') / of(inputs, 'e2eSampleCount'), 9);
    }
    expect(answer.parts.reduce((sum, part) => sum + of(part.inputs, 'requestedCount'), 0)).toBe(n);
  });

  test('spec-v1', async () => {
    const { total } = await asked(`scoringVersion: "spec-v1", ${RANGE}`, `total { ${FIELDS} }`);
    const answer: Answer = total;
    const p = (name: string): number => answer.parameters.find((one) => one.name === name)?.value ?? Number.NaN;
    const n = answer.inputs.requestedCount ?? Number.NaN;
    const rate = (count: number | undefined, name: string): number =>
      Math.min(1, Math.max(0, (p(`${name}Limit`) - (count ?? 0) / n) / (p(`${name}Limit`) - p(`${name}Target`))));
    const latencies = ['ptff', 'e2e'].flatMap((kind) =>
      ['P50', 'P95'].map(
        (rank) =>
          [
            p('latencyWeight') * p(`${kind}Share`) * p(`${rank.toLowerCase()}Share`),
            pooled(answer, `${kind}${rank}`).mean,
          ] as const,
      ),
    );
    const all = [
      ...latencies,
      [p('jitterWeight'), pooled(answer, 'jitter').mean] as const,
      [p('reliabilityWeight') * p('failureShare'), rate(answer.inputs.effectiveFailedCount, 'failure')] as const,
      [p('reliabilityWeight') * p('swapShare'), rate(answer.inputs.swappedCount, 'swap')] as const,
    ];
    const seen = all.filter(([, value]) => value !== null);
    const weight = seen.reduce((sum, [one]) => sum + one, 0);
    const points = seen.reduce((sum, [one, value]) => sum + one * (value ?? 0), 0);
    expect(answer.value.value).toBeCloseTo((100 * points) / weight, 9);
    expect(total.benchmarks).toEqual([]);
    expect(total.targets.length).toBeGreaterThan(0);
    for (const { inputs, credits } of answer.parts) {
      const measured = (name: string) => credits.find(({ subscore }) => subscore === name)?.measured.value ?? null;
      expect(measured('e2eP50')).toBe(inputs.e2eP50Ms);
      expect(measured('ptffP95')).toBe(inputs.ptffP95Ms);
      expect(measured('jitter')).toBe(inputs.fpsJitter);
    }
  });
});

test('a model’s own target is named, and a target asked for takes its place', async () => {
  await api().owner.query(
    `insert into config.model_target (pipeline, model, e2e_p50_target_ms, valid_from, known_at)
     values ('live-video-to-video', 'sd', 300, $1, $2)`,
    [iso(hour(30)), iso(START - 1)],
  );
  const TARGETS = `targets { pipeline model name targetMs basis validFrom } subscores { name value { value } }`;
  const { edges } = await asked(
    `scoringVersion: "spec-v1", groupBy: [MODEL], ${RANGE}, where: { gateways: ["gw-1"] }`,
    `edges { node { model score { ${TARGETS} rescore(parameters: [{ name: "e2eP50TargetMs", value: 3000 }]) { ${TARGETS} } } } }`,
  );
  const { score: own } = edges.find(({ node }: { node: { model: string } }) => node.model === 'sd').node;
  const named = { pipeline: 'live-video-to-video', model: 'sd', name: 'e2eP50TargetMs' };
  expect(own.targets).toContainEqual({ ...named, targetMs: 300, basis: 'MODEL_TARGET', validFrom: iso(hour(30)) });
  expect(own.targets).toContainEqual({
    ...named,
    name: 'e2eP95TargetMs',
    targetMs: 6000,
    basis: 'PARAMETER',
    validFrom: null,
  });
  const e2eP50 = ({ subscores }: { subscores: readonly { name: string; value: { value: number } }[] }) =>
    subscores.find(({ name }) => name === 'e2eP50')?.value.value;
  expect(e2eP50(own)).toBe(0); // 800 ms and more against 300, nothing from 600 on
  expect(own.rescore.targets).toContainEqual({ ...named, targetMs: 3000, basis: 'PARAMETER', validFrom: null });
  expect(e2eP50(own.rescore)).toBe(1);
});

describe('the configuration of a score', () => {
  const CONFIGURATION = 'configuration { id version formula gateway validFrom knownAt parameters { name value } }';

  test('of the one gateway that `where` names is its own, told apart by gateway or not', async () => {
    const version = 'quality-benchmark-v1';
    const parameters = { startupSuccessWeight: 0, noSwapWeight: 0.5 };
    await configure(api(), { version, gateway: 'gw-2', parameters, validFromMs: hour(40), knownMs: START - 1 });
    const one = await asked(
      `${RANGE}, groupBy: [GATEWAY], where: { gateways: ["gw-2"] }`,
      `total { value { value } ${CONFIGURATION} } edges { node { score { value { value } ${CONFIGURATION} } } }`,
    );
    expect(one.total).toEqual(one.edges[0].node.score);
    expect(one.total.configuration).toMatchObject({
      version,
      formula: 'QUALITY_BENCHMARK_V1',
      gateway: 'gw-2',
      validFrom: iso(hour(40)),
    });
    expect(one.total.configuration.parameters).toContainEqual({ name: 'noSwapWeight', value: 0.5 });
    const both = await asked(`${RANGE}, where: { gateways: ["gw-1", "gw-2"] }`, `total { ${CONFIGURATION} }`);
    expect(both.total.configuration.gateway).toBeNull();
  });

  test('is the newest in the range, and says which others are in force there', async () => {
    await configure(api(), {
      version: 'spec-v1',
      parameters: { latencyWeight: 0 },
      validFromMs: hour(5),
      knownMs: START - 1,
    });
    const { total, points } = await asked(
      `scoringVersion: "spec-v1", ${RANGE}`,
      `total { ${CONFIGURATION} configurations { validFrom } rangeScored { start end } } points { start score { configurations { validFrom } } }`,
    );
    expect(total.configurations).toHaveLength(2);
    expect(total.configurations[0]).toEqual({ validFrom: iso(hour(5)) });
    expect(total.configuration.validFrom).toBe(iso(hour(5)));
    expect(total.rangeScored).toEqual({ start: iso(hour(20)), end: iso(hour(0)) });
    for (const { start, score: point } of points) {
      expect(point.configurations).toHaveLength(1);
      expect(point.configurations[0].validFrom === iso(hour(5))).toBe(Date.parse(start) >= hour(5));
    }
    const { data } = await api().query(
      '{ scoringConfigurations(scoringVersion: "spec-v1") { validFrom gateway isRetired } all: scoringConfigurations { version } none: scoringConfigurations(scoringVersion: "x") { gateway } }',
    );
    expect(data.scoringConfigurations[0]).toEqual({ validFrom: iso(hour(5)), gateway: null, isRetired: false });
    expect(new Set(data.all.map((one: { version: string }) => one.version)).size).toBe(2);
    expect(data.none).toBeNull();
  });

  test('that begins inside the range scores from then on, and leaves out what is before', async () => {
    await configure(api(), {
      version: 'mine',
      formula: 'spec-v1',
      validFromMs: hour(4) - HOUR_MS / 2,
      knownMs: START - 1,
    });
    const SCORE = `value { value nullReason } inputs { requestedCount } rangeScored { start end } configuration { version }
      contributions(first: 1) { totalCount } rescore(parameters: []) { value { value } }`;
    for (const asOf of ['', `, asOf: "${iso(START)}"`]) {
      const part = await asked(
        `scoringVersion: "mine", ${RANGE}${asOf}`,
        `total { ${SCORE} } points { start score { ${SCORE} } }`,
      );
      const whole = await asked(
        `scoringVersion: "mine", bucket: HOUR_1, range: { start: "${iso(hour(4))}", end: "${iso(hour(0))}" }${asOf}`,
        `total { ${SCORE} }`,
      );
      expect(part.total).toEqual(whole.total);
      expect(part.total.rangeScored).toEqual({ start: iso(hour(4)), end: iso(hour(0)) });
      expect(part.total.value.value).toBeGreaterThan(0);
      expect(part.points).toHaveLength(20);
      for (const { start, score: point } of part.points) {
        const isBefore = Date.parse(start) < hour(4);
        expect(point.value.nullReason).toBe(isBefore ? 'NOT_COLLECTED' : 'OK');
        expect(point.configuration === null).toBe(isBefore);
        expect(point.inputs.requestedCount > 0).toBe(!isBefore);
      }
      const day = await asked(
        `scoringVersion: "mine", bucket: DAY_1, range: { start: "2026-01-09T00:00:00Z", end: "2026-01-10T00:00:00Z" }${asOf}`,
        `total { value { nullReason } rangeScored { start } } points { score { value { nullReason } } }`,
      );
      expect(day.total).toEqual({ value: { nullReason: 'NOT_COLLECTED' }, rangeScored: null });
    }
  });
});

test('is not final while a change of its buckets waits to be summed, nor while it waits to be scored', async () => {
  await score(api(), START);
  const ask = async () => {
    const { total } = await asked(RANGE, 'total { value { value } isFinal computedAt inputWatermark }');
    return total;
  };
  const before = await ask();
  expect(before).toMatchObject({ isFinal: true, computedAt: iso(START) });
  await api().owner.query("update core.session_bucket_1h set startup_success_count = 0 where session_key = 'a5'");
  await api().owner.query("select work.mark_buckets('session_bucket_1h', array[$1::timestamptz])", [iso(hour(5))]);
  const changed = await ask();
  expect(changed.value.value).toBeLessThan(before.value.value);
  expect(changed).toMatchObject({ isFinal: false, computedAt: iso(START) });
  await refresh(api(), START);
  expect((await ask()).isFinal).toBe(false);
  await score(api(), START + 1);
  expect(await ask()).toMatchObject({ value: changed.value, isFinal: true, computedAt: iso(START + 1) });
});
