/** What the network wants of its orchestrators [domain 5]: shown beside what was seen, never enforced. Ratios are 0..1. */
export const SLA_TARGETS = {
  score: { bound: 'at_least', value: 95 },
  failureRatio: { bound: 'below', value: 0.01 },
  swapRatio: { bound: 'below', value: 0.05 },
  fpsJitter: { bound: 'at_most', value: 0.1 },
  e2eLatencyMs: { bound: 'at_most', value: 3000 },
} as const;

export type SlaTargetName = keyof typeof SLA_TARGETS;
export type SlaTarget = (typeof SLA_TARGETS)[SlaTargetName];

/** Whether a value meets a target; null when there is no value. */
export function isMet(value: number | null, target: SlaTarget): boolean | null {
  if (value === null) return null;
  switch (target.bound) {
    case 'at_least':
      return value >= target.value;
    case 'at_most':
      return value <= target.value;
    case 'below':
      return value < target.value;
  }
}

/** Whether targets are met together; null when none is missed and there is no score: silence is no compliance. */
export function isCompliant({ isMissed, hasScore }: { isMissed: boolean; hasScore: boolean }): boolean | null {
  if (isMissed) return false;
  return hasScore ? true : null;
}
