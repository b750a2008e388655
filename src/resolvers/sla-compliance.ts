import { isCompliant, isMet, SLA_TARGETS, type SlaTarget, type SlaTargetName } from '../domain/sla-targets.js';
import type { ApiContext } from './context.js';
import { type Metric, missingMetric, ratioMetric } from './metric.js';
import { type TrailingScore, trailingSlaScore } from './scores.js';
import { allServiceGroups } from './service.js';
import { averageLatency, fpsJitter, type ServiceSums, sessionRatio } from './service-figures.js';

/** A target beside what was seen. */
export interface HeldTarget {
  readonly seen: Metric;
  readonly target: SlaTarget;
  /** null without a value. */
  readonly isMet: boolean | null;
}

export interface SlaCompliance extends TrailingScore {
  readonly targets: Readonly<Record<SlaTargetName, HeldTarget>>;
  /** False when a target is missed; null when none is and there is no score. */
  readonly isCompliant: boolean | null;
}

/** The targets of the network held against the trailing hours of an orchestrator, or of the network without one. */
export async function slaCompliance(
  context: ApiContext,
  question: { readonly orchestrator: string | null; readonly hours: number },
): Promise<SlaCompliance> {
  const trailing = await trailingSlaScore(context, question);
  const { startMs, endMs, bucket } = trailing.range;
  const { groups } = await allServiceGroups(context, {
    range: { start: new Date(startMs), end: new Date(endMs) },
    bucket,
    ...(trailing.orchestrator !== null && { where: { orchestrators: [trailing.orchestrator] } }),
  });
  const service = seenOf(groups[0]?.sums ?? null);
  const targets = {
    score: held('score', trailing.score.value),
    failureRatio: held('failureRatio', service.failureRatio),
    swapRatio: held('swapRatio', service.swapRatio),
    fpsJitter: held('fpsJitter', service.fpsJitter),
    e2eLatencyMs: held('e2eLatencyMs', service.e2eLatencyMs),
  };
  const isMissed = Object.values(targets).some((target) => target.isMet === false);
  return { ...trailing, targets, isCompliant: isCompliant({ isMissed, hasScore: targets.score.isMet !== null }) };
}

function held(name: SlaTargetName, seen: Metric): HeldTarget {
  const target = SLA_TARGETS[name];
  return { seen, target, isMet: isMet(seen.value, target) };
}

function seenOf(sums: ServiceSums | null): Readonly<Record<Exclude<SlaTargetName, 'score'>, Metric>> {
  if (sums === null) {
    return {
      failureRatio: missingMetric('RATIO', 'NO_DATA'),
      swapRatio: missingMetric('RATIO', 'NO_DATA'),
      fpsJitter: missingMetric('COEFFICIENT', 'NO_DATA'),
      e2eLatencyMs: missingMetric('MILLISECONDS', 'NO_DATA'),
    };
  }
  return {
    failureRatio: ratioMetric(sums.sessions.effectiveFailed, sums.sessions.requested),
    swapRatio: sessionRatio('swap', sums.sessions),
    fpsJitter: fpsJitter(sums),
    e2eLatencyMs: averageLatency(sums.latencies.e2e),
  };
}
