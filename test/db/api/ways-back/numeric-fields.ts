import { getNamedType, isObjectType } from 'graphql';
import { buildSchema } from '../../../../src/schema/schema.js';

const NUMBERS = new Set(['Int', 'Float', 'Count', 'Decimal', 'Wei', 'Metric']);
const schema = buildSchema();

/** Fields of a type that answer numbers; a metric is one number, whatever it says beside. */
export function numericFieldsOf(typeName: string): readonly string[] {
  const type = schema.getType(typeName);
  if (!isObjectType(type) || type.name === 'Metric') return [];
  return Object.values(type.getFields())
    .filter((field) => NUMBERS.has(getNamedType(field.type).name))
    .map(({ name }) => name);
}

/** Every number that the API answers, as `Type.field`. */
export function numericFields(): readonly string[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith('__'))
    .flatMap(({ name }) => numericFieldsOf(name).map((field) => `${name}.${field}`));
}

/** The numbers of a type as a selection, metrics with their reason. */
export function numbersOf(typeName: string, leftOut: readonly string[] = []): string {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`${typeName} is no object type`);
  return numericFieldsOf(typeName)
    .filter((name) => !leftOut.includes(name))
    .map((name) => {
      const field = type.getFields()[name];
      return field !== undefined && getNamedType(field.type).name === 'Metric'
        ? `${name} { value sampleCount nullReason }`
        : name;
    })
    .join(' ');
}
