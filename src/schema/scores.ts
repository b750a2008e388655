import type { Group, GroupedAnswer, Point } from '../resolvers/grouped-answer.js';
import {
  type BenchmarkInForce,
  type NamedParameter,
  rescored,
  type ScoreAnswer,
  type ScoredPart,
} from '../resolvers/score-answer.js';
import { slaScores } from '../resolvers/scores.js';
import { type Builder, connectionCost, POINTS_COST, pageArguments } from './builder.js';
import { defineConnection } from './connection.js';
import type { Contributions } from './contributions.js';
import type { Entities } from './entities.js';
import { type Enums, storedEnum } from './enums.js';
import { type GroupedInterface, groupedArguments } from './grouped.js';
import type { SlaInputsType } from './sla-inputs.js';
import type { Values } from './values.js';

interface Parts {
  readonly enums: Enums;
  readonly values: Values;
  readonly grouped: GroupedInterface;
  readonly entities: Entities;
  readonly inputs: SlaInputsType;
  readonly contributions: Contributions;
}

export type SlaScoreType = ReturnType<typeof defineScores>;

/** SLA scores with everything they were computed from. Answers the type of a score. */
export function defineScores(builder: Builder, parts: Parts) {
  const { enums, values, grouped, entities } = parts;
  const ScoreRef = defineScore(builder, parts);
  const PointRef = builder.objectRef<Point<ScoreAnswer>>('SlaScorePoint').implement({
    description: 'The score of one bucket.',
    fields: (t) => ({
      start: t.field({
        type: 'DateTime',
        description: 'Start of the bucket.',
        resolve: ({ startMs }) => new Date(startMs),
      }),
      score: t.field({
        type: ScoreRef,
        nullable: true,
        description: 'Score of the bucket; null when nothing was recorded in it.',
        resolve: ({ sums }) => sums,
      }),
    }),
  });
  const GroupRef = builder.objectRef<Group<ScoreAnswer>>('SlaScoreGroup').implement({
    description: 'The score of one group.',
    interfaces: [grouped],
    fields: (t) => ({
      score: t.field({
        type: ScoreRef,
        description: 'Score over the range, from summed inputs.',
        resolve: ({ sums }) => sums,
      }),
      previous: t.field({
        type: ScoreRef,
        nullable: true,
        description: 'Score over the range of equal length before; null when nothing was recorded.',
        resolve: (group) => group.previous(),
      }),
      points: t.field({
        type: [PointRef],
        complexity: POINTS_COST,
        description: 'Every bucket of the range in order, at most 1,500.',
        resolve: async (group) => [...(await group.points())],
      }),
    }),
  });
  const ConnectionRef = defineConnection<Group<ScoreAnswer>, GroupedAnswer<ScoreAnswer>>(builder, {
    name: 'SlaScore',
    Node: GroupRef,
    words: {
      page: 'A page of scores, best first, with the score of everything selected beside them.',
      edge: 'A group and its position.',
      node: 'The group.',
    },
    fields: (t) => ({
      totalCount: t.expose('totalCount', { type: 'Count', description: 'Groups in the whole list.' }),
      rangeUsed: t.expose('range', { type: values.RangeUsed, description: 'The range answered for.' }),
      previousRangeUsed: t.expose('previousRange', { type: values.RangeUsed, description: 'The range of `previous`.' }),
      total: t.field({
        type: ScoreRef,
        nullable: true,
        description: 'Score over all groups, from summed inputs; null when nothing was recorded.',
        resolve: (answer) => answer.total(),
      }),
      points: t.field({
        type: [PointRef],
        complexity: POINTS_COST,
        description: 'Every bucket of the range in order over all groups, at most 1,500.',
        resolve: async (answer) => [...(await answer.points())],
      }),
    }),
  });
  const scoreArguments = builder.args((t) => ({
    scoringVersion: t.string({
      required: false,
      description: 'Version of the formula; quality-benchmark-v1 by default.',
    }),
    asOf: t.field({
      type: 'DateTime',
      required: false,
      description:
        'Answer as it was known at this instant, from the results stored by then. Buckets not final at it are NOT_FINAL.',
    }),
  }));

  builder.queryField('slaScores', (t) =>
    t.field({
      type: ConnectionRef,
      nullable: true,
      description: 'SLA scores at any grain, best first, those without a value last. Has no MINUTE_1.',
      complexity: connectionCost,
      args: { ...groupedArguments(builder, enums, values), ...scoreArguments, ...pageArguments(builder) },
      resolve: (_root, args, context) => slaScores(context, args),
    }),
  );
  builder.prismaObjectField(entities.Orchestrator, 'slaScore', (t) =>
    t.field({
      type: ScoreRef,
      nullable: true,
      description: 'Its score over the 24 hourly buckets that end with the open one; null when nothing was recorded.',
      resolve: ({ id }, _args, { loaders }) => loaders.orchestratorScore.load(id),
    }),
  );
  return ScoreRef;
}

function defineScore(builder: Builder, { values, inputs, contributions }: Parts) {
  const Subscore = builder.objectRef<ScoredPart>('SlaSubscore').implement({
    description: 'A part of a score from which, with its weight, the score can be computed again.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Name, such as startupSuccess, or ptff for prompt to first frame.' }),
      value: t.expose('value', {
        type: values.Metric,
        description: 'Credit from 0 to 1, higher is better; null without samples.',
      }),
      weight: t.exposeFloat('weight', { description: 'Share in `of`; 1 for coverage, which multiplies the score.' }),
      of: t.exposeString('of', { description: 'The subscore it is a share of; `score` for the outermost.' }),
      raw: t.exposeFloat('raw', {
        nullable: true,
        description: 'Credit before few samples pulled it towards 0.5; null where nothing does.',
      }),
    }),
  });
  const Kind = storedEnum<BenchmarkInForce['kind']>(builder, 'BenchmarkKind', 'What a benchmark is of.', {
    ptff: 'PTFF, prompt to first frame: from the prompt’s start time to playable, milliseconds.',
    e2e: 'End to end, milliseconds.',
    fps: 'Output frames per second.',
  });
  const Formula = storedEnum<ScoreAnswer['formula']>(
    builder,
    'ScoringFormula',
    'How a score is computed [AGGREGATE-005].',
    {
      'quality-benchmark-v1': 'Reliability and quality, latency and frame rate held against benchmarks of the network.',
      'spec-v1': 'Failures, swaps, latency and jitter held against fixed targets.',
    },
  );
  const Benchmark = builder.objectRef<BenchmarkInForce>('SlaBenchmark').implement({
    description: 'What latency or frame rate is held against: the network’s own hours of the 7 days before.',
    fields: (t) => ({
      day: t.exposeString('forDay', { description: 'UTC day whose buckets it judges, YYYY-MM-DD.' }),
      pipeline: t.exposeString('pipeline', { description: 'Pipeline.' }),
      model: t.string({
        nullable: true,
        description: 'Model; null when unknown.',
        resolve: ({ model }) => model || null,
      }),
      kind: t.expose('kind', { type: Kind.type, description: 'What it is of.' }),
      revision: t.expose('revision', { type: 'Count', description: 'From 1; the highest known is in force.' }),
      low: t.exposeFloat('low', {
        nullable: true,
        description: 'p50 of latencies, p10 of frame rates, 3 significant digits; null without rows.',
      }),
      high: t.exposeFloat('high', {
        nullable: true,
        description: 'p90 of latencies, p50 of frame rates, 3 significant digits; null without rows.',
      }),
      rowCount: t.expose('rowCount', { type: 'Count', description: 'Hourly rows it rests on.' }),
      isSufficient: t.exposeBoolean('isSufficient', { description: 'At least 48 rows; else credits are 0.5.' }),
    }),
  });
  const ParameterInput = builder.inputType('ScoringParameterInput', {
    description: 'A parameter of the formula with the caller’s own value.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'Name, as `parameters` of the score lists it.' }),
      value: t.float({ required: true, description: 'Value, at least 0.' }),
    }),
  });
  const Parameter = builder.objectRef<NamedParameter>('ScoringParameter').implement({
    description: 'A weight, target or limit of the formula.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Name.' }),
      value: t.exposeFloat('value', { description: 'Value.' }),
    }),
  });
  const Score = builder.objectRef<ScoreAnswer>('SlaScore');
  return Score.implement({
    description: 'An SLA score from 0 to 100, with everything it was computed from.',
    fields: (t) => ({
      value: t.expose('value', {
        type: values.Metric,
        description: 'Points from 0 to 100; null when nothing was requested.',
      }),
      subscores: t.field({
        type: [Subscore],
        description: 'Subscores, outermost first.',
        resolve: ({ subscores }) => [...subscores],
      }),
      missing: t.stringList({ description: 'Subscores without samples.', resolve: ({ missing }) => [...missing] }),
      inputs: t.field({ type: inputs, description: 'Sums it was computed from.', resolve: (score) => score.inputs }),
      contributions: contributions.serviceField(
        t,
        'in the score: their inputs sum to its inputs. As they are known now, whatever `asOf` says.',
        ({ counted }) => counted,
      ),
      parameters: t.field({
        type: [Parameter],
        description: 'Weights, targets and limits of the formula.',
        resolve: ({ parameters }) => [...parameters],
      }),
      benchmarks: t.field({
        type: [Benchmark],
        description: 'Benchmarks of its days, pipelines and models; none where nothing is known.',
        resolve: ({ benchmarks }) => [...benchmarks],
      }),
      scoringVersion: t.exposeString('scoringVersion', {
        description: 'Version of the formula and its parameters; `caller` when rescored.',
      }),
      rescore: t.field({
        type: Score,
        description:
          'The same inputs, benchmarks and formula with the caller’s own parameters in the place of some; the others stay. Weights are taken as they are; the score stays within 0 to 100. An unknown or repeated name or a negative value is INVALID_ARGUMENT.',
        args: {
          parameters: t.arg({ type: [ParameterInput], required: true, description: 'Parameters to replace.' }),
        },
        resolve: (score, { parameters }) => rescored(score, parameters),
      }),
      formula: t.expose('formula', {
        type: Formula.type,
        description: 'Formula that the version computes by; several versions may share one.',
      }),
      isFinal: t.boolean({
        description:
          'Whether every bucket ended at least 10 minutes ago and nothing waits to be scored; late evidence may still change it.',
        resolve: (score) => score.isFinal(),
      }),
      computedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description:
          'When the newest stored result in it was computed; null while none is stored, the score being computed for this answer.',
        resolve: (score) => score.computedAt(),
      }),
    }),
  });
}
