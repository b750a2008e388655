import type { PoolClient } from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { reviseBenchmarks } from '../../../src/jobs/benchmarks.js';
import { scoreHistory } from '../../../src/jobs/score-history.js';
import { verifyBenchmarks } from '../../../src/jobs/verify-benchmarks.js';
import type { VerifiedPart } from '../../../src/jobs/verify-part.js';
import { verifyScores } from '../../../src/jobs/verify-scores.js';
import type { RowDifference } from '../../../src/warehouse/readers/row-difference.js';
import { useApi } from '../api/api-under-test.js';
import { HOUR_MS, iso } from '../api/network.js';
import { log, NOW, refresh, score, scoredSessions, seedScoredNetwork } from './scored-network.js';

const START = NOW + 26 * HOUR_MS;
const api = useApi(START);
const HOUR = iso(Date.UTC(2026, 0, 10, 5));
const NOTHING_WAITS = { waitingCount: 0, failedCount: 0 };

beforeAll(async () => {
  await seedScoredNetwork(api(), scoredSessions(40));
  await refresh(api(), START);
  await reviseBenchmarks({ pool: api().worker, asOf: new Date(START), ignoresHour: true });
  await score(api(), START);
});

/** What a test spoils is undone with its transaction. */
let spoiling: PoolClient;
beforeEach(async () => {
  spoiling = await api().ownerPool.connect();
  await spoiling.query('begin');
});
afterEach(async () => {
  await spoiling.query('rollback');
  spoiling.release();
});

async function verified(
  part: (options: Parameters<typeof verifyScores>[0]) => Promise<VerifiedPart>,
  span: { readonly from: Date; readonly to: Date } = { from: new Date('2026-01-01Z'), to: new Date('2026-02-01Z') },
): Promise<{ readonly part: VerifiedPart; readonly differences: readonly RowDifference[] }> {
  const differences: RowDifference[] = [];
  const report = (found: readonly RowDifference[]) => void differences.push(...found);
  const [reader, asOf] = [spoiling, new Date(START)];
  return { part: await part({ reader, ...span, asOf, report }), differences };
}

const shown = (differences: readonly RowDifference[]) =>
  differences.map(({ relation, kind, column }) => [relation, kind, column].join(' ').trimEnd());

/** The result in force of one group, by the network's contracted score. */
const RESULT = `(
  select c.score_id from core.sla_score_current as c join core.grain as g using (grain_id)
  where c.width = '1h' and c.bucket_start = '${HOUR}' and c.scoring_version = 'quality-benchmark-v1' and g.gateway = 'gw-1'
)`;
const GRAIN = `(select grain_id from core.sla_score where score_id = ${RESULT})`;

describe('verify of scores', () => {
  test('finds nothing in what was settled, at both widths', async () => {
    const { part, differences } = await verified(verifyScores);
    expect(differences).toEqual([]);
    expect(part).toMatchObject(NOTHING_WAITS);
    expect(part.count).toBe(80); // 40 of each width
    const benchmarks = await verified(verifyBenchmarks);
    expect(benchmarks).toEqual({ part: { count: 3, ...NOTHING_WAITS }, differences: [] });
  });

  test.each([
    [`update core.sla_score set score = score + 1 where score_id = ${RESULT}`, ['core.sla_score changed score']],
    [
      `update core.sla_score set subscores = jsonb_set(subscores, '{0,value}', '0.125') where score_id = ${RESULT}`,
      ['core.sla_score changed subscores.coverage'],
    ],
    [
      `update core.sla_input set inputs = inputs || '{"requestedCount": 7}'
       where input_id = (select input_id from core.sla_score where score_id = ${RESULT})`,
      [
        'core.sla_input changed inputs.requestedCount',
        'core.sla_score changed input_id (md5 of its inputs)',
        'core.sla_score changed input_id (md5 of its inputs)', // of the other version
        'core.sla_input_current changed input_hash',
      ],
    ],
    [
      `delete from core.sla_score_current where width = '1h' and bucket_start = '${HOUR}' and grain_id = ${GRAIN}
       and scoring_version = 'spec-v1'`,
      ['core.sla_score missing'],
    ],
    [`update core.sla_score set is_withdrawn = true where score_id = ${RESULT}`, ['core.sla_score missing']],
    [`update core.sla_score set config_id = 4711 where score_id = ${RESULT}`, ['core.sla_score changed config_id']],
    [
      `update core.sla_score set benchmarks = '[{"kind": "fps", "revision": 9}]' where score_id = ${RESULT}`,
      ['core.sla_score changed benchmarks'],
    ],
    [`update core.sla_score_current set width = '5m' where score_id = ${RESULT}`, ['core.sla_score missing']],
    [
      `with newer as (
         insert into core.sla_score (width, bucket_start, grain_id, scoring_version, input_id, score, subscores, benchmarks, is_withdrawn, computed_at)
         select width, bucket_start, grain_id, scoring_version, input_id, 1, subscores, benchmarks, false, computed_at
         from core.sla_score where score_id = ${RESULT} returning score_id)
       select from newer`,
      ['core.sla_score_current changed score_id'],
    ],
    [
      `with input as (
         insert into core.sla_input (width, bucket_start, grain_id, inputs, is_withdrawn, computed_at)
         select '5m', bucket_start, 4711, inputs, false, computed_at from core.sla_input
         where input_id = (select input_id from core.sla_score where score_id = ${RESULT}) returning *),
       in_force as (insert into core.sla_input_current
         select width, bucket_start, grain_id, input_id, md5(inputs::text) from input),
       score as (
         insert into core.sla_score (width, bucket_start, grain_id, scoring_version, input_id, score, subscores, benchmarks, is_withdrawn, computed_at)
         select '5m', bucket_start, 4711, 'spec-v1', input_id, 1, '[]', '[]', false, computed_at from input returning *)
       insert into core.sla_score_current select width, bucket_start, grain_id, scoring_version, score_id, 'x' from score`,
      ['core.sla_input surplus', 'core.sla_score surplus'],
    ],
    [
      `update core.benchmark_day set high = high * 2 where day = '2026-01-10' and kind = 'e2e' and model = 'other'`,
      ['core.benchmark_day changed high', ...Array(7).fill('core.sla_benchmark changed high')],
    ],
    [
      `delete from core.sla_benchmark where for_day = '2026-01-11' and kind = 'fps' and model = 'other'`,
      ['core.sla_benchmark missing'],
    ],
  ])('names what %s spoiled', async (statement, wanted) => {
    await spoiling.query(statement);
    const found = [...(await verified(verifyBenchmarks)).differences, ...(await verified(verifyScores)).differences];
    const others = found.filter(({ column }) => column !== 'benchmarks' || wanted.join().includes('benchmarks'));
    expect(shown(others)).toEqual(wanted);
  });

  test('counts what is still to be scored, and compares it later', async () => {
    await spoiling.query('update core.sla_score set score = score + 1');
    await spoiling.query("insert into work.score_mark (width, bucket_start) values ('1h', $1)", [HOUR]);
    const hour = { from: new Date(HOUR), to: new Date(Date.parse(HOUR) + HOUR_MS) };
    const waiting = await verified(verifyScores, hour);
    expect(waiting.part).toEqual({ count: 1, waitingCount: 1, failedCount: 0 }); // its 5 minutes are not marked
    expect(new Set(waiting.differences.map(({ key }) => key.width))).toEqual(new Set(['5m']));
    await spoiling.query('delete from work.score_mark');
    expect((await verified(verifyScores, hour)).part).toEqual({ count: 2, ...NOTHING_WAITS });

    await spoiling.query(`insert into config.scoring_config (scoring_version, formula, parameters, valid_from, known_at)
      values ('spec-v1', 'spec-v1', '{"jitterWeight": 0}', '2026-01-01Z', '2026-01-01Z')`);
    const reconfigured = await verified(verifyScores);
    expect(reconfigured).toEqual({ part: { count: 0, waitingCount: 80, failedCount: 0 }, differences: [] });
    await spoiling.query("insert into work.benchmark_mark (day) values ('2026-01-10')");
    expect((await verified(verifyBenchmarks)).part).toEqual({ count: 2, waitingCount: 1, failedCount: 0 });
  });
});

test('naap score names a result that was tampered with, and puts a right one in its place', async () => {
  await spoiling.query(`update core.sla_score set score = score + 1 where score_id = ${RESULT}`);
  const { rows } = await spoiling.query<{ score: number }>(
    `select score::float8 as score from core.sla_score where score_id = ${RESULT}`,
  );
  await spoiling.query('commit');
  const tampered = rows[0]?.score ?? 0;
  const scored = async (isDryRun: boolean) => {
    const changes: (readonly [number | null | undefined, number | null | undefined])[] = [];
    const report = await scoreHistory({
      pool: api().worker,
      asOf: new Date(START + 1000),
      fromMs: Date.parse(HOUR),
      toMs: Date.parse(HOUR) + HOUR_MS,
      isDryRun,
      log,
      signal: new AbortController().signal,
      onChange: ({ before, after }) => changes.push([before?.score, after?.score]),
    });
    return { report, changes };
  };
  const wanted = {
    report: { bucketCount: 2, appendedCount: 1, withdrawnCount: 0 },
    changes: [[tampered, expect.closeTo(tampered - 1, 9)]],
  };
  expect(await scored(true)).toEqual(wanted);
  expect((await verified(verifyScores)).differences).toHaveLength(1);
  expect(await scored(false)).toEqual(wanted);
  expect((await verified(verifyScores)).differences).toEqual([]);
});
