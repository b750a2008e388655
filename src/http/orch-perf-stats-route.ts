import { perfStats } from '../resolvers/perf-stats.js';
import { textParameter } from './parameters.js';
import { defineRoute, feedAnswer } from './rest-route.js';

/**
 * `GET /v1/feeds/orch-perf-stats`, for go-livepeer's `-orchPerfStatsUrl`: address → region in capitals → numbers.
 *
 * It takes every value for a number and null for 0, so what is unknown is left out (docs/decisions/gateway-feeds.md).
 */
export const orchPerfStatsRoute = defineRoute({
  parameters: {
    region: textParameter.optional(),
    pipeline: textParameter.optional(),
    model: textParameter.optional(),
  },
  answer: async (context, { region, pipeline, model }) => {
    const rows = await perfStats(context, {
      region: region ?? null,
      pipeline: pipeline ?? null,
      model: model ?? null,
    });
    const body: Record<string, Record<string, object>> = {};
    for (const { address, region: name, score, successRate, roundTripScore } of rows) {
      body[address] = {
        ...body[address],
        [name]: {
          score,
          success_rate: successRate,
          ...(roundTripScore !== null && { round_trip_score: roundTripScore }),
        },
      };
    }
    return feedAnswer(body);
  },
});
