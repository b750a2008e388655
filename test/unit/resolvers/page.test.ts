import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, listFingerprint } from '../../../src/resolvers/cursor.js';
import { compareKeys } from '../../../src/resolvers/grouping.js';
import { type PageKey, pageOf, pageRequest, slicePage } from '../../../src/resolvers/page.js';

const key: PageKey<number> = { fingerprint: listFingerprint('numbers', {}), shape: ['number'], of: (value) => [value] };

function walk(all: readonly number[], size: number, isBackward: boolean): number[] {
  const seen: number[] = [];
  let cursor: string | null = null;
  for (;;) {
    const request = pageRequest(isBackward ? { last: size, before: cursor } : { first: size, after: cursor }, key);
    const page = pageOf(
      slicePage(all, request, (value, wanted) => compareKeys([value], wanted)),
      request,
      key,
    );
    const values = page.edges.map(({ node }) => node);
    if (isBackward) seen.unshift(...values);
    else seen.push(...values);
    const hasMore = isBackward ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage;
    if (!hasMore) return seen;
    cursor = isBackward ? page.pageInfo.startCursor : page.pageInfo.endCursor;
  }
}

describe('pages', () => {
  it('hold every row once, in order, whatever their size and direction [SERVING-001]', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer(), { maxLength: 60 }),
        fc.integer({ min: 1, max: 100 }),
        fc.boolean(),
        (values, size, isBackward) => {
          const all = [...values].sort((a, b) => a - b);
          expect(walk(all, size, isBackward)).toEqual(all);
        },
      ),
    );
  });
});

describe('cursors', () => {
  it('carry the whole key through [SERVING-001]', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), (text, number) => {
        expect(decodeCursor('f', ['string', 'number'], encodeCursor('f', [text, number]))).toEqual([text, number]);
      }),
    );
  });

  it('are refused by any other list and in any other shape', () => {
    const cursor = encodeCursor('f', ['a', 1]);
    expect(() => decodeCursor('g', ['string', 'number'], cursor)).toThrow('another filter or order');
    expect(() => decodeCursor('f', ['string'], cursor)).toThrow('not a cursor');
    expect(() => decodeCursor('f', ['number', 'number'], cursor)).toThrow('not a cursor');
    expect(() => decodeCursor('f', ['string'], '%%%')).toThrow('not a cursor');
  });
});
