import { type ByocAuth, type ByocWorkers, readByocAuth, readByocWorkers } from '../warehouse/readers/byoc-reader.js';
import type { ApiContext } from './context.js';
import { type RangeRequest, resolveRange, type UsedRange } from './range.js';

export type { ByocAuth, ByocWorkers };

/** Rows of a range, whole. */
export interface RangedRows<Row> {
  readonly range: UsedRange;
  readonly rows: readonly Row[];
}

/** BYOC workers by capability, from what they said in a range. */
export async function byocWorkers(
  { db, nowMs }: ApiContext,
  request: Pick<RangeRequest, 'range'>,
): Promise<RangedRows<ByocWorkers>> {
  const range = resolveRange({ range: request.range }, nowMs);
  return { range, rows: await readByocWorkers(db, range) };
}

/** Authorisations of BYOC jobs by capability in a range. */
export async function byocAuth(
  { db, nowMs }: ApiContext,
  request: Pick<RangeRequest, 'range'>,
): Promise<RangedRows<ByocAuth>> {
  const range = resolveRange({ range: request.range }, nowMs);
  return { range, rows: await readByocAuth(db, range) };
}
