import { GraphQLScalarType, Kind } from 'graphql';
import { AppError } from '../errors.js';
import type { Metric } from '../resolvers/metric.js';
import type { UsedRange } from '../resolvers/range.js';
import type { Builder } from './builder.js';
import type { Enums } from './enums.js';

/** Scalars, ranges and metrics: the values every part of the schema is made of. */
export function defineValues(builder: Builder, enums: Enums) {
  builder.addScalarType('DateTime', dateTimeScalar);
  builder.addScalarType('Count', countScalar);
  builder.addScalarType('Wei', weiScalar);
  builder.addScalarType('Decimal', decimalScalar);

  const TimeRangeInput = builder.inputType('TimeRangeInput', {
    description:
      'A half-open range of time, start ≤ t < end. It is snapped outwards to the bucket of the answer, and refused with RANGE_NOT_KEPT when a part of it is no longer kept.',
    fields: (t) => ({
      start: t.field({ type: 'DateTime', required: true, description: 'First instant of the range.' }),
      end: t.field({ type: 'DateTime', required: true, description: 'First instant after the range.' }),
    }),
  });

  const RangeUsed = builder.objectRef<UsedRange>('RangeUsed').implement({
    description: 'The half-open range an answer is about, after snapping, and its bucket.',
    fields: (t) => ({
      start: t.field({ type: 'DateTime', description: 'First instant.', resolve: ({ startMs }) => new Date(startMs) }),
      end: t.field({
        type: 'DateTime',
        description: 'First instant after it.',
        resolve: ({ endMs }) => new Date(endMs),
      }),
      bucket: t.field({ type: enums.Bucket, description: 'Width of the buckets.', resolve: ({ bucket }) => bucket }),
    }),
  });

  const MetricRef = builder.objectRef<Metric>('Metric').implement({
    description: 'A number with its unit, the samples behind it, and the reason when there is none.',
    fields: (t) => ({
      value: t.exposeFloat('value', {
        nullable: true,
        description: 'The number; null for the reason in nullReason, never 0 for "unknown".',
      }),
      unit: t.expose('unit', { type: enums.Unit, description: 'Unit of the value.' }),
      sampleCount: t.expose('sampleCount', {
        type: 'Count',
        description: 'How many samples (or, for a ratio, members of its denominator) the value rests on.',
      }),
      nullReason: t.expose('nullReason', {
        type: enums.NullReason,
        description: 'Why the value is null; OK when it is not.',
      }),
    }),
  });

  const GrainFilter = builder.inputType('GrainFilter', {
    description:
      'Keeps what matches every given list; a value matches a list that holds it. At most 100 values per list.',
    fields: (t) => ({
      orgs: t.stringList({ required: false, description: 'Organisations whose gateways sent the events.' }),
      orchestrators: t.stringList({
        required: false,
        description: 'Canonical on-chain addresses, 0x and 40 hex digits.',
      }),
      gateways: t.stringList({ required: false, description: 'Public gateway names.' }),
      pipelines: t.stringList({ required: false, description: 'Canonical pipelines.' }),
      models: t.stringList({ required: false, description: 'Models.' }),
      gpus: t.stringList({ required: false, description: 'Public GPU ids, `gpu_` and 16 hex digits.' }),
      regions: t.stringList({ required: false, description: 'Gateway regions.' }),
      isHardwareBacked: t.boolean({
        required: false,
        description:
          'True: only what ran on a known GPU, which is what GPU metrics are; false: only what did not. Both by default.',
      }),
    }),
  });

  return { TimeRangeInput, RangeUsed, Metric: MetricRef, GrainFilter };
}

export type Values = ReturnType<typeof defineValues>;

const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

const dateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'An instant as RFC 3339 text with an offset, such as 2026-01-08T21:43:00Z; answers are in UTC.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (value) => {
    if (value instanceof Date) return value.toISOString();
    throw new AppError('INVARIANT_BROKEN', 'a DateTime field answered something that is not a date');
  },
  parseValue: parseInstant,
  parseLiteral: (node) => parseInstant(node.kind === Kind.STRING ? node.value : null),
});

function parseInstant(text: unknown): Date {
  const date = typeof text === 'string' && ISO_INSTANT.test(text) ? new Date(text) : null;
  if (date === null || Number.isNaN(date.getTime())) {
    throw new AppError('INVALID_ARGUMENT', `${JSON.stringify(text)} is not an instant like 2026-01-08T21:43:00Z`);
  }
  return date;
}

const countScalar = new GraphQLScalarType<number, number>({
  name: 'Count',
  description: 'A whole number from 0 to 2^53 − 1.',
  serialize: (value) => {
    const count = typeof value === 'bigint' ? Number(value) : value;
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
    throw new AppError('INVARIANT_BROKEN', `a Count field answered ${String(value)}`);
  },
  parseValue: parseCount,
  parseLiteral: (node) => parseCount(node.kind === Kind.INT ? Number(node.value) : null),
});

function parseCount(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new AppError('INVALID_ARGUMENT', `${JSON.stringify(value)} is not a whole number from 0`);
}

const WEI = /^\d{1,100}$/;

const weiScalar = new GraphQLScalarType<string, string>({
  name: 'Wei',
  description: 'An exact amount of whole wei as a decimal string, such as "4800000004800"; 1 ETH is 10^18 wei.',
  serialize: (value) => {
    if (typeof value === 'string' && WEI.test(value)) return value;
    throw new AppError('INVARIANT_BROKEN', 'a Wei field answered something that is no whole number of wei');
  },
  parseValue: parseWeiText,
  parseLiteral: (node) => parseWeiText(node.kind === Kind.STRING ? node.value : null),
});

const DECIMAL = /^-?\d{1,200}(\.\d{1,200})?$/;

const decimalScalar = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description: 'An exact decimal number as a string without an exponent, such as "1635.021". Nothing is rounded.',
  serialize: (value) => {
    if (typeof value === 'string' && DECIMAL.test(value)) return value;
    throw new AppError('INVARIANT_BROKEN', 'a Decimal field answered something that is no decimal number');
  },
  parseValue: parseDecimalText,
  parseLiteral: (node) => parseDecimalText(node.kind === Kind.STRING ? node.value : null),
});

function parseDecimalText(value: unknown): string {
  if (typeof value === 'string' && DECIMAL.test(value)) return value;
  throw new AppError('INVALID_ARGUMENT', `${JSON.stringify(value)} is not a decimal number as a string`);
}

function parseWeiText(value: unknown): string {
  if (typeof value === 'string' && WEI.test(value)) return value;
  throw new AppError('INVALID_ARGUMENT', `${JSON.stringify(value)} is not a whole number of wei as a string`);
}
