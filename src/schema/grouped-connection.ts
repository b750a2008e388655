import type { FieldRef, ObjectRef } from '@pothos/core';
import type { ApiContext } from '../resolvers/context.js';
import type { CountedPoint, Group, GroupedAnswer, GroupedArgs } from '../resolvers/grouped-answer.js';
import { type Builder, connectionCost, POINTS_COST, pageArguments } from './builder.js';
import { defineConnection } from './connection.js';
import type { ContributionField } from './contributions.js';
import type { Enums } from './enums.js';
import { dimensionArguments, type GroupedInterface, groupedArguments } from './grouped.js';
import type { Values } from './values.js';

/** What every field over rollups is made of. */
export interface GroupedParts {
  readonly enums: Enums;
  readonly values: Values;
  readonly grouped: GroupedInterface;
}

type Types = Builder['$inferSchemaTypes'];
type Fields<Shape> = PothosSchemaTypes.ObjectFieldBuilder<Types, Shape>;

/** What a grouped answer is made of: the prefix of its types, and its sums as fields. */
interface GroupedTypes<Sums extends object> {
  readonly prefix: string;
  /** The way back: what the numbers count, one by one [LINEAGE-002]. */
  readonly contributionsField: ContributionField;
  /** What tells groups apart beside the dimensions. */
  readonly groupFields?: (t: Fields<Group<Sums>>) => Record<string, FieldRef<Types, unknown>>;
  /** What its sums are called and mean. */
  readonly Metrics: ObjectRef<Types, Sums>;
}

interface RollupField<Sums extends object> extends GroupedTypes<Sums> {
  readonly name: string;
  /** False where rows do not say whether they are test traffic; then there is no choice. */
  readonly saysSynthetic?: boolean;
  readonly description: string;
  readonly resolve: (context: ApiContext, args: GroupedArgs) => Promise<GroupedAnswer<Sums>>;
}

/** A field over one kind of rollup: its arguments, and the page of groups it answers. */
export function defineRollupField<Sums extends object>(
  builder: Builder,
  parts: GroupedParts,
  field: RollupField<Sums>,
): void {
  const ConnectionRef = defineGroupedConnection(builder, parts, field);
  builder.queryField(field.name, (t) =>
    t.field({
      type: ConnectionRef,
      nullable: true,
      description: field.description,
      complexity: connectionCost,
      args: {
        ...(field.saysSynthetic === false ? dimensionArguments : groupedArguments)(builder, parts.enums, parts.values),
        ...pageArguments(builder),
      },
      resolve: (_root, args, context) => field.resolve(context, args),
    }),
  );
}

/** The page of groups over one kind of rollup, whose sums are `Sums` throughout. */
export function defineGroupedConnection<Sums extends object>(
  builder: Builder,
  parts: GroupedParts,
  field: GroupedTypes<Sums>,
): ObjectRef<Types, GroupedAnswer<Sums>>;
// what a field may resolve to is conditional on its type, which the compiler can decide of `object` but not of `Sums`
export function defineGroupedConnection(
  builder: Builder,
  parts: GroupedParts,
  field: GroupedTypes<object>,
): ObjectRef<Types, GroupedAnswer<object>> {
  const { values, grouped } = parts;
  const { Metrics, contributionsField } = field;
  const PointRef = builder.objectRef<CountedPoint<object>>(`${field.prefix}Point`).implement({
    description: 'One bucket of a time series.',
    fields: (t) => ({
      start: t.field({
        type: 'DateTime',
        description: 'Start of the bucket.',
        resolve: ({ startMs }) => new Date(startMs),
      }),
      metrics: t.field({
        type: Metrics,
        nullable: true,
        description: 'Numbers of the bucket; null when nothing was recorded in it.',
        resolve: ({ sums }) => sums,
      }),
      contributions: contributionsField(t, 'in the numbers of the bucket.', ({ counted }) => counted),
    }),
  });
  const GroupRef = builder.objectRef<Group<object>>(`${field.prefix}Group`).implement({
    description: 'Numbers of one group over the whole range.',
    interfaces: [grouped],
    fields: (t) => ({
      ...field.groupFields?.(t),
      metrics: t.field({ type: Metrics, description: 'Numbers over the range.', resolve: ({ sums }) => sums }),
      previous: t.field({
        type: Metrics,
        nullable: true,
        description:
          'Numbers over the range of equal length before; null when nothing was recorded, or not all of it is kept.',
        resolve: (group) => group.previous(),
      }),
      points: t.field({
        type: [PointRef],
        complexity: POINTS_COST,
        description: 'Every bucket of the range in order, at most 1,500.',
        resolve: async (group) => [...(await group.points())],
      }),
      contributions: contributionsField(t, 'in the numbers of the group.', ({ counted }) => counted),
    }),
  });
  return defineConnection<Group<object>, GroupedAnswer<object>>(builder, {
    name: field.prefix,
    Node: GroupRef,
    words: {
      page: 'A page of groups, with the numbers of everything selected beside them.',
      edge: 'A group and its position.',
      node: 'The group.',
    },
    fields: (t) => ({
      totalCount: t.expose('totalCount', { type: 'Count', description: 'Groups in the whole list.' }),
      rangeUsed: t.expose('range', { type: values.RangeUsed, description: 'The range answered for.' }),
      previousRangeUsed: t.expose('previousRange', {
        type: values.RangeUsed,
        description: 'The range of `previous` and `previousTotal`.',
      }),
      total: t.field({
        type: Metrics,
        nullable: true,
        description: 'Numbers over all groups; null when nothing was recorded.',
        resolve: (answer) => answer.total(),
      }),
      previousTotal: t.field({
        type: Metrics,
        nullable: true,
        description: 'The same over the range before; null when nothing was recorded, or not all of it is kept.',
        resolve: (answer) => answer.previousTotal(),
      }),
      points: t.field({
        type: [PointRef],
        complexity: POINTS_COST,
        description: 'Every bucket of the range in order over all groups, at most 1,500.',
        resolve: async (answer) => [...(await answer.points())],
      }),
      contributions: contributionsField(t, 'in the numbers over all groups.', ({ counted }) => counted),
    }),
  });
}
