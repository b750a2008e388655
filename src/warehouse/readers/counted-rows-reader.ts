import type { BatchedList, TimedKey } from './batched-list-reader.js';
import { type CountedSpan, isCounted, WANTED_COLUMNS, wantedOf } from './contribution-reader.js';
import { DISCOVERY_COLUMNS, FINDS, type ListedDiscovery } from './discovery-reader.js';
import { FACET_COLUMNS } from './grain.js';
import { JOB_COLUMNS, type ListedJob } from './listed-jobs-reader.js';
import { type ListedPayment, PAYMENT_COLUMNS } from './listed-payments-reader.js';
import {
  AUTH_EVENT_ROWS,
  type ByocAuthEvent,
  type ByocWorkerEvent,
  TICKET_ROWS,
  type Ticket,
  WORKER_EVENT_ROWS,
} from './request-event-reader.js';

/** The rows that a number of payments, jobs, finds, tickets or BYOC events was summed over, each of them a part of 1 [LINEAGE-002]. */
const COUNTED = {
  isBucketed: true,
  wanted: WANTED_COLUMNS,
  wantedOf,
  condition: isCounted('bucket_start', { facets: {} }),
};

export const COUNTED_PAYMENTS: BatchedList<CountedSpan, ListedPayment> = {
  ...COUNTED,
  name: 'counted-payments',
  relation: 'api.payment',
  columns: PAYMENT_COLUMNS,
  at: 'paid_at',
  keyOf: ({ paidAt, id }): TimedKey => ({ atMs: paidAt.getTime(), id }),
};

export const COUNTED_JOBS: BatchedList<CountedSpan, ListedJob> = {
  ...COUNTED,
  name: 'counted-jobs',
  relation: 'api.job',
  columns: JOB_COLUMNS,
  at: 'job_at',
  condition: isCounted('bucket_start', { facets: FACET_COLUMNS.job }),
  keyOf: ({ jobAt, id }): TimedKey => ({ atMs: jobAt.getTime(), id }),
};

export const COUNTED_FAILED_JOBS: BatchedList<CountedSpan, ListedJob> = {
  ...COUNTED_JOBS,
  name: 'counted-failed-jobs',
  condition: `${isCounted('bucket_start', { facets: FACET_COLUMNS.job_failure })}\n    and c.failure_class <> ''`,
};

export const COUNTED_DISCOVERIES: BatchedList<CountedSpan, ListedDiscovery> = {
  ...COUNTED,
  name: 'counted-discoveries',
  relation: FINDS,
  columns: DISCOVERY_COLUMNS,
  at: 'discovered_at',
  keyOf: ({ discoveredAt, id }): TimedKey => ({ atMs: discoveredAt.getTime(), id }),
};

export const COUNTED_TICKETS: BatchedList<CountedSpan, Ticket> = {
  ...{ ...COUNTED, ...TICKET_ROWS },
  name: 'counted-tickets',
};

export const COUNTED_AUTH_EVENTS: BatchedList<CountedSpan, ByocAuthEvent> = {
  ...{ ...COUNTED, ...AUTH_EVENT_ROWS },
  name: 'counted-byoc-auth-events',
};

export const COUNTED_WORKER_EVENTS: BatchedList<CountedSpan, ByocWorkerEvent> = {
  ...{ ...COUNTED, ...WORKER_EVENT_ROWS },
  name: 'counted-byoc-worker-events',
};

/** A status sample; null where it says nothing. */
export interface StatusSample {
  readonly id: string;
  readonly at: Date;
  readonly org: string;
  readonly eventId: string;
  readonly sessionId: string;
  readonly state: string | null;
  readonly outputFps: number | null;
  readonly inputFps: number | null;
  readonly isError: boolean;
}

/** Samples of a stretch of time, and of one session when it is named. */
export interface CountedSamples {
  readonly span: CountedSpan;
  readonly sessionId: string | null;
}

export const COUNTED_SAMPLES: BatchedList<CountedSamples, StatusSample> = {
  name: 'counted-samples',
  relation: 'api.status_sample',
  columns: `id, event_at as at, org, event_id as "eventId", session_id as "sessionId", state, fps::float8 as "outputFps",
    input_fps::float8 as "inputFps", has_last_error or coalesce(state = 'ERROR', false) as "isError"`,
  at: 'event_at',
  isBucketed: false,
  wanted: `${WANTED_COLUMNS}, session_id text`,
  wantedOf: ({ span, sessionId }) => ({ ...wantedOf(span), session_id: sessionId }),
  condition: `${isCounted('event_at', { facets: {} })}\n    and (w.session_id is null or c.session_id = w.session_id)`,
  keyOf: ({ at, id }): TimedKey => ({ atMs: at.getTime(), id }),
};
