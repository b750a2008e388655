import type { Answer } from '../../../e2e/naap.js';
import { numbersOf, numericFieldsOf } from './numeric-fields.js';
import { type Ask, allRows, EVENT, PAGE, type Recount, rankOf, ratioOf, sumOf } from './recount.js';
import { JUDGED, jitterOf, NO_SUMS, recountParts } from './score-parts.js';

const DAY_MS = 86_400_000;
const SCORE = `scoringVersion formula missing ${numbersOf('SlaScore')} inputs { ${numbersOf('SlaInputs')} }
  subscores { name of ${numbersOf('SlaSubscore')} } parameters { name ${numbersOf('ScoringParameter')} }
  benchmarks { day kind pipeline model isSufficient ${numbersOf('SlaBenchmark')} }`;

/** slaScores: inputs from contributions, the score from its subscores, benchmarks from hours of service. */
export async function walkScores(ask: Ask, recount: Recount, range: string): Promise<void> {
  const { slaScores } = await ask(
    `{ slaScores(${range}, groupBy: [ORCHESTRATOR, MODEL], first: 100) { totalCount total { ${SCORE} } edges { node { score { ${SCORE} } } } } }`,
  );
  recount.same('SlaScoreConnection.totalCount', slaScores.totalCount, slaScores.edges.length);
  const rows = await allRows(async (page) => {
    const answer =
      await ask(`{ slaScores(${range}, first: 1) { total { contributions(${page}) { ${PAGE} edges { node { isTerminalTail
      inputs { ${numbersOf('SlaInputs')} } session { events(first: 1) { edges { node { ${EVENT} } } } } } } } } } }`);
    return answer.slaScores.total.contributions;
  });
  for (const { session } of rows) recount.event(session.events.edges[0].node);
  const parts = rows.flatMap(({ isTerminalTail, inputs }) => (isTerminalTail ? [] : [inputs]));
  const { inputs } = slaScores.total;
  for (const field of numericFieldsOf('SlaInputs').filter((name) => !NO_SUMS.includes(name))) {
    recount.same(`SlaInputs.${field}`, inputs[field], sumOf(parts.map((part) => part[field])));
  }
  for (const kind of ['ptff', 'e2e']) recountRanks(recount, { kind, inputs, parts });
  recount.same('SlaInputs.fpsJitter', inputs.fpsJitter, jitterOf(inputs), 1e-6);
  for (const version of ['quality-benchmark-v1', 'spec-v1']) {
    const { slaScores: judged } = await ask(
      `{ slaScores(${range}, scoringVersion: "${version}") { total { ${SCORE} ${JUDGED} } } }`,
    );
    recountParts(recount, judged.total);
  }
  for (const score of [slaScores.total, ...slaScores.edges.map(({ node }: Answer) => node.score)])
    recountScore(recount, score);
  await walkBenchmarks(ask, recount, slaScores.total.benchmarks);
}

/** A session has a latency once, so each part of the inputs has at most one sample of it. */
function recountRanks(
  recount: Recount,
  { kind, inputs, parts }: { readonly kind: string; readonly inputs: Answer; readonly parts: readonly Answer[] },
): void {
  const samples = parts.filter((part) => part[`${kind}SampleCount`] > 0);
  recount.same(`SlaInputs.${kind}SampleCount`, inputs[`${kind}SampleCount`], samples.length);
  const values = samples.map((part) => Number(part[`${kind}MsSum`]));
  recount.same(`SlaInputs.${kind}P50Ms`, inputs[`${kind}P50Ms`], rankOf(values, 0.5), 0.0101);
  recount.same(`SlaInputs.${kind}P95Ms`, inputs[`${kind}P95Ms`], rankOf(values, 0.95), 0.0101);
}

function recountScore(recount: Recount, { value, inputs, subscores, parameters }: Answer): void {
  for (const row of parameters) recount.stated('ScoringParameter.value', row.value);
  for (const row of subscores) {
    recount.stated('SlaSubscore.weight', row.weight);
    recount.stated('SlaSubscore.raw', row.raw);
  }
  const part = (name: string): number | null => subscores.find((row: Answer) => row.name === name)?.value.value ?? null;
  const own = (name: string, expected: number | null): void => {
    const row = subscores.find((candidate: Answer) => candidate.name === name);
    if (row !== undefined) recount.same('SlaSubscore.value', row.value, expected, 1e-6);
  };
  const { requestedCount, healthExpectedCount, healthObservedCount, legacyHealthObservedCount } = inputs;
  if (requestedCount > 0 && healthExpectedCount > 0) {
    const coverages = [healthObservedCount, legacyHealthObservedCount].map((seen) =>
      Math.min(1, seen / healthExpectedCount),
    );
    own(
      'coverage',
      coverages.find((coverage) => Math.abs(coverage - (part('coverage') ?? -1)) < 1e-9) ?? coverages[1] ?? null,
    );
  }
  // every subscore of others is their weighted sum
  for (const name of new Set<string>(
    subscores.map((row: Answer) => row.of).filter((of: string) => subscores.some((row: Answer) => row.name === of)),
  )) {
    const children = subscores.filter((row: Answer) => row.of === name && row.value.value !== null);
    own(name, children.length === 0 ? null : sumOf(children.map((row: Answer) => row.weight * row.value.value)));
  }
  const [coverage, reliability, quality] = [part('coverage'), part('reliability'), part('quality')];
  const isKnown = coverage !== null && reliability !== null && quality !== null && requestedCount > 0;
  recount.same('SlaScore.value', value, isKnown ? 100 * coverage * (0.7 * reliability + 0.3 * quality) : null, 1e-6);
}

/** A benchmark is made of hours × orchestrator × GPU of the seven days before its day. */
async function walkBenchmarks(ask: Ask, recount: Recount, benchmarks: readonly Answer[]): Promise<void> {
  for (const { day, kind, pipeline, model, low, high, rowCount, revision } of benchmarks) {
    recount.stated('SlaBenchmark.revision', revision);
    const endMs = Date.parse(`${day}T00:00:00Z`);
    const averages: number[][] = [];
    for (let startMs = endMs - 7 * DAY_MS; startMs < endMs; startMs += DAY_MS) {
      const over = `range: { start: "${new Date(startMs).toISOString()}", end: "${new Date(startMs + DAY_MS).toISOString()}" }, bucket: HOUR_1`;
      const { serviceMetrics } =
        await ask(`{ serviceMetrics(${over}, groupBy: [ORCHESTRATOR, GPU], where: { pipelines: ["${pipeline}"], models: ["${model ?? ''}"] }, first: 100) {
        edges { node { orchestratorAddress points { metrics { ptff { averageMs { value } } e2e { averageMs { value } } averageFps { value } } } } } } }`);
      averages.push(
        serviceMetrics.edges
          .filter(({ node }: Answer) => node.orchestratorAddress !== null)
          .flatMap(({ node }: Answer) => node.points.flatMap((point: Answer) => averageOf(kind, point.metrics) ?? [])),
      );
    }
    const days = averages.filter((rows) => rows.length > 0);
    const count = sumOf(days.map((rows) => rows.length));
    const [lowAt, highAt] = kind === 'FPS' ? [0.1, 0.5] : [0.5, 0.9];
    const combined = (quantile: number): number | null =>
      ratioOf(sumOf(days.map((rows) => interpolated(rows, quantile) * rows.length)), count);
    recount.same('SlaBenchmark.rowCount', rowCount, count);
    // rounded to three significant digits
    recount.same('SlaBenchmark.low', low, combined(lowAt), 0.006);
    recount.same('SlaBenchmark.high', high, combined(highAt), 0.006);
  }
}

function averageOf(kind: string, metrics: Answer): number | null {
  if (metrics === null) return null;
  if (kind === 'FPS') return metrics.averageFps.value;
  return kind === 'PTFF' ? metrics.ptff.averageMs.value : metrics.e2e.averageMs.value;
}

function interpolated(values: readonly number[], quantile: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = quantile * (sorted.length - 1);
  const [below = 0, above = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place - Math.floor(place));
}
