import type { Facet, GrainValues } from '../resolvers/grouping.js';
import type { Builder } from './builder.js';
import type { StoredEnum } from './enums.js';
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
    kind: facetField(t, SwapKind, { of: 'KIND', says: 'How the swaps are known' }),
    reasonClass: facetField(t, SwapReason, { of: 'REASON', says: 'Class of the reason given' }),
  };
}

/** How and why a session or a group of them failed. */
export function failureFacets<Shape extends Faceted>(t: Fields<Shape>, { FailureClass, FailureReason }: SessionEnums) {
  return {
    failureClass: facetField(t, FailureClass, { of: 'FAILURE_CLASS', says: 'How they failed' }),
    failureReason: facetField(t, FailureReason, { of: 'REASON', says: 'What their errors say' }),
  };
}

/** The kind of the jobs of a group. */
export function jobFacets<Shape extends Faceted>(t: Fields<Shape>, { Kind }: JobEnums) {
  return { kind: facetField(t, Kind, { of: 'KIND', says: 'What kind of jobs they are' }) };
}

/** Kind of some failed jobs, how and why they failed. */
export function jobFailureFacets<Shape extends Faceted>(t: Fields<Shape>, enums: JobEnums) {
  return {
    ...jobFacets(t, enums),
    failureClass: facetField(t, enums.FailureClass, { of: 'FAILURE_CLASS', says: 'How they failed' }),
    failureReason: facetField(t, enums.FailureReason, { of: 'REASON', says: 'What went wrong' }),
  };
}

function facetField<Shape extends Faceted>(
  t: Fields<Shape>,
  words: StoredEnum<string>,
  { of, says }: { readonly of: Facet; readonly says: string },
) {
  return t.field({
    type: words.type,
    nullable: true,
    description: `${says}; null when not told apart by it.`,
    resolve: ({ grain }) => {
      const word = grain[of];
      return word === undefined ? null : words.of(word);
    },
  });
}
