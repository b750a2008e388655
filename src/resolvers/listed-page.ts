import { countListed, type ListedRelation, readListedIds } from '../warehouse/readers/listed-ids-reader.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import { once } from './grouped-answer.js';
import { compareKeys } from './grouping.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest, slicePage } from './page.js';

export interface CountedPage<Node> extends Page<Node> {
  readonly totalCount: () => Promise<number>;
}

/** A page of entities in the order of their ids: one statement for the ids, one for the rows, one per relation. */
export async function entityPage<Row extends { readonly id: string }>(
  context: ApiContext,
  list: { readonly field: string; readonly filter: object; readonly relation: ListedRelation },
  args: PageArgs,
  loadRows: (ids: string[]) => Promise<readonly Row[]>,
): Promise<CountedPage<Row>> {
  const key: PageKey<string> = {
    fingerprint: listFingerprint(list.field, list.filter),
    shape: ['string'],
    of: (id) => [id],
  };
  const request = pageRequest(args, key);
  const listed = await readListedIds(context.db, list.relation, {
    ...request,
    after: idOf(request.after),
    before: idOf(request.before),
  });
  const page = pageOf(listed, request, key);
  const rows = page.edges.length === 0 ? [] : await loadRows(page.edges.map(({ node }) => node));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return {
    pageInfo: page.pageInfo,
    edges: page.edges.flatMap(({ cursor, node }) => {
      const row = byId.get(node);
      return row === undefined ? [] : [{ cursor, node: row }];
    }),
    totalCount: once(() => countListed(context.db, list.relation)),
  };
}

/** A page of a list that is small enough to be read whole; it comes in any order and is shown in the order of its keys. */
export function wholeListPage<Node>(
  list: {
    readonly field: string;
    readonly filter: object;
    readonly shape: PageKey<Node>['shape'];
    readonly key: (node: Node) => CursorKey;
  },
  nodes: readonly Node[],
  args: PageArgs,
): CountedPage<Node> {
  const key: PageKey<Node> = {
    fingerprint: listFingerprint(list.field, list.filter),
    shape: list.shape,
    of: list.key,
  };
  const request = pageRequest(args, key);
  const ordered = [...nodes].sort((a, b) => compareKeys(key.of(a), key.of(b)));
  const page = slicePage(ordered, request, (node, cursor) => compareKeys(key.of(node), cursor));
  return { ...pageOf(page, request, key), totalCount: async () => nodes.length };
}

function idOf(key: CursorKey | null): string | null {
  return key === null ? null : String(key[0]);
}
