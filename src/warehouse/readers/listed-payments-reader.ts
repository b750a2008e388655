import type { Pool } from 'pg';
import type { LinkMethod } from '../../domain/payment-link.js';
import { bucketedKey, type GrainSelection, grainConditions, instantConditions, optional } from './list-conditions.js';
import { keysetSql, type ListPage } from './list-page.js';
import { createParameters, shapeName } from './parameters.js';

export interface PaymentFilter extends GrainSelection {
  readonly paidFromMs: number | null;
  readonly paidUntilMs: number | null;
  /** null takes both. */
  readonly isLinked: boolean | null;
  readonly sessionId: string | null;
  readonly requestId: string | null;
  readonly paymentSessionId: string | null;
  readonly sender: string | null;
}

/** A row of `api.payment`; texts are `''` when unknown, amounts decimal wei. */
export interface ListedPayment {
  readonly id: string;
  readonly paidAt: Date;
  readonly org: string;
  readonly eventId: string;
  readonly gateway: string;
  readonly orchestratorAddress: string;
  readonly pipeline: string;
  readonly model: string;
  readonly region: string;
  readonly isSynthetic: boolean;
  readonly sessionId: string | null;
  readonly linkMethod: LinkMethod;
  readonly requestId: string;
  readonly paymentSessionId: string;
  readonly manifestId: string;
  readonly sender: string;
  readonly orchestratorUri: string | null;
  readonly faceValueWei: string;
  readonly expectedValueWei: string;
  readonly ticketCount: string;
  readonly price: string;
  readonly winProb: string;
}

/** Position of a payment in a list: its instant, and its id. */
export interface PaymentKey {
  readonly atMs: number;
  readonly id: string;
}

/** Columns of a row. */
export const PAYMENT_COLUMNS = `id, paid_at as "paidAt", org, event_id as "eventId", gateway,
  orchestrator_address as "orchestratorAddress", pipeline, model, region, is_synthetic as "isSynthetic",
  session_id as "sessionId", link_method as "linkMethod", request_id as "requestId",
  payment_session_id as "paymentSessionId", manifest_id as "manifestId", sender, orchestrator_uri as "orchestratorUri",
  face_value_wei::text as "faceValueWei", expected_value_wei::text as "expectedValueWei",
  ticket_count::text as "ticketCount", price, win_prob as "winProb"`;

/** A page of payments by the instant they were made, one more than the limit when there is one. */
export async function readListedPayments(
  db: Pool,
  query: { readonly filter: PaymentFilter; readonly isDescending: boolean; readonly page: ListPage<PaymentKey> },
): Promise<readonly ListedPayment[]> {
  const { filter, page, isDescending } = query;
  const { values, add } = createParameters();
  const conditions = filterConditions(filter, add);
  const keyset = keysetSql(['bucket_start', 'paid_at', 'id'], isDescending, {
    isBackward: page.isBackward,
    after: bucketedKey(page.after, add),
    before: bucketedKey(page.before, add),
  });
  const text = `select ${PAYMENT_COLUMNS}
from api.payment
where ${[...conditions, ...keyset.conditions].join('\n  and ')}
order by ${keyset.orderBy}
limit ${add(page.limit + 1)}::bigint`;
  const { rows } = await db.query<ListedPayment>({
    name: shapeName('listed-payments-reader/page', text),
    text,
    values,
  });
  return page.isBackward ? rows.toReversed() : rows;
}

/** How many payments a filter keeps. */
export async function countPayments(db: Pool, filter: PaymentFilter): Promise<number> {
  const { values, add } = createParameters();
  const text = `select count(*) as count
from api.payment
where ${filterConditions(filter, add).join('\n  and ')}`;
  const { rows } = await db.query<{ count: string }>({
    name: shapeName('listed-payments-reader/count', text),
    text,
    values,
  });
  return Number(rows[0]?.count ?? 0);
}

const OF_SESSIONS = {
  name: 'listed-payments-reader/of-sessions',
  text: `select p.*
from unnest($1::text[]) as q (session_id)
cross join lateral (
  select ${PAYMENT_COLUMNS}
  from api.payment
  where session_id = q.session_id
  order by bucket_start desc, paid_at desc, id desc
  limit $2
) as p`,
};

/** The newest payments of each session, `limit` of each at most. */
export async function readPaymentsOfSessions(
  db: Pool,
  sessionIds: readonly string[],
  limit: number,
): Promise<readonly ListedPayment[]> {
  return (await db.query<ListedPayment>({ ...OF_SESSIONS, values: [sessionIds, limit] })).rows;
}

function filterConditions(filter: PaymentFilter, add: (value: unknown) => string): readonly string[] {
  return [
    ...grainConditions(filter, add),
    ...instantConditions('paid_at', { fromMs: filter.paidFromMs, untilMs: filter.paidUntilMs }, add),
    ...optional(filter.isLinked, add, (p) => `(link_method <> 'none') = ${p}::boolean`),
    ...optional(filter.sessionId, add, (p) => `session_id = ${p}::text`),
    ...optional(filter.requestId, add, (p) => `request_id = ${p}::text`),
    ...optional(filter.paymentSessionId, add, (p) => `payment_session_id = ${p}::text`),
    ...optional(filter.sender, add, (p) => `sender = ${p}::text`),
  ];
}
