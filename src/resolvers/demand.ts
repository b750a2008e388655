import { keysOfRollup } from '../warehouse/readers/grain.js';
import { readDemand, type SessionCounts } from '../warehouse/readers/rollup-reader.js';
import type { ApiContext } from './context.js';
import { answerGrouped, type GroupedAnswer, type GroupedArgs, type GroupedSource } from './grouped-answer.js';
import { BUCKETS } from './range.js';

export const DEMAND: GroupedSource<SessionCounts> = {
  field: 'networkDemand',
  keys: keysOfRollup('demand'),
  buckets: BUCKETS,
  finestUnasked: 'MINUTE_5',
  read: readDemand,
  weight: (sums) => sums.known,
};

/** Demand at any grain: whole sessions, each counted once in the bucket of its start [LIFECYCLE-008, AGGREGATE-002]. */
export function networkDemand(context: ApiContext, args: GroupedArgs): Promise<GroupedAnswer<SessionCounts>> {
  return answerGrouped(context, DEMAND, args);
}
