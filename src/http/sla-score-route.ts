import { trailingSlaScore } from '../resolvers/scores.js';
import { addressParameter, windowParameter } from './parameters.js';
import { dataAnswer, defineRoute, snakeCase } from './rest-route.js';

/** `GET /v1/sla/score`: the score of an orchestrator, or of the network without one, over a trailing window. */
export const slaScoreRoute = defineRoute({
  parameters: {
    orchestrator_address: addressParameter.optional(),
    window: windowParameter.prefault('24h'),
  },
  answer: async (context, { orchestrator_address, window }) => {
    const answer = await trailingSlaScore(context, { orchestrator: orchestrator_address ?? null, hours: window.hours });
    const { score, range } = answer;
    return dataAnswer(context, {
      data: {
        orchestrator_address: answer.orchestrator,
        window: window.text,
        window_start: new Date(range.startMs).toISOString(),
        window_end: new Date(range.endMs).toISOString(),
        score: score.value.value,
        null_reason: score.value.nullReason,
        subscores: Object.fromEntries(score.subscores.map(({ name, value }) => [snakeCase(name), value.value])),
        weights: Object.fromEntries(score.subscores.map(({ name, weight }) => [snakeCase(name), weight])),
        inputs: Object.fromEntries(
          Object.entries(score.inputs)
            // their thousands of digits are a code of our own, not a number
            .filter(([name]) => !name.endsWith('Histogram'))
            .map(([name, value]) => [snakeCase(name), value]),
        ),
        scoring_version: score.scoringVersion,
        computed_at: (await score.computedAt())?.toISOString() ?? null,
        is_final: await score.isFinal(),
      },
    });
  },
});
