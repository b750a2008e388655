interface ListPage<Node> {
  readonly edges: readonly { readonly node: Node }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** What `walk` reads of every page, beside its rows. */
export const PAGE_INFO = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';

const MAX_PAGES = 200;

/** Rows of a whole list in its order, page by page, from either end; `listOf` asks for a page by its arguments. */
export async function walk<Node>(
  listOf: (page: string) => Promise<ListPage<Node>>,
  size: number,
  isBackward = false,
): Promise<Node[]> {
  const seen: Node[] = [];
  for (let cursor: string | null = null, pages = 0; pages < MAX_PAGES; pages += 1) {
    const from: string = cursor === null ? '' : `, ${isBackward ? 'before' : 'after'}: "${cursor}"`;
    const { edges, pageInfo }: ListPage<Node> = await listOf(`${isBackward ? 'last' : 'first'}: ${size}${from}`);
    const rows = edges.map(({ node }) => node);
    if (isBackward) seen.unshift(...rows);
    else seen.push(...rows);
    if (!(isBackward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) return seen;
    cursor = isBackward ? pageInfo.startCursor : pageInfo.endCursor;
  }
  throw new Error('the list does not end');
}
