import { bucketRows } from '../resolvers/bucket-rows.js';
import { DEMAND } from '../resolvers/demand.js';
import { sessionRatio } from '../resolvers/service-figures.js';
import { bucketListAnswer, bucketListParameters, bucketQuestion, oneOf, widthParameter } from './bucket-list.js';
import { defineRoute, metricFields } from './rest-route.js';

/** `GET /v1/network/demand`: demand by bucket, organisation, gateway, region, pipeline and model, newest first. */
export const networkDemandRoute = defineRoute({
  parameters: {
    ...bucketListParameters,
    window: widthParameter(['1m', '5m', '1h', '1d']),
    gateway_address: bucketListParameters.gateway,
  },
  answer: async (context, { gateway_address, ...asked }) => {
    const gateway = oneOf('gateway', asked.gateway, 'gateway_address', gateway_address);
    const question = bucketQuestion({ ...asked, gateway });
    const page = await bucketRows(context, DEMAND, {
      ...question,
      groupBy: ['ORG', 'GATEWAY', 'REGION', 'PIPELINE', 'MODEL'],
    });
    return bucketListAnswer(context, page, ({ grain, sums }) => ({
      org: grain.ORG || null,
      gateway: grain.GATEWAY || null,
      region: grain.REGION || null,
      pipeline_id: grain.PIPELINE || null,
      model_id: grain.MODEL || null,
      known_sessions: sums.known,
      requested_sessions: sums.requested,
      startup_success_sessions: sums.startupSuccess,
      no_orch_sessions: sums.noOrch,
      excused_sessions: sums.startupExcused,
      failed_sessions: sums.effectiveFailed,
      ...metricFields({
        startup_success_rate: sessionRatio('startupSuccess', sums),
        effective_success_rate: sessionRatio('effectiveSuccess', sums),
        no_swap_rate: sessionRatio('noSwap', sums),
        swap_rate: sessionRatio('swap', sums),
      }),
    }));
  },
});
