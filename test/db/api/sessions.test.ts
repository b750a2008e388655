import { beforeAll, describe, expect, test } from 'vitest';
import { useApi } from './api-under-test.js';
import { HOUR_MS, iso, ORCHESTRATORS, type SeedSession, seedOrchestrators, seedSessions } from './network.js';
import { PAGE_INFO, walk } from './walk.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const api = useApi(NOW);

const sessions: readonly SeedSession[] = Array.from({ length: 25 }, (_, index) => ({
  id: `s_${String(index).padStart(24, '0')}`,
  // pairs start at the same instant, so the id has to break ties
  startedMs: NOW - HOUR_MS * 3 + Math.floor(index / 2) * 60_000,
  orchestrator: ORCHESTRATORS[index % 3] ?? '',
  model: index % 2 === 0 ? 'sd' : 'sdxl',
  isSynthetic: index === 24,
  swaps: index === 3 ? 2 : 0,
  fps: [20, 22, 24],
  e2eMs: 900,
  startupMs: 1_500,
}));

beforeAll(async () => {
  await seedOrchestrators(api().owner, ORCHESTRATORS, NOW - HOUR_MS * 5);
  await seedSessions(api().owner, sessions);
});

async function idsOf(args: string, size: number, isBackward = false): Promise<string[]> {
  const listOf = async (page: string) => {
    const { data, errors } = await api().query(
      `{ sessions(${page}${args}) { edges { node { sessionId } } ${PAGE_INFO} } }`,
    );
    expect(errors).toBeUndefined();
    return data.sessions;
  };
  return (await walk<{ readonly sessionId: string }>(listOf, size, isBackward)).map((row) => row.sessionId);
}

describe('sessions', () => {
  const real = sessions.filter(({ isSynthetic }) => !isSynthetic);
  const newestFirst = [...real].sort((a, b) => b.startedMs - a.startedMs || (a.id < b.id ? 1 : -1)).map(({ id }) => id);

  test.each([1, 2, 3, 7, 100])('pages of %i show every session once, in order, from both ends', async (size) => {
    expect(await idsOf('', size)).toEqual(newestFirst);
    expect(await idsOf('', size, true)).toEqual(newestFirst);
    expect(await idsOf(', ascending: true', size)).toEqual(newestFirst.toReversed());
  });

  test('counts the whole list and leaves test traffic out unless asked', async () => {
    const { data } = await api().query(
      '{ real: sessions { totalCount } both: sessions(synthetic: INCLUDE) { totalCount } only: sessions(synthetic: ONLY) { totalCount } }',
    );
    expect(data).toEqual({ real: { totalCount: 24 }, both: { totalCount: 25 }, only: { totalCount: 1 } });
  });

  test('refuses a cursor of another filter or order, and one that is none', async () => {
    const { data } = await api().query('{ sessions(first: 1) { pageInfo { endCursor } } }');
    const cursor = data.sessions.pageInfo.endCursor;
    for (const args of [
      `after: "${cursor}", ascending: true`,
      `after: "${cursor}", where: { models: ["sd"] }`,
      'after: "x"',
    ]) {
      const answer = await api().query(`{ sessions(${args}) { totalCount } meta { asOf } }`);
      expect(answer.errors?.[0]?.extensions.code).toBe('INVALID_CURSOR');
      expect(answer.data).toMatchObject({ sessions: null, meta: { asOf: iso(NOW) } });
    }
  });

  test.each(['first: 0', 'first: 101', 'last: -1', 'first: 1, last: 1'])('refuses %s', async (args) => {
    const { errors } = await api().query(`{ sessions(${args}) { totalCount } }`);
    expect(errors?.[0]?.extensions.code).toBe('INVALID_ARGUMENT');
  });

  test('answers a whole page with its relations in a fixed number of statements', async () => {
    const ask = (first: number) =>
      api().query(`{ sessions(first: ${first}) { totalCount edges { node {
        sessionId orchestrator { address displayName } latencies { e2eMs { value } } milestones { milestone clock }
        segments { ordinal orchestrator { address } } decisions { sightings { orchestratorUri } } swaps { isExplicit } } } } }`);
    await ask(2);
    const few = await api().countStatements(() => ask(2));
    const many = await api().countStatements(() => ask(24));
    expect(many).toBe(few);
    expect(many).toBeLessThanOrEqual(7);
  });
});

describe('session', () => {
  test('shows milestones with their clocks, segments, decisions, swaps and latencies', async () => {
    const { data, errors } = await api().query(
      `{ session(sessionId: "${sessions[3]?.id}") {
        sessionId streamId state startupOutcome excusal orchestratorAddress orchestrator { uris aliasCount offers { model isWarm capacity } }
        latencies { startupMs { value unit sampleCount nullReason } gatewayRoundTripMs { value nullReason } }
        averageFps { value sampleCount }
        milestones { milestone at ownAt clock }
        segments { ordinal attributionOutcome attributionMethod attributionConfidence serviceMinutes { value } }
        decisions { isCurrent sightings { orchestratorUri orchestratorAddress } }
        swaps { ordinal reason reasonClass fromAddress toAddress }
      } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.session).toMatchObject({
      streamId: `stream-${sessions[3]?.id}`,
      state: 'COMPLETED',
      startupOutcome: 'SUCCESS',
      excusal: null,
      orchestratorAddress: ORCHESTRATORS[0],
      orchestrator: {
        uris: ['https://orch-0.example.com:8935'],
        aliasCount: 1,
        offers: [{ model: 'sd', isWarm: true, capacity: 2 }],
      },
      latencies: {
        startupMs: { value: 1500, unit: 'MILLISECONDS', sampleCount: 1, nullReason: 'OK' },
        gatewayRoundTripMs: { value: null, nullReason: 'NO_DATA' },
      },
      averageFps: { value: 22, sampleCount: 3 },
      segments: [
        {
          ordinal: 0,
          attributionOutcome: 'RESOLVED',
          attributionMethod: 'URL',
          attributionConfidence: 'HIGH',
          serviceMinutes: { value: 5 },
        },
      ],
      decisions: [{ isCurrent: true, sightings: [{ orchestratorUri: null, orchestratorAddress: ORCHESTRATORS[0] }] }],
      swaps: [
        {
          ordinal: 0,
          reason: 'timeout talking to [ip]',
          reasonClass: 'TIMEOUT',
          fromAddress: ORCHESTRATORS[0],
          toAddress: null,
        },
        { ordinal: 1 },
      ],
    });
    expect(data.session.milestones.map(({ clock }: { clock: string }) => clock)).toEqual(['GATEWAY', 'RUNNER']);
  });

  test('is found again by its global id, and is null when there is none', async () => {
    const first = await api().query('{ sessions(first: 1) { edges { node { id sessionId } } } }');
    const { id, sessionId } = first.data.sessions.edges[0].node;
    const { data } = await api().query(
      `{ node(id: "${id}") { __typename ... on Session { sessionId } } session(sessionId: "s_nothing") { id } }`,
    );
    expect(data).toEqual({ node: { __typename: 'Session', sessionId }, session: null });
  });

  test.each(['Session', 'Orchestrator', 'Gateway', 'Gpu'])('a global id of no %s is null', async (type) => {
    const id = Buffer.from(`${type}:nobody`).toString('base64');
    expect(await api().query(`{ node(id: "${id}") { id } }`)).toEqual({ data: { node: null } });
  });

  test.each([
    ['nonsense', 'id "nonsense" is no global id'],
    [Buffer.from('Payment:x').toString('base64'), 'id is of "Payment", which is no type with global ids'],
    [Buffer.from('Nothing:x').toString('base64'), 'id is of "Nothing", which is no type with global ids'],
  ])('%s is refused as a global id', async (id, message) => {
    const { data, errors } = await api().query(`{ node(id: "${id}") { id } }`);
    expect(data).toEqual({ node: null });
    expect(errors).toMatchObject([{ message, extensions: { code: 'INVALID_ARGUMENT' } }]);
  });

  test('is live, idle, lost or completed by the clock of the request', async () => {
    const id = `s_${'9'.repeat(24)}`;
    const startedMs = NOW - 5 * 60_000;
    await seedSessions(api().owner, [
      { id, startedMs, orchestrator: ORCHESTRATORS[0] ?? '', isCompleted: false, minutes: 5, isSynthetic: true },
    ]);
    const stateAt = async (ms: number): Promise<unknown> => {
      api().setNow(ms);
      const { data } = await api().query(`{ session(sessionId: "${id}") { state } }`);
      for (const state of ['LIVE', 'IDLE', 'LOST', 'COMPLETED']) {
        const listed = await api().query(
          `{ sessions(synthetic: ONLY, state: ${state}, streamId: "stream-${id}") { totalCount } }`,
        );
        expect(listed.data.sessions.totalCount).toBe(state === data.session.state ? 1 : 0);
      }
      return data.session.state;
    };
    expect(await stateAt(NOW)).toBe('LIVE');
    expect(await stateAt(NOW + 2 * 60_000 - 1)).toBe('LIVE');
    expect(await stateAt(NOW + 2 * 60_000)).toBe('IDLE');
    expect(await stateAt(NOW + 30 * 60_000)).toBe('LOST');
    api().setNow(NOW);
  });
});
