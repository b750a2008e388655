import type { BenchmarkInForce, JudgedPart, TargetUsed } from '../resolvers/score-answer.js';
import { measuredOf, type PartCredit } from '../resolvers/score-parts.js';
import type { Builder } from './builder.js';
import { storedEnum } from './enums.js';
import type { SlaInputsType } from './sla-inputs.js';
import type { Values } from './values.js';

/** What parts of a score measured and what they were held against: benchmarks, targets and parameters. */
export function defineScoreParts(builder: Builder, values: Values, inputs: SlaInputsType) {
  const Kind = storedEnum<BenchmarkInForce['kind']>(builder, 'BenchmarkKind', 'What a benchmark is of.', {
    ptff: 'PTFF, prompt to first frame: from the prompt’s start time to playable, milliseconds.',
    e2e: 'End to end, milliseconds.',
    fps: 'Output frames per second.',
  });
  const Basis = storedEnum<PartCredit['basis']>(builder, 'SlaCreditBasis', 'Where the bounds of a credit come from.', {
    benchmark: 'The benchmark of the part’s day, pipeline and model: `benchmarks` of the score.',
    model_target: 'The model’s own target: `targets` of the score.',
    parameter: 'A parameter of the formula, the caller’s own when rescored.',
  }).type;
  const pipelineField = { nullable: true, description: 'Pipeline; null when unknown.' } as const;
  const modelField = { nullable: true, description: 'Model; null when unknown.' } as const;
  const Benchmark = builder.objectRef<BenchmarkInForce>('SlaBenchmark').implement({
    description: 'What latency or frame rate is held against: the network’s own hours of the 7 days before.',
    fields: (t) => ({
      day: t.exposeString('forDay', { description: 'UTC day whose buckets it judges, YYYY-MM-DD.' }),
      pipeline: t.string({ ...pipelineField, resolve: ({ pipeline }) => pipeline || null }),
      model: t.string({ ...modelField, resolve: ({ model }) => model || null }),
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
  const Target = builder.objectRef<TargetUsed>('SlaTargetUsed').implement({
    description: 'What latencies of a pipeline and model were held against on every day of a score by spec-v1.',
    fields: (t) => ({
      pipeline: t.string({ ...pipelineField, resolve: ({ pipeline }) => pipeline || null }),
      model: t.string({ ...modelField, resolve: ({ model }) => model || null }),
      name: t.exposeString('name', { description: 'Name, as of the parameter that it stands for: e2eP50TargetMs.' }),
      targetMs: t.exposeFloat('targetMs', {
        description: 'Latency up to which the credit is 1, milliseconds; it falls to 0 at latencyLimitFactor times it.',
      }),
      basis: t.expose('basis', { type: Basis, description: 'The model’s own target or a parameter.' }),
      validFrom: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When the model’s own target began; null for a parameter.',
        resolve: ({ validFromMs }) => (validFromMs === null ? null : new Date(validFromMs)),
      }),
    }),
  });
  const Credit = builder.objectRef<PartCredit>('SlaPartCredit').implement({
    description:
      'What a part earns in a subscore. `raw`, or in spec-v1 the value, of the subscore is the mean of its parts’ credits, each weighing `measured.sampleCount`.',
    fields: (t) => ({
      subscore: t.exposeString('subscore', { description: 'Name of the subscore.' }),
      measured: t.field({
        type: values.Metric,
        description: 'What was measured in the part: average (benchmarks), percentile (targets), or jitter of fps.',
        resolve: measuredOf,
      }),
      credit: t.exposeFloat('credit', {
        description:
          'From 0 to 1: 1 at `fullAt` or better, else 0 at `noneAt` or worse, else linear between; 0.5 where these are null. More is better of fps, less of all others.',
      }),
      fullAt: t.exposeFloat('fullAt', {
        nullable: true,
        description: 'Where the credit becomes 1, in the unit of `measured`; null without a sufficient benchmark.',
      }),
      noneAt: t.exposeFloat('noneAt', {
        nullable: true,
        description:
          'Where it becomes 0, in the unit of `measured`; not worse than `fullAt`: a step there. null without a sufficient benchmark.',
      }),
      basis: t.expose('basis', { type: Basis, description: 'Where both come from.' }),
    }),
  });
  const Part = builder.objectRef<JudgedPart>('SlaPart').implement({
    description: 'Inputs of one UTC day, pipeline and model, which are judged by themselves.',
    fields: (t) => ({
      day: t.exposeString('day', { description: 'UTC day, YYYY-MM-DD.' }),
      pipeline: t.string({ ...pipelineField, resolve: ({ pipeline }) => pipeline || null }),
      model: t.string({ ...modelField, resolve: ({ model }) => model || null }),
      inputs: t.expose('inputs', { type: inputs, description: 'Its sums; those of all parts add up to the score’s.' }),
      credits: t.field({
        type: [Credit],
        description: 'What it earns, by subscore; none of those that it has no samples of.',
        resolve: ({ credits }) => [...credits],
      }),
    }),
  });
  return { Benchmark, Target, Part };
}
