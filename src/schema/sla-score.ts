import { rescored, type ScoreAnswer, type ScoredPart } from '../resolvers/score-answer.js';
import { MAX_PARTS } from '../resolvers/score-parts.js';
import { type Builder, POINTS_COST } from './builder.js';
import type { Contributions } from './contributions.js';
import { defineScoreParts } from './score-parts.js';
import { defineScoringConfigurations } from './scoring-configuration.js';
import type { SlaInputsType } from './sla-inputs.js';
import type { Values } from './values.js';

interface Parts {
  readonly values: Values;
  readonly inputs: SlaInputsType;
  readonly contributions: Contributions;
}

type Fields = PothosSchemaTypes.ObjectFieldBuilder<Builder['$inferSchemaTypes'], ScoreAnswer>;

/** A score with everything it was computed from. */
export function defineScore(builder: Builder, { values, inputs, contributions }: Parts) {
  const scoring = defineScoringConfigurations(builder);
  const judged = defineScoreParts(builder, values, inputs);
  const Subscore = defineSubscore(builder, values);
  const ParameterInput = builder.inputType('ScoringParameterInput', {
    description: 'A parameter of the formula with the caller’s own value.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'Name, as `parameters` of the score lists it.' }),
      value: t.float({ required: true, description: 'Value, at least 0.' }),
    }),
  });
  const configurationFields = (t: Fields) => ({
    configuration: t.field({
      type: scoring.Configuration,
      nullable: true,
      description:
        'Configuration that scored it: the one in force in the last bucket of `rangeScored`, of the gateway when it is of one (grouped by it, or the only one that `where` names), else of the network, whatever gateways have of their own. null when the version has none in the range.',
      resolve: ({ configurations }) => configurations[0] ?? null,
    }),
    configurations: t.field({
      type: [scoring.Configuration],
      description:
        'Configurations in force in buckets of the range, newest first. Several: the first one scored the whole range from summed inputs, while its points, and stored scores, are each by the one in force then.',
      resolve: ({ configurations }) => [...configurations],
    }),
    rangeScored: t.field({
      type: values.RangeUsed,
      nullable: true,
      description:
        'From the first bucket in which the version has a configuration to the end of the last: buckets of the range without one are not in the score. null when no bucket has.',
      resolve: ({ scoredSpan, counted }) => (scoredSpan === null ? null : { ...scoredSpan, bucket: counted.bucket }),
    }),
    parameters: t.field({
      type: [scoring.Parameter],
      description:
        'Weights, targets and limits of the formula. A model with targets of its own is held against those: see `targets`.',
      resolve: ({ parameters }) => [...parameters],
    }),
    scoringVersion: t.exposeString('scoringVersion', {
      description: 'Version of the formula and its parameters; `caller` when rescored.',
    }),
    formula: t.expose('formula', {
      type: scoring.Formula,
      description: 'Formula that the version computes by; several versions may share one.',
    }),
  });
  const judgedFields = (t: Fields) => ({
    benchmarks: t.field({
      type: [judged.Benchmark],
      description:
        'Benchmarks of its days, pipelines and models; none where nothing is known, nor by spec-v1, which uses none.',
      resolve: ({ benchmarks }) => [...benchmarks],
    }),
    targets: t.field({
      type: [judged.Target],
      description: 'Every latency target that was used, by pipeline and model; none by quality-benchmark-v1.',
      resolve: ({ targets }) => [...targets],
    }),
    parts: t.field({
      type: [judged.Part],
      complexity: POINTS_COST,
      description: `Its days, pipelines and models, in that order, with what each was held against: with \`inputs\` and \`parameters\` the score can be computed again. At most ${MAX_PARTS}; \`partCount\` says how many there are.`,
      resolve: ({ parts }) => parts.slice(0, MAX_PARTS),
    }),
    partCount: t.field({ type: 'Count', description: 'Parts it has.', resolve: ({ parts }) => parts.length }),
  });
  const Score = builder.objectRef<ScoreAnswer>('SlaScore');
  return Score.implement({
    description: 'An SLA score from 0 to 100, with everything it was computed from.',
    fields: (t) => ({
      value: t.expose('value', {
        type: values.Metric,
        description:
          'Points from 0 to 100; null when nothing was requested, or NOT_COLLECTED: the version has no configuration then.',
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
      ...configurationFields(t),
      ...judgedFields(t),
      rescore: t.field({
        type: Score,
        description:
          'The same inputs, benchmarks and formula with the caller’s own parameters in the place of some; the others stay. A latency target takes the place of the models’ own too. Weights are taken as they are; the score stays within 0 to 100. An unknown or repeated name or a negative value is INVALID_ARGUMENT.',
        args: {
          parameters: t.arg({ type: [ParameterInput], required: true, description: 'Parameters to replace.' }),
        },
        resolve: (score, { parameters }) => rescored(score, parameters),
      }),
      isFinal: t.boolean({
        description:
          'Whether every bucket ended at least 10 minutes ago and no change in one waits to be summed or scored; late evidence may still change it.',
        resolve: (score) => score.isFinal(),
      }),
      computedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description:
          'When the newest stored result in it was computed; null while none is stored, the score being computed for this answer. The value always rests on what is known now, so while `isFinal` is false it may be newer.',
        resolve: (score) => score.computedAt(),
      }),
      inputWatermark: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'Newest event that its stored results count; null while none is stored.',
        resolve: (score) => score.inputWatermark(),
      }),
    }),
  });
}

function defineSubscore(builder: Builder, values: Values) {
  return builder.objectRef<ScoredPart>('SlaSubscore').implement({
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
}
