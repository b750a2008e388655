import { beforeAll, describe, expect, test } from 'vitest';
import { DIMENSIONS, type Dimension } from '../../../src/domain/dimensions.js';
import { bookKnownAt, configOfRow, configRowAt, targetRowAt } from '../../../src/domain/scoring-book.js';
import type { Benchmark } from '../../../src/domain/sla-benchmark.js';
import type { SlaInputs } from '../../../src/domain/sla-inputs.js';
import { scoreSla } from '../../../src/domain/sla-score.js';
import { reviseBenchmarks } from '../../../src/jobs/benchmarks.js';
import { readScoringBook } from '../../../src/warehouse/readers/scoring-config-reader.js';
import { useApi } from '../api/api-under-test.js';
import { HOUR_MS, iso } from '../api/network.js';
import { configure, NOW, refresh, score, scoredSessions, seedScoredNetwork } from './scored-network.js';

const START = NOW + 2 * HOUR_MS;
const CHANGED = START + 2 * HOUR_MS;
const api = useApi(CHANGED);
const hour = (hoursAgo: number) => Date.UTC(2026, 0, 10, 12) - hoursAgo * HOUR_MS;

const FIELD: Readonly<Record<Dimension, string>> = {
  ORG: 'org',
  ORCHESTRATOR: 'orchestratorAddress',
  GATEWAY: 'gateway',
  PIPELINE: 'pipeline',
  MODEL: 'model',
  GPU: 'gpuId',
  REGION: 'region',
};
const VIEWS: readonly (readonly Dimension[])[] = [
  [],
  ['ORCHESTRATOR'],
  ['GATEWAY'],
  ['PIPELINE', 'MODEL'],
  ['GPU'],
  ['REGION'],
  [...DIMENSIONS],
];
const SPANS = [
  ['5 minutes', 'MINUTE_5', hour(3), hour(0) + HOUR_MS],
  ['1 hour', 'HOUR_1', hour(26), hour(0) + HOUR_MS],
  ['a range of days and edges', 'HOUR_1', hour(33), hour(1)],
  ['days', 'DAY_1', Date.UTC(2026, 0, 9), Date.UTC(2026, 0, 10)],
] as const;

interface FullKey extends Record<Dimension, string> {
  readonly startMs: number;
  readonly inputs: SlaInputs;
}

/** Stored inputs at the full key, as known at an instant, straight from the table. */
async function storedInputs(width: string, fromMs: number, toMs: number, asOfMs: number): Promise<readonly FullKey[]> {
  const { rows } = await api().owner.query<FullKey & { is_withdrawn: boolean }>(
    `select distinct on (i.bucket_start, i.grain_id) (extract(epoch from i.bucket_start) * 1000)::float8 as "startMs",
       i.inputs, i.is_withdrawn, g.org as "ORG", g.orchestrator_address as "ORCHESTRATOR", g.gateway as "GATEWAY", g.pipeline as "PIPELINE",
       g.model as "MODEL", g.gpu_id as "GPU", g.region as "REGION"
     from core.sla_input as i join core.grain as g using (grain_id)
     where i.width = $1 and i.bucket_start >= $2 and i.bucket_start < $3 and i.computed_at <= $4
     order by i.bucket_start, i.grain_id, i.input_id desc`,
    [width, iso(fromMs), iso(toMs), iso(asOfMs)],
  );
  return rows.filter((row) => !row.is_withdrawn);
}

/** The score of some stored inputs, put together by hand: by pipeline, model and day, then by the one formula. */
async function recomputed(version: string, rows: readonly FullKey[], lastMs: number, asOfMs: number, gateway: string) {
  const book = bookKnownAt(await readScoringBook(api().worker), asOfMs);
  const { rows: benchmarks } = await api().owner.query<
    Benchmark & { day: string; pipeline: string; model: string; kind: string }
  >(
    `select distinct on (for_day, pipeline, model, kind) for_day::text as day, pipeline, model, kind, low, high,
       row_count as "rowCount", is_sufficient as "isSufficient"
     from core.sla_benchmark where computed_at <= $1 order by for_day, pipeline, model, kind, revision desc`,
    [iso(asOfMs)],
  );
  const row = configRowAt(book.configs, { scoringVersion: version, gateway, atMs: lastMs });
  if (row === null) throw new Error(`nothing of ${version} is in force`);
  return scoreSla(
    rows.map(({ PIPELINE, MODEL, startMs, inputs }) => {
      return { pipeline: PIPELINE, model: MODEL, day: iso(startMs).slice(0, 10), inputs };
    }),
    {
      benchmark: (kind, part) =>
        benchmarks.find(
          (one) =>
            one.kind === kind && one.day === part.day && one.pipeline === part.pipeline && one.model === part.model,
        ) ?? null,
      target: (part) => targetRowAt(book.targets, { ...part, atMs: lastMs }),
    },
    configOfRow(row),
  );
}

beforeAll(async () => {
  // eight days, so that benchmarks have their 48 rows
  await seedScoredNetwork(api(), scoredSessions(8 * 24));
  await refresh(api(), START);
  await reviseBenchmarks({ pool: api().worker, asOf: new Date(START), ignoresHour: true });
  await score(api(), START);
  // then late evidence, a vanished group, a configuration of a gateway's own and a target
  await api().owner.query(
    "update core.session_bucket_1h set startup_success_count = 0, output_failed_count = 1 where session_key in ('a2', 'b5', 'a14')",
  );
  await api().owner.query("delete from core.session_bucket_1h where session_key = 'b7'");
  await api().owner.query("update core.session_bucket_5m set startup_success_count = 0 where session_key = 'a2'");
  for (const table of ['session_bucket_1h', 'session_bucket_5m']) {
    await api().owner.query(
      `select work.mark_buckets($1, (select array_agg(distinct bucket_start) from core.${table}))`,
      [table],
    );
  }
  for (const version of ['quality-benchmark-v1', 'spec-v1']) {
    const parameters = version === 'spec-v1' ? { jitterWeight: 0.1 } : { noSwapWeight: 0.5 };
    await configure(api(), { version, gateway: 'gw-2', parameters, validFromMs: hour(6), knownMs: CHANGED - 2 });
  }
  await api().owner.query(
    `insert into config.model_target (pipeline, model, e2e_p50_target_ms, valid_from, known_at)
     values ('live-video-to-video', 'sd', 500, $1, $2)`,
    [iso(hour(30)), iso(CHANGED - 2)],
  );
  await refresh(api(), CHANGED - 1);
  await reviseBenchmarks({ pool: api().worker, asOf: new Date(CHANGED - 1), ignoresHour: true });
  await score(api(), CHANGED - 1);
});

describe.each(['quality-benchmark-v1', 'spec-v1'])('%s', (version) => {
  test.each(
    SPANS.flatMap(([name, bucket, fromMs, toMs]) =>
      VIEWS.map((groupBy) => [name, groupBy, bucket, fromMs, toMs] as const),
    ),
  )(
    'over %s by %j is the score of the stored inputs, now and as known before',
    async (_name, groupBy, bucket, fromMs, toMs) => {
      const width = bucket === 'MINUTE_5' ? '5m' : '1h';
      const widthMs = bucket === 'MINUTE_5' ? HOUR_MS / 12 : HOUR_MS;
      const answers: unknown[] = [];
      for (const asOfMs of [null, CHANGED - 1, START]) {
        const { data, errors } = await api().query(
          `{ slaScores(scoringVersion: "${version}", bucket: ${bucket}, range: { start: "${iso(fromMs)}", end: "${iso(toMs)}" },
            groupBy: [${groupBy.join(', ')}], first: 100 ${asOfMs === null ? '' : `, asOf: "${iso(asOfMs)}"`}) {
            totalCount edges { node { ${Object.values(FIELD).join(' ')} score { value { value } inputs { requestedCount fpsSum ptffMsSum } isFinal }
              points { start score { value { value } } } } } } }`,
        );
        expect(errors).toBeUndefined();
        const stored = await storedInputs(width, fromMs, toMs, asOfMs ?? CHANGED);
        const keyOf = (row: FullKey) => JSON.stringify(groupBy.map((dimension) => row[dimension]));
        const groups = new Map<string, FullKey[]>();
        for (const row of stored) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
        expect(data.slaScores.totalCount).toBe(groups.size);
        for (const { node } of data.slaScores.edges) {
          const rows = groups.get(JSON.stringify(groupBy.map((dimension) => node[FIELD[dimension]] ?? ''))) ?? [];
          const gateway = groupBy.includes('GATEWAY') ? (rows[0]?.GATEWAY ?? '') : '';
          const expected = await recomputed(version, rows, toMs - widthMs, asOfMs ?? CHANGED, gateway);
          expect(node.score.value.value).toBe(expected.score);
          expect(node.score.inputs).toEqual({
            requestedCount: expected.inputs.requestedCount,
            fpsSum: expected.inputs.fpsSum,
            ptffMsSum: expected.inputs.ptffMsSum,
          });
          expect(node.score.isFinal).toBe(true);
          if (bucket !== 'DAY_1') {
            const point = node.points.find(({ score: one }: { score: unknown }) => one !== null);
            const startMs = Date.parse(point.start);
            const ofPoint = rows.filter((row) => row.startMs === startMs);
            const single = await recomputed(version, ofPoint, startMs, asOfMs ?? CHANGED, gateway);
            expect(point.score.value.value).toBe(single.score);
          }
        }
        answers.push(data.slaScores.edges);
      }
      const [now, known, before] = answers;
      expect(known).toEqual(now);
      if (bucket !== 'DAY_1') expect(before).not.toEqual(now);
    },
  );
});
