import { AppError } from '../errors.js';
import { readService, type ServiceSums } from '../warehouse/readers/rollup-reader.js';
import type { ApiContext } from './context.js';
import { answerGrouped, type GroupedAnswer, type GroupedArgs } from './grouped-answer.js';
import { ROLLUP_BUCKETS } from './range.js';

/** Service at any grain: session × bucket × identity, in every bucket with evidence of it [LIFECYCLE-009]. */
export function serviceMetrics(context: ApiContext, args: GroupedArgs): Promise<GroupedAnswer<ServiceSums>> {
  if (args.bucket === 'MINUTE_1') {
    throw new AppError(
      'UNSUPPORTED_BUCKET',
      'bucket MINUTE_1 has no session counters of service, wanted MINUTE_5, HOUR_1 or DAY_1; statusSeries has minutes',
    );
  }
  return answerGrouped(
    context,
    {
      field: 'serviceMetrics',
      buckets: ROLLUP_BUCKETS,
      finestUnasked: 'HOUR_1',
      read: readService,
      weight: (sums) => sums.serviceMsSum,
    },
    args,
  );
}
