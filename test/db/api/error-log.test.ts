import { describe, expect, test } from 'vitest';
import { useApi } from './api-under-test.js';

const api = useApi(Date.UTC(2026, 0, 10, 12, 30));

describe('the log of a query', () => {
  const linesOf = async (query: string) => {
    const lines = await api().logDuring(() => api().query(query));
    return lines.filter(({ msg }) => /quer|yoga/.test(msg));
  };

  test.each([
    [
      'an empty range',
      '{ networkDemand(range: { start: "2026-01-02T00:00:00Z", end: "2026-01-01T00:00:00Z" }) { totalCount } }',
      'INVALID_RANGE',
    ],
    ['a damaged cursor', '{ sessions(after: "x") { totalCount } }', 'INVALID_CURSOR'],
    [
      'too much',
      `{ ${Array.from({ length: 12 }, (_, n) => `q${n}: serviceMetrics(first: 100) { edges { node { points { metrics { e2e { p50Ms { value } p95Ms { value } } startup { p50Ms { value } p95Ms { value } } } } } } }`).join(' ')} }`,
      'QUERY_TOO_COMPLEX',
    ],
  ])('says once, at debug, what a caller did wrong: %s', async (_what, query, code) => {
    const lines = await linesOf(query);
    const [first] = lines;
    expect(first).toMatchObject({ level: 20, msg: 'query refused', code });
    expect(first?.requestId).toBeDefined();
    // one line for each field that failed
    expect(new Set(lines.map(({ path }) => path)).size).toBe(lines.length);
    expect(lines.every(({ level }) => level === 20)).toBe(true);
  });

  test('says once, at error, what the operator has to see', async () => {
    const { owner } = api();
    await owner.query('revoke select on api.source_status from naap_reader');
    const lines = await linesOf('{ meta { sources { topic } } }');
    await owner.query('grant select on api.source_status to naap_reader');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 50, msg: 'query failed', code: 'DATABASE_PERMISSION_DENIED' });
  });

  test('says nothing of a query that does not fit the schema', async () => {
    expect(await linesOf('{ nothing }')).toEqual([]);
  });
});
