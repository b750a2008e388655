import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useApi } from './api-under-test.js';
import { HOUR_MS, type SeedSession, seedSessions } from './network.js';
import { element, openReportSink, type ReportSink } from './reports.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const MINUTE = 60_000;
const address = (digit: string): string => `0x${digit.repeat(40)}`;
const [GOOD, POOR, NEW, UNKNOWN] = [address('a'), address('b'), address('c'), ''];
const api = useApi(NOW);
let sink: ReportSink;

let sessionCount = 0;
function session(orchestrator: string, fields: Partial<SeedSession> = {}): SeedSession {
  sessionCount += 1;
  const id = `s_${String(sessionCount).padStart(24, '0')}`;
  return { id, orchestrator, startedMs: NOW - 3 * HOUR_MS, fps: [20, 21], ...fields };
}

const models = { sd: { warm: true, capacity: 2, capacityInUse: 2 } };

beforeAll(async () => {
  sink = await openReportSink(api());
  await seedSessions(api().owner, [
    session(GOOD, { region: 'fra', gatewayRoundTripMs: 100 }),
    session(GOOD, { region: 'FRA', gatewayRoundTripMs: 100, startedMs: NOW - 10 * MINUTE }),
    session(GOOD, { region: 'mdw' }),
    session(GOOD, { gatewayRoundTripMs: 400, startedMs: NOW - 60 * HOUR_MS }),
    session(POOR, { region: 'fra', gatewayRoundTripMs: 200 }),
    session(POOR, { outcome: 'failed' }),
    session(POOR, { model: 'sdxl', outcome: 'excused' }),
    session(UNKNOWN, { region: 'fra', outcome: 'failed' }),
    session(NEW, { region: 'fra', isRequested: false }),
    session(NEW, { isSynthetic: true }),
  ]);
  await sink.send([
    {
      id: 'fresh',
      atMs: NOW - 10 * MINUTE,
      elements: [
        element({ address: GOOD, uri: 'https://good-2.example.com:8935', models }),
        element({ address: GOOD, uri: 'https://good-1.example.com:8935', models }),
        element({ address: GOOD, uri: 'https://192.168.1.4:8935', models }),
        element({ address: POOR, uri: 'https://poor.example.com:8935', models }),
        // a service that two operators name: the better one's place counts
        element({ address: POOR, uri: 'https://good-1.example.com:8935', models }),
        element({ address: NEW, uri: 'https://new.example.com:8935', models: { sdxl: { warm: true } } }),
        element({ address: address('d'), uri: 'no-scheme.example.com:8935', models }),
      ],
    },
  ]);
});
afterAll(() => sink.close());

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${api().url}${path}`, { headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}
const stats = async (query = '') => (await get(`/v1/feeds/orch-perf-stats${query}`)).body;
const webhook = async (query = '') => (await get(`/v1/feeds/orch-webhook${query}`)).body;

/** What go-livepeer keeps of a body for a gateway of a region: Go's map[Address]map[string]map[string]float64. */
function readAsGateway(body: Record<string, Record<string, Record<string, unknown>>>, region: string) {
  const scores: Record<string, number> = {};
  for (const [key, regions] of Object.entries(body)) {
    expect(key).toMatch(/^0x[0-9a-f]{40}$/);
    for (const value of Object.values(regions).flatMap((one) => Object.values(one)))
      expect(typeof value).toBe('number');
    const score = regions[region.toUpperCase()]?.['score'];
    if (typeof score === 'number') scores[key] = score;
  }
  return scores;
}

describe('the feed of performance', () => {
  test('has score, success rate and round trip by address and region in capitals, and the whole network', async () => {
    const body = await stats();
    expect(Object.keys(body)).toEqual([GOOD, POOR]);
    expect(Object.keys(body[GOOD])).toEqual(['FRA', 'GLOBAL', 'MDW']);
    // of the round trips 100, 100, 200 the median is 100, within the 1 % of a bin
    expect(body[GOOD].FRA).toEqual({ score: 0.85, success_rate: 1, round_trip_score: expect.closeTo(0.8, 2) });
    expect(body[GOOD].MDW).toEqual({ score: 0.85, success_rate: 1 });
    expect(body[POOR].FRA).toEqual({ score: 0.85, success_rate: 1, round_trip_score: expect.closeTo(0.64, 2) });
    // one of three failed; the excused one did not
    expect(body[POOR].GLOBAL.success_rate).toBe(2 / 3);
    expect(body[POOR].GLOBAL.score).toBeLessThan(0.85);
  });

  test('is what a gateway of a region reads: no null, no text, nobody whose score is unknown', async () => {
    const body = await stats();
    expect(readAsGateway(body, 'fra')).toEqual({ [GOOD]: 0.85, [POOR]: 0.85 });
    expect(readAsGateway(body, 'lax')).toEqual({});
    expect(JSON.stringify(body)).not.toContain('null');
  });

  test('of one region or pipeline and model is a part of the whole', async () => {
    const body = await stats();
    expect(await stats('?region=fra')).toEqual({ [GOOD]: { FRA: body[GOOD].FRA }, [POOR]: { FRA: body[POOR].FRA } });
    expect(await stats('?region=Global')).toEqual({
      [GOOD]: { GLOBAL: body[GOOD].GLOBAL },
      [POOR]: { GLOBAL: body[POOR].GLOBAL },
    });
    expect(await stats('?region=LAX')).toEqual({});
    expect(Object.keys(await stats('?pipeline=live-video-to-video&model=sdxl'))).toEqual([POOR]);
  });

  test('takes the same statements for three regions as for one, and as many again for one spelled in two ways', async () => {
    const count = (query = '') => api().countStatements(() => stats(query));
    const [whole, mdw, fra, all] = [
      await count('?region=global'),
      await count('?region=mdw'),
      await count('?region=fra'),
      await count(),
    ];
    expect(mdw).toBe(whole);
    expect([fra, all]).toEqual([whole + (whole - 1), whole + 2 * (whole - 1)]);
    expect(whole).toBeLessThanOrEqual(6);
  });
});

describe('the feed of service URIs', () => {
  test('has each public service once, best score first, unscored ones last and without a score', async () => {
    expect(await webhook()).toEqual([
      { address: 'https://good-1.example.com:8935', score: 0.85 },
      { address: 'https://good-2.example.com:8935', score: 0.85 },
      { address: 'https://poor.example.com:8935', score: expect.closeTo(0.6633, 4) },
      { address: 'https://new.example.com:8935' },
    ]);
  });

  test('is filtered by what is offered and by the score as published, and cut to the limit', async () => {
    expect(await webhook('?model=sdxl')).toEqual([{ address: 'https://new.example.com:8935' }]);
    expect(await webhook('?limit=1')).toEqual([{ address: 'https://good-1.example.com:8935', score: 0.85 }]);
    const whole = await webhook();
    expect(await webhook(`?min_score=${whole[2].score}`)).toEqual(whole.slice(0, 3));
    expect(await webhook('?min_score=0.86')).toEqual([]);
    expect(await webhook('?min_score=0')).toEqual(whole.slice(0, 3));
  });

  test('gives the scores that GraphQL gives', async () => {
    const { data } = await api().query(
      '{ orchestratorSelection(hasCapacity: false) { edges { node { orchestratorAddress score { value { value } } offers { uri } } } } }',
    );
    const scoreOf = new Map<string, number | undefined>();
    for (const { node } of data.orchestratorSelection.edges.toReversed()) {
      for (const { uri } of node.offers) scoreOf.set(uri, node.score?.value.value ?? undefined);
    }
    const entries: readonly { address: string; score?: number }[] = await webhook();
    for (const { address: uri, score } of entries) {
      expect(score === undefined ? undefined : score * 100).toBe(scoreOf.get(uri));
    }
  });

  test('is an error, not an empty list, when nobody reports any more: gateways keep the list they have', async () => {
    api().setNow(NOW + 51 * MINUTE);
    const { status, body } = await get('/v1/feeds/orch-webhook');
    api().setNow(NOW);
    expect(status).toBe(503);
    expect(body).toMatchObject({ title: 'FEED_STALE', detail: 'the service cannot answer now' });
    // go-livepeer before it looked at the status: no list, so an error too
    expect(Array.isArray(body)).toBe(false);
  });
});

describe('a path of /v1', () => {
  test.each(['/v1/feeds/orch-perf-stats', '/v1/feeds/orch-webhook', '/v1/sla/score'])(
    '%s is kept for seconds, and not sent again to who has it',
    async (path) => {
      const { status, headers } = await get(path);
      expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=30']);
      expect(headers.get('access-control-allow-origin')).toBe('*');
      const etag = headers.get('etag') ?? '';
      const again = await get(path, { 'if-none-match': `"other", ${etag}` });
      expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, null, etag]);
      expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200);
    },
  );

  test('has another ETag when the numbers are others', async () => {
    const before = (await get('/v1/feeds/orch-webhook')).headers.get('etag');
    expect((await get('/v1/feeds/orch-webhook?limit=1')).headers.get('etag')).not.toBe(before);
  });

  test.each([
    ['/v1/feeds/orch-perf-stats?regions=fra', 'parameter "regions" is not known, wanted region, pipeline, model'],
    ['/v1/feeds/orch-perf-stats?region=', 'region "" is not a text that is not blank'],
    ['/v1/feeds/orch-perf-stats?region=a&region=b', 'parameter region was given twice'],
    ['/v1/feeds/orch-webhook?limit=0', 'limit "0" is not a whole number from 1 to 1000'],
    ['/v1/feeds/orch-webhook?limit=1e2', 'limit "1e2" is not a whole number from 1 to 1000'],
    ['/v1/feeds/orch-webhook?min_score=85', 'min_score "85" is not a number from 0 to 1'],
    ['/v1/sla/score?window=0h', 'window "0h" is not 1h to 2160h or 1d to 90d'],
    ['/v1/sla/score?orchestrator_address=0x1', 'orchestrator_address "0x1" is not 0x and 40 hex digits'],
  ])('%s is refused: %s', async (path, detail) => {
    const { status, headers, body } = await get(path);
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body).toMatchObject({ title: 'INVALID_ARGUMENT', detail });
  });
});
