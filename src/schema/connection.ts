import type { FieldMap, ObjectRef } from '@pothos/core';
import type { Page } from '../resolvers/page.js';
import { type Builder, CURSOR_DESCRIPTION } from './builder.js';

type Types = Builder['$inferSchemaTypes'];

interface ConnectionParts<Node, Answer> {
  /** Of the rows; the types are `<name>Edge` and `<name>Connection`. */
  readonly name: string;
  readonly Node: ObjectRef<Types, Node>;
  /** What the page is, an edge, and the row in it. */
  readonly words: { readonly page: string; readonly edge: string; readonly node: string };
  /** What the page says beside its rows. */
  readonly fields: (t: PothosSchemaTypes.ObjectFieldBuilder<Types, Answer>) => FieldMap;
}

/** The types of a list whose pages `resolvers/page` makes: an edge with the row's cursor, and the page. */
export function defineConnection<Node extends object, Answer extends Page<Node>>(
  builder: Builder,
  { name, Node, words, fields }: ConnectionParts<Node, Answer>,
): ObjectRef<Types, Answer> {
  // widened: of a type not known yet Pothos cannot tell whether it is a list
  const Row: ObjectRef<Types, object> = Node;
  const Edge = builder.objectRef<Page<object>['edges'][number]>(`${name}Edge`).implement({
    description: words.edge,
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: CURSOR_DESCRIPTION }),
      node: t.field({ type: Row, description: words.node, resolve: ({ node }) => node }),
    }),
  });
  return builder.objectRef<Answer>(`${name}Connection`).implement({
    description: words.page,
    fields: (t) => ({
      edges: t.field({
        type: [Edge],
        description: 'Rows of the page, in list order.',
        resolve: (page): Page<object>['edges'] => page.edges,
      }),
      pageInfo: t.field({
        type: builder.pageInfoRef(),
        description: 'Whether the list goes on, and from where.',
        resolve: ({ pageInfo }) => pageInfo,
      }),
      ...fields(t),
    }),
  });
}
