import type { ClientBase } from 'pg';
import type { PaymentRecord } from '../../domain/payment-row.js';
import { EVENTLESS, type LinkableSession } from '../stores/payment-store.js';
import { fetchRows } from './cursor.js';

/** Sessions of the request that a payment names, as payments see them. */
export type RequestedSessions = readonly Omit<LinkableSession, 'org' | 'requestId'>[];

/** A payment with everything that its link follows from. */
export interface StreamedPayment {
  readonly record: PaymentRecord;
  /** Of its own request; null: it names none, or none that has a session. */
  readonly sessions: RequestedSessions | null;
  /** The first payment of its chain whose request has sessions; null when there is none, or none after this one. */
  readonly first: { readonly paidAtMs: number; readonly sessions: RequestedSessions } | null;
}

export interface PaymentStreamOptions {
  /** Of payments before it, whose events are gone, the stored rows count. */
  readonly rawFloor: Date;
  /** Only chains with a payment in `[from, to)`, but all their payments. */
  readonly within?: { readonly from: Date; readonly to: Date };
}

interface StreamedRow extends Omit<PaymentRecord, 'paidAt'> {
  readonly paidAtMs: number;
  readonly sessions: RequestedSessions | null;
  readonly firstPaidAtMs: number;
  readonly firstSessions: RequestedSessions | null;
}

const PAYMENTS_PER_FETCH = 5_000;
const CHAIN = 'org, sender, recipient, payment_session_id';
const COMMON = `p.org, p.event_id, p.gateway, p.request_id, p.manifest_id, p.sender, p.recipient, p.orch_url, p.capability,
  p.face_value_wei, p.expected_value_wei, p.ticket_count, p.price, p.win_prob`;
const MS = (instant: string) => `(extract(epoch from ${instant}) * 1000)::float8`;
const WITHIN = (sessionId: string) => `(p.org, p.sender, p.recipient, ${sessionId}) in (
    select w.org, w.sender, w.recipient, w.session_id
    from fact.payment as w
    where w.event_at >= $2 and w.event_at < $3
  )`;

// Every step is a hash or a sort over all of it, never a probe per payment.
const streamText = (isWithin: boolean): string => `
with payment as materialized (
  select p.event_at as paid_at, p.session_id as payment_session_id, ${COMMON}
  from fact.payment as p
  ${isWithin ? `where ${WITHIN('p.session_id')}` : ''}
  union all
  select p.paid_at, p.payment_session_id, ${COMMON}
  from core.payment as p
  where p.bucket_start < $1 and p.paid_at < $1
    and not exists (select from fact.payment as f where f.event_id = p.event_id and f.org = p.org)
    ${isWithin ? `and ${WITHIN('p.payment_session_id')}` : ''}
),
request as (
  select s.org, s.request_id, jsonb_agg(jsonb_build_object(
    'sessionKey', s.session_key, 'hasStream', s.stream_id <> '', 'startedAtMs', ${MS('s.started_at')},
    'gateway', s.gateway, 'region', s.region, 'pipeline', s.pipeline, 'model', s.model, 'isSynthetic', s.is_synthetic
  )) as sessions
  from core.session as s
  where s.request_id <> '' and (s.org, s.request_id) in (select p.org, p.request_id from payment as p)
  group by 1, 2
),
requested as materialized (
  select p.*, r.sessions from payment as p left join request as r using (org, request_id)
),
first as materialized (
  select distinct on (${CHAIN}) ${CHAIN}, paid_at, event_id, sessions
  from requested
  where sessions is not null
  order by ${CHAIN}, paid_at, event_id
)
select ${MS('r.paid_at')} as "paidAtMs", r.org, r.event_id as "eventId", r.gateway, r.request_id as "requestId",
  r.payment_session_id as "paymentSessionId", r.manifest_id as "manifestId", r.sender, r.recipient,
  r.orch_url as "orchUrl", r.capability, r.face_value_wei::text as "faceValueWei",
  r.expected_value_wei::text as "expectedValueWei", r.ticket_count::text as "ticketCount", r.price,
  r.win_prob as "winProb", r.sessions, ${MS('f.paid_at')} as "firstPaidAtMs",
  case when (r.paid_at, r.event_id) < (f.paid_at, f.event_id) then f.sessions end as "firstSessions"
from requested as r
left join first as f using (${CHAIN})
order by ${CHAIN}, r.paid_at, r.event_id`;

/**
 * Every payment, chain by chain and each in order (time, then event id), some thousand at a time: by event, and by its
 * row where the event is gone. Inside a transaction, whose sessions they are seen with.
 */
export async function* streamPayments(
  client: ClientBase,
  { rawFloor, within }: PaymentStreamOptions,
): AsyncGenerator<readonly StreamedPayment[], void, undefined> {
  const text = streamText(within !== undefined);
  const values = within === undefined ? [rawFloor] : [rawFloor, within.from, within.to];
  for await (const rows of fetchRows<StreamedRow>(
    client,
    { cursor: 'payment_stream', text, values },
    PAYMENTS_PER_FETCH,
  )) {
    yield rows.map(streamedPayment);
  }
}

function streamedPayment({ paidAtMs, sessions, firstPaidAtMs, firstSessions, ...rest }: StreamedRow): StreamedPayment {
  return {
    record: { paidAt: new Date(paidAtMs), ...rest },
    sessions,
    first: firstSessions === null ? null : { paidAtMs: firstPaidAtMs, sessions: firstSessions },
  };
}

const NAMES = `select p.org, p.event_id as "eventId" from core.payment as p where ${EVENTLESS}`;

/** Names of stored payments of `[from, to)`, not before the raw floor, that no event accounts for. In a transaction. */
export function streamEventlessPayments(
  client: ClientBase,
  { from, to }: { readonly from: Date; readonly to: Date },
): AsyncGenerator<readonly { readonly org: string; readonly eventId: string }[], void, undefined> {
  return fetchRows(client, { cursor: 'eventless_payment', text: NAMES, values: [from, to] }, PAYMENTS_PER_FETCH);
}
