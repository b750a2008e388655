import type { GrainValues } from '../resolvers/grouping.js';
import type { Builder } from './builder.js';
import type { JobEnums } from './job-enums.js';
import type { SessionEnums } from './session-enums.js';

type Fields<Shape> = PothosSchemaTypes.ObjectFieldBuilder<Builder['$inferSchemaTypes'], Shape>;

/** A row that carries the facets it is told apart by. */
interface Faceted {
  readonly grain: GrainValues;
}

/** How and why a swap or a group of them came about. */
export function swapFacets<Shape extends Faceted>(t: Fields<Shape>, { SwapKind, SwapReason }: SessionEnums) {
  return {
    kind: t.field({
      type: SwapKind.type,
      nullable: true,
      description: 'How the swaps are known; null when not told apart by it.',
      resolve: ({ grain }) => (grain.KIND === undefined ? null : SwapKind.of(grain.KIND)),
    }),
    reasonClass: t.field({
      type: SwapReason.type,
      nullable: true,
      description: 'Class of the reason given; null when not told apart by it.',
      resolve: ({ grain }) => (grain.REASON === undefined ? null : SwapReason.of(grain.REASON)),
    }),
  };
}

/** How and why a session or a group of them failed. */
export function failureFacets<Shape extends Faceted>(t: Fields<Shape>, { FailureClass, FailureReason }: SessionEnums) {
  return {
    failureClass: t.field({
      type: FailureClass.type,
      nullable: true,
      description: 'How they failed; null when not told apart by it.',
      resolve: ({ grain }) => (grain.FAILURE_CLASS === undefined ? null : FailureClass.of(grain.FAILURE_CLASS)),
    }),
    failureReason: t.field({
      type: FailureReason.type,
      nullable: true,
      description: 'What their errors say; null when not told apart by it.',
      resolve: ({ grain }) => (grain.REASON === undefined ? null : FailureReason.of(grain.REASON)),
    }),
  };
}

/** The kind of the jobs of a group. */
export function jobFacets<Shape extends Faceted>(t: Fields<Shape>, { Kind }: JobEnums) {
  return {
    kind: t.field({
      type: Kind.type,
      nullable: true,
      description: 'What kind of jobs they are; null when not told apart by it.',
      resolve: ({ grain }) => (grain.KIND === undefined ? null : Kind.of(grain.KIND)),
    }),
  };
}

/** Kind of some failed jobs, how and why they failed. */
export function jobFailureFacets<Shape extends Faceted>(t: Fields<Shape>, enums: JobEnums) {
  const { FailureClass, FailureReason } = enums;
  return {
    ...jobFacets(t, enums),
    failureClass: t.field({
      type: FailureClass.type,
      nullable: true,
      description: 'How they failed; null when not told apart by it.',
      resolve: ({ grain }) => (grain.FAILURE_CLASS === undefined ? null : FailureClass.of(grain.FAILURE_CLASS)),
    }),
    failureReason: t.field({
      type: FailureReason.type,
      nullable: true,
      description: 'What went wrong; null when not told apart by it.',
      resolve: ({ grain }) => (grain.REASON === undefined ? null : FailureReason.of(grain.REASON)),
    }),
  };
}
