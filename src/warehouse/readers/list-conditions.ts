import { DIMENSIONS, type SyntheticChoice } from '../../domain/dimensions.js';
import { DIMENSION_COLUMN, type GrainFilter } from './grain.js';

/** What every list over rows with the dimensions of a grain can be narrowed by. */
export interface GrainSelection {
  readonly grain: GrainFilter;
  readonly synthetic: SyntheticChoice;
}

type Add = (value: unknown) => string;

/** SQL conditions of a selection; never empty, so that others can follow. */
export function grainConditions({ grain, synthetic }: GrainSelection, add: Add): readonly string[] {
  const lists = DIMENSIONS.flatMap((dimension) => {
    const wanted = grain.wanted[dimension];
    return wanted === undefined || wanted.length === 0
      ? []
      : [`${DIMENSION_COLUMN[dimension]} = any(${add(wanted)}::text[])`];
  });
  const isSynthetic = synthetic === 'INCLUDE' ? null : synthetic === 'ONLY';
  return [
    'true',
    ...lists,
    ...optional(isSynthetic, add, (p) => `is_synthetic = ${p}::boolean`),
    ...optional(grain.isHardwareBacked, add, (p) => `(gpu_id <> '') = ${p}::boolean`),
  ];
}

/** A condition on a value; none for null. */
export function optional(value: unknown, add: Add, condition: (parameter: string) => string): readonly string[] {
  return value === null ? [] : [condition(add(value))];
}

/**
 * Half-open bounds on an instant of rows that are stored by its 5 minutes (`bucket_start`); null is open. The bucket is
 * bounded too: it decides how much is opened.
 */
export function instantConditions(
  column: string,
  { fromMs, untilMs }: { readonly fromMs: number | null; readonly untilMs: number | null },
  add: Add,
): readonly string[] {
  return [
    ...optional(
      fromMs === null ? null : isoInstant(fromMs),
      add,
      (p) => `bucket_start > ${p}::timestamptz - interval '5 minutes' and ${column} >= ${p}::timestamptz`,
    ),
    ...optional(
      untilMs === null ? null : isoInstant(untilMs),
      add,
      (p) => `bucket_start < ${p}::timestamptz and ${column} < ${p}::timestamptz`,
    ),
  ];
}

const BUCKET_MS = 300_000;

/** The key of a row stored by the 5 minutes of an instant, as parameters: bucket first, then the instant, then the id. */
export function bucketedKey(
  key: { readonly atMs: number; readonly id: string } | null,
  add: Add,
): readonly string[] | null {
  if (key === null) return null;
  return [
    `${add(isoInstant(Math.floor(key.atMs / BUCKET_MS) * BUCKET_MS))}::timestamptz`,
    `${add(isoInstant(key.atMs))}::timestamptz`,
    `${add(key.id)}::text`,
  ];
}

export function isoInstant(ms: number): string {
  return new Date(ms).toISOString();
}
