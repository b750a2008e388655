import type { ObjectRef } from '@pothos/core';
import type { BatchedListLoaders, BatchedPage } from '../resolvers/batched-lists.js';
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
}

/** The ways back from sums over payments, jobs and finds: these themselves, each a part of one [LINEAGE-002]. */
export function defineCountedLists(builder: Builder, { PaymentConnection, JobConnection, DiscoveryConnection }: Lists) {
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
    paymentField: fieldOf(PaymentConnection, 'Payments', ({ payments }) => payments),
    jobField: fieldOf(JobConnection, 'Jobs', ({ jobs }) => jobs),
    failedJobField: fieldOf(JobConnection, 'Jobs', ({ failedJobs }) => failedJobs),
    discoveryField: fieldOf(DiscoveryConnection, 'Finds', ({ discoveries }) => discoveries),
  };
}

export type CountedLists = ReturnType<typeof defineCountedLists>;
