import DataLoader from 'dataloader';
import {
  type BatchedList,
  type BatchedQuery,
  countBatched,
  readBatchedPages,
  type TimedKey,
} from '../warehouse/readers/batched-list-reader.js';
import type { CountedSpan } from '../warehouse/readers/contribution-reader.js';
import {
  COUNTED_AUTH_EVENTS,
  COUNTED_DISCOVERIES,
  COUNTED_FAILED_JOBS,
  COUNTED_JOBS,
  COUNTED_PAYMENTS,
  COUNTED_SAMPLES,
  COUNTED_TICKETS,
  COUNTED_WORKER_EVENTS,
  type CountedSamples,
  type StatusSample,
} from '../warehouse/readers/counted-rows-reader.js';
import {
  type ByocAuthEvent,
  type ByocWorkerEvent,
  TICKETS_OF_SESSION,
  type Ticket,
  type TicketSessionSpan,
} from '../warehouse/readers/request-event-reader.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import type { DiscoveryPage } from './discovery.js';
import { once } from './grouped-answer.js';
import type { JobPage } from './jobs.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';
import type { PaymentPage } from './payments.js';

export type { ByocAuthEvent, ByocWorkerEvent, CountedSamples, StatusSample, Ticket };

/** A page with the length of its list. */
export interface BatchedPage<Row> extends Page<Row> {
  readonly totalCount: () => Promise<number>;
}

/** Asks for a page of one list; lists of a kind that one answer asks for share statements. */
export type BatchedLoader<Where, Row> = (where: Where, args: PageArgs) => Promise<BatchedPage<Row>>;

/** The rows behind numbers that are not of sessions, oldest first [LINEAGE-002]. */
export interface BatchedListLoaders {
  readonly payments: (span: CountedSpan, args: PageArgs) => Promise<PaymentPage>;
  readonly jobs: (span: CountedSpan, args: PageArgs) => Promise<JobPage>;
  readonly failedJobs: (span: CountedSpan, args: PageArgs) => Promise<JobPage>;
  readonly discoveries: (span: CountedSpan, args: PageArgs) => Promise<DiscoveryPage>;
  readonly samples: BatchedLoader<CountedSamples, StatusSample>;
  readonly tickets: BatchedLoader<CountedSpan, Ticket>;
  readonly ticketsOfSession: BatchedLoader<TicketSessionSpan, Ticket>;
  readonly authEvents: BatchedLoader<CountedSpan, ByocAuthEvent>;
  readonly workerEvents: BatchedLoader<CountedSpan, ByocWorkerEvent>;
}

export function createBatchedListLoaders(db: ApiContext['db']): BatchedListLoaders {
  return {
    payments: loaderOf(db, COUNTED_PAYMENTS),
    jobs: loaderOf(db, COUNTED_JOBS),
    failedJobs: loaderOf(db, COUNTED_FAILED_JOBS),
    discoveries: loaderOf(db, COUNTED_DISCOVERIES),
    samples: loaderOf(db, COUNTED_SAMPLES),
    tickets: loaderOf(db, COUNTED_TICKETS),
    ticketsOfSession: loaderOf(db, TICKETS_OF_SESSION),
    authEvents: loaderOf(db, COUNTED_AUTH_EVENTS),
    workerEvents: loaderOf(db, COUNTED_WORKER_EVENTS),
  };
}

function loaderOf<Where, Row>(db: ApiContext['db'], list: BatchedList<Where, Row>): BatchedLoader<Where, Row> {
  const options = { cache: false };
  const pages = new DataLoader<BatchedQuery<Where>, readonly Row[]>(
    (queries) => readBatchedPages(db, list, queries),
    options,
  );
  const counts = new DataLoader<Where, number>((wheres) => countBatched(db, list, wheres), options);
  return async (where, args) => {
    const key: PageKey<Row> = {
      fingerprint: listFingerprint(list.name, { where }),
      shape: ['number', 'string'],
      of: (row): CursorKey => {
        const { atMs, id } = list.keyOf(row);
        return [atMs, id];
      },
    };
    const request = pageRequest(args, key);
    const rows = await pages.load({
      where,
      page: { ...request, after: keyOf(request.after), before: keyOf(request.before) },
    });
    return { ...pageOf(rows, request, key), totalCount: once(() => counts.load(where)) };
  };
}

function keyOf(key: CursorKey | null): TimedKey | null {
  if (key === null) return null;
  const [atMs, id] = key;
  return { atMs: Number(atMs), id: String(id) };
}
