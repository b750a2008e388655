import type { BatchedList } from './batched-list-reader.js';
import type { Span } from './grain.js';
import { isoInstant } from './list-conditions.js';

/** Facts of request-style work, one by one: what sums over tickets, BYOC workers and authorisations rest on [LINEAGE-002]. */
export interface RequestEvent {
  readonly id: string;
  readonly at: Date;
  readonly org: string;
  readonly eventId: string;
}

/** A signed ticket; decimal texts, null when not said, and texts `''`. */
export interface Ticket extends RequestEvent {
  readonly requestId: string;
  readonly pipeline: string;
  readonly orchestratorUri: string | null;
  readonly sequenceNumber: string | null;
  readonly billableSeconds: string | null;
  readonly pixels: string | null;
  readonly computedFee: string | null;
}

/** What a BYOC worker said of itself. */
export interface ByocWorkerEvent extends RequestEvent {
  readonly name: string;
  readonly workerId: string | null;
  readonly models: readonly string[];
  readonly pricePerUnit: string | null;
}

/** An authorisation of a BYOC job. */
export interface ByocAuthEvent extends RequestEvent {
  readonly name: string;
  readonly requestId: string;
  readonly isSuccess: boolean | null;
  readonly error: string;
}

/** Events of one signer's session of an organisation, or of one capability of all of them, within a range. */
export interface RequestEventQuestion {
  readonly range: Span;
  /** null: of every organisation. */
  readonly org: string | null;
  /** The signer's session, or the capability; `''` is the unknown one. */
  readonly subject: string;
}

const EVENT_COLUMNS = 'id, org, event_id as "eventId"';

function eventsOf(at: string, subject: string) {
  return {
    at,
    isBucketed: false,
    wanted: 'start_at timestamptz, end_at timestamptz, org text, subject text',
    wantedOf: ({ range, org, subject: name }: RequestEventQuestion) => {
      return { start_at: isoInstant(range.startMs), end_at: isoInstant(range.endMs), org, subject: name };
    },
    condition: `c.${at} >= w.start_at and c.${at} < w.end_at
    and c.${subject} = w.subject and (w.org is null or c.org = w.org)`,
    keyOf: (row: RequestEvent) => ({ atMs: row.at.getTime(), id: row.id }),
  };
}

export const TICKETS: BatchedList<RequestEventQuestion, Ticket> = {
  ...eventsOf('signed_at', 'ticket_session_id'),
  name: 'tickets',
  relation: 'api.ticket',
  columns: `${EVENT_COLUMNS}, signed_at as at, request_id as "requestId", pipeline, orchestrator_uri as "orchestratorUri",
    sequence_number::text as "sequenceNumber", billable_seconds::text as "billableSeconds", pixels::text as pixels,
    computed_fee::text as "computedFee"`,
};

export const WORKER_EVENTS: BatchedList<RequestEventQuestion, ByocWorkerEvent> = {
  ...eventsOf('event_at', 'capability'),
  name: 'byoc-worker-events',
  relation: 'api.byoc_worker_event',
  columns: `${EVENT_COLUMNS}, event_at as at, name, worker_id as "workerId", models, price_per_unit::text as "pricePerUnit"`,
};

export const AUTH_EVENTS: BatchedList<RequestEventQuestion, ByocAuthEvent> = {
  ...eventsOf('event_at', 'capability'),
  name: 'byoc-auth-events',
  relation: 'api.byoc_auth_event',
  columns: `${EVENT_COLUMNS}, event_at as at, name, request_id as "requestId", is_success as "isSuccess", error`,
};
