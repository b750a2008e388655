import { beforeAll, expect, test } from 'vitest';
import { benchmarksJob, reviseBenchmarks } from '../../../src/jobs/benchmarks.js';
import { scoreSlaJob } from '../../../src/jobs/score-sla.js';
import type { TaskDefinition } from '../../../src/jobs/task.js';
import { useApi } from '../api/api-under-test.js';
import { HOUR_MS, iso } from '../api/network.js';
import { log, NOW, refresh, resultsOf, score, scoredSessions, seedScoredNetwork } from './scored-network.js';

const MINUTE_MS = 60_000;
const api = useApi(NOW);

beforeAll(async () => {
  await seedScoredNetwork(api(), scoredSessions(8 * 24));
  await refresh(api(), NOW + 3 * HOUR_MS); // closes and marks every bucket
});

/** The hour and the 5 minutes of the newest sessions, 12:28 and 12:29. */
test.each([
  ['5m', Date.UTC(2026, 0, 10, 12, 25), 5 * MINUTE_MS],
  ['1h', Date.UTC(2026, 0, 10, 12), HOUR_MS],
] as const)(
  'a %s bucket is final 10 minutes after its end, provisional until then',
  async (width, startMs, widthMs) => {
    const finalMs = startMs + widthMs + 10 * MINUTE_MS;
    const bucket = width === '5m' ? 'MINUTE_5' : 'HOUR_1';
    const ask = async (nowMs: number, asOf = '') => {
      api().setNow(nowMs);
      const { data, errors } = await api().query(
        `{ slaScores(bucket: ${bucket}, range: { start: "${iso(startMs)}", end: "${iso(startMs + widthMs)}" }${asOf})
        { total { value { value nullReason } isFinal computedAt } points { score { value { value nullReason } } } } }`,
      );
      expect(errors).toBeUndefined();
      return data.slaScores;
    };
    await score(api(), finalMs - 1);
    const open = await ask(finalMs - 1);
    expect(open.total).toMatchObject({ value: { nullReason: 'OK' }, isFinal: false, computedAt: null });
    expect((await resultsOf(api(), finalMs - 1)).some((row) => row.startMs === startMs)).toBe(false);

    await score(api(), finalMs);
    expect(
      (await resultsOf(api(), finalMs)).filter((row) => row.startMs === startMs && row.width === width),
    ).toHaveLength(
      4, // two groups by two versions
    );
    const final = await ask(finalMs);
    expect(final.total).toEqual({ value: open.total.value, isFinal: true, computedAt: iso(finalMs) });

    const inside = await ask(finalMs, `, asOf: "${iso(finalMs - 1)}"`);
    expect(inside.total).toMatchObject({ value: { value: null, nullReason: 'NOT_FINAL' }, isFinal: false });
    const known = await ask(finalMs, `, asOf: "${iso(finalMs)}"`);
    expect(known.total).toEqual(final.total);
    expect(known.points[0].score.value).toEqual(final.total.value);
  },
);

test('a benchmark is revised only when a rounded value or its test of 48 rows changed, at most hourly', async () => {
  let at = NOW + 24 * HOUR_MS;
  const revise = () => reviseBenchmarks({ pool: api().worker, asOf: new Date(at) });
  const change = async (statement: string) => {
    await api().owner.query(statement);
    await api().owner.query(
      "select work.mark_buckets('session_bucket_1h', (select array_agg(distinct bucket_start) from core.session_bucket_1h))",
    );
    await refresh(api(), at);
  };
  const revisions = async () => {
    const { rows } = await api().owner.query<{ line: string }>(
      `select format('%s %s %s %s', for_day, model, kind, revision) as line from core.sla_benchmark
       where computed_at = $1 order by 1`,
      [iso(at)],
    );
    return rows.map(({ line }) => line);
  };
  await revise();
  expect((await revisions()).length).toBeGreaterThan(20);

  at += HOUR_MS - 1;
  await change("update core.session_bucket_1h set ptff_ms_sum = ptff_ms_sum + 1 where session_key like 'a%'");
  expect(await revise()).toEqual({ dayCount: 0, revisionCount: 0 }); // not yet an hour later
  at += 1;
  const { dayCount, revisionCount } = await revise();
  expect(dayCount).toBeGreaterThan(7);
  expect(revisionCount).toBe(0); // 3001 ms is 3000 in three digits

  at += HOUR_MS;
  await change("update core.session_bucket_1h set ptff_ms_sum = ptff_ms_sum + 999 where session_key like 'a%'");
  await revise();
  const revised = await revisions();
  expect(revised.length).toBeGreaterThan(5);
  for (const line of revised) expect(line).toMatch(/ sd ptff 2$/);

  at += HOUR_MS;
  await change("delete from core.session_bucket_1h where session_key like 'b%' and bucket_start < '2026-01-07Z'");
  await revise();
  // `other` falls below 48 rows on the days whose week lost them
  const { rows } = await api().owner.query<{ fell: string }>(
    `select count(*) as fell from core.sla_benchmark as n join core.sla_benchmark as o using (for_day, pipeline, model, kind)
     where n.computed_at = $1 and o.revision = n.revision - 1 and o.is_sufficient and not n.is_sufficient and model = 'other'`,
    [iso(at)],
  );
  expect(Number(rows[0]?.fell)).toBeGreaterThan(0);
});

test('a tick that runs late is dated when it ran, so what asOf said in between stays [FACT-001]', async () => {
  const tick = NOW + 48 * HOUR_MS;
  const ranMs = tick + 3 * MINUTE_MS;
  const run = (job: TaskDefinition, clockMs: number) => {
    const { worker: pool, ownerPool } = api();
    const clock = () => new Date(clockMs);
    return job.run({}, { pool, ownerPool, log, asOf: new Date(tick), clock, signal: new AbortController().signal });
  };
  await score(api(), tick - HOUR_MS);
  const change = async (statement: string) => {
    await api().owner.query(statement);
    await api().owner.query(
      "select work.mark_buckets('session_bucket_1h', (select array_agg(distinct bucket_start) from core.session_bucket_1h))",
    );
    await refresh(api(), tick);
  };
  const known = async (asOfMs: number) => {
    api().setNow(tick + HOUR_MS);
    const range = `range: { start: "2026-01-10T07:00:00Z", end: "2026-01-10T08:00:00Z" }, bucket: HOUR_1`;
    const { data, errors } = await api().query(
      `{ slaScores(${range}, asOf: "${iso(asOfMs)}") { total { value { value } benchmarks { kind revision } } } }`,
    );
    expect(errors).toBeUndefined();
    return data.slaScores.total;
  };
  await change("update core.session_bucket_1h set startup_success_count = 0 where session_key = 'a5'");
  const before = await known(ranMs - 1);
  await run(scoreSlaJob, ranMs);
  expect(await known(ranMs - 1)).toEqual(before);
  expect((await known(ranMs)).value.value).toBeLessThan(before.value.value);

  // benchmarks alike, and a run whose clock is behind neither predates nor overlooks them
  await change("update core.session_bucket_1h set ptff_ms_sum = ptff_ms_sum + 5000 where session_key like 'a%'");
  const revisedMs = ranMs + MINUTE_MS;
  await run(benchmarksJob, revisedMs);
  await run(scoreSlaJob, tick);
  const results = await resultsOf(api(), revisedMs);
  expect(results.length).toBeGreaterThan(0);
  expect(await resultsOf(api(), tick)).toEqual([]);
  const { rows } = await api().owner.query<{ revision: number; used: number }>(
    `select distinct b.revision, (u ->> 'revision')::integer as used
     from api.sla_score as s cross join jsonb_array_elements(s.benchmarks) as u
     join api.sla_benchmark as b on b.for_on = s.bucket_start::date and b.model = s.model and b.kind = u ->> 'kind' and b.is_current
     where s.computed_at = $1 and u ->> 'kind' = 'ptff'`,
    [iso(revisedMs)],
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const { revision, used } of rows) expect(used).toBe(revision);
});
