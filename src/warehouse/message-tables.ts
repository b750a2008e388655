import type { MessageKind } from '../domain/message.js';
import { TICKET_SESSION_DAYS } from '../domain/ticket.js';

/** Where the messages of a kind are stored, and the SQL that only they have. */
export interface MessageTables {
  readonly kind: MessageKind;
  /** The facts: one row per message, with event_at, org, event_id and gateway. */
  readonly fact: string;
  /** Columns of a fact `e` by the names of the kind's event, beside those that all kinds have. */
  readonly columns: string;
  /** The URLs and addresses in a fact `f`, as an array: what whom it is about follows from. */
  readonly identities: string;
  /** The rows made of them; its bucket_start is the 5 minutes of its instant. */
  readonly core: string;
  /** The column of `core` with the event time. */
  readonly at: string;
  /** The columns of `core` that tell the rows of one message apart. */
  readonly parts: readonly string[];
  /**
   * The messages (org, event_id, event_at) whose rows follow from a message `e` of the same kind too; null when each
   * stands for itself alone.
   */
  readonly followers: string | null;
}

const ONE_ORCHESTRATOR = 'array[f.orch_url, f.orch_address]';
const ORCHESTRATOR_COLUMNS = 'e.orch_address as "orchAddress", e.orch_url as "orchUrl"';

export const DISCOVERY_TABLES: MessageTables = {
  kind: 'discovery',
  fact: 'fact.discovery_result',
  columns: `e.orch_addresses as "orchAddresses", e.orch_urls as "orchUrls", e.latencies_ms as "latenciesMs"`,
  identities: 'f.orch_urls || f.orch_addresses',
  core: 'core.discovery',
  at: 'discovered_at',
  parts: ['ordinal'],
  followers: null,
};

const PLACE = (alias: string, at: string): string => `(${alias}.sequence_number, ${alias}.${at}, ${alias}.event_id)`;
const DAYS_APART = `interval '${TICKET_SESSION_DAYS} days'`;
const OF_ITS_SESSION = `f.session_id = e.session_id and f.org = e.org and f.event_at >= w.raw_floor`;
const HAS_PLACE = `e.session_id <> '' and e.sequence_number is not null`;
const SMALLEST_NUMBER = `'-9223372036854775808'::bigint`;
const SINCE = `e.event_at - ${DAYS_APART}`;
const UNTIL = `e.event_at + ${DAYS_APART}`;

// Below the raw floor the facts are gone, but what was made of them is there: looked for only where a ticket is so near to
// the floor, and only between it and the one that the facts tell of.
const PREVIOUS_NUMBER = `case when ${HAS_PLACE} then (
    select coalesce(t.sequence_number, p.sequence_number)::text
    from work.floor as w
    left join lateral (
      select f.sequence_number, f.event_at, f.event_id
      from fact.signed_ticket as f
      where ${OF_ITS_SESSION} and ${PLACE('f', 'event_at')} < ${PLACE('e', 'event_at')}
        and f.event_at between ${SINCE} and ${UNTIL}
      order by f.sequence_number desc, f.event_at desc, f.event_id desc
      limit 1
    ) as p on true
    left join lateral (
      select t.sequence_number
      from core.ticket as t
      where ${SINCE} < w.raw_floor
        and t.ticket_session_id = e.session_id and t.org = e.org
        and t.signed_at >= ${SINCE} and t.signed_at < w.raw_floor
        and t.bucket_start > ${SINCE} - interval '5 minutes'
        and ${PLACE('t', 'signed_at')} < ${PLACE('e', 'event_at')}
        and ${PLACE('t', 'signed_at')} > (
          coalesce(p.sequence_number, ${SMALLEST_NUMBER}), coalesce(p.event_at, '-infinity'), coalesce(p.event_id, '')
        )
      order by t.sequence_number desc, t.signed_at desc, t.event_id desc
      limit 1
    ) as t on true
  ) end`;

const NEXT_COLUMNS = 'f.org, f.event_id, f.event_at, f.sequence_number';
const IN_ORDER = 'order by f.sequence_number, f.event_at, f.event_id limit 1';
// Of those that the next one is too far from to lie between, in a stretch of time that is empty for nearly all; behind
// `offset 0`, so that it is found by its time.
const beyondNext = (stretch: string): string => `(
      select ${NEXT_COLUMNS}
      from (
        select * from fact.signed_ticket as f where ${OF_ITS_SESSION} and ${stretch} offset 0
      ) as f
      where ${PLACE('f', 'event_at')} > ${PLACE('e', 'event_at')}
      ${IN_ORDER}
    )`;

// The ticket after it, by place, follows from it; and on either side in time the first one that is further from that.
const FOLLOWERS = `
  select n.org, n.event_id, n.event_at
  from work.floor as w
  cross join lateral (
    select ${NEXT_COLUMNS}
    from fact.signed_ticket as f
    where ${HAS_PLACE} and ${OF_ITS_SESSION} and ${PLACE('f', 'event_at')} > ${PLACE('e', 'event_at')}
      and f.event_at between ${SINCE} and ${UNTIL}
    ${IN_ORDER}
  ) as next
  cross join lateral (
    select next.*
    union all
    ${beyondNext(`f.event_at >= ${SINCE} and f.event_at < next.event_at - ${DAYS_APART}`)}
    union all
    ${beyondNext(`f.event_at > next.event_at + ${DAYS_APART} and f.event_at <= ${UNTIL}`)}
  ) as n`;

export const TICKET_TABLES: MessageTables = {
  kind: 'ticket',
  fact: 'fact.signed_ticket',
  columns: `e.session_id as "ticketSessionId", e.request_id as "requestId", e.pipeline, ${ORCHESTRATOR_COLUMNS},
  e.sequence_number::text as "sequenceNumber", ${PREVIOUS_NUMBER} as "previousSequenceNumber",
  e.billable_seconds::text as "billableSeconds", e.pixels::text as pixels, e.computed_fee::text as "computedFee"`,
  identities: ONE_ORCHESTRATOR,
  core: 'core.ticket',
  at: 'signed_at',
  parts: [],
  followers: FOLLOWERS,
};

export const BYOC_AUTH_TABLES: MessageTables = {
  kind: 'byoc_auth',
  fact: 'fact.byoc_auth_event',
  columns: `e.name, e.request_id as "requestId", e.capability, ${ORCHESTRATOR_COLUMNS}, e.is_success as "isSuccess", e.error`,
  identities: ONE_ORCHESTRATOR,
  core: 'core.byoc_auth',
  at: 'event_at',
  parts: [],
  followers: null,
};

export const BYOC_WORKER_TABLES: MessageTables = {
  kind: 'byoc_worker',
  fact: 'fact.worker_lifecycle_event',
  columns: `e.name, e.capability, ${ORCHESTRATOR_COLUMNS}, e.worker_url as "workerUrl",
  e.price_per_unit::text as "pricePerUnit", e.models`,
  identities: ONE_ORCHESTRATOR,
  core: 'core.byoc_worker',
  at: 'event_at',
  parts: [],
  followers: null,
};

export const MESSAGE_TABLES: readonly MessageTables[] = [
  DISCOVERY_TABLES,
  TICKET_TABLES,
  BYOC_AUTH_TABLES,
  BYOC_WORKER_TABLES,
];
