import { beforeAll, describe, expect, test } from 'vitest';
import { grainOf } from '../../../src/domain/grain.js';
import { insertRows } from '../warehouse/seed.js';
import { useApi } from './api-under-test.js';
import { HOUR_MS, iso, ORCHESTRATORS, seedOrchestrators, seedSessions } from './network.js';
import { PAGE_INFO, walk } from './walk.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const api = useApi(NOW);
const SENDER = `0x${'5'.repeat(40)}`;
const sessionId = (index: number) => `s_${String(index).padStart(24, '0')}`;
const paymentId = (index: number) => `p_${String(index).padStart(24, '0')}`;

interface SeedPayment {
  readonly index: number;
  readonly paidMs: number;
  readonly session: number | null;
  readonly orchestrator: string;
  readonly model: string;
  readonly faceValueWei: string;
  readonly expectedValueWei: string;
}

/** Two at each instant, so that the id has to break ties; every fourth is unlinked. */
const payments: readonly SeedPayment[] = Array.from({ length: 30 }, (_, index) => ({
  index,
  paidMs: NOW - 3 * HOUR_MS + Math.floor(index / 2) * 7 * 60_000,
  session: index % 4 === 3 ? null : index % 6,
  orchestrator: ORCHESTRATORS[index % 3] ?? '',
  model: index % 2 === 0 ? 'sd' : 'sdxl',
  faceValueWei: String(10n ** 20n + BigInt(index)),
  expectedValueWei: String(10n ** 17n + BigInt(index)),
}));

function grain(payment: SeedPayment) {
  return grainOf({
    org: 'daydream',
    gateway: 'gw-1',
    orchestratorAddress: payment.orchestrator,
    pipeline: 'live-video-to-video',
    model: payment.model,
    gpuId: '',
    region: 'EU',
    isSynthetic: false,
  });
}

beforeAll(async () => {
  const { owner } = api();
  await seedOrchestrators(owner, ORCHESTRATORS, NOW - HOUR_MS * 5);
  await seedSessions(
    owner,
    Array.from({ length: 6 }, (_, index) => ({
      id: sessionId(index),
      startedMs: NOW - HOUR_MS * 3,
      orchestrator: ORCHESTRATORS[index % 3] ?? '',
    })),
  );
  const { rows } = await owner.query<{ session_id: string; session_key: string }>(
    'select session_id, session_key from core.session',
  );
  const keyOf = new Map(rows.map((row) => [row.session_id, row.session_key]));
  const grains = new Map(payments.map((payment) => [grain(payment).grainId, grain(payment)]));
  await insertRows(
    owner,
    'core.grain',
    [...grains.values()].map((one) => ({
      grain_id: one.grainId,
      org: one.org,
      gateway: one.gateway,
      orchestrator_address: one.orchestratorAddress,
      pipeline: one.pipeline,
      model: one.model,
      gpu_id: '',
      region: one.region,
      is_synthetic: false,
    })),
  );
  await insertRows(
    owner,
    'core.payment',
    payments.map((payment) => ({
      bucket_start: iso(Math.floor(payment.paidMs / 300_000) * 300_000),
      paid_at: iso(payment.paidMs),
      org: 'daydream',
      event_id: `e${payment.index}`,
      payment_id: paymentId(payment.index),
      grain_id: grain(payment).grainId,
      request_id: payment.session === null ? '' : `request-${payment.session}`,
      payment_session_id: `chain-${payment.index % 5}`,
      manifest_id: '35_sd',
      sender: SENDER,
      recipient: payment.orchestrator,
      orch_url: payment.index % 2 === 0 ? 'https://10.0.0.7:8935' : 'https://orch.example.com:8935',
      face_value_wei: payment.faceValueWei,
      expected_value_wei: payment.expectedValueWei,
      ticket_count: 2,
      win_prob: '1.0e-3',
      session_key: payment.session === null ? '' : keyOf.get(sessionId(payment.session)),
      link_method: payment.session === null ? 'none' : 'request',
    })),
  );
  await owner.query("select work.mark_buckets('payment', array(select distinct bucket_start from core.payment))");
});

async function idsOf(args: string, size: number, isBackward = false): Promise<string[]> {
  const listOf = async (page: string) => {
    const { data, errors } = await api().query(
      `{ payments(${page}${args}) { edges { node { paymentId } } ${PAGE_INFO} } }`,
    );
    expect(errors).toBeUndefined();
    return data.payments;
  };
  return (await walk<{ readonly paymentId: string }>(listOf, size, isBackward)).map((row) => row.paymentId);
}

const sum = (values: readonly string[]) => String(values.reduce((total, value) => total + BigInt(value), 0n));

describe('payments', () => {
  const newestFirst = [...payments].reverse().map(({ index }) => paymentId(index));

  test.each([1, 4, 100])('pages of %i show every payment once, in order, from both ends', async (size) => {
    expect(await idsOf('', size)).toEqual(newestFirst);
    expect(await idsOf('', size, true)).toEqual(newestFirst);
    expect(await idsOf(', ascending: true', size)).toEqual(newestFirst.toReversed());
  });

  test('are found by link, session, request, sender, orchestrator, chain and time', async () => {
    const count = async (args: string, of: (payment: SeedPayment) => boolean) => {
      const { data, errors } = await api().query(`{ payments(${args}) { totalCount } }`);
      expect(errors).toBeUndefined();
      expect(data.payments.totalCount, args).toBe(payments.filter(of).length);
    };
    await count('isLinked: false', ({ session }) => session === null);
    await count('isLinked: true', ({ session }) => session !== null);
    await count(`sessionId: "${sessionId(2)}"`, ({ session }) => session === 2);
    await count('requestId: "request-1"', ({ session }) => session === 1);
    await count('paymentSessionId: "chain-4"', ({ index }) => index % 5 === 4);
    await count(`senderAddress: "${SENDER.toUpperCase().replace('0X', '0x')}"`, () => true);
    await count(`where: { orchestrators: ["${ORCHESTRATORS[1]}"] }`, ({ index }) => index % 3 === 1);
    const [from, to] = [NOW - 3 * HOUR_MS + 14 * 60_000, NOW - 3 * HOUR_MS + 42 * 60_000];
    await count(`paidIn: { start: "${iso(from)}", end: "${iso(to)}" }`, ({ paidMs }) => paidMs >= from && paidMs < to);
    const { errors } = await api().query('{ payments(senderAddress: "0x1") { totalCount } }');
    expect(errors?.[0]?.extensions.code).toBe('INVALID_ARGUMENT');
  });

  test('show amounts to the wei, and no private host', async () => {
    const { data } = await api().query(`{ payments(first: 2) { edges { node {
      paymentId faceValueWei expectedValueWei ticketCount winProbability senderAddress orchestratorAddress orchestratorUri
      linkMethod session { sessionId } orchestrator { address } gateway region pipeline model } } } }`);
    expect(data.payments.edges.map(({ node }: { node: object }) => node)).toMatchObject([
      {
        paymentId: paymentId(29),
        faceValueWei: '100000000000000000029',
        expectedValueWei: '100000000000000029',
        ticketCount: 2,
        winProbability: '0.0010',
        senderAddress: SENDER,
        orchestratorUri: 'https://orch.example.com:8935',
        linkMethod: 'REQUEST',
        session: { sessionId: sessionId(5) },
        orchestrator: { address: ORCHESTRATORS[2] },
      },
      { paymentId: paymentId(28), orchestratorUri: null, gateway: 'gw-1', region: 'EU', model: 'sd' },
    ]);
  });

  test('say where their events were read, in a fixed number of statements [LINEAGE-002]', async () => {
    const { owner } = api();
    await insertRows(owner, 'raw.source', [
      { source_id: 900, cluster_id: 'test', topic: 'payments', partition: 3, org: 'daydream' },
    ]);
    await insertRows(
      owner,
      'raw.event',
      payments.slice(1).map(({ index, paidMs }) => ({
        ...{ event_at: iso(paidMs), envelope_at: iso(paidMs), received_at: iso(paidMs + 1000), source_id: 900 },
        ...{ org: 'daydream', event_id: `e${index}`, family: 'create_new_payment', offset: index, payload: '{}' },
      })),
    );
    const ask = (first: number, after = '') =>
      api().query(`{ payments(first: ${first}, ascending: true${after}) { edges { node { eventId
        event { eventId availability family source { kind topic partition offset } } } } } }`);
    const { data, errors } = await ask(30);
    expect(errors).toBeUndefined();
    const [lost, ...kept] = data.payments.edges.map(({ node }: { node: object }) => node);
    expect(lost.event).toEqual({ eventId: 'e0', availability: 'NOT_FOUND', family: null, source: null });
    expect(kept).toEqual(
      payments.slice(1).map(({ index }) => ({
        eventId: `e${index}`,
        event: {
          ...{ eventId: `e${index}`, availability: 'KEPT', family: 'create_new_payment' },
          source: { kind: 'KAFKA', topic: 'payments', partition: 3, offset: index },
        },
      })),
    );
    expect(await api().countStatements(() => ask(30))).toBe(await api().countStatements(() => ask(1)));
  });

  test('come with their sessions, and sessions with their payments, in a fixed number of statements', async () => {
    const byPayment = (first: number) =>
      api().query(
        `{ payments(first: ${first}) { totalCount edges { node { session { sessionId } orchestrator { address } } } } }`,
      );
    const bySession = (first: number) =>
      api().query(
        `{ sessions(first: ${first}) { edges { node { sessionId payments { paymentId session { org } } } } } }`,
      );
    for (const ask of [byPayment, bySession]) {
      await ask(2);
      const few = await api().countStatements(() => ask(2));
      expect(await api().countStatements(() => ask(6))).toBe(few);
      expect(few).toBeLessThanOrEqual(5);
    }
    const { data } = await bySession(6);
    for (const { node } of data.sessions.edges) {
      const own = payments.filter(({ session }) => session !== null && sessionId(session) === node.sessionId);
      expect(node.payments.map((one: { paymentId: string }) => one.paymentId)).toEqual(
        own.map(({ index }) => paymentId(index)).reverse(),
      );
    }
  });
});

describe('paymentTotals', () => {
  test('sum to the wei over groups, buckets and everything', async () => {
    const { data, errors } = await api().query(`{ paymentTotals(groupBy: [ORCHESTRATOR, MODEL]) {
      totalCount rangeUsed { bucket }
      total { expectedValueWei faceValueWei linkedExpectedValueWei linkedFaceValueWei paymentCount linkedCount unlinkedCount ticketCount linkedRatio { value sampleCount } }
      points { start metrics { expectedValueWei } }
      edges { node { orchestratorAddress model metrics { expectedValueWei paymentCount } previous { paymentCount } } } } }`);
    expect(errors).toBeUndefined();
    const { total, points, edges } = data.paymentTotals;
    const linked = payments.filter(({ session }) => session !== null);
    expect(total).toEqual({
      expectedValueWei: sum(payments.map((one) => one.expectedValueWei)),
      faceValueWei: sum(payments.map((one) => one.faceValueWei)),
      linkedExpectedValueWei: sum(linked.map((one) => one.expectedValueWei)),
      linkedFaceValueWei: sum(linked.map((one) => one.faceValueWei)),
      paymentCount: 30,
      linkedCount: linked.length,
      unlinkedCount: 30 - linked.length,
      ticketCount: 60,
      linkedRatio: { value: linked.length / 30, sampleCount: 30 },
    });
    expect(points).toHaveLength(24);
    const inPoints = points.flatMap(({ metrics }: { metrics: { expectedValueWei: string } | null }) =>
      metrics === null ? [] : [metrics.expectedValueWei],
    );
    expect(sum(inPoints)).toBe(total.expectedValueWei);
    expect(edges).toHaveLength(6);
    for (const { node } of edges) {
      const own = payments.filter((one) => one.orchestrator === node.orchestratorAddress && one.model === node.model);
      expect(node.metrics).toEqual({
        expectedValueWei: sum(own.map((one) => one.expectedValueWei)),
        paymentCount: own.length,
      });
      expect(node.previous).toBeNull();
    }
  });

  test('have no minutes', async () => {
    const { errors } = await api().query('{ paymentTotals(bucket: MINUTE_1) { totalCount } }');
    expect(errors?.[0]?.extensions.code).toBe('UNSUPPORTED_BUCKET');
  });
});
