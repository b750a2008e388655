import type { Group, GroupedAnswer, Point } from '../resolvers/grouped-answer.js';
import type { ScoreAnswer } from '../resolvers/score-answer.js';
import { slaScores } from '../resolvers/scores.js';
import { type Builder, connectionCost, POINTS_COST, pageArguments } from './builder.js';
import { defineConnection } from './connection.js';
import type { Contributions } from './contributions.js';
import type { Entities } from './entities.js';
import type { Enums } from './enums.js';
import { type GroupedInterface, groupedArguments } from './grouped.js';
import type { SlaInputsType } from './sla-inputs.js';
import { defineScore } from './sla-score.js';
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
        description:
          'Score over the range of equal length before; null when nothing was recorded, or not all of it is kept.',
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
