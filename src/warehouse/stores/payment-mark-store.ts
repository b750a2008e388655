import type { ClientBase } from 'pg';
import { MARKED_GATEWAYS, NAMED_GATEWAYS, paymentsOfGateways } from '../readers/gateway-extent.js';
import { rowsParameter } from '../rows.js';

/** Payments of one sender, recipient and payer's session id within an organisation. */
export interface ChainName {
  readonly org: string;
  readonly sender: string;
  readonly recipient: string;
  readonly paymentSessionId: string;
}

/** Payments of a chain from one instant to another, both included. */
export interface ChainSpan extends ChainName {
  readonly fromAt: Date;
  readonly toAt: Date;
}

const CHAIN_COLUMNS = `org, sender, recipient, payment_session_id as "paymentSessionId"`;

const SPAN_TYPES = `org text, sender text, recipient text, "paymentSessionId" text, "fromAt" timestamptz,
  "toAt" timestamptz`;

const TAKE_MARKS = {
  name: 'payment-mark-store/take',
  text: `
with taken as (
  delete from work.payment_mark
  where mark_id = any (array(
    select m.mark_id
    from work.payment_mark as m
    where not exists (
      select
      from jsonb_to_recordset($2::jsonb) as q (${SPAN_TYPES})
      where q.org = m.org and q.sender = m.sender and q.recipient = m.recipient
        and q."paymentSessionId" = m.session_id and q."fromAt" = m.from_at and q."toAt" = m.to_at
    )
    order by m.mark_id
    limit $1
  ))
  returning org, sender, recipient, session_id as payment_session_id, from_at, to_at
)
select ${CHAIN_COLUMNS}, from_at as "fromAt", to_at as "toAt"
from taken`,
};

/** Takes up to `limit` of the oldest marks, but for those of some spans. */
export async function takePaymentMarks(
  client: ClientBase,
  limit: number,
  except: readonly ChainSpan[],
): Promise<ChainSpan[]> {
  return (await client.query<ChainSpan>({ ...TAKE_MARKS, values: [limit, rowsParameter(except)] })).rows;
}

const SET_AGAIN = {
  name: 'payment-mark-store/set-again',
  text: `
insert into work.payment_mark (org, sender, recipient, session_id, from_at, to_at)
select org, sender, recipient, "paymentSessionId", "fromAt", "toAt"
from jsonb_to_recordset($1::jsonb) as q (${SPAN_TYPES})`,
};

/** Sets the marks of payments that could not be linked again, behind all others. */
export async function setPaymentMarks(client: ClientBase, spans: readonly ChainSpan[]): Promise<void> {
  if (spans.length > 0) await client.query({ ...SET_AGAIN, values: [rowsParameter(spans)] });
}

// Payments linked to the session take over its dimensions; those of its request may now prefer it, or another.
const concernedBy = (session: string): string => `
  select p.org, p.event_id, p.sender, p.recipient, p.payment_session_id, p.paid_at
  from ${session} as s
  join core.payment as p on p.org = s.org and p.session_key = s.session_key and p.session_key <> ''
  union all
  select p.org, p.event_id, p.sender, p.recipient, p.payment_session_id, p.paid_at
  from ${session} as s
  join core.payment as p on p.org = s.org and p.request_id = s.request_id and p.request_id <> ''`;
const TAKE_SESSION_MARKS = {
  name: 'payment-mark-store/take-sessions',
  text: `
with taken as materialized (
  delete from work.payment_session_mark
  where mark_id = any (array(select mark_id from work.payment_session_mark order by mark_id limit $1))
  returning org, session_key, request_id
),
session as materialized (select distinct org, session_key, request_id from taken),
concerned as (${concernedBy('session')}),
counted as (select count(*)::int as mark_count from taken),
span as (
  select ${CHAIN_COLUMNS}, min(paid_at) as "fromAt", max(paid_at) as "toAt"
  from concerned
  group by 1, 2, 3, 4, date_trunc('day', paid_at, 'UTC')
)
select s.*, c.mark_count as "markCount"
from counted as c left join span as s on true`,
};

/** Takes up to `limit` marks of changed sessions; answers how many, and the payments they concern by chain and day. */
export async function takeSessionMarks(
  client: ClientBase,
  limit: number,
): Promise<{ readonly markCount: number; readonly spans: readonly ChainSpan[] }> {
  const { rows } = await client.query<ChainSpan & { readonly org: string | null; readonly markCount: number }>({
    ...TAKE_SESSION_MARKS,
    values: [limit],
  });
  return {
    markCount: rows[0]?.markCount ?? 0,
    spans: rows.flatMap(({ markCount: _, ...span }) => (span.org === null ? [] : [span])),
  };
}

const HAS_MARKS = {
  name: 'payment-mark-store/has-marks',
  text: `
select exists (select from work.payment_mark) or exists (select from work.payment_session_mark) as has_marks`,
};

export async function hasPaymentMarks(client: Pick<ClientBase, 'query'>): Promise<boolean> {
  const { rows } = await client.query<{ has_marks: boolean }>(HAS_MARKS);
  return rows[0]?.has_marks === true;
}

/** A session whose payments may have to be linked or grouped otherwise. */
export interface ChangedSession {
  readonly org: string;
  readonly sessionKey: string;
  readonly requestId: string;
}

const MARK_SESSIONS = {
  name: 'payment-mark-store/mark-sessions',
  text: `
insert into work.payment_session_mark (org, session_key, request_id)
select org, "sessionKey", "requestId"
from jsonb_to_recordset($1::jsonb) as q (org text, "sessionKey" text, "requestId" text)`,
};

/** Marks the payments of changed sessions, in the transaction that writes the sessions. */
export async function markPaymentsOfSessions(client: ClientBase, sessions: readonly ChangedSession[]): Promise<void> {
  if (sessions.length > 0) await client.query({ ...MARK_SESSIONS, values: [rowsParameter(sessions)] });
}

// Marks are taken in the order they are set: of a chain together, so that a batch reads little beside what is marked.
const MARK_BETWEEN = {
  name: 'payment-mark-store/mark-between',
  text: `
insert into work.payment_mark (org, sender, recipient, session_id, from_at, to_at)
select org, sender, recipient, session_id, min(event_at), max(event_at)
from fact.payment
where event_at >= $1 and event_at < $2
group by org, sender, recipient, session_id, date_trunc('day', event_at, 'UTC')
order by org, sender, recipient, session_id, min(event_at)`,
};

/** Marks the payments whose events are of `[from, to)`. */
export async function markPaymentsBetween(client: ClientBase, from: Date, to: Date): Promise<void> {
  await client.query({ ...MARK_BETWEEN, values: [from, to] });
}

const MARK_OF_GATEWAYS = {
  name: 'payment-mark-store/mark-of-gateways',
  text: `
insert into work.payment_mark (org, sender, recipient, session_id, from_at, to_at)
select org, sender, recipient, payment_session_id, min(paid_at), max(paid_at)
from (${paymentsOfGateways(NAMED_GATEWAYS)}) as p
group by org, sender, recipient, payment_session_id, date_trunc('day', paid_at, 'UTC')
order by org, sender, recipient, payment_session_id, min(paid_at)`,
};

/** Marks the stored payments of some gateways. */
export async function markPaymentsOfGateways(client: ClientBase, gateways: readonly string[]): Promise<void> {
  await client.query({ ...MARK_OF_GATEWAYS, values: [gateways] });
}

const WAITING = {
  name: 'payment-mark-store/waiting-chains',
  text: `
select org, sender, recipient, session_id as "paymentSessionId" from work.payment_mark
union
select ${CHAIN_COLUMNS} from (${concernedBy('work.payment_session_mark')}) as c
union
select ${CHAIN_COLUMNS} from (${paymentsOfGateways(MARKED_GATEWAYS)}) as g`,
};

/** Chains with a payment whose stored row is not yet what events and sessions say; others of a chain may follow it. */
export async function readWaitingChains(client: ClientBase): Promise<readonly ChainName[]> {
  return (await client.query<ChainName>(WAITING)).rows;
}

/** Payments that are marked, by name. */
export const MARKED_PAYMENTS = `
select p.org, p.event_id
from work.payment_mark as m
join fact.payment as p on p.session_id = m.session_id and p.sender = m.sender and p.recipient = m.recipient
  and p.org = m.org and p.event_at >= m.from_at and p.event_at <= m.to_at
union
select p.org, p.event_id
from work.payment_mark as m
join core.payment as p on p.payment_session_id = m.session_id and p.sender = m.sender and p.recipient = m.recipient
  and p.org = m.org and p.paid_at >= m.from_at and p.paid_at <= m.to_at
union
select org, event_id from (${concernedBy('work.payment_session_mark')}) as c
union
select org, event_id from (${paymentsOfGateways(MARKED_GATEWAYS)}) as g`;
