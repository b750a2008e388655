/** Dimensions of every rollup row, in the order of its key; blank text is "unknown". */
export const DIMENSIONS = ['ORG', 'ORCHESTRATOR', 'GATEWAY', 'PIPELINE', 'MODEL', 'GPU', 'REGION'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Which traffic counts: real, test traffic alone, or both. */
export const SYNTHETIC_CHOICES = ['EXCLUDE', 'ONLY', 'INCLUDE'] as const;
export type SyntheticChoice = (typeof SYNTHETIC_CHOICES)[number];
