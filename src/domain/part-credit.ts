import type { SlaPart } from './sla-inputs.js';

/** Unit of what is measured: latencies, frame rates, or a jitter. */
export type MeasuredUnit = 'MILLISECONDS' | 'FRAMES_PER_SECOND' | 'COEFFICIENT';

/** Where the bounds of a credit come from. */
export type CreditBasis = 'benchmark' | 'model_target' | 'parameter';

/** What a part measured, what that was held against, and the credit it got [AGGREGATE-005]. */
export interface PartCredit {
  /** Subscore that it is a part of; its sampleCount is its weight there. */
  readonly subscore: string;
  readonly measured: number;
  readonly unit: MeasuredUnit;
  readonly sampleCount: number;
  /** 0..1, higher is better. */
  readonly credit: number;
  /** At it and beyond, on its good side, the credit is 1; null: nothing is known to hold it against. */
  readonly fullAt: number | null;
  /** At it and beyond, on its bad side, the credit is 0; linear between. */
  readonly noneAt: number | null;
  readonly basis: CreditBasis;
}

/** A part of a score with its credits; a subscore of which it has no sample is absent. */
export interface JudgedPart extends SlaPart {
  readonly credits: readonly PartCredit[];
}

/** Mean of the parts' credits weighted by their samples; null when no part has one. */
export function combineCredits(
  parts: readonly JudgedPart[],
  subscore: string,
): { readonly value: number | null; readonly sampleCount: number } {
  let sampleCount = 0;
  let sum = 0;
  for (const { credits } of parts) {
    const own = credits.find((credit) => credit.subscore === subscore);
    if (own === undefined) continue;
    sampleCount += own.sampleCount;
    sum += own.credit * own.sampleCount;
  }
  return { value: sampleCount === 0 ? null : sum / sampleCount, sampleCount };
}
