import { near, rangeOf, same } from '../expectation.js';
import { createScribe, type Message, orchestratorOf, surfaceOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const MODEL = 'streamdiffusion-bench';
const SCORED_DAY = '2026-02-23';
/** Seven full days before the scored one, seven hours each: 49 hourly rows, one more than it takes. */
const DAYS = [16, 17, 18, 19, 20, 21, 22].map((day) => `2026-02-${day}`);
const HOURS = [1, 2, 3, 4, 5, 6, 7];
const quinn = orchestratorOf('quinn');

/** A stream of one sample in an hour, with the given latencies; playable 1 s after its first processed segment. */
function hourOf(
  day: string,
  hour: number,
  { e2eMs, ptffMs, fps }: { e2eMs: number; ptffMs: number; fps: number },
): Message[] {
  const scribe = createScribe(`bench-${day}-${hour}`, day);
  const stream = scribe.stream(`bench-${day}-${hour}`);
  const sentMs = scribe.ms(`0${hour}:05:01`);
  const at = (ms: number): string => new Date(ms).toISOString();
  return [
    scribe.report(`0${hour}:00:00`, [surfaceOf(quinn, MODEL, 'GPU-bench-1')]),
    stream.trace(`0${hour}:05:00`, 'gateway_receive_stream_request'),
    stream.trace(at(sentMs), 'gateway_send_first_ingest_segment', { by: quinn }),
    stream.trace(at(sentMs + e2eMs), 'runner_send_first_processed_segment', { by: quinn }),
    stream.trace(at(sentMs + 4000), 'gateway_receive_few_processed_segments', { by: quinn }),
    stream.status(`0${hour}:05:30`, { by: quinn, fps, state: 'ONLINE', startTime: at(sentMs + 4000 - ptffMs) }),
  ];
}

/** Seven days in which hour h has e2e 100·h ms, PTFF 1000 + 100·h ms and h + 10 fps; then one hour to be judged. */
export const benchmarks: Scenario = {
  name: 'a score held against benchmarks',
  steps: [
    {
      send: DAYS.flatMap((day) =>
        HOURS.flatMap((hour) => hourOf(day, hour, { e2eMs: 100 * hour, ptffMs: 1000 + 100 * hour, fps: 10 + hour })),
      ),
    },
    { send: hourOf(SCORED_DAY, 1, { e2eMs: 520, ptffMs: 1300, fps: 12.3 }) },
    { settle: '2026-02-23T02:20:00Z' },
  ],
  checks: [
    {
      rules: ['AGGREGATE-005'],
      says: 'of 49 rows: e2e p50 400 and p90 640 ms, PTFF 1400 and 1640 ms, fps p10 11.6 and p50 14',
      async run(api) {
        const { slaScores } = await api.ask(`{ slaScores(${rangeOf(SCORED_DAY)}, bucket: HOUR_1,
          where: { models: ["${MODEL}"] }) { total { benchmarks { kind low high rowCount isSufficient } } } }`);
        const row = { rowCount: 49, isSufficient: true };
        same(
          [...slaScores.total.benchmarks].sort((a: { kind: string }, b: { kind: string }) =>
            a.kind < b.kind ? -1 : 1,
          ),
          [
            { kind: 'E2E', low: 400, high: 640, ...row },
            { kind: 'FPS', low: 11.6, high: 14, ...row },
            { kind: 'PTFF', low: 1400, high: 1640, ...row },
          ],
        );
      },
    },
    {
      rules: ['AGGREGATE-005', 'AGGREGATE-006'],
      says: 'e2e 520 is half way, PTFF 1300 is better than p50, fps 12.3 earns 0.7/2.4; few samples pull each towards 0.5',
      async run(api) {
        const { slaScores } = await api.ask(`{ slaScores(${rangeOf(SCORED_DAY)}, bucket: HOUR_1,
          where: { models: ["${MODEL}"] }) { total { value { value } subscores { name raw value { value } } } } }`);
        const parts = new Map<string, { raw: number; value: { value: number } }>(
          slaScores.total.subscores.map((part: { name: string }) => [part.name, part]),
        );
        const e2e = 0.5 + (1 / 10) * (0.5 - 0.5);
        const ptff = 0.5 + (1 / 10) * (1 - 0.5);
        const fps = 0.5 + (1 / 30) * (0.7 / 2.4 - 0.5);
        for (const [name, value] of Object.entries({ e2e, ptff, fps })) near(parts.get(name)?.value.value, value);
        near(parts.get('fps')?.raw, 0.7 / 2.4);
        const quality = 0.6 * (0.6 * ptff + 0.4 * e2e) + 0.4 * fps;
        near(slaScores.total.value.value, 100 * (0.7 * 1 + 0.3 * quality));
      },
    },
    {
      rules: ['AGGREGATE-006'],
      says: 'a week is its days is its hours: 49 samples of mean 14 fps, e2e mean 400 ms and p50 400 within 1 %',
      async run(api) {
        const week = `range: { start: "2026-02-16T00:00:00Z", end: "2026-02-23T00:00:00Z" }, where: { models: ["${MODEL}"] }`;
        const { hours, days } = await api.ask(`{
          hours: serviceMetrics(${week}, bucket: HOUR_1, groupBy: [ORCHESTRATOR]) { edges { node { ...sums points { ...point } } } }
          days: serviceMetrics(${week}, bucket: DAY_1, groupBy: [ORCHESTRATOR]) { edges { node { ...sums points { ...point } } } } }
          fragment sums on ServiceGroup { metrics { statusSampleCount averageFps { value } e2e { averageMs { value } p50Ms { value } } } }
          fragment point on ServicePoint { metrics { statusSampleCount averageFps { value } } }`);
        for (const { edges } of [hours, days]) {
          const { statusSampleCount, averageFps, e2e } = edges[0].node.metrics;
          same([statusSampleCount, averageFps.value, e2e.averageMs.value], [49, 14, 400]);
          near(e2e.p50Ms.value, 400, 0.01);
        }
        const filled = (points: { metrics: { statusSampleCount: number } | null }[]) =>
          points.flatMap(({ metrics }) => metrics?.statusSampleCount ?? []);
        same(
          filled(hours.edges[0].node.points),
          Array.from({ length: 49 }, () => 1),
        );
        same(
          filled(days.edges[0].node.points),
          Array.from({ length: 7 }, () => 7),
        );
      },
    },
  ],
};
