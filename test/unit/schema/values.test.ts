import { GraphQLScalarType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { buildSchema } from '../../../src/schema/schema.js';

const schema = buildSchema();

function scalar(name: string): GraphQLScalarType {
  const type = schema.getType(name);
  if (!(type instanceof GraphQLScalarType)) throw new Error(`${name} is no scalar`);
  return type;
}

const SCALARS: readonly (readonly [string, readonly string[], readonly (string | number | null)[]])[] = [
  ['Wei', ['0', '4800000004800', '100000000000000000000000001'], ['1.5', '-1', '1e18', '', ' 1', 1, null]],
  [
    'Decimal',
    ['0', '1635.021', '-0.5', '100000000000000000000.000000000001'],
    ['1e-7', '.5', '5.', 'NaN', '', 1, null],
  ],
];

describe.each(SCALARS)('%s', (name, exact, unusable) => {
  it.each(exact)('takes and answers %s as it is', (text) => {
    expect(scalar(name).serialize(text)).toBe(text);
    expect(scalar(name).parseValue(text)).toBe(text);
  });

  it.each(unusable)('refuses %j both ways, by whose fault it is', (value) => {
    const code = (run: () => unknown): unknown => {
      try {
        return run();
      } catch (error) {
        return error instanceof AppError ? error.code : error;
      }
    };
    expect(code(() => scalar(name).serialize(value))).toBe('INVARIANT_BROKEN');
    expect(code(() => scalar(name).parseValue(value))).toBe('INVALID_ARGUMENT');
  });
});
