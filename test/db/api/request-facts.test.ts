import { beforeAll, describe, expect, test } from 'vitest';
import { useApi } from './api-under-test.js';
import { type SeedTicket, seedAuths, seedTickets, seedWorkers } from './message-rows.js';
import { HOUR_MS, iso } from './network.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const api = useApi(NOW);
const at = (minutes: number) => NOW - 2 * HOUR_MS + minutes * 60_000;

const ticket = (minute: number, session: string, sequence: number | null, fields: Partial<SeedTicket> = {}) => ({
  id: `t${minute}`,
  atMs: at(minute),
  session,
  requestId: `request-${session}`,
  sequence,
  billableSeconds: '0.1',
  pixels: '12345678901234567890.5',
  computedFee: '0.333333333333333333',
  ...fields,
});

beforeAll(async () => {
  const { owner } = api();
  await seedTickets(owner, [
    ...[1, 2, 4, 4, 7].map((sequence, index) => ticket(index, 'gaps', sequence)),
    ...[5, 6].map((sequence, index) => ticket(10 + index, 'whole', sequence)),
    ticket(20, 'silent', null, { billableSeconds: null, pixels: null, computedFee: null, requestId: '' }),
    ticket(0, 'long ago', 1, { atMs: NOW - 40 * HOUR_MS, id: 'old' }),
  ]);
  const worker = (minute: number, capability: string, workerUrl: string, price: string | null, models: string[]) => {
    return { id: `w${minute}`, atMs: at(minute), capability, workerUrl, price, models };
  };
  await seedWorkers(owner, [
    worker(1, 'Cap', 'http://10.0.0.1:9000', '10', ['m2', 'm1']),
    worker(2, 'cap', 'http://10.0.0.2:9000', '20.5', ['m1']),
    worker(3, 'cap', 'http://10.0.0.2:9000', null, []),
    worker(4, 'other', '', null, []),
  ]);
  await seedAuths(
    owner,
    [true, true, false, null].map((isSuccess, index) => {
      return { id: `a${index}`, atMs: at(index), capability: index % 2 === 0 ? 'CAP' : 'cap', isSuccess };
    }),
  );
});

describe('ticketSessions', () => {
  test('sum decimals exactly and count gaps and repetitions per session', async () => {
    const { data, errors } = await api().query(`{ ticketSessions {
      rangeUsed { bucket } total { sessionCount ticketCount missingCount repeatedCount billableSeconds pixels computedFeeWei }
      edges { node { ticketSessionId requestIds ticketCount missingCount repeatedCount firstSequenceNumber
        lastSequenceNumber billableSeconds pixels computedFeeWei } } } }`);
    expect(errors).toBeUndefined();
    const { total, edges } = data.ticketSessions;
    expect(edges.map(({ node }: { node: object }) => node)).toEqual([
      {
        ticketSessionId: 'silent',
        requestIds: [],
        ticketCount: 1,
        missingCount: 0,
        repeatedCount: 0,
        firstSequenceNumber: null,
        lastSequenceNumber: null,
        billableSeconds: null,
        pixels: null,
        computedFeeWei: null,
      },
      expect.objectContaining({ ticketSessionId: 'whole', ticketCount: 2, missingCount: 0, repeatedCount: 0 }),
      {
        ticketSessionId: 'gaps',
        requestIds: ['request-gaps'],
        ticketCount: 5,
        missingCount: 3,
        repeatedCount: 1,
        firstSequenceNumber: '1',
        lastSequenceNumber: '7',
        billableSeconds: '0.5',
        pixels: '61728394506172839452.5',
        computedFeeWei: '1.666666666666666665',
      },
    ]);
    expect(total).toEqual({
      sessionCount: 3,
      ticketCount: 8,
      missingCount: 3,
      repeatedCount: 1,
      billableSeconds: '0.7',
      pixels: '86419752308641975233.5',
      computedFeeWei: '2.333333333333333331',
    });
  });

  test('have no gaps or repetitions when the session is unknown: they are of many', async () => {
    const range = { start: NOW - 46 * HOUR_MS, end: NOW - 42 * HOUR_MS };
    await seedTickets(
      api().owner,
      [1, 100, 100].map((sequence, index) => ticket(1000 + index, '', sequence, { atMs: range.start + index * 1000 })),
    );
    const { data, errors } = await api().query(
      `{ ticketSessions(range: { start: "${iso(range.start)}", end: "${iso(range.end)}" }) {
        total { ticketCount missingCount repeatedCount }
        edges { node { ticketSessionId ticketCount missingCount repeatedCount } } } }`,
    );
    expect(errors).toBeUndefined();
    const counts = { ticketCount: 3, missingCount: 0, repeatedCount: 0 };
    expect(data.ticketSessions.total).toEqual(counts);
    expect(data.ticketSessions.edges).toEqual([{ node: { ticketSessionId: null, ...counts } }]);
  });

  test('count a gap at the ticket after it, so that two ranges have what both have together', async () => {
    const start = NOW - 30 * HOUR_MS;
    const border = start + HOUR_MS;
    await seedTickets(
      api().owner,
      [1, 3, 7, 7, 10].map((sequence, index) =>
        ticket(2000 + index, 'split', sequence, { atMs: border + (index - 2) * 300_000 }),
      ),
    );
    const ask = async (startMs: number, endMs: number) => {
      const { data, errors } = await api().query(
        `{ ticketSessions(ticketSessionId: "split", range: { start: "${iso(startMs)}", end: "${iso(endMs)}" }) {
          total { ticketCount missingCount repeatedCount } edges { node { missingCount repeatedCount firstSequenceNumber
            contributions { totalCount edges { node { sequenceNumber missingBeforeCount isRepeated } } } } } } }`,
      );
      expect(errors).toBeUndefined();
      return data.ticketSessions;
    };
    const [before, after] = [await ask(start, border), await ask(border, border + HOUR_MS)];
    expect(before.total).toEqual({ ticketCount: 2, missingCount: 1, repeatedCount: 0 });
    // 4 to 6 are missing before the first ticket after the border
    expect(after.total).toEqual({ ticketCount: 3, missingCount: 5, repeatedCount: 1 });
    expect(after.edges[0].node).toMatchObject({ missingCount: 5, repeatedCount: 1, firstSequenceNumber: '7' });
    expect(after.edges[0].node.contributions).toEqual({
      totalCount: 3,
      edges: [
        { node: { sequenceNumber: '7', missingBeforeCount: 3, isRepeated: false } },
        { node: { sequenceNumber: '7', missingBeforeCount: 0, isRepeated: true } },
        { node: { sequenceNumber: '10', missingBeforeCount: 2, isRepeated: false } },
      ],
    });
    expect((await ask(start, border + HOUR_MS)).total).toEqual({ ticketCount: 5, missingCount: 6, repeatedCount: 1 });
  });

  test('page through all, and find one', async () => {
    const seen: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const after: string = cursor === null ? '' : `, after: "${cursor}"`;
      const { data } = await api().query(
        `{ ticketSessions(first: 1${after}) { totalCount edges { node { ticketSessionId } } pageInfo { hasNextPage endCursor } } }`,
      );
      const { edges, pageInfo, totalCount } = data.ticketSessions;
      expect(totalCount).toBe(3);
      seen.push(...edges.map(({ node }: { node: { ticketSessionId: string } }) => node.ticketSessionId));
      if (!pageInfo.hasNextPage) break;
      cursor = pageInfo.endCursor;
    }
    expect(seen).toEqual(['silent', 'whole', 'gaps']);
    const { data } = await api().query(
      `{ ticketSessions(ticketSessionId: "long ago", range: { start: "${iso(NOW - 47 * HOUR_MS)}", end: "${iso(NOW)}" }) {
        total { ticketCount } } none: ticketSessions(ticketSessionId: "nobody") { totalCount total { ticketCount } edges { cursor } } }`,
    );
    expect(data).toEqual({
      ticketSessions: { total: { ticketCount: 1 } },
      none: { totalCount: 0, total: null, edges: [] },
    });
  });
});

describe('BYOC', () => {
  test('workers are counted by capability, any case, without showing where they are', async () => {
    const { data, errors } = await api().query(
      '{ byocWorkers { capabilities { capability workerCount eventCount models averagePricePerUnitWei { value unit sampleCount nullReason } } } }',
    );
    expect(errors).toBeUndefined();
    expect(data.byocWorkers.capabilities).toEqual([
      {
        capability: 'cap',
        workerCount: 2,
        eventCount: 3,
        models: ['m1', 'm2'],
        averagePricePerUnitWei: { value: 15.25, unit: 'WEI', sampleCount: 2, nullReason: 'OK' },
      },
      {
        capability: 'other',
        workerCount: 0,
        eventCount: 1,
        models: [],
        averagePricePerUnitWei: { value: null, unit: 'WEI', sampleCount: 0, nullReason: 'NO_DATA' },
      },
    ]);
    const { rows } = await api().reader.query<{ worker_id: string; worker_uri: string | null }>(
      "select distinct worker_id, worker_uri from api.byoc_worker_event where capability = 'cap'",
    );
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      expect(row.worker_id).toMatch(/^w_[0-9a-f]{16}$/);
      expect(row.worker_uri).toBeNull();
    }
    await expect(api().reader.query('select salt from work.public_salt')).rejects.toThrow(/permission denied/);
  });

  test('authorisations are counted by capability, and one that says nothing is neither', async () => {
    const { data } = await api().query(
      '{ byocAuth { capabilities { capability eventCount successCount failedCount successRatio { value sampleCount } } } }',
    );
    expect(data.byocAuth.capabilities).toEqual([
      {
        capability: 'cap',
        eventCount: 4,
        successCount: 2,
        failedCount: 1,
        successRatio: { value: 2 / 3, sampleCount: 3 },
      },
    ]);
  });

  test('texts that a producer chooses show no address [PRIVACY-001]', async () => {
    const { owner, reader } = api();
    const secret = { id: 'secret', atMs: at(-60), name: 'seen at 10.0.0.8', capability: 'Masked at 10.0.0.7' };
    await seedWorkers(owner, [{ ...secret, models: ['m', 'http://10.0.0.9:9000/m'] }]);
    await seedAuths(owner, [{ ...secret, isSuccess: false, error: 'no route to 10.0.0.6' }]);
    const rowsOf = async (text: string) => (await reader.query(text)).rows;
    expect(
      await rowsOf("select name, capability, models from api.byoc_worker_event where event_id = 'secret'"),
    ).toEqual([{ name: 'seen at [ip]', capability: 'masked at [ip]', models: ['m', 'http://[host]/m'] }]);
    expect(await rowsOf("select name, capability, error from api.byoc_auth_event where event_id = 'secret'")).toEqual([
      { name: 'seen at [ip]', capability: 'masked at [ip]', error: 'no route to [ip]' },
    ]);
    const range = `range: { start: "${iso(at(-60))}", end: "${iso(at(-55))}" }`;
    const { data } = await api().query(`{ byocWorkers(${range}) { capabilities { capability eventCount } }
      byocAuth(${range}) { capabilities { capability eventCount contributions { totalCount } } } }`);
    // no name: as every dimension, it is unknown
    expect(data).toEqual({
      byocWorkers: { capabilities: [{ capability: null, eventCount: 1 }] },
      byocAuth: { capabilities: [{ capability: null, eventCount: 1, contributions: { totalCount: 1 } }] },
    });
  });
});

describe('facts of requests', () => {
  test('are told for as long as sessions are kept, however long events are', async () => {
    const { owner, query } = api();
    const answers = async () => {
      const { data, errors } =
        await query(`{ ticketSessions { totalCount edges { node { contributions { totalCount } } } }
        byocWorkers { capabilities { eventCount contributions { totalCount } } }
        byocAuth { capabilities { eventCount contributions { totalCount } } } }`);
      expect(errors).toBeUndefined();
      return data;
    };
    const whole = await answers();
    expect(whole.ticketSessions.totalCount).toBe(3);
    try {
      await owner.query('update work.floor set raw_floor = $1::timestamptz', [iso(NOW)]);
      expect(await answers()).toEqual(whole);
      await owner.query('update work.floor set core_floor = $1::timestamptz', [iso(NOW)]);
      const gone = { capabilities: [] };
      expect(await answers()).toEqual({
        ticketSessions: { totalCount: 0, edges: [] },
        ...{ byocWorkers: gone, byocAuth: gone },
      });
    } finally {
      await owner.query(`update work.floor set raw_floor = '2000-01-01Z', core_floor = '2000-01-01Z'`);
    }
  });
});
