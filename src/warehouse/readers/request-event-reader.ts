import type { BatchedList } from './batched-list-reader.js';
import type { Span } from './grain.js';
import { isoInstant } from './list-conditions.js';

/** Facts of request-style work, one by one: what sums over tickets, BYOC workers and authorisations rest on [LINEAGE-002]. */
export interface RequestEvent {
  readonly id: string;
  readonly at: Date;
  readonly org: string;
  readonly eventId: string;
  /** Dimensions of its grain; `''` when unknown. */
  readonly gateway: string;
  readonly region: string;
  readonly orchestratorAddress: string;
  readonly pipeline: string;
}

/** A signed ticket; decimal texts, null when not said, and texts `''`. */
export interface Ticket extends RequestEvent {
  readonly model: string;
  readonly requestId: string;
  readonly orchestratorUri: string | null;
  readonly sequenceNumber: string | null;
  /** Sequence numbers right before its own that no ticket of its session has. */
  readonly missingCount: number;
  readonly isRepeated: boolean;
  readonly billableSeconds: string | null;
  readonly pixels: string | null;
  readonly computedFee: string | null;
}

/** What a BYOC worker said of itself. */
export interface ByocWorkerEvent extends RequestEvent {
  readonly model: string;
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

/** One signer's session of an organisation, within a range of whole buckets of 5 minutes at least. */
export interface TicketSessionSpan {
  readonly range: Span;
  readonly org: string;
  /** `''` is the unknown one. */
  readonly ticketSessionId: string;
}

const EVENT_COLUMNS = `id, org, event_id as "eventId", gateway, region, orchestrator_address as "orchestratorAddress",
    pipeline`;
const keyOf = (row: RequestEvent) => ({ atMs: row.at.getTime(), id: row.id });

/** Events of a kind as they are read, with the dimensions that none has, blank as in their grain. */
export const TICKET_ROWS = {
  relation: `(select *, '' as gpu_id, false as is_synthetic from api.ticket)`,
  columns: `${EVENT_COLUMNS}, model, signed_at as at, request_id as "requestId", orchestrator_uri as "orchestratorUri",
    sequence_number::text as "sequenceNumber", missing_count::float8 as "missingCount", is_repeated as "isRepeated",
    billable_seconds::text as "billableSeconds", pixels::text as pixels, computed_fee::text as "computedFee"`,
  at: 'signed_at',
  keyOf,
};
export const WORKER_EVENT_ROWS = {
  relation: `(select *, '' as gpu_id, false as is_synthetic from api.byoc_worker_event)`,
  columns: `${EVENT_COLUMNS}, model, event_at as at, name, worker_id as "workerId", models,
    price_per_unit::text as "pricePerUnit"`,
  at: 'event_at',
  keyOf,
};
export const AUTH_EVENT_ROWS = {
  relation: `(select *, '' as model, '' as gpu_id, false as is_synthetic from api.byoc_auth_event)`,
  columns: `${EVENT_COLUMNS}, event_at as at, name, request_id as "requestId", is_success as "isSuccess", error`,
  at: 'event_at',
  keyOf,
};

export const TICKETS_OF_SESSION: BatchedList<TicketSessionSpan, Ticket> = {
  ...TICKET_ROWS,
  name: 'tickets-of-session',
  isBucketed: true,
  wanted: 'start_at timestamptz, end_at timestamptz, org text, ticket_session_id text',
  wantedOf: ({ range, org, ticketSessionId }) => ({
    ...{ start_at: isoInstant(range.startMs), end_at: isoInstant(range.endMs) },
    ...{ org, ticket_session_id: ticketSessionId },
  }),
  condition: `c.bucket_start >= w.start_at and c.bucket_start < w.end_at
    and c.ticket_session_id = w.ticket_session_id and c.org = w.org`,
};
