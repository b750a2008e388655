import type { ObjectRef } from '@pothos/core';
import type {
  BatchedListLoaders,
  BatchedPage,
  ByocAuthEvent,
  ByocWorkerEvent,
  Ticket,
} from '../resolvers/batched-lists.js';
import type { CountedSpan } from '../resolvers/contributions.js';
import type { DiscoveryPage } from '../resolvers/discovery.js';
import type { JobPage } from '../resolvers/jobs.js';
import type { PageArgs } from '../resolvers/page.js';
import type { PaymentPage } from '../resolvers/payments.js';
import { type Builder, connectionCost, pageArguments } from './builder.js';
import type { ContributionField } from './contributions.js';

type Types = Builder['$inferSchemaTypes'];

interface Lists {
  readonly PaymentConnection: ObjectRef<Types, PaymentPage>;
  readonly JobConnection: ObjectRef<Types, JobPage>;
  readonly DiscoveryConnection: ObjectRef<Types, DiscoveryPage>;
  readonly TicketConnection: ObjectRef<Types, BatchedPage<Ticket>>;
  readonly AuthEventConnection: ObjectRef<Types, BatchedPage<ByocAuthEvent>>;
  readonly WorkerEventConnection: ObjectRef<Types, BatchedPage<ByocWorkerEvent>>;
}

/** The ways back from sums over rows that count one each: these themselves [LINEAGE-002]. */
export function defineCountedLists(builder: Builder, lists: Lists) {
  const fieldOf =
    (
      Connection: ObjectRef<Types, BatchedPage<object>>,
      rows: string,
      load: (lists: BatchedListLoaders) => (span: CountedSpan, args: PageArgs) => Promise<BatchedPage<object>>,
    ): ContributionField =>
    (t, where, of) =>
      t.field({
        type: Connection,
        description: `${rows} ${where} Oldest first.`,
        complexity: connectionCost,
        args: pageArguments(builder),
        resolve: (shape, args, { loaders }) => load(loaders.lists)(of(shape), args),
      });
  return {
    paymentField: fieldOf(lists.PaymentConnection, 'Payments', ({ payments }) => payments),
    jobField: fieldOf(lists.JobConnection, 'Jobs', ({ jobs }) => jobs),
    failedJobField: fieldOf(lists.JobConnection, 'Jobs', ({ failedJobs }) => failedJobs),
    discoveryField: fieldOf(lists.DiscoveryConnection, 'Finds', ({ discoveries }) => discoveries),
    ticketField: fieldOf(lists.TicketConnection, 'Tickets', ({ tickets }) => tickets),
    authEventField: fieldOf(lists.AuthEventConnection, 'Authorisations', ({ authEvents }) => authEvents),
    workerEventField: fieldOf(lists.WorkerEventConnection, 'Worker events', ({ workerEvents }) => workerEvents),
  };
}

export type CountedLists = ReturnType<typeof defineCountedLists>;
