import { type ByocAuth, type ByocWorkers, readByocAuth, readByocWorkers } from '../warehouse/readers/byoc-reader.js';
import type { BatchedPage, ByocAuthEvent, ByocWorkerEvent, RequestEventQuestion } from './batched-lists.js';
import type { ApiContext } from './context.js';
import type { PageArgs } from './page.js';
import { type RangeRequest, resolveRange, type UsedRange } from './range.js';

export type { ByocAuthEvent, ByocWorkerEvent };

/** A row of a range, with the range that it is counted over. */
export type Ranged<Row> = Row & { readonly range: UsedRange };

/** Rows of a range, whole. */
export interface RangedRows<Row> {
  readonly range: UsedRange;
  readonly rows: readonly Ranged<Row>[];
}

export type RangedWorkers = Ranged<ByocWorkers>;
export type RangedAuth = Ranged<ByocAuth>;

/** BYOC workers by capability, from what they said in a range. */
export async function byocWorkers(
  { db, nowMs }: ApiContext,
  request: Pick<RangeRequest, 'range'>,
): Promise<RangedRows<ByocWorkers>> {
  const range = resolveRange({ range: request.range }, nowMs);
  return { range, rows: (await readByocWorkers(db, range)).map((row) => ({ ...row, range })) };
}

/** Authorisations of BYOC jobs by capability in a range. */
export async function byocAuth(
  { db, nowMs }: ApiContext,
  request: Pick<RangeRequest, 'range'>,
): Promise<RangedRows<ByocAuth>> {
  const range = resolveRange({ range: request.range }, nowMs);
  return { range, rows: (await readByocAuth(db, range)).map((row) => ({ ...row, range })) };
}

/** What the workers of a capability said in its range, oldest first [LINEAGE-002]. */
export function workerEvents(
  { loaders }: ApiContext,
  row: RangedWorkers,
  args: PageArgs,
): Promise<BatchedPage<ByocWorkerEvent>> {
  return loaders.lists.workerEvents(questionOf(row), args);
}

/** The authorisations for a capability in its range, oldest first [LINEAGE-002]. */
export function authEvents(
  { loaders }: ApiContext,
  row: RangedAuth,
  args: PageArgs,
): Promise<BatchedPage<ByocAuthEvent>> {
  return loaders.lists.authEvents(questionOf(row), args);
}

function questionOf({ capability, range }: Ranged<{ readonly capability: string }>): RequestEventQuestion {
  return { range, org: null, subject: capability };
}
