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

/** Events of one signer's session of an organisation, or of one capability of all of them, within a range. */
export interface RequestEventQuestion {
  /** Of whole buckets of 5 minutes at least. */
  readonly range: Span;
  /** null: of every organisation. */
  readonly org: string | null;
  /** The signer's session, or the capability; `''` is the unknown one. */
  readonly subject: string;
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

function ofSubject(subject: string) {
  return {
    isBucketed: true,
    wanted: 'start_at timestamptz, end_at timestamptz, org text, subject text',
    wantedOf: ({ range, org, subject: name }: RequestEventQuestion) => {
      return { start_at: isoInstant(range.startMs), end_at: isoInstant(range.endMs), org, subject: name };
    },
    condition: `c.bucket_start >= w.start_at and c.bucket_start < w.end_at
    and c.${subject} = w.subject and (w.org is null or c.org = w.org)`,
  };
}

export const TICKETS: BatchedList<RequestEventQuestion, Ticket> = {
  ...{ ...TICKET_ROWS, ...ofSubject('ticket_session_id') },
  name: 'tickets',
};

export const WORKER_EVENTS: BatchedList<RequestEventQuestion, ByocWorkerEvent> = {
  ...{ ...WORKER_EVENT_ROWS, ...ofSubject('capability') },
  name: 'byoc-worker-events',
};

export const AUTH_EVENTS: BatchedList<RequestEventQuestion, ByocAuthEvent> = {
  ...{ ...AUTH_EVENT_ROWS, ...ofSubject('capability') },
  name: 'byoc-auth-events',
};
