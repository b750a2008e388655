import type { Pool } from 'pg';
import type { Span } from './grain.js';
import { isoInstant } from './list-conditions.js';
import { keysetSql, type ListPage } from './list-page.js';
import { createParameters, shapeName } from './parameters.js';
import type { TicketSums } from './ticket-metrics-reader.js';

/** Tickets of one signer's session within a range. */
export interface TicketSession extends TicketSums {
  readonly id: string;
  readonly org: string;
  readonly ticketSessionId: string;
  readonly firstSignedAt: Date;
  readonly lastSignedAt: Date;
  readonly firstSequence: string | null;
  readonly lastSequence: string | null;
  readonly requestIds: readonly string[];
}

export interface TicketTotals extends TicketSums {
  readonly sessionCount: number;
}

export interface TicketQuery {
  /** Of whole buckets of 5 minutes at least. */
  readonly range: Span;
  readonly ticketSessionId: string | null;
}

/** Position of a ticket session in a list: its newest ticket, and its id. */
export interface TicketSessionKey {
  readonly atMs: number;
  readonly id: string;
}

const SESSIONS = (conditions: string): string => `select org || '/' || ticket_session_id as id, org, ticket_session_id,
    min(signed_at) as first_signed_at, max(signed_at) as last_signed_at, count(*) as ticket_count,
    sum(missing_count) as missing_count, count(*) filter (where is_repeated) as repeated_count,
    min(sequence_number) as first_sequence, max(sequence_number) as last_sequence,
    sum(billable_seconds) as billable_seconds, sum(pixels) as pixels, sum(computed_fee) as computed_fee,
    coalesce(array_agg(distinct request_id) filter (where request_id <> ''), '{}') as request_ids
  from api.ticket
  where ${conditions}
  group by org, ticket_session_id`;

function conditionsOf({ range, ticketSessionId }: TicketQuery, add: (value: unknown) => string): string {
  const conditions = [
    `bucket_start >= ${add(isoInstant(range.startMs))}::timestamptz`,
    `bucket_start < ${add(isoInstant(range.endMs))}::timestamptz`,
  ];
  if (ticketSessionId !== null) conditions.push(`ticket_session_id = ${add(ticketSessionId)}::text`);
  return conditions.join('\n    and ');
}

/** A page of signers' sessions, newest ticket first, one more than the limit when there is one. */
export async function readTicketSessions(
  db: Pool,
  query: TicketQuery,
  page: ListPage<TicketSessionKey>,
): Promise<readonly TicketSession[]> {
  const { values, add } = createParameters();
  const sessions = SESSIONS(conditionsOf(query, add));
  const keyOf = (key: TicketSessionKey | null): readonly string[] | null =>
    key === null ? null : [`${add(isoInstant(key.atMs))}::timestamptz`, `${add(key.id)}::text`];
  const keyset = keysetSql(['last_signed_at', 'id'], true, {
    isBackward: page.isBackward,
    after: keyOf(page.after),
    before: keyOf(page.before),
  });
  const text = `with ticket_session as (
  ${sessions}
)
select id, org, ticket_session_id as "ticketSessionId", first_signed_at as "firstSignedAt",
  last_signed_at as "lastSignedAt", ticket_count::float8 as "ticketCount", missing_count::float8 as "missingCount",
  repeated_count::float8 as "repeatedCount", first_sequence::text as "firstSequence",
  last_sequence::text as "lastSequence", billable_seconds::text as "billableSeconds", pixels::text as pixels,
  computed_fee::text as "computedFee", request_ids as "requestIds"
from ticket_session
where ${['true', ...keyset.conditions].join('\n  and ')}
order by ${keyset.orderBy}
limit ${add(page.limit + 1)}::bigint`;
  const { rows } = await db.query<TicketSession>({ name: shapeName('ticket-reader/page', text), text, values });
  return page.isBackward ? rows.toReversed() : rows;
}

/** Sums over all signers' sessions of a range. */
export async function readTicketTotals(db: Pool, query: TicketQuery): Promise<TicketTotals | null> {
  const { values, add } = createParameters();
  const text = `with ticket_session as (
  ${SESSIONS(conditionsOf(query, add))}
)
select count(*)::float8 as "sessionCount", sum(ticket_count)::float8 as "ticketCount",
  sum(missing_count)::float8 as "missingCount", sum(repeated_count)::float8 as "repeatedCount",
  sum(billable_seconds)::text as "billableSeconds", sum(pixels)::text as pixels, sum(computed_fee)::text as "computedFee"
from ticket_session
having count(*) > 0`;
  const { rows } = await db.query<TicketTotals>({ name: shapeName('ticket-reader/totals', text), text, values });
  return rows[0] ?? null;
}
