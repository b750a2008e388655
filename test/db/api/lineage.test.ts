import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { benchmarks } from '../../conformance/scenarios/benchmarks.js';
import { recordedSession } from '../../conformance/scenarios/recorded-session.js';
import { swaps } from '../../conformance/scenarios/swaps.js';
import { openConformanceWarehouse } from '../../conformance/warehouse.js';
import type { Answer } from '../../e2e/naap.js';
import { useApi } from './api-under-test.js';
import { PAGE_INFO, walk } from './walk.js';

const api = useApi(Date.UTC(2026, 2, 20));
const BENCHED = 'range: { start: "2026-02-16T00:00:00Z", end: "2026-02-23T00:00:00Z" }';
const SWAPPED = 'range: { start: "2026-02-03T00:00:00Z", end: "2026-02-04T00:00:00Z" }';

beforeAll(async () => {
  const warehouse = await openConformanceWarehouse(api().database.url);
  for (const scenario of [recordedSession, swaps, benchmarks]) await warehouse.play(scenario);
  await warehouse.settle('2026-03-20T00:00:00Z');
  await warehouse.close();
});
afterEach(async () => {
  await api().owner.query("update work.floor set raw_floor = '2000-01-01Z'");
});

async function ask(query: string): Promise<Answer> {
  const { data, errors } = await api().query(query);
  expect(errors).toBeUndefined();
  return data;
}

/** Rows of a list as text, from either end. */
async function rowsOf(listOf: (page: string) => Promise<Answer>, size: number, isBackward: boolean): Promise<string[]> {
  return (await walk(listOf, size, isBackward)).map((row) => JSON.stringify(row));
}

describe('from a number to its sessions [LINEAGE-002]', () => {
  test.each([1, 5, 100])(
    'pages of %i show every row once, in one order, from both ends [SERVING-001]',
    async (size) => {
      const listOf = async (page: string): Promise<Answer> => {
        const { slaScores } = await ask(`{ slaScores(${BENCHED}, first: 1) { total {
        contributions(${page}) { edges { node { bucketStart sessionId } } ${PAGE_INFO} } } } }`);
        return slaScores.total.contributions;
      };
      const forward = await rowsOf(listOf, size, false);
      expect(forward).toHaveLength(49);
      expect(new Set(forward).size).toBe(49);
      expect(await rowsOf(listOf, size, true)).toEqual(forward);
    },
  );

  test.each([
    ['ORCHESTRATOR', ''],
    ['MODEL', ''],
    ['GPU, GATEWAY', ''],
    ['ORG', ', where: { isHardwareBacked: true }'],
    ['REGION', ', where: { models: ["streamdiffusion-swap"] }'],
  ])('by %s%s the parts sum to each group, in either width', async (groupBy, where) => {
    for (const bucket of ['HOUR_1', 'MINUTE_5', 'DAY_1']) {
      const SUMS = 'requestedCount fpsSampleCount healthExpectedCount swappedExplicitCount e2eMsSum fpsSum';
      const { slaScores } =
        await ask(`{ slaScores(${SWAPPED}, bucket: ${bucket}, groupBy: [${groupBy}]${where}, first: 5) {
        edges { node { score { inputs { ${SUMS} } contributions(first: 20) { totalCount edges { node {
          isTerminalTail inputs { ${SUMS} } } } } } } } } }`);
      expect(slaScores.edges.length).toBeGreaterThan(0);
      for (const { node } of slaScores.edges) {
        const { inputs, contributions } = node.score;
        expect(contributions.totalCount).toBe(contributions.edges.length);
        for (const [name, sum] of Object.entries(inputs)) {
          const parts = contributions.edges.map((edge: Answer) => Number(edge.node.inputs[name]));
          expect(
            parts.reduce((a: number, b: number) => a + b, 0),
            `${bucket} ${name}`,
          ).toBeCloseTo(Number(sum), 9);
        }
      }
    }
  });

  test('a cursor of another number is refused', async () => {
    const { slaScores } = await ask(
      `{ slaScores(${BENCHED}, first: 1) { total { contributions(first: 1) { ${PAGE_INFO} } } } }`,
    );
    const { endCursor } = slaScores.total.contributions.pageInfo;
    const { errors } = await api().query(
      `{ slaScores(${SWAPPED}, first: 1) { total { contributions(after: "${endCursor}") { totalCount } } } }`,
    );
    expect(errors?.[0]?.extensions.code).toBe('INVALID_CURSOR');
  });

  test('a page of groups with their sessions, decisions and events takes a fixed number of statements', async () => {
    const screen = (groups: number, rows: number) => () =>
      ask(`{ slaScores(${BENCHED}, bucket: DAY_1, groupBy: [GATEWAY], first: ${groups}) { edges { node { score {
        contributions(first: ${rows}) { totalCount edges { node { sessionId session { startedAt
          decisions { sightings { event { source { offset } } } } milestones { event { source { offset } } }
          events(first: 3) { totalCount availability edges { node { source { offset } } } } } } } } } } } } }`);
    await screen(2, 1)();
    const few = await api().countStatements(screen(1, 1));
    const many = await api().countStatements(screen(20, 2));
    expect(many).toBe(few);
    expect(many).toBeLessThanOrEqual(15);
  });
});

describe('from a session to its events [LINEAGE-002]', () => {
  const EVENTS = (page: string) => `{ sessions(streamId: "stream-o5s73x-mk5zc8fy", first: 1) { edges { node {
    events(${page}) { totalCount availability keptSince ${PAGE_INFO}
      edges { node { eventId at name family availability source { kind topic partition offset } } } }
    decisions { sightings { event { availability family source { offset } } } } } } } }`;
  const eventsOf = async (page: string): Promise<Answer> => (await ask(EVENTS(page))).sessions.edges[0].node.events;

  test.each([10, 57, 100])('pages of %i show all 57 once, in order, from both ends', async (size) => {
    const forward = await rowsOf(eventsOf, size, false);
    expect(forward).toHaveLength(57);
    expect(new Set(forward).size).toBe(57);
    expect(await rowsOf(eventsOf, size, true)).toEqual(forward);
    const times = forward.map((row) => Date.parse(JSON.parse(row).at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('past the retention of raw events the list says why it is short or empty, and decisions stay', async () => {
    const whole = await eventsOf('first: 100');
    expect(whole).toMatchObject({ totalCount: 57, availability: 'KEPT' });
    await api().owner.query("update work.floor set raw_floor = '2026-01-08T21:50:00Z'");
    const part = await eventsOf('first: 100');
    const later = whole.edges.filter(({ node }: Answer) => node.at >= '2026-01-08T21:50:00.000Z');
    expect(later.length).toBeGreaterThan(10);
    expect(part).toMatchObject({ totalCount: later.length, availability: 'PARTLY_EXPIRED' });
    expect(part.edges.map(({ node }: Answer) => node.eventId)).toEqual(later.map(({ node }: Answer) => node.eventId));
    await api().owner.query("update work.floor set raw_floor = '2026-01-09T00:00:00Z'");
    const { events, decisions } = (await ask(EVENTS('first: 100'))).sessions.edges[0].node;
    expect(events).toMatchObject({
      totalCount: 0,
      availability: 'EXPIRED',
      keptSince: '2026-01-09T00:00:00.000Z',
      edges: [],
    });
    expect(decisions[0].sightings[0].event).toEqual({ availability: 'EXPIRED', family: null, source: null });
  });

  test('an event that should be kept and is not there is told apart from an expired one', async () => {
    const { owner } = api();
    await owner.query('begin');
    await owner.query("create table public.kept as select * from raw.event where family = 'network_capabilities'");
    await owner.query("delete from raw.event where family = 'network_capabilities'");
    await owner.query('commit');
    try {
      const { decisions } = (await ask(EVENTS('first: 1'))).sessions.edges[0].node;
      expect(decisions[0].sightings[0].event).toEqual({ availability: 'NOT_FOUND', family: null, source: null });
    } finally {
      await owner.query('insert into raw.event select * from public.kept; drop table public.kept');
    }
  });

  test('names what announced a swap, and nothing for an inferred one', async () => {
    const { sessions } =
      await ask(`{ sessions(startedIn: { start: "2026-02-03T00:00:00Z", end: "2026-02-04T00:00:00Z" },
      ascending: true) { edges { node { swaps { isExplicit event { eventId family source { topic offset } } } } } } }`);
    expect(sessions.edges.map(({ node }: Answer) => node.swaps)).toEqual([
      [
        {
          isExplicit: true,
          event: { eventId: 'swap-6', family: 'stream_trace', source: { topic: 'success with swap', offset: 5 } },
        },
      ],
      [{ isExplicit: false, event: null }],
      [
        {
          isExplicit: true,
          event: { eventId: 'swap-15', family: 'stream_trace', source: { topic: 'success with swap', offset: 14 } },
        },
      ],
    ]);
  });

  test('shows nothing of what an event said but its type and what it measured, and no key, GPU uuid or client address [PRIVACY-001]', async () => {
    const columns = await api().owner.query<{ name: string }>(
      `select column_name as name from information_schema.columns
       where table_schema = 'api' and table_name in ('session_event_source', 'job_event_source', 'event_lineage') order by 1`,
    );
    const names = [...new Set(columns.rows.map(({ name }) => name))];
    expect(names).toEqual([
      ...[
        'audio_jitter_ms',
        'audio_packets_lost',
        'audio_packets_received',
        'bytes_received',
        'bytes_sent',
        'cluster_id',
      ],
      ...['conn_quality', 'event_at', 'event_id', 'family', 'family_rank', 'id', 'input_fps', 'is_error_sample'],
      ...[
        'is_measurement',
        'job_id',
        'name',
        'org',
        'output_fps',
        'partition',
        'prompt_at',
        'received_at',
        'restart_count',
      ],
      ...['rtt_ms', 'session_id', 'source_offset', 'state', 'topic'],
      ...['video_jitter_ms', 'video_packets_lost', 'video_packets_received'],
    ]);
    const answer = JSON.stringify(await ask(EVENTS('first: 100')));
    expect(answer).not.toMatch(/52cf2968b3dc6016778742d3539449a6597d5954|a8d13655|clientip|last_params/i);
  });
});
