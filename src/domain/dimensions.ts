/** Dimensions of every rollup row, in the order of its key; blank text is "unknown". */
export const DIMENSIONS = ['ORG', 'ORCHESTRATOR', 'GATEWAY', 'PIPELINE', 'MODEL', 'GPU', 'REGION'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** What some rollups are told apart by besides: the kind of a job or swap, the class of a failure, and the reason. */
export const FACETS = ['KIND', 'FAILURE_CLASS', 'REASON'] as const;
export type Facet = (typeof FACETS)[number];

/** Everything that some rollup can be grouped by, in the order of a group's key. */
export const GROUP_KEYS = [...DIMENSIONS, ...FACETS] as const;
export type GroupKey = (typeof GROUP_KEYS)[number];

export function isDimension(key: GroupKey): key is Dimension {
  return DIMENSIONS.some((dimension) => dimension === key);
}

/** Which traffic counts: real, test traffic alone, or both. */
export const SYNTHETIC_CHOICES = ['EXCLUDE', 'ONLY', 'INCLUDE'] as const;
export type SyntheticChoice = (typeof SYNTHETIC_CHOICES)[number];
