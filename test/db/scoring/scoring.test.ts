import { beforeAll, describe, expect, test } from 'vitest';
import { CONTRACT_SCORING_VERSION } from '../../../src/domain/scoring-book.js';
import { QUALITY_DEFAULTS, SPEC_DEFAULTS } from '../../../src/domain/scoring-config.js';
import { benchmarksJob, reviseBenchmarks } from '../../../src/jobs/benchmarks.js';
import { drainScores, scoreFinalBuckets, scoreSlaJob } from '../../../src/jobs/score-sla.js';
import { createLog } from '../../../src/log.js';
import { readEngine } from '../../../src/warehouse/engines/engine.js';
import { refreshRollups } from '../../../src/warehouse/rollup-refresher.js';
import { readReleaseRollups } from '../../../src/warehouse/rollup-release.js';
import { useApi } from '../api/api-under-test.js';
import { HOUR_MS, iso, ORCHESTRATORS, type SeedSession, seedOrchestrators, seedSessions } from '../api/network.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const log = createLog({ level: 'silent', format: 'json' });
const api = useApi(NOW);
const [first = '', second = ''] = ORCHESTRATORS;

/** Eight days of one session per hour and orchestrator; the second orchestrator is slower, fails and swaps. */
const sessions: readonly SeedSession[] = Array.from({ length: 8 * 24 }, (_, hour) => [
  {
    id: `a${hour}`,
    startedMs: NOW - hour * HOUR_MS - 60_000,
    orchestrator: first,
    fps: [24, 25, 26],
    e2eMs: 800 + hour,
    ptffMs: 3000,
  },
  {
    id: `b${hour}`,
    startedMs: NOW - hour * HOUR_MS - 120_000,
    orchestrator: second,
    fps: [10, 11, 12],
    e2eMs: 2500 + hour,
    ptffMs: 9000,
    swaps: hour % 2,
    outcome: hour % 3 === 0 ? ('failed' as const) : ('success' as const),
  },
]).flat();

async function refresh(asOf: Date): Promise<void> {
  const session = api().owner;
  await refreshRollups({
    session,
    engine: await readEngine(session),
    rollups: await readReleaseRollups(),
    asOf,
    ignoresPace: true,
    log,
  });
}

const drain = (ms: number) => drainScores({ pool: api().worker, asOf: new Date(ms), log });

async function stored(): Promise<{ total: number; current: number; withdrawn: number }> {
  const { rows } = await api().owner.query<{ total: number; current: number; withdrawn: number }>(
    `select count(*)::integer as total, (select count(*)::integer from core.sla_score_current) as current,
       count(*) filter (where is_withdrawn)::integer as withdrawn
     from core.sla_score`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('no row');
  return row;
}

beforeAll(async () => {
  await seedOrchestrators(api().owner, ORCHESTRATORS, NOW - 9 * 24 * HOUR_MS);
  await seedSessions(api().owner, sessions);
});

describe('configuration', () => {
  test('the seeded parameters are the formulas’ own defaults', async () => {
    const { rows } = await api().owner.query<{ formula: string; parameters: unknown }>(
      "select formula, parameters from config.scoring_config where gateway = '' order by formula",
    );
    expect(rows).toEqual([
      { formula: 'quality-benchmark-v1', parameters: { ...QUALITY_DEFAULTS } },
      { formula: 'spec-v1', parameters: { ...SPEC_DEFAULTS } },
    ]);
  });
});

describe('scoring', () => {
  test('scores final buckets, keeps the marks of open ones, and finds nothing more to do', async () => {
    await refresh(new Date(NOW + HOUR_MS)); // marks the open hour as well
    const report = await drain(NOW);
    expect(report.bucketCount).toBeGreaterThan(8 * 24 - 1);
    const after = await stored();
    expect(after.current).toBe(report.appendedCount);
    const { rows } = await api().owner.query<{ newest: Date }>(
      "select max(bucket_start) as newest from core.sla_score where width = '1h'",
    );
    expect(rows[0]?.newest.getTime()).toBe(Date.UTC(2026, 0, 10, 11));
    const { rows: marks } = await api().owner.query<{ bucket_start: Date }>(
      "select distinct bucket_start from work.score_mark where width = '1h'",
    );
    expect(marks.map(({ bucket_start }) => bucket_start.getTime())).toEqual([Date.UTC(2026, 0, 10, 12)]);
    const { data } = await api().query('{ slaScores { points { score { computedAt isFinal } } } }');
    expect(data.slaScores.points.at(-1).score).toEqual({ computedAt: null, isFinal: false });
    expect(data.slaScores.points.at(-2).score).toEqual({ computedAt: iso(NOW), isFinal: true });
    expect(await scoreFinalBuckets({ pool: api().worker, asOf: new Date(NOW) })).toEqual({
      bucketCount: 0,
      appendedCount: 0,
      withdrawnCount: 0,
    });
  });

  test('marked again with nothing changed, appends nothing', async () => {
    const before = await stored();
    await api().owner.query(
      'insert into work.score_mark (width, bucket_start) select distinct width, bucket_start from core.sla_score_current',
    );
    expect((await drain(NOW + 1000)).appendedCount).toBe(0);
    expect(await stored()).toEqual(before);
  });

  test('benchmarks are those of the 7 full days before, and a day is judged by its own', async () => {
    const { rows } = await api().owner.query<{
      kind: string;
      low: number;
      high: number;
      row_count: number;
      is_sufficient: boolean;
    }>(
      `select distinct on (kind) kind, low, high, row_count, is_sufficient from core.sla_benchmark
       where for_day = '2026-01-10' and model = 'sd' order by kind, revision desc`,
    );
    expect(rows.map(({ kind }) => kind)).toEqual(['e2e', 'fps', 'ptff']);
    for (const row of rows) expect(row.is_sufficient).toBe(true);
    expect(rows[1]).toMatchObject({ low: 11, high: 18 });
    expect(rows[2]).toMatchObject({ low: 6000, high: 9000 });
  });

  test('revises at most hourly unless draining', async () => {
    await api().owner.query("insert into work.benchmark_mark (day) values ('2026-01-09')");
    const { rows } = await api().owner.query<{ last: Date }>('select max(computed_at) as last from core.sla_benchmark');
    const last = rows[0]?.last.getTime() ?? 0;
    const early = await reviseBenchmarks({ pool: api().worker, asOf: new Date(last + HOUR_MS - 1) });
    expect(early.dayCount).toBe(0);
    const due = await reviseBenchmarks({ pool: api().worker, asOf: new Date(last + HOUR_MS) });
    expect(due).toEqual({ dayCount: 1, revisionCount: 0 });
  });

  test('late evidence appends a later result, a vanished group is withdrawn, and asOf still knows the old answer [FACT-001]', async () => {
    const bucket = iso(Date.UTC(2026, 0, 10, 9));
    const range = `range: { start: "${bucket}", end: "${iso(Date.UTC(2026, 0, 10, 10))}" }, bucket: HOUR_1, groupBy: [ORCHESTRATOR]`;
    const ask = async (asOf = '') => {
      const { data, errors } = await api().query(
        `{ slaScores(${range}${asOf}) { edges { node { orchestratorAddress score { value { value nullReason } computedAt isFinal inputs { startupSuccessCount } } } } } }`,
      );
      expect(errors).toBeUndefined();
      return data.slaScores.edges.map((edge: { node: unknown }) => edge.node);
    };
    const before = await ask();
    const knownBefore = await ask(`, asOf: "${iso(NOW)}"`);
    expect(knownBefore.map((node: { score: { value: unknown } }) => node.score.value)).toEqual(
      before.map((node: { score: { value: unknown } }) => node.score.value),
    );
    expect(
      before.every(
        (node: { score: { isFinal: boolean; computedAt: string } }) =>
          node.score.isFinal && node.score.computedAt !== null,
      ),
    ).toBe(true);

    const { total, withdrawn } = await stored();
    await api().owner.query(
      'update core.session_bucket_1h set startup_success_count = 0 where bucket_start = $1 and session_key like $2',
      [bucket, 'a%'],
    );
    await api().owner.query('delete from core.session_bucket_1h where bucket_start = $1 and session_key like $2', [
      bucket,
      'b%',
    ]);
    await api().owner.query("select work.mark_buckets('session_bucket_1h', array[$1::timestamptz])", [bucket]);
    const laterMs = NOW + 2 * HOUR_MS;
    api().setNow(laterMs);
    const provisional = await ask();
    expect(provisional).toHaveLength(1);
    expect(provisional[0].score.inputs.startupSuccessCount).toBe(0);
    await refresh(new Date(laterMs));
    const report = await drain(laterMs);
    expect(report.withdrawnCount).toBe(2); // of both versions
    const after = await stored();
    expect(after.withdrawn).toBe(withdrawn + 2);
    expect(after.total).toBeGreaterThan(total + 1);

    const now = await ask();
    expect(now.map((node: { score: { value: unknown } }) => node.score.value)).toEqual(
      provisional.map((node: { score: { value: unknown } }) => node.score.value),
    );
    expect(now[0].score.computedAt).toBe(iso(laterMs));
    const then = await ask(`, asOf: "${iso(NOW)}"`);
    expect(then.map((node: { score: { value: unknown } }) => node.score.value)).toEqual(
      before.map((node: { score: { value: unknown } }) => node.score.value),
    );
    expect(
      (await ask(`, asOf: "${iso(laterMs)}"`)).map((node: { score: { value: unknown } }) => node.score.value),
    ).toEqual(now.map((node: { score: { value: unknown } }) => node.score.value));
    api().setNow(NOW);
  });

  test('the jobs take the instant they stand for', () => {
    expect(scoreSlaJob).toMatchObject({ name: 'score-sla', schedule: { cron: '* * * * *' } });
    expect(benchmarksJob).toMatchObject({ name: 'benchmarks' });
  });
});

describe('slaScores', () => {
  test('ranks orchestrators and explains each score', async () => {
    const { data, errors } = await api().query(`{ slaScores(groupBy: [ORCHESTRATOR]) {
      totalCount rangeUsed { bucket } total { value { value } inputs { requestedCount } }
      edges { node { orchestratorAddress orchestrator { aliasCount } score {
        value { value unit sampleCount nullReason } isFinal computedAt scoringVersion formula missing
        subscores { name weight of raw value { value } } parameters { name value } benchmarks { kind day low high isSufficient } inputs { requestedCount fpsSum fpsJitter }
      } points { start score { value { value } computedAt } } } } } }`);
    expect(errors).toBeUndefined();
    const [best, worst] = data.slaScores.edges.map((edge: { node: unknown }) => edge.node);
    expect(data.slaScores.totalCount).toBe(2);
    expect(best.orchestratorAddress).toBe(first);
    expect(best.score.value.value).toBeGreaterThan(worst.score.value.value);
    expect(best.score).toMatchObject({
      value: { unit: 'POINTS', sampleCount: best.score.inputs.requestedCount, nullReason: 'OK' },
      scoringVersion: CONTRACT_SCORING_VERSION,
      isFinal: false,
    });
    expect(best.score.benchmarks.length).toBeGreaterThan(0);
    // the score follows from its own subscores and weights
    const value = (name: string): number =>
      best.score.subscores.find((part: { name: string }) => part.name === name).value.value;
    expect(100 * value('coverage') * (0.7 * value('reliability') + 0.3 * value('quality'))).toBeCloseTo(
      best.score.value.value,
      9,
    );
    expect(best.points).toHaveLength(24);
    expect(best.points[0].score.computedAt).not.toBeNull();
  });

  test.each(['quality-benchmark-v1', 'spec-v1'])(
    'a stored score of one bucket is what the reader computes for it: %s',
    async (version) => {
      const { data } = await api().query(
        `{ slaScores(scoringVersion: "${version}", groupBy: [ORCHESTRATOR, GATEWAY, PIPELINE, MODEL, GPU, REGION], where: { orchestrators: ["${first}"] }) { edges { node { points { start score { value { value } } } } } } }`,
      );
      const { rows } = await api().owner.query<{ bucket_start: Date; score: number }>(
        `select s.bucket_start, s.score::float8 as score from api.sla_score as s
       where s.width = '1h' and s.is_current and s.orchestrator_address = $1 and s.bucket_start >= $2
         and s.scoring_version = $3 order by 1`,
        [first, iso(NOW - 23 * HOUR_MS), version],
      );
      const byStart = new Map(
        data.slaScores.edges[0].node.points.map((point: { start: string; score: { value: { value: number } } }) => [
          point.start,
          point.score?.value.value,
        ]),
      );
      expect(rows.length).toBeGreaterThan(20);
      for (const { bucket_start, score } of rows) expect(byStart.get(bucket_start.toISOString())).toBe(score);
    },
  );

  test.each([
    ['asOf: "2026-01-10T12:29:00Z"', 'NOT_FINAL'],
    ['where: { models: ["none"] }', null],
  ])('%s has no value, and says why', async (args, reason) => {
    const { data, errors } = await api().query(`{ slaScores(${args}) { total { value { value nullReason } } } }`);
    expect(errors).toBeUndefined();
    expect(data.slaScores.total?.value ?? null).toEqual(reason === null ? null : { value: null, nullReason: reason });
  });

  test.each([
    ['scoringVersion: "v9"', 'UNKNOWN_SCORING_VERSION'],
    ['bucket: MINUTE_1', 'UNSUPPORTED_BUCKET'],
    ['asOf: "2026-02-10T12:29:00Z"', 'INVALID_ARGUMENT'],
  ])('%s is %s', async (args, code) => {
    const { errors } = await api().query(`{ slaScores(${args}) { totalCount } }`);
    expect(errors?.[0]?.extensions.code).toBe(code);
  });

  test('spec-v1 scores the same inputs', async () => {
    const { data, errors } = await api().query(
      '{ slaScores(scoringVersion: "spec-v1") { total { formula value { value } } } }',
    );
    expect(errors).toBeUndefined();
    expect(data.slaScores.total.formula).toBe('SPEC_V1');
    expect(data.slaScores.total.value.value).toBeGreaterThan(0);
  });

  test('a leaderboard, and scores of a page of orchestrators, take a fixed number of statements', async () => {
    const ask = (n: number) =>
      api().query(`{ slaScores(groupBy: [ORCHESTRATOR], first: ${n}) { totalCount edges { node { orchestrator { displayName } score { value { value } isFinal computedAt } points { score { value { value } } } } } }
      orchestrators(first: ${n}) { edges { node { address slaScore { value { value } } offers { model } } } } }`);
    await ask(1);
    expect(await api().countStatements(() => ask(3))).toBe(await api().countStatements(() => ask(1)));
  });

  test('names no model in a benchmark of sessions whose model is unknown', async () => {
    const startedMs = Date.UTC(2025, 11, 20, 10);
    await seedSessions(api().owner, [{ id: 'unnamed', startedMs, orchestrator: first, model: '', e2eMs: 900 }]);
    await api().owner.query(
      `insert into core.sla_benchmark (for_day, pipeline, model, kind, revision, low, high, row_count, is_sufficient,
         computed_at) values ('2025-12-20', 'live-video-to-video', '', 'e2e', 1, 500, 2000, 60, true, '2025-12-20')`,
    );
    const { data, errors } = await api().query(
      `{ slaScores(range: { start: "${iso(startedMs)}", end: "${iso(startedMs + HOUR_MS)}" }, bucket: HOUR_1) {
        total { benchmarks { model kind low } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.slaScores.total.benchmarks).toEqual([{ model: null, kind: 'E2E', low: 500 }]);
  });

  test('is the same number through /v1/sla/score', async () => {
    const { data } = await api().query(
      `{ slaScores(where: { orchestrators: ["${first}"] }) { total { value { value } } } orchestrator(address: "${first.toUpperCase().replace('0X', '0x')}") { slaScore { value { value } } } }`,
    );
    const response = await fetch(`${api().url}/v1/sla/score?orchestrator_address=${first}&window=24h`);
    const body = (await response.json()) as {
      data: { score: number; subscores: object; inputs: object; scoring_version: string };
    };
    expect(response.status).toBe(200);
    expect(body.data.score).toBe(data.slaScores.total.value.value);
    expect(body.data.score).toBe(data.orchestrator.slaScore.value.value);
    expect(body.data.scoring_version).toBe(CONTRACT_SCORING_VERSION);
    expect(body.data.subscores).toHaveProperty('startup_success');
    expect(body.data.inputs).toHaveProperty('requested_count');
    // histograms are thousands of digits that only this software decodes
    expect(Object.keys(body.data.inputs).filter((name) => name.includes('histogram'))).toEqual([]);
  });

  test.each(['window=0h', 'window=5x', 'window=3000h', 'orchestrator_address=0x1', 'foo=1', 'window=1h&window=2h'])(
    '/v1/sla/score?%s is 400 problem+json',
    async (query) => {
      const response = await fetch(`${api().url}/v1/sla/score?${query}`);
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({ status: 400, title: 'INVALID_ARGUMENT' });
    },
  );
});
