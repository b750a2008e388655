import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { buildSchema } from '../../../src/schema/schema.js';
import { useApi } from './api-under-test.js';

const api = useApi(Date.UTC(2026, 0, 10, 12, 30));
const fields = Object.values(buildSchema().getQueryType()?.getFields() ?? {});

/** Filters by which a field has nothing to tell apart; every other one must work. */
const REFUSED_FILTERS: Readonly<Record<string, readonly string[]>> = {
  byocAuthMetrics: ['gpus', 'isHardwareBacked', 'models'],
  byocWorkerMetrics: ['gpus', 'isHardwareBacked'],
  discoveries: ['gpus', 'isHardwareBacked', 'models', 'pipelines'],
  discoveryMetrics: ['gpus', 'isHardwareBacked', 'models', 'pipelines'],
  ingestQuality: ['gpus', 'isHardwareBacked', 'orchestrators'],
  payments: ['gpus', 'isHardwareBacked'],
  paymentTotals: ['gpus', 'isHardwareBacked'],
  ticketMetrics: ['gpus', 'isHardwareBacked'],
};
const SESSION_DIMENSIONS = ['ORG', 'ORCHESTRATOR', 'GATEWAY', 'PIPELINE', 'MODEL', 'GPU', 'REGION'];
const WITHOUT_GPU = SESSION_DIMENSIONS.filter((dimension) => dimension !== 'GPU');
const GROUPED_BY: Readonly<Record<string, readonly string[]>> = {
  byocAuthMetrics: WITHOUT_GPU.filter((dimension) => dimension !== 'MODEL'),
  byocWorkerMetrics: WITHOUT_GPU,
  discoveryMetrics: ['ORG', 'ORCHESTRATOR', 'GATEWAY', 'REGION'],
  failureReasons: [...SESSION_DIMENSIONS, 'FAILURE_CLASS', 'REASON'],
  ingestQuality: ['ORG', 'GATEWAY', 'PIPELINE', 'MODEL', 'REGION'],
  jobFailureReasons: [...SESSION_DIMENSIONS, 'KIND', 'FAILURE_CLASS', 'REASON'],
  jobMetrics: [...SESSION_DIMENSIONS, 'KIND'],
  liveSessions: SESSION_DIMENSIONS,
  networkDemand: SESSION_DIMENSIONS,
  paymentTotals: WITHOUT_GPU,
  serviceMetrics: SESSION_DIMENSIONS,
  slaScores: SESSION_DIMENSIONS,
  swapReasons: [...SESSION_DIMENSIONS, 'KIND', 'REASON'],
  ticketMetrics: WITHOUT_GPU,
};

const argumentOf = (field: GraphQLField<unknown, unknown>, name: string) => field.args.find((arg) => arg.name === name);

/** A value of an input type that any row could have. */
function literalOf(type: GraphQLInputType, name: string): string {
  if (isNonNullType(type)) return literalOf(type.ofType, name);
  if (isListType(type)) return `[${literalOf(type.ofType, name)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  const text = /orchestrator/i.test(name) ? `0x${'a'.repeat(40)}` : 'x';
  const literals: Readonly<Record<string, string>> = {
    ...{ Boolean: 'false', Int: '1', Float: '1', Count: '1', Decimal: '"1"', DateTime: '"2026-01-01T00:00:00Z"' },
    ...{ String: JSON.stringify(text), ID: '"x"' },
  };
  const literal = literals[getNamedType(type).name];
  if (literal === undefined) throw new Error(`no literal for ${String(type)}`);
  return literal;
}

/** A query for the field, whatever it must be given, with one argument more. */
function queryOf(field: GraphQLField<unknown, unknown>, argument: string): string {
  const required = field.args
    .filter(({ type, name }) => isNonNullType(type) && !argument.startsWith(name))
    .map(({ name, type }) => `${name}: ${literalOf(type, name)}`);
  return `{ ${field.name}(${[...required, argument].join(', ')}) { __typename } }`;
}

async function codeOf(query: string): Promise<string> {
  const { errors } = await api().query(query);
  return errors?.[0]?.extensions.code ?? errors?.[0]?.message ?? 'answered';
}

const filtered = fields.filter((field) => argumentOf(field, 'where') !== undefined);

describe('every filter of every field is applied or refused with a code, never passed over', () => {
  test.each(filtered.map((field) => [field.name, field] as const))('%s', async (name, field) => {
    const where = argumentOf(field, 'where')?.type;
    if (!isInputObjectType(where)) throw new Error('where is no input object');
    const codes = await Promise.all(
      Object.values(where.getFields()).map(async (filter) => {
        const literal = literalOf(filter.type, filter.name);
        return [filter.name, await codeOf(queryOf(field, `where: { ${filter.name}: ${literal} }`))] as const;
      }),
    );
    const refused = codes.filter(([, code]) => code === 'UNSUPPORTED_DIMENSION').map(([filter]) => filter);
    expect(codes.filter(([, code]) => code !== 'answered' && code !== 'UNSUPPORTED_DIMENSION')).toEqual([]);
    expect(refused.sort()).toEqual(REFUSED_FILTERS[name] ?? []);
  });

  test('the refusal names what was asked and what there is', async () => {
    const { errors } = await api().query('{ discoveryMetrics(where: { models: ["sd"] }) { totalCount } }');
    expect(errors?.[0]?.message).toBe(
      'where of discoveryMetrics names MODEL, which its rows do not have, wanted ORG, ORCHESTRATOR, GATEWAY, REGION',
    );
  });
});

describe('every dimension is told apart or refused with a code', () => {
  const grouped = fields.filter((field) => argumentOf(field, 'groupBy') !== undefined);

  test('wherever there is groupBy', () => {
    expect(grouped.map(({ name }) => name).sort()).toEqual(Object.keys(GROUPED_BY).sort());
  });

  test.each(grouped.map((field) => [field.name, field] as const))('%s', async (name, field) => {
    const dimension = getNamedType(argumentOf(field, 'groupBy')?.type);
    if (!isEnumType(dimension)) throw new Error('groupBy is no enum');
    const offered = GROUPED_BY[name] ?? [];
    for (const value of dimension.getValues()) {
      const code = await codeOf(queryOf(field, `groupBy: [${value.name}]`));
      expect(code, value.name).toBe(offered.includes(value.name) ? 'answered' : 'UNSUPPORTED_DIMENSION');
    }
  });
});
