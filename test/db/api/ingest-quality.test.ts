import { beforeAll, describe, expect, test } from 'vitest';
import { ingestQuality } from '../../conformance/scenarios/ingest-quality.js';
import { openConformanceWarehouse } from '../../conformance/warehouse.js';
import type { Answer } from '../../e2e/naap.js';
import { useApi } from './api-under-test.js';
import { PAGE_INFO, walk } from './walk.js';

const api = useApi(Date.UTC(2026, 2, 20));
const DAY = 'range: { start: "2026-03-13T00:00:00Z", end: "2026-03-14T00:00:00Z" }';
const BUCKETS = ['MINUTE_5', 'HOUR_1', 'DAY_1'] as const;
const COUNTS = `sampleCount goodCount badCount otherQualityCount receivedBytes sentBytes
  videoPackets { lostCount receivedCount } audioPackets { lostCount receivedCount }
  videoJitter { averageMs { value sampleCount } } roundTrip { averageMs { value sampleCount } }`;

beforeAll(async () => {
  const warehouse = await openConformanceWarehouse(api().database.url);
  await warehouse.play(ingestQuality);
  await warehouse.settle('2026-03-20T00:00:00Z');
  await warehouse.close();
});

async function ask(query: string): Promise<Answer> {
  const { data, errors } = await api().query(query);
  expect(errors).toBeUndefined();
  return data;
}

/** What of some numbers is additive, summed: a delay as its total, for means do not add up. */
function sumOf(metrics: readonly Answer[]): Record<string, number> {
  const sums: Record<string, number> = {};
  const add = (name: string, value: number): void => {
    sums[name] = (sums[name] ?? 0) + value;
  };
  for (const { videoPackets, audioPackets, videoJitter, roundTrip, ...counts } of metrics) {
    for (const [name, count] of Object.entries(counts)) add(name, Number(count));
    for (const [track, packets] of Object.entries({ videoPackets, audioPackets })) {
      for (const [name, count] of Object.entries(packets)) add(`${track}.${name}`, Number(count));
    }
    for (const [name, { averageMs }] of Object.entries<Answer>({ videoJitter, roundTrip })) {
      add(`${name}.sampleCount`, Number(averageMs.sampleCount));
      add(`${name}.ms`, Math.round(Number(averageMs.value) * Number(averageMs.sampleCount)));
    }
  }
  return sums;
}

const partsOf = ({ contributions }: Answer): readonly Answer[] =>
  contributions.edges.map(({ node }: Answer) => node.metrics);

describe('from a number of ingest quality to its sessions [LINEAGE-002]', () => {
  test.each(BUCKETS)('by %s the parts sum to each group, each bucket and the whole', async (bucket) => {
    const PARTS = `contributions(first: 20) { totalCount edges { node { metrics { ${COUNTS} } } } }`;
    const POINTS = `points { metrics { ${COUNTS} } contributions(first: 4) { edges { node { metrics { ${COUNTS} } } } } }`;
    const groups = `{ ingestQuality(${DAY}, bucket: ${bucket}, groupBy: [MODEL], first: 5) {
      edges { node { model metrics { ${COUNTS} } ${PARTS} } } } }`;
    const whole = `{ ingestQuality(${DAY}, bucket: ${bucket}, first: 1) { total { ${COUNTS} } ${PARTS} } }`;
    const { edges } = (await ask(groups)).ingestQuality;
    expect(edges.map(({ node }: Answer) => [node.model, node.metrics.sampleCount])).toEqual([
      ['streamdiffusion-sdxl', 6],
      [null, 1],
    ]);
    for (const { node } of edges) expect(sumOf(partsOf(node))).toEqual(sumOf([node.metrics]));

    const answer = (await ask(whole)).ingestQuality;
    expect(sumOf(partsOf(answer))).toEqual(sumOf([answer.total]));
    // the stream has samples either side of an hour, the other session one alone
    expect(answer.contributions.totalCount).toBe(3);

    const { points } = (
      await ask(`{ ingestQuality(range: { start: "2026-03-13T09:00:00Z", end: "2026-03-13T11:00:00Z" },
        bucket: ${bucket === 'DAY_1' ? 'HOUR_1' : bucket}, first: 1) { ${POINTS} } }`)
    ).ingestQuality;
    const told = points.filter((point: Answer) => point.metrics !== null);
    expect(told).toHaveLength(2);
    for (const point of points)
      expect(sumOf(partsOf(point))).toEqual(sumOf(point.metrics === null ? [] : [point.metrics]));
  });

  test('a contribution leads by its session to the samples, with topic, partition and offset', async () => {
    const { ingestQuality: answer } =
      await ask(`{ ingestQuality(${DAY}, bucket: HOUR_1, first: 1, where: { models: ["streamdiffusion-sdxl"] }) {
        contributions(first: 3) { edges { node {
          bucketStart sessionId isSynthetic gateway model orchestratorAddress
          metrics { sampleCount videoJitter { p50Ms { value } } }
          session { sessionId streamId ingestQuality { sampleCount }
            events(first: 20) { edges { node { at family source { topic partition offset } } } } }
        } } } } }`);
    const rows = answer.contributions.edges.map(({ node }: Answer) => node);
    expect(rows.map(({ session: _, ...row }: Answer) => row)).toEqual(
      [
        { bucketStart: '2026-03-13T09:00:00.000Z', sampleCount: 2, p50: 5 }, // of 5, 10
        { bucketStart: '2026-03-13T10:00:00.000Z', sampleCount: 4, p50: 7 }, // of 6, 7, 80, 90
      ].map(({ bucketStart, sampleCount, p50 }) => ({
        bucketStart,
        sessionId: rows[0].session.sessionId,
        isSynthetic: false,
        gateway: expect.stringContaining('ingest'),
        model: 'streamdiffusion-sdxl',
        orchestratorAddress: null,
        metrics: { sampleCount, videoJitter: { p50Ms: { value: expect.closeTo(p50, 0) } } },
      })),
    );
    const [{ session }] = rows;
    expect(session).toMatchObject({ streamId: 'ingest-stream', ingestQuality: { sampleCount: 6 } });
    const samples = session.events.edges
      .map(({ node }: Answer) => node)
      .filter(({ family }: Answer) => family === 'stream_ingest_metrics');
    // the fourth was read last, after the session without a model
    expect(samples.map(({ source }: Answer) => source)).toEqual(
      [2, 3, 4, 8, 5, 6].map((offset) => ({ topic: 'ingest quality', partition: 0, offset })),
    );
  });

  test.each([1, 2])('pages of %i show every row once, in one order, from both ends [SERVING-001]', async (size) => {
    const listOf = async (page: string): Promise<Answer> =>
      (
        await ask(`{ ingestQuality(${DAY}, bucket: MINUTE_5, first: 1) {
          contributions(${page}) { edges { node { bucketStart sessionId } } ${PAGE_INFO} } } }`)
      ).ingestQuality.contributions;
    const forward = await walk(listOf, size);
    expect(new Set(forward.map((row) => JSON.stringify(row))).size).toBe(3);
    expect(forward).toHaveLength(3);
    expect(await walk(listOf, size, true)).toEqual(forward);
  });

  test('a page of groups with their sessions, and of sessions with theirs, takes a fixed number of statements', async () => {
    const groups = (first: number) => () =>
      ask(`{ ingestQuality(${DAY}, bucket: HOUR_1, groupBy: [MODEL], first: ${first}) { edges { node {
        contributions(first: 2) { totalCount edges { node { session { startedAt ingestQuality { sampleCount } } } } }
      } } } }`);
    const sessions = (first: number) => () =>
      ask(`{ sessions(startedIn: { start: "2026-03-13T00:00:00Z", end: "2026-03-14T00:00:00Z" }, first: ${first}) {
        edges { node { streamId ingestQuality { sampleCount } } } } }`);
    for (const screen of [groups, sessions]) {
      await screen(2)();
      const few = await api().countStatements(screen(1));
      expect(few).toBeGreaterThan(0);
      expect(await api().countStatements(screen(2))).toBe(few);
    }
  });
});
