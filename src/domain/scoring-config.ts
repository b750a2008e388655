/** Parameters of the scoring formulas: flat numbers, so that a caller can replace any of them and score again. */

/** Weights and full-trust sample counts of `quality-benchmark-v1` [AGGREGATE-005]. */
export interface QualityParameters {
  readonly startupSuccessWeight: number;
  readonly noSwapWeight: number;
  readonly outputViabilityWeight: number;
  readonly ptffWeight: number;
  readonly e2eWeight: number;
  readonly latencyWeight: number;
  readonly fpsWeight: number;
  readonly reliabilityWeight: number;
  readonly qualityWeight: number;
  /** Samples from which a subscore is trusted in full; fewer pull it towards 0.5. */
  readonly ptffTrustSamples: number;
  readonly e2eTrustSamples: number;
  readonly fpsTrustSamples: number;
}

/** Weights, targets and limits of `spec-v1`. Ratios are 0..1, latencies ms. */
export interface SpecParameters {
  readonly latencyWeight: number;
  readonly jitterWeight: number;
  readonly reliabilityWeight: number;
  /** Shares of latency (ptff, e2e), of each of both (p50, p95), and of reliability (failure, swap). */
  readonly ptffShare: number;
  readonly e2eShare: number;
  readonly p50Share: number;
  readonly p95Share: number;
  readonly failureShare: number;
  readonly swapShare: number;
  readonly failureTarget: number;
  readonly failureLimit: number;
  readonly swapTarget: number;
  readonly swapLimit: number;
  readonly jitterTarget: number;
  readonly jitterLimit: number;
  /** A latency of this many times its target has no credit. */
  readonly latencyLimitFactor: number;
  readonly ptffP50TargetMs: number;
  readonly ptffP95TargetMs: number;
  readonly e2eP50TargetMs: number;
  readonly e2eP95TargetMs: number;
}

export type ScoringConfig = { readonly scoringVersion: string } & (
  | { readonly formula: 'quality-benchmark-v1'; readonly parameters: QualityParameters }
  | { readonly formula: 'spec-v1'; readonly parameters: SpecParameters }
);
export type ScoringFormula = ScoringConfig['formula'];

export const QUALITY_DEFAULTS: QualityParameters = {
  startupSuccessWeight: 0.4,
  noSwapWeight: 0.2,
  outputViabilityWeight: 0.4,
  ptffWeight: 0.6,
  e2eWeight: 0.4,
  latencyWeight: 0.6,
  fpsWeight: 0.4,
  reliabilityWeight: 0.7,
  qualityWeight: 0.3,
  ptffTrustSamples: 10,
  e2eTrustSamples: 10,
  fpsTrustSamples: 30,
};

export const SPEC_DEFAULTS: SpecParameters = {
  latencyWeight: 0.4,
  jitterWeight: 0.4,
  reliabilityWeight: 0.2,
  ptffShare: 0.5,
  e2eShare: 0.5,
  p50Share: 0.5,
  p95Share: 0.5,
  failureShare: 0.5,
  swapShare: 0.5,
  failureTarget: 0.01,
  failureLimit: 0.1,
  swapTarget: 0.05,
  swapLimit: 0.25,
  jitterTarget: 0.1,
  jitterLimit: 0.5,
  latencyLimitFactor: 2,
  ptffP50TargetMs: 10_000,
  ptffP95TargetMs: 20_000,
  e2eP50TargetMs: 3_000,
  e2eP95TargetMs: 6_000,
};

/** A row of `config.model_target`; null: the formula's default, and no fps target. */
export interface ModelTarget {
  readonly fpsTarget: number | null;
  readonly e2eP50TargetMs: number | null;
  readonly e2eP95TargetMs: number | null;
  readonly ptffP50TargetMs: number | null;
  readonly ptffP95TargetMs: number | null;
}

/** A configuration whose parameters are the formula's defaults, replaced by the given ones of the same name. */
export function scoringConfig(
  scoringVersion: string,
  formula: ScoringFormula,
  parameters: Readonly<Record<string, unknown>>,
): ScoringConfig {
  return formula === 'spec-v1'
    ? { scoringVersion, formula, parameters: replaced(SPEC_DEFAULTS, parameters) }
    : { scoringVersion, formula, parameters: replaced(QUALITY_DEFAULTS, parameters) };
}

/** What a caller's own parameters are called: no version of the network's. */
export const CALLER_SCORING_VERSION = 'caller';

/** The same formula under another name, some parameters replaced; throws RangeError for unusable ones. */
export function withParameters(
  config: ScoringConfig,
  scoringVersion: string,
  parameters: Readonly<Record<string, unknown>>,
): ScoringConfig {
  return config.formula === 'spec-v1'
    ? { scoringVersion, formula: config.formula, parameters: replaced(config.parameters, parameters) }
    : { scoringVersion, formula: config.formula, parameters: replaced(config.parameters, parameters) };
}

/** Throws RangeError for an unknown name, and for a value that is not a finite number ≥ 0. */
function replaced<T extends QualityParameters | SpecParameters>(
  defaults: T,
  parameters: Readonly<Record<string, unknown>>,
): T {
  for (const [name, value] of Object.entries(parameters)) {
    if (!Object.hasOwn(defaults, name)) throw new RangeError(`scoring parameter ${name} is not known`);
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new RangeError(`scoring parameter ${name} is ${JSON.stringify(value)}, wanted a number of at least 0`);
    }
  }
  return { ...defaults, ...parameters };
}
