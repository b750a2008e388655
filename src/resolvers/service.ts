import { AppError } from '../errors.js';
import { keysOfRollup } from '../warehouse/readers/grain.js';
import { readService, type ServiceSums } from '../warehouse/readers/rollup-reader.js';
import type { ApiContext } from './context.js';
import {
  allGroups,
  answerGrouped,
  type GroupedAnswer,
  type GroupedArgs,
  type GroupedSource,
} from './grouped-answer.js';
import type { PageArgs } from './page.js';
import { ROLLUP_BUCKETS } from './range.js';

export const SERVICE: GroupedSource<ServiceSums> = {
  field: 'serviceMetrics',
  keys: keysOfRollup('service'),
  buckets: ROLLUP_BUCKETS,
  finestUnasked: 'HOUR_1',
  read: readService,
  weight: (sums) => sums.serviceMsSum,
};

/** Service at any grain: session × bucket × identity, in every bucket with evidence of it [LIFECYCLE-009]. */
export function serviceMetrics(context: ApiContext, args: GroupedArgs): Promise<GroupedAnswer<ServiceSums>> {
  if (args.bucket === 'MINUTE_1') {
    throw new AppError(
      'UNSUPPORTED_BUCKET',
      'bucket MINUTE_1 has no session counters of service, wanted MINUTE_5, HOUR_1 or DAY_1; statusSeries has minutes',
    );
  }
  return answerGrouped(context, SERVICE, args);
}

/** The same numbers of all groups: for feeds and counts, which have no pages. */
export function allServiceGroups(context: ApiContext, args: Omit<GroupedArgs, keyof PageArgs>) {
  return allGroups(context, SERVICE, args);
}
