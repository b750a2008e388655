import {
  allParametersOf,
  type NamedParameter,
  type ScoringConfigRow,
  scoringConfigurations,
} from '../resolvers/score-configuration.js';
import type { Builder } from './builder.js';
import { storedEnum } from './enums.js';

/** How scores are configured: formulas, their parameters, and since when. */
export function defineScoringConfigurations(builder: Builder) {
  const Formula = storedEnum<ScoringConfigRow['formula']>(
    builder,
    'ScoringFormula',
    'How a score is computed [AGGREGATE-005].',
    {
      'quality-benchmark-v1': 'Reliability and quality, latency and frame rate held against benchmarks of the network.',
      'spec-v1': 'Failures, swaps, latency and jitter held against fixed targets.',
    },
  ).type;
  const Parameter = builder.objectRef<NamedParameter>('ScoringParameter').implement({
    description: 'A weight, target or limit of the formula.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Name.' }),
      value: t.exposeFloat('value', { description: 'Value.' }),
    }),
  });
  const Configuration = builder.objectRef<ScoringConfigRow>('ScoringConfiguration').implement({
    description:
      'A row of configuration: how a version scores the buckets that start at `validFrom` or later, until the next row of its version and gateway. Rows are history: none is ever changed.',
    fields: (t) => ({
      id: t.exposeString('configId', { description: 'Number of the row, `config_id` of `api.scoring_config`.' }),
      version: t.exposeString('scoringVersion', { description: 'Scoring version.' }),
      formula: t.expose('formula', { type: Formula, description: 'Formula that it computes by.' }),
      gateway: t.string({
        nullable: true,
        description: 'Public name of the gateway it is for; null: every gateway without one of its own.',
        resolve: ({ gateway }) => gateway || null,
      }),
      validFrom: t.field({
        type: 'DateTime',
        description: 'First instant whose buckets it scores.',
        resolve: ({ validFromMs }) => new Date(validFromMs),
      }),
      knownAt: t.field({
        type: 'DateTime',
        description: 'From when on answers rest on it; of equal `validFrom` the row known last counts.',
        resolve: ({ knownAtMs }) => new Date(knownAtMs),
      }),
      isRetired: t.exposeBoolean('isRetired', {
        description: 'True: it ends the row before it; the gateway, or the version, then has none of its own.',
      }),
      parameters: t.field({
        type: [Parameter],
        description: 'Every parameter of the formula, those that are its defaults too.',
        resolve: (row) => [...allParametersOf(row)],
      }),
    }),
  });
  builder.queryField('scoringConfigurations', (t) =>
    t.field({
      type: [Configuration],
      nullable: true,
      description:
        'Scoring versions and how they are configured, as known now: every row, the one that begins last first, 1,000 at most.',
      args: {
        scoringVersion: t.arg.string({
          required: false,
          description: 'Only this version; UNKNOWN_SCORING_VERSION when it has no row.',
        }),
      },
      resolve: async (_root, { scoringVersion }, context) => [
        ...(await scoringConfigurations(context, scoringVersion ?? null)),
      ],
    }),
  );
  return { Formula, Parameter, Configuration };
}
