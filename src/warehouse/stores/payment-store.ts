import type { ClientBase } from 'pg';
import type { PaymentRecord, PaymentRow } from '../../domain/payment-row.js';
import { readTableShape, recordset, rowsParameter, upsert } from '../rows.js';
import type { ChainName, ChainSpan } from './payment-mark-store.js';

/** A payment with the link it is stored with; null: it has no row yet. */
export interface KnownPayment extends PaymentRecord {
  readonly stored: { readonly sessionKey: string; readonly isByRequest: boolean } | null;
}

/** A stored payment with a request of its own, next to a span. */
export interface ChainAnchor extends ChainName {
  readonly eventId: string;
  readonly paidAt: Date;
  readonly sessionKey: string;
}

const SPANS = `jsonb_to_recordset($1::jsonb)
  as q (org text, sender text, recipient text, "paymentSessionId" text, "fromAt" timestamptz, "toAt" timestamptz)`;
const RECORD_COLUMNS = `p.org, p.event_id as "eventId", p.gateway, p.request_id as "requestId",
  p.manifest_id as "manifestId", p.sender, p.recipient, p.orch_url as "orchUrl", p.capability,
  p.face_value_wei::text as "faceValueWei", p.expected_value_wei::text as "expectedValueWei",
  p.ticket_count::text as "ticketCount", p.price, p.win_prob as "winProb"`;

const READ_SPANS = {
  name: 'payment-store/read-spans',
  text: `
select p.event_at as "paidAt", ${RECORD_COLUMNS}, p.session_id as "paymentSessionId",
  null::text as "sessionKey", null::text as "linkMethod"
from ${SPANS}
cross join lateral (
  select * from fact.payment as p
  where p.session_id = q."paymentSessionId" and p.sender = q.sender and p.recipient = q.recipient and p.org = q.org
    and p.event_at >= q."fromAt" and p.event_at <= q."toAt"
  offset 0
) as p
union all
select p.paid_at, ${RECORD_COLUMNS}, p.payment_session_id, p.session_key, p.link_method
from ${SPANS}
cross join lateral (
  select * from core.payment as p
  where p.payment_session_id = q."paymentSessionId" and p.sender = q.sender and p.recipient = q.recipient and p.org = q.org
    and p.bucket_start >= q."fromAt" - interval '5 minutes' and p.bucket_start <= q."toAt"
    and p.paid_at >= q."fromAt" and p.paid_at <= q."toAt"
  offset 0
) as p`,
};

/** Every payment of the spans, once, with the link it is stored with: by event where still kept, else by its row. */
export async function readPayments(client: ClientBase, spans: readonly ChainSpan[]): Promise<KnownPayment[]> {
  if (spans.length === 0) return [];
  const { rows } = await client.query<PaymentRecord & { sessionKey: string | null; linkMethod: string | null }>({
    ...READ_SPANS,
    values: [rowsParameter(spans)],
  });
  const byId = new Map<string, KnownPayment>();
  for (const { sessionKey, linkMethod, ...record } of rows) {
    const key = `${record.org}\u001f${record.eventId}`;
    const known = byId.get(key);
    if (sessionKey === null) byId.set(key, { ...record, stored: known?.stored ?? null });
    else byId.set(key, { ...(known ?? record), stored: { sessionKey, isByRequest: linkMethod === 'request' } });
  }
  return [...byId.values()];
}

const anchorSelect = (comparison: string, direction: string): string => `
select p.org, p.sender, p.recipient, p.payment_session_id as "paymentSessionId", p.event_id as "eventId",
  p.paid_at as "paidAt", p.session_key as "sessionKey"
from ${SPANS}
cross join lateral (
  select * from core.payment as p
  where p.payment_session_id = q."paymentSessionId" and p.sender = q.sender and p.recipient = q.recipient and p.org = q.org
    and p.link_method = 'request' and ${comparison}
  order by p.bucket_start ${direction}, p.paid_at ${direction}, p.event_id ${direction}
  limit 1
) as p`;
const READ_ANCHORS = {
  name: 'payment-store/read-anchors',
  text: `${anchorSelect(`p.bucket_start <= q."fromAt" and p.paid_at < q."fromAt"`, 'desc')}
union all
${anchorSelect(`p.bucket_start >= q."toAt" - interval '5 minutes' and p.paid_at > q."toAt"`, 'asc')}`,
};

/** The nearest stored payments with a request of their own before and after each span. */
export async function readAnchors(client: ClientBase, spans: readonly ChainSpan[]): Promise<ChainAnchor[]> {
  if (spans.length === 0) return [];
  return (await client.query<ChainAnchor>({ ...READ_ANCHORS, values: [rowsParameter(spans)] })).rows;
}

/** Stored payments `p` of `[$1, $2)` that no event accounts for. */
export const EVENTLESS = `p.bucket_start >= $1::timestamptz - interval '5 minutes' and p.bucket_start < $2
    and p.paid_at >= $1 and p.paid_at < $2
    and not exists (select from fact.payment as f where f.event_id = p.event_id and f.org = p.org)`;
// What followed a removed payment may be anywhere in its chain.
const REMOVE_EVENTLESS = {
  name: 'payment-store/remove-eventless',
  text: `
with removed as (
  delete from core.payment as p
  using work.floor as w
  where ${EVENTLESS} and p.paid_at >= w.raw_floor
  returning p.org, p.sender, p.recipient, p.payment_session_id, p.bucket_start
),
marked as (
  insert into work.payment_mark (org, sender, recipient, session_id, from_at, to_at)
  select f.org, f.sender, f.recipient, f.session_id, min(f.event_at), max(f.event_at)
  from fact.payment as f
  where (f.org, f.sender, f.recipient, f.session_id) in (
    select r.org, r.sender, r.recipient, r.payment_session_id from removed as r
  )
  group by f.org, f.sender, f.recipient, f.session_id, date_trunc('day', f.event_at, 'UTC')
)
select distinct bucket_start from removed`,
};

/**
 * Removes the stored payments of `[from, to)`, not before the raw floor, that no event accounts for, and marks the others
 * of their chains; answers their buckets. The caller owns the payments.
 */
export async function removeEventlessPayments(client: ClientBase, from: Date, to: Date): Promise<readonly Date[]> {
  const { rows } = await client.query<{ bucket_start: Date }>({ ...REMOVE_EVENTLESS, values: [from, to] });
  return rows.map((row) => row.bucket_start);
}

/** A session as payments see it. */
export interface LinkableSession {
  readonly org: string;
  readonly sessionKey: string;
  readonly requestId: string;
  readonly hasStream: boolean;
  readonly startedAtMs: number;
  readonly gateway: string;
  readonly region: string;
  readonly pipeline: string;
  readonly model: string;
  readonly isSynthetic: boolean;
}

const SESSION_COLUMNS = `s.org, s.session_key as "sessionKey", s.request_id as "requestId",
  s.stream_id <> '' as "hasStream", (extract(epoch from s.started_at) * 1000)::float8 as "startedAtMs", s.gateway,
  s.region, s.pipeline, s.model, s.is_synthetic as "isSynthetic"`;
const READ_SESSIONS = {
  name: 'payment-store/read-sessions',
  text: `
select ${SESSION_COLUMNS}
from unnest($1::text[], $2::text[]) as q (org, request_id)
cross join lateral (
  select * from core.session as s where s.request_id = q.request_id and s.org = q.org offset 0
) as s
union
select ${SESSION_COLUMNS}
from unnest($3::text[], $4::text[]) as q (org, session_key)
cross join lateral (
  select * from core.session as s where s.org = q.org and s.session_key = q.session_key offset 0
) as s`,
};

/** The stored sessions of some requests, and those with some keys. */
export async function readLinkableSessions(
  client: ClientBase,
  requests: readonly { readonly org: string; readonly requestId: string }[],
  keys: readonly { readonly org: string; readonly sessionKey: string }[],
): Promise<LinkableSession[]> {
  const { rows } = await client.query<LinkableSession>({
    ...READ_SESSIONS,
    values: [
      requests.map(({ org }) => org),
      requests.map(({ requestId }) => requestId),
      keys.map(({ org }) => org),
      keys.map(({ sessionKey }) => sessionKey),
    ],
  });
  return rows;
}

export interface PaymentWriter {
  /** Makes the stored rows equal to these; answers the buckets of those that changed. */
  write(client: ClientBase, rows: readonly PaymentRow[]): Promise<Date[]>;
}

export async function createPaymentWriter(client: Pick<ClientBase, 'query'>): Promise<PaymentWriter> {
  const shape = await readTableShape(client, 'core.payment');
  const statement = {
    name: 'payment-store/write',
    text: upsert(shape, recordset('$1', shape.columns), 't.bucket_start'),
  };
  return {
    async write(session, rows) {
      if (rows.length === 0) return [];
      const { rows: changed } = await session.query<{ bucket_start: Date }>({
        ...statement,
        values: [rowsParameter(rows)],
      });
      return [...new Set(changed.map((row) => row.bucket_start.getTime()))].map((ms) => new Date(ms));
    },
  };
}
