import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachNode, type OutcomeKind } from '../../outcomes/outcome-kind.js';
import { listSeen } from '../../outcomes/public-list.js';

interface Asked {
  readonly cursor: string | null;
  readonly range?: { readonly start: string; readonly end: string };
}

/** A list of two pages for each range, whose nodes say what was asked for. */
function answerTo(body: string): string {
  const { variables }: { variables: Asked } = JSON.parse(body);
  const isFirst = variables.cursor === null;
  const pageInfo = isFirst ? { hasNextPage: true, endCursor: 'more' } : { hasNextPage: false, endCursor: 'end' };
  return JSON.stringify({ data: { list: { pageInfo, edges: [{ node: variables }] } } });
}

describe('listSeen', () => {
  let server: Server;
  let url = '';

  beforeAll(async () => {
    server = createServer((request, response) => {
      void text(request).then((body) => response.end(answerTo(body)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    url = `http://127.0.0.1:${address.port}/`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  async function asked(isRanged: OutcomeKind['isRanged'], start: string, end: string): Promise<unknown[]> {
    const found: unknown[] = [];
    const readSeen = eachNode((fields) => {
      found.push(fields);
      return { id: '', atMs: 0, fields: {} };
    });
    const kind = { kind: '', plural: '', query: '', isRanged, isBackward: false, readSeen };
    const rows = listSeen(
      url,
      { ...kind, readExpected: () => ({ id: '', atMs: 0, fields: {}, uncertain: [] }) },
      { start, end },
    );
    for await (const row of rows) expect(row.atMs).toBe(0);
    return found;
  }

  it('asks every page, of no range where the list has none', async () => {
    expect(await asked(false, '2026-01-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z')).toEqual([
      { size: 100, cursor: null },
      { size: 100, cursor: 'more' },
    ]);
  });

  it('asks for a range by parts that meet at midnight and hold each bucket once', async () => {
    const found = await asked('by month', '2026-01-01T10:30:00.000Z', '2026-03-05T11:00:00.000Z');
    const parts = found.map((of) => JSON.stringify(of)).map((of) => /"start":"([^"]+)","end":"([^"]+)"/.exec(of));
    expect(parts.map((part) => part?.slice(1, 3))).toEqual(
      [
        ['2026-01-01T10:30:00.000Z', '2026-02-01T00:00:00.000Z'],
        ['2026-02-01T00:00:00.000Z', '2026-03-04T00:00:00.000Z'],
        ['2026-03-04T00:00:00.000Z', '2026-03-05T11:00:00.000Z'],
      ].flatMap((part) => [part, part]),
    );
    expect(await asked(true, '2026-01-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z')).toMatchObject([
      { range: { start: '2026-01-01T00:00:00.000Z', end: '2026-06-01T00:00:00.000Z' } },
      { cursor: 'more' },
    ]);
  });
});
