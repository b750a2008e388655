import type { GraphQLSchema } from 'graphql';
import { createBuilder } from './builder.js';
import { defineEntities } from './entities.js';
import { defineEnums } from './enums.js';
import { defineGrouped } from './grouped.js';
import { defineMeta } from './meta.js';
import { defineMetrics } from './metrics.js';
import { defineRollupFields } from './rollup-fields.js';
import { defineScores } from './scores.js';
import { defineSessions } from './session.js';
import { defineSessionEnums } from './session-enums.js';
import { defineStatusSeries } from './status-series.js';
import { defineValues } from './values.js';

/** The public schema; `schema.graphql` is its printed form. */
export function buildSchema(): GraphQLSchema {
  const builder = createBuilder();
  builder.queryType({
    description: 'Everything that can be asked. A field that fails is null and says why in `errors`.',
  });
  const enums = defineEnums(builder);
  const values = defineValues(builder, enums);
  const metrics = defineMetrics(builder, values);
  const entities = defineEntities(builder);
  const grouped = defineGrouped(builder, enums, entities);
  const sessionEnums = defineSessionEnums(builder);
  defineSessions(builder, { enums, sessionEnums, values, entities });
  defineRollupFields(builder, { enums, values, grouped, metrics });
  defineScores(builder, { enums, values, grouped, entities });
  defineStatusSeries(builder, enums, values);
  defineMeta(builder, values, sessionEnums);
  return builder.toSchema();
}
