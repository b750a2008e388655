import type { GrainValues } from '../resolvers/grouping.js';
import type { Builder } from './builder.js';
import type { SessionEnums } from './session-enums.js';

type Fields<Shape> = PothosSchemaTypes.ObjectFieldBuilder<Builder['$inferSchemaTypes'], Shape>;

/** A row that carries the facets it is told apart by. */
interface Faceted {
  readonly grain: GrainValues;
}

/** How and why a swap or a group of them came about. */
export function swapFacets<Shape extends Faceted>(t: Fields<Shape>, { SwapEvidence, SwapReason }: SessionEnums) {
  return {
    evidence: t.field({
      type: SwapEvidence.type,
      nullable: true,
      description: 'How the swaps are known; null when not told apart by it.',
      resolve: ({ grain }) => (grain.EVIDENCE === undefined ? null : SwapEvidence.of(grain.EVIDENCE)),
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
      resolve: ({ grain }) => (grain.CLASS === undefined ? null : FailureClass.of(grain.CLASS)),
    }),
    failureReason: t.field({
      type: FailureReason.type,
      nullable: true,
      description: 'What their errors say; null when not told apart by it.',
      resolve: ({ grain }) => (grain.REASON === undefined ? null : FailureReason.of(grain.REASON)),
    }),
  };
}
