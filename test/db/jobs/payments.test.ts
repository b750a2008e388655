import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOCK } from '../../../src/jobs/advisory-locks.js';
import { refreshAlone } from '../../../src/jobs/refresh-rollups.js';
import { createLog } from '../../../src/log.js';
import type { SimulatedMessage } from '../../../src/simulator/options.js';
import { withTransaction } from '../../../src/warehouse/pool.js';
import { markPaymentsBetween } from '../../../src/warehouse/stores/payment-mark-store.js';
import { readCore } from './fact-writer.js';
import { naiveLinks, storedLinks } from './naive-links.js';
import { gatewayMessage, randomFrom, useResolving } from './resolving-harness.js';

const log = createLog({ level: 'silent', format: 'json' });
const T0 = Date.UTC(2026, 0, 8, 23, 58);
const MINUTE = 60_000;
const DAY = 86_400_000;
const SENDER = `0x${'5'.repeat(40)}`;
const RECIPIENTS = [`0x${'A'.repeat(40)}`, `0x${'B'.repeat(40)}`];

const resolving = useResolving();
const send = (messages: readonly SimulatedMessage[]) => resolving().send(messages);
const drain = () => resolving().drain();

const message = (id: string, type: string, atMs: number, data: object) => gatewayMessage(T0, { id, type, atMs, data });

function request(id: string, atMs: number, stream: string, requestId: string): SimulatedMessage {
  const data = { type: 'gateway_receive_stream_request', timestamp: atMs, stream_id: stream, request_id: requestId };
  return message(id, 'stream_trace', atMs, data);
}

function status(id: string, atMs: number, stream: string, requestId: string, model: string): SimulatedMessage {
  const data = { stream_id: stream, request_id: requestId, pipeline: model, state: 'ONLINE', timestamp: atMs };
  return message(id, 'ai_stream_status', atMs, { ...data, inference_status: { fps: 20 } });
}

interface PaymentFields {
  readonly requestId?: string;
  readonly sessionId?: string;
  readonly recipient?: number;
  readonly faceValue?: string;
  readonly manifestId?: string;
}

function payment(id: string, atMs: number, fields: PaymentFields = {}): SimulatedMessage {
  return message(id, 'create_new_payment', atMs, {
    clientIP: '203.0.113.9',
    capability: '',
    faceValue: fields.faceValue ?? '2402400000000000 WEI',
    manifestID: fields.manifestId ?? '35_sd',
    numTickets: '2',
    orchestrator: 'https://orch.example.com:8935',
    price: '1635.021 wei/pixel',
    recipient: RECIPIENTS[fields.recipient ?? 0],
    requestID: fields.requestId ?? '',
    sender: SENDER,
    sessionID: fields.sessionId ?? 'chain',
    winProb: '0.0009990010',
  });
}

const links = () => storedLinks(resolving().admin);

describe('payments', () => {
  it('are exact rows of their events, with the session of the request and its dimensions', async () => {
    const { admin } = resolving();
    await send([request('r', T0, 'st', 'rq'), status('s', T0 + 1000, 'st', 'rq', 'streamdiffusion-sdxl')]);
    await send([payment('p1', T0 + 2000, { requestId: 'rq' }), payment('p2', T0 + 3000)]);
    await drain();
    expect(await links()).toEqual({ p1: 'request st|rq', p2: 'earlier st|rq' });
    const { rows } = await admin.query(`
      select p.payment_id, p.face_value_wei::text, p.expected_value_wei::text, p.ticket_count, g.orchestrator_address,
        g.pipeline, g.model, g.gateway
      from core.payment as p join core.grain as g using (grain_id) where event_id = 'p1'`);
    const id = createHash('sha256').update('daydream\u001fp1').digest('hex').slice(0, 24);
    expect(rows).toEqual([
      {
        payment_id: `p_${id}`,
        face_value_wei: '4804800000000000',
        expected_value_wei: '4800000004800',
        ticket_count: '2',
        orchestrator_address: RECIPIENTS[0]?.toLowerCase(),
        pipeline: 'live-video-to-video',
        model: 'streamdiffusion-sdxl',
        gateway: 'gw.example.com',
      },
    ]);
  });

  it('unlinked, take pipeline and model from the manifest, and heal when the session comes late', async () => {
    const { admin } = resolving();
    await send([payment('p0', T0 - MINUTE), payment('p1', T0 + 2000, { requestId: 'rq' }), payment('p2', T0 + 3000)]);
    await send([
      payment('other', T0 + 3000, { recipient: 1 }),
      payment('third', T0, { sessionId: 'c', manifestId: 'x' }),
    ]);
    await drain();
    expect(await links()).toEqual({ p0: 'none', p1: 'none', p2: 'none', other: 'none', third: 'none' });
    const grains = () =>
      admin.query<{ event_id: string; pipeline: string; model: string }>(
        'select event_id, pipeline, model from core.payment join core.grain using (grain_id) order by 1',
      );
    expect((await grains()).rows).toEqual([
      { event_id: 'other', pipeline: 'live-video-to-video', model: 'sd' },
      { event_id: 'p0', pipeline: 'live-video-to-video', model: 'sd' },
      { event_id: 'p1', pipeline: 'live-video-to-video', model: 'sd' },
      { event_id: 'p2', pipeline: 'live-video-to-video', model: 'sd' },
      { event_id: 'third', pipeline: '', model: '' },
    ]);
    await admin.query('truncate work.bucket_mark');
    await send([request('r', T0, 'st', 'rq')]);
    await drain();
    expect(await links()).toEqual({
      p0: 'later st|rq',
      p1: 'request st|rq',
      p2: 'earlier st|rq',
      other: 'none',
      third: 'none',
    });
    const { rows } = await admin.query<{ bucket_start: Date }>(
      "select distinct bucket_start from work.bucket_mark where rollup = 'payment_5m' order by 1",
    );
    expect(rows.map((row) => row.bucket_start.toISOString())).toEqual(['2026-01-08T23:55:00.000Z']);
    await send([status('s', T0 + 10 * MINUTE, 'st', 'rq', 'streamdiffusion-sdxl')]);
    await drain();
    expect((await grains()).rows.filter(({ event_id }) => event_id.startsWith('p')).map(({ model }) => model)).toEqual([
      'streamdiffusion-sdxl',
      'streamdiffusion-sdxl',
      'streamdiffusion-sdxl',
    ]);
  });

  it('are written but for those whose rows the database refuses, which keep their marks [FACT-002]', async () => {
    const { admin } = resolving();
    const marks = async () => (await admin.query('select from work.payment_mark')).rowCount;
    await admin.query(`alter table core.payment add constraint refused check (event_id <> 'p2')`);
    try {
      await send([request('r', T0, 'st', 'rq'), payment('p1', T0 + 1000, { requestId: 'rq' })]);
      await send([payment('p2', T0 + 2000), payment('p3', T0 + 3000), payment('other', T0, { recipient: 1 })]);
      expect(await drain()).toMatchObject({ leftCount: 1 });
      expect(await links()).toEqual({ p1: 'request st|rq', p3: 'earlier st|rq', other: 'none' });
      expect(await marks()).toBe(1);
      expect(await drain()).toMatchObject({ leftCount: 1 });
      expect(await marks()).toBe(1);
    } finally {
      await admin.query('alter table core.payment drop constraint refused');
    }
    expect(await drain()).toMatchObject({ leftCount: 0 });
    expect(await links()).toMatchObject({ p2: 'earlier st|rq' });
    expect(await marks()).toBe(0);
  });

  it('are read by the days that are marked, not with what lies between, and those of a repair are marked in order', async () => {
    const { admin } = resolving();
    const days = Array.from({ length: 8 }, (_, index) => new Date(T0 - (7 - index) * DAY));
    await send(days.map((at, index) => payment(`p${index}`, at.getTime())).reverse());
    await admin.query('delete from work.payment_mark where from_at = $1', [days[4]]);
    await drain();
    expect(Object.keys(await links())).toEqual(['p0', 'p1', 'p2', 'p3', 'p5', 'p6', 'p7']);
    await withTransaction(admin, (client) => markPaymentsBetween(client, new Date(T0 - 8 * DAY), new Date(T0 + DAY)));
    const { rows } = await admin.query('select from_at from work.payment_mark order by mark_id');
    expect(rows).toEqual(days.map((at) => ({ from_at: at })));
    await drain();
    expect(Object.keys(await links())).toHaveLength(8);
  });

  it('follow a late payment with a request, and only as far as the next one', async () => {
    await send([request('r1', T0, 'st', 'one'), request('r2', T0, 'st', 'two')]);
    await send([
      payment('a', T0 + 1000, { requestId: 'one' }),
      ...[2, 3, 4].map((second) => payment(`b${second}`, T0 + second * 1000)),
      payment('c', T0 + 5000, { requestId: 'one' }),
      payment('d', T0 + 6000),
    ]);
    await drain();
    await send([payment('late', T0 + 2500, { requestId: 'two' })]);
    await drain();
    expect(await links()).toEqual({
      a: 'request st|one',
      b2: 'earlier st|one',
      late: 'request st|two',
      b3: 'earlier st|two',
      b4: 'earlier st|two',
      c: 'request st|one',
      d: 'earlier st|one',
    });
  });

  it('are the same by tail, repair and bootstrap for any order and batching, and what the rule says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 5 }), async (seed, batches) => {
        await resolving().empty();
        const { admin } = resolving();
        const random = randomFrom(seed);
        const all = randomTraffic(random).sort(() => random() - 0.5);
        for (let batch = 0; batch < batches; batch += 1) {
          await send(all.filter((_, index) => index % batches === batch));
          if (random() < 0.7) await drain();
        }
        await drain();
        const tail = await readCore(admin);
        expect(await links()).toEqual(await naiveLinks(admin));
        await resolving().repairAround(T0);
        expect(await readCore(admin)).toEqual(tail);
        await resolving().bootstrap();
        expect(await readCore(admin)).toEqual(tail);
        await admin.query('truncate core.payment, work.payment_mark, work.payment_session_mark');
        await resolving().bootstrap();
        expect(await readCore(admin)).toEqual(tail);
        expect((await admin.query('select from work.payment_mark')).rowCount).toBe(0);
      }),
      { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 5) },
    );
  });

  it('stay away from a rebuild, with jobs: marks wait until it has ended', async () => {
    const { admin } = resolving();
    await send([payment('p1', T0)]);
    await withTransaction(admin, async (client) => {
      await client.query('select pg_advisory_xact_lock($1, 0)', [LOCK.resolverMode]);
      await drain();
      expect(await links()).toEqual({});
    });
    await drain();
    expect(await links()).toEqual({ p1: 'none' });
  });

  it('are linked by a rebuild across more than it reads at once, and vanish with their events above the floor', async () => {
    const { admin, bootstrap } = resolving();
    await send([request('r', T0, 'st', 'rq'), payment('p1', T0 + 1, { requestId: 'rq' })]);
    await admin.query(
      `insert into fact.payment
       select f.event_at + n * interval '1 ms', f.org, 'many' || n, f.gateway, case when n = 5200 then f.request_id else '' end,
         case when n % 2 = 0 then 'second' else f.session_id end, f.manifest_id, f.sender, f.recipient, f.orch_url,
         f.capability, f.face_value_wei, f.expected_value_wei, f.ticket_count, f.price, f.win_prob
       from fact.payment as f cross join generate_series(1, 5200) as n`,
    );
    await bootstrap();
    // one chain hangs on p1, before all of them, the other on its last payment
    const methodOf = (n: number): string => (n % 2 !== 0 ? 'earlier' : n < 5200 ? 'later' : 'request');
    const wanted = Array.from({ length: 5200 }, (_, index) => [`many${index + 1}`, `${methodOf(index + 1)} st|rq`]);
    expect(await links()).toEqual({ ...Object.fromEntries(wanted), p1: 'request st|rq' });
    const methods = async () => {
      const { rows } = await admin.query(
        'select link_method, count(*)::int as count from core.payment group by 1 order by 1',
      );
      return rows.map(({ link_method, count }) => [link_method, count]);
    };
    await admin.query(`delete from fact.payment where event_id <> 'p1'`);
    await admin.query('truncate work.bucket_mark');
    await bootstrap();
    expect(await methods()).toEqual([['request', 1]]);
    const marked = await admin.query(`select distinct bucket_start from work.bucket_mark where rollup = 'payment_5m'`);
    expect(marked.rowCount).toBe(1);
  });

  it('outlive their events in a rebuild, and are linked anew by what is stored of them', async () => {
    const { admin, bootstrap } = resolving();
    await send([payment('old', T0, { requestId: 'rq' }), payment('new', T0 + DAY)]);
    await drain();
    await admin.query('update work.floor set raw_floor = $1', [new Date(Date.UTC(2026, 0, 9))]);
    await admin.query(`delete from fact.payment where event_id = 'old'`);
    await bootstrap();
    expect(await links()).toEqual({ old: 'none', new: 'none' });
    await send([request('r', T0 + 5 * MINUTE, 'st', 'rq')]);
    await bootstrap();
    expect(await links()).toEqual({ old: 'request st|rq', new: 'earlier st|rq' });
  });

  it('that a rebuild cannot write stay as they were, with their marks [FACT-002]', async () => {
    const { admin, bootstrap } = resolving();
    const prices = async () => (await admin.query('select price from core.payment order by event_id')).rows;
    await send([payment('p1', T0), payment('p2', T0 + 1000), payment('p3', T0 + 2000)]);
    await drain();
    await admin.query(`update core.payment set price = 'kept'`);
    await admin.query(`alter table core.payment add constraint refused check (event_id <> 'p2' or price = 'kept')`);
    try {
      expect(await bootstrap()).toMatchObject({ leftCount: 1 });
      const price = '1635.021 wei/pixel';
      expect(await prices()).toEqual([{ price }, { price: 'kept' }, { price }]);
      expect((await admin.query('select from work.payment_mark')).rowCount).toBe(1);
    } finally {
      await admin.query('alter table core.payment drop constraint refused');
    }
    await drain();
    expect(new Set((await prices()).map(({ price }) => price)).size).toBe(1);
  });

  it('are verified by chain: those that a waiting mark can move are left out and counted [PARITY-002]', async () => {
    const { admin, verify } = resolving();
    await send([request('r', T0, 'st', 'rq'), payment('p1', T0 + 1000, { requestId: 'rq' }), payment('p2', T0 + 2000)]);
    await send([payment('other', T0, { recipient: 1 }), payment('old', T0 - DAY)]);
    await drain();
    expect(await verify()).toMatchObject({
      report: { payments: { count: 4, waitingCount: 0 }, differenceCount: 0 },
    });
    await send([payment('p0', T0 - MINUTE)]);
    await admin.query(`update core.payment set session_key = 'another', link_method = 'none'`);
    const rows = (await verify()).differences.filter(({ relation }) => relation === 'core.payment');
    expect(rows.map(({ key, column }) => [key.event_id, column])).toEqual([['other', 'session_key']]);
    expect(await verify()).toMatchObject({ report: { payments: { count: 1, waitingCount: 4 } } });
    await admin.query('truncate work.payment_mark');
    await admin.query(
      `insert into work.payment_session_mark (org, session_key, request_id) values ('daydream', 'x', 'rq')`,
    );
    expect(await verify()).toMatchObject({ report: { payments: { count: 1, waitingCount: 4 } } });
    await admin.query('truncate work.payment_session_mark');
    const all = (await verify()).differences.filter(({ relation }) => relation === 'core.payment');
    expect(all.filter(({ kind }) => kind === 'missing').map(({ key }) => key.event_id)).toEqual(['p0']);
    expect(new Set(all.map(({ key }) => key.event_id))).toEqual(new Set(['p0', 'p1', 'p2', 'old', 'other']));
  });

  it('sum to the wei in rollups, linked and not, before and after the refresh', async () => {
    const { admin } = resolving();
    await send([request('r', T0, 'st', 'rq')]);
    await send([
      payment('p1', T0 + 1000, { requestId: 'rq', faceValue: `${10n ** 70n + 1n} WEI` }),
      payment('p2', T0 + 2000, { faceValue: '7 WEI' }),
      payment('p3', T0 + 4 * MINUTE, { sessionId: 'elsewhere', faceValue: '1 WEI' }),
    ]);
    await drain();
    const sums = async (rollup: string) => {
      const { rows } = await admin.query(`
        select sum(payment_count)::int as payments, sum(linked_count)::int as linked, sum(face_value_wei)::text as face,
          sum(linked_face_value_wei)::text as linked_face, sum(ticket_count)::int as tickets
        from api.${rollup}`);
      return rows[0];
    };
    const wanted = {
      payments: 3,
      linked: 2,
      face: String(2n * (10n ** 70n + 1n) + 16n),
      linked_face: String(2n * (10n ** 70n + 1n) + 14n),
      tickets: 6,
    };
    const rollups = ['payment_5m', 'payment_1h', 'payment_1d'];
    for (const rollup of rollups) expect(await sums(rollup), rollup).toEqual(wanted);
    await refreshAlone({ ownerPool: resolving().ownerPool, asOf: new Date(T0 + 3 * 86_400_000), log });
    expect((await admin.query("select from work.bucket_mark where rollup like 'payment%'")).rowCount).toBe(0);
    for (const rollup of rollups) expect(await sums(rollup), rollup).toEqual(wanted);
    expect((await admin.query('select from api.payment_1d')).rowCount, 'two days').toBe(2);
  });
});

/** A few requests with one or two sessions each, and chains of payments that name some of them. */
function randomTraffic(random: () => number): SimulatedMessage[] {
  const pick = (count: number) => Math.floor(random() * count);
  // days of a chain with others between them
  const at = () => T0 - pick(3) * 2 * DAY + pick(30) * MINUTE;
  const sessions = Array.from({ length: 8 }, (_, index) =>
    request(`r${index}`, at(), random() < 0.3 ? '' : `st${pick(2)}`, `rq${pick(4)}`),
  );
  const samples = Array.from({ length: 4 }, (_, index) =>
    status(`s${index}`, at(), `st${pick(2)}`, `rq${pick(4)}`, `streamdiffusion-${pick(2)}`),
  );
  const payments = Array.from({ length: 25 }, (_, index) =>
    payment(`p${String(index).padStart(2, '0')}`, at(), {
      requestId: random() < 0.3 ? `rq${pick(5)}` : '',
      sessionId: `chain${pick(2)}`,
      recipient: pick(2),
    }),
  );
  return [...sessions, ...samples, ...payments];
}
