import { type HeldTarget, slaCompliance } from '../resolvers/sla-compliance.js';
import { addressParameter, windowParameter } from './parameters.js';
import { dataAnswer, defineRoute } from './rest-route.js';

/** `GET /v1/sla/compliance`: the network's targets beside what was seen over a trailing period. */
export const slaComplianceRoute = defineRoute({
  parameters: { orchestrator_id: addressParameter.optional(), period: windowParameter.prefault('24h') },
  answer: async (context, { orchestrator_id, period }) => {
    const answer = await slaCompliance(context, { orchestrator: orchestrator_id ?? null, hours: period.hours });
    const { targets } = answer;
    return dataAnswer(context, {
      data: {
        orchestrator_id: answer.orchestrator,
        period: period.text,
        period_start: new Date(answer.range.startMs).toISOString(),
        period_end: new Date(answer.range.endMs).toISOString(),
        is_compliant: answer.isCompliant,
        scoring_version: answer.score.scoringVersion,
        targets: {
          score: targetFields(targets.score),
          failure_ratio: targetFields(targets.failureRatio),
          swap_ratio: targetFields(targets.swapRatio),
          fps_jitter: targetFields(targets.fpsJitter),
          e2e_latency_ms: targetFields(targets.e2eLatencyMs),
        },
      },
    });
  },
});

function targetFields({ seen, target, isMet }: HeldTarget): object {
  return {
    value: seen.value,
    null_reason: seen.nullReason,
    sample_count: seen.sampleCount,
    target: target.value,
    bound: target.bound,
    is_met: isMet,
  };
}
