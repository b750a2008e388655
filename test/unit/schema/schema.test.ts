import { readFileSync } from 'node:fs';
import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildSchema } from '../../../src/schema/schema.js';

const schema = buildSchema();
const FIGURES = `score { delta } startupSuccessRatio { delta } effectiveSuccessRatio { delta } requestedSessions { delta }
  serviceMinutes { delta } orchestratorsObserved { delta } gpusObserved { delta } jobs { delta } fees { deltaWei }
  orchestratorCount gpuCount liveSessionCount`;
const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);

/** Names of everything that lacks a description. */
function undescribed(type: GraphQLNamedType): string[] {
  const missing: string[] = [];
  const check = (name: string, description: string | null | undefined): void => {
    if (!description?.trim()) missing.push(name);
  };
  check(type.name, type.description);
  if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value.description);
  if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field.description);
  }
  if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      check(`${type.name}.${field.name}`, field.description);
      for (const argument of field.args) check(`${type.name}.${field.name}(${argument.name})`, argument.description);
    }
  }
  return missing;
}

describe('the GraphQL schema', () => {
  it('describes every type, field, argument and enum value', () => {
    expect(types.flatMap(undescribed)).toEqual([]);
  });

  it('is the committed schema.graphql', () => {
    const committed = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8');
    expect(`${printSchema(lexicographicSortSchema(schema))}\n`, 'npx tsx scripts/print-schema.ts writes it').toBe(
      committed,
    );
  });

  it('has nullable root fields only, so that one that fails does not blank the others', () => {
    const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
    expect(fields.filter(({ type }) => isNonNullType(type)).map(({ name }) => name)).toEqual([]);
    expect(fields.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'orchestrators',
        'orchestrator',
        'sessions',
        'session',
        'slaScores',
        'statusSeries',
        'networkDemand',
        'serviceMetrics',
        'meta',
        'node',
      ]),
    );
  });

  it('gives every root field a cost of its own, but those that look one thing up', () => {
    const lookups = ['gateway', 'job', 'node', 'orchestrator', 'session'];
    const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
    const free = fields.filter(({ extensions }) => JSON.stringify(extensions['complexity'] ?? 1) === '1');
    expect(free.map(({ name }) => name).sort()).toEqual(lookups);
  });

  it('counts each figure of networkKpis as the statements behind it', () => {
    const figures = 'score { current { value } } jobs { current { value } } fees { currentWei } gpuCount';
    const costOf = (query: string) => complexityFromQuery(query, { schema }).complexity;
    expect(costOf(`{ networkKpis { ${figures} } }`)).toBeGreaterThan(400);
    const many = Array.from({ length: 60 }, (_, n) => `k${n}: networkKpis { ${FIGURES} }`).join(' ');
    expect(costOf(`{ ${many} }`)).toBeGreaterThan(50_000);
  });

  it('says what null means wherever a field may be null', () => {
    const silent = types.flatMap((type) =>
      isObjectType(type) && type.name !== 'Query'
        ? Object.values(type.getFields())
            .filter((field) => !isNonNullType(field.type) && !/null/i.test(field.description ?? ''))
            .map((field) => `${type.name}.${field.name}`)
        : [],
    );
    expect(silent).toEqual([]);
  });
});
