import { request } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLE_QUERIES } from '../../../src/http/example-queries.js';
import { useApi } from './api-under-test.js';
import { HOUR_MS, ORCHESTRATORS, seedOrchestrators, seedSessions } from './network.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const api = useApi(NOW);

beforeAll(async () => {
  await seedOrchestrators(api().owner, ORCHESTRATORS, NOW - HOUR_MS);
  await seedSessions(
    api().owner,
    ORCHESTRATORS.map((orchestrator, index) => ({
      id: `s${index}`,
      startedMs: NOW - 60_000 * (index + 1),
      orchestrator,
      fps: [20, 21],
    })),
  );
});

const get = (path: string, init: RequestInit = {}) => fetch(`${api().url}${path}`, init);

/** The status of a request target that `fetch` would refuse to send. */
function statusOfTarget(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api().url);
    request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('the HTTP surface', () => {
  test.each(['//', '//[', 'http://'])('answers the target %s, which is no path, and lives on', async (target) => {
    expect(await statusOfTarget(target)).toBe(404);
    expect((await get('/livez')).status).toBe(200);
  });

  test.each(EXAMPLE_QUERIES.map((query) => [query.split('\n')[0], query] as const))(
    'example query runs: %s',
    async (_title, query) => {
      const { data, errors } = await api().query(query);
      expect(errors).toBeUndefined();
      expect(Object.values(data).every((value) => value !== null)).toBe(true);
    },
  );

  test.each([
    ['/livez', 200, 'application/json'],
    ['/readyz', 200, 'application/json'],
    ['/healthz', 200, 'application/json'],
    ['/schema.graphql', 200, 'text/plain'],
    ['/', 200, 'text/html'],
    ['/metrics', 200, 'text/plain'],
    ['/nothing', 404, 'application/problem+json'],
  ])('%s answers %i, open to all pages, with a request id', async (path, status, type) => {
    const response = await get(path, { headers: { 'x-request-id': 'test-request-1' } });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain(type);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('x-request-id')).toBe('test-request-1');
  });

  test('GraphiQL is served without anything from elsewhere', async () => {
    const html = await (await get('/graphql', { headers: { accept: 'text/html' } })).text();
    expect(html).toContain('Leaderboard');
    expect(html).not.toMatch(/<(script|link)[^>]+(src|href)=["']?https?:/);
  });

  test('metrics have routes as labels, never addresses or ids', async () => {
    await get(`/v1/sla/score?orchestrator_address=${ORCHESTRATORS[0]}`);
    await get('/made/up/path');
    const text = await (await get('/metrics')).text();
    expect(text).toContain('route="/v1/sla/score"');
    expect(text).toContain('route="other"');
    expect(text).not.toContain(ORCHESTRATORS[0]);
    expect(text).not.toContain('made');
  });

  test('answers preflight requests', async () => {
    const response = await get('/v1/sla/score', { method: 'OPTIONS', headers: { origin: 'https://a.example' } });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-methods')).toContain('GET');
  });
});

describe('errors', () => {
  test('a failure inside is masked, and leaves the other fields', async () => {
    const owner = api().owner;
    await owner.query('revoke select on api.source_status from naap_reader');
    const { data, errors } = await api().query('{ meta { sources { topic } } networkDemand { totalCount } }');
    await owner.query('grant select on api.source_status to naap_reader');
    expect(data).toEqual({ meta: null, networkDemand: { totalCount: 1 } });
    expect(errors).toHaveLength(1);
    expect(errors?.[0]).toMatchObject({
      message: 'the service cannot answer now',
      extensions: { code: 'DATABASE_PERMISSION_DENIED' },
    });
    expect(JSON.stringify(errors)).not.toContain('source_status');
  });

  test('refuses a query that is too complex, too deep or has too many aliases', async () => {
    const deep = await api().query(`{ sessions(first: 100) { edges { node { orchestrator { offers { model } }
      a: segments { orchestrator { offers { model } } } b: segments { orchestrator { offers { model } } } } } }
      ${Array.from({ length: 12 }, (_, n) => `q${n}: serviceMetrics(first: 100) { edges { node { points { metrics { e2e { p50Ms { value } p95Ms { value } } startup { p50Ms { value } p95Ms { value } } averageFps { value } p50Fps { value } p95Fps { value } p99Fps { value } } } } } }`).join('\n')} }`);
    expect(deep.errors?.[0]).toMatchObject({ extensions: { code: 'QUERY_TOO_COMPLEX' } });
    const aliases = await api().query(`{ ${Array.from({ length: 70 }, (_, n) => `a${n}: meta { asOf }`).join(' ')} }`);
    expect(aliases.errors?.length).toBeGreaterThan(0);
    expect(aliases.data ?? null).toBeNull();
  });

  test('a query that does not fit the schema says so', async () => {
    const { errors } = await api().query('{ nothing }');
    expect(errors?.[0]?.message).toContain('Cannot query field "nothing"');
  });
});

describe('the reader role', () => {
  test.each(['core.session', 'fact.session_event', 'raw.event', 'rollup.service_1h', 'work.score_mark'])(
    'cannot read %s',
    async (relation) => {
      await expect(api().reader.query(`select * from ${relation} limit 1`)).rejects.toMatchObject({ code: '42501' });
    },
  );

  test('cannot write what it can read', async () => {
    await expect(api().reader.query("insert into config.topic values ('t', 'o')")).rejects.toThrow();
  });
});
