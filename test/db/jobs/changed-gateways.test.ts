import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { markChangedGateways } from '../../../src/jobs/changed-gateways.js';
import { createLog } from '../../../src/log.js';
import type { SimulatedMessage } from '../../../src/simulator/options.js';
import { discovery, element, MINUTE, report, T0 } from './discovery-samples.js';
import { readCore } from './fact-writer.js';
import { gatewayMessage, useResolving } from './resolving-harness.js';

const log = createLog({ level: 'silent', format: 'json' });
const HOST = '10.0.0.7:8935';
const OTHER = 'gw.example.com';
const DAY = 24 * 60 * MINUTE;
const WAITING_LOCKS = `
select from pg_locks
where not granted and database = (select oid from pg_database where datname = current_database())`;
const NOTHING_WAITS = { count: 0, waitingCount: 0, failedCount: 0 };

const resolving = useResolving();
const forgetGateways = async () => {
  await resolving().admin.query('truncate config.gateway');
  await resolving().admin.query('truncate work.gateway_mark');
};
beforeEach(forgetGateways);
afterEach(forgetGateways);

const configure = (name: string, region: string) =>
  resolving().admin.query(
    `insert into config.gateway (gateway, display_name, region) values ($1, $2, $3)
     on conflict (gateway) do update set display_name = excluded.display_name, region = excluded.region`,
    [HOST, name, region],
  );

/** A session over two days with payments on both, one that says no gateway and one for no session, jobs of both kinds, a discovery, a ticket and BYOC messages. */
function trafficOf(name: string, gateway: string): SimulatedMessage[] {
  const say = (id: string, type: string, atMs: number, data: object, host = gateway) =>
    gatewayMessage(T0, { id: `${name}-${id}`, type, atMs, data: { timestamp: atMs, ...data }, gateway: host });
  const ids = { stream_id: name, request_id: name };
  const status = { ...ids, pipeline: 'm', state: 'ONLINE', inference_status: { fps: 20 } };
  const payment = {
    ...{ clientIP: '203.0.113.9', capability: '', faceValue: '7 WEI', manifestID: 'm', numTickets: '2' },
    ...{ orchestrator: 'https://orch.example.com:8935', price: '1 wei/pixel', winProb: '0.1', requestID: name },
    ...{ recipient: `0x${'a'.repeat(40)}`, sender: `0x${'5'.repeat(40)}`, sessionID: name },
  };
  const batch = { request_id: `b-${name}`, pipeline: 'text-to-image', model: 'sdxl' };
  const completed = { success: true, tries: 1, duration_ms: 2500, orch_url: 'https://orch.example.com:8935' };
  const byoc = { type: 'job_gateway_completed', capability: 'c', http_status: 200, worker_url: '', error: '' };
  return [
    say('r', 'stream_trace', T0, { ...ids, type: 'gateway_receive_stream_request' }),
    ...Array.from({ length: 20 }, (_, n) => say(`s${n}`, 'ai_stream_status', T0 + n * MINUTE, status)),
    say('p1', 'create_new_payment', T0 + 1000, payment),
    say('p2', 'create_new_payment', T0 + 10 * MINUTE, payment),
    say('p3', 'create_new_payment', T0 + 11 * MINUTE, payment, ''),
    say('p4', 'create_new_payment', T0, { ...payment, requestID: '', sessionID: `${name}-alone` }),
    say('br', 'ai_batch_request', T0, { ...batch, type: 'ai_batch_request_received' }),
    say('bc', 'ai_batch_request', T0 + 1, { ...batch, ...completed, type: 'ai_batch_request_completed' }),
    say('n', 'ai_batch_request', T0 + 2, {
      ...batch,
      ...completed,
      type: 'ai_batch_request_completed',
      request_id: '',
    }),
    say('j', 'job_gateway', T0 + 3, { ...byoc, ...completed }),
    discovery(`${name}-d`, T0, [element(0), element(1)], gateway),
    say('t', 'create_signed_ticket', T0 + 4, { session_id: name, sequence_number: '1' }),
    say('a', 'job_auth', T0 + 5, { type: 'job_auth_ok', capability: 'c' }),
    say('w', 'worker_lifecycle', T0 + 6, { type: 'worker_up', capability: 'other' }),
  ];
}

const NAMES = `
select 'session' as of, s.request_id as id, g.gateway, g.region from core.session as s join core.grain as g using (grain_id)
union all
select 'bucket', b.session_key, g.gateway, g.region from core.session_bucket_5m as b join core.grain as g using (grain_id)
union all
select 'payment', p.event_id, g.gateway, g.region from core.payment as p join core.grain as g using (grain_id)
union all
select 'job', j.event_id, g.gateway, g.region from core.job as j join core.grain as g using (grain_id)
union all
select 'discovery', d.event_id, g.gateway, g.region from core.discovery as d join core.grain as g using (grain_id)
union all
select 'ticket', t.event_id, g.gateway, g.region from core.ticket as t join core.grain as g using (grain_id)
union all
select 'auth', a.event_id, g.gateway, g.region from core.byoc_auth as a join core.grain as g using (grain_id)
union all
select 'worker', w.event_id, g.gateway, g.region from core.byoc_worker as w join core.grain as g using (grain_id)`;

async function namesOf(name: string): Promise<readonly string[]> {
  const { rows } = await resolving().admin.query<{ text: string }>(
    `select distinct n.of || ' ' || n.gateway || ' ' || n.region as text from (${NAMES}) as n where n.id ~ $1 order by 1`,
    [name],
  );
  return rows.map(({ text }) => text);
}
const everything = (gateway: string, region: string) =>
  ['auth', 'bucket', 'discovery', 'job', 'payment', 'session', 'ticket', 'worker'].map(
    (of) => `${of} ${gateway} ${region}`,
  );

async function sendAndDrain(): Promise<void> {
  const { send, drain } = resolving();
  await send([report('up', T0 - MINUTE, 0), ...trafficOf('mine', HOST), ...trafficOf('theirs', OTHER)]);
  await drain();
}

/** The rows that the tail left are those that a bootstrap makes. */
async function expectConverged(): Promise<void> {
  const { admin, bootstrap, verify } = resolving();
  const tail = await readCore(admin);
  const verified = await verify();
  expect(verified.differences.filter(({ relation }) => relation.startsWith('core.'))).toEqual([]);
  expect(verified.report).toMatchObject({ waitingCount: 0, waitingGatewayCount: 0, jobs: { waitingCount: 0 } });
  await bootstrap();
  expect(await readCore(admin)).toEqual(tail);
}

describe('a changed gateway', () => {
  it('changes everything stored of it with the next drain, as a bootstrap would, and nothing else', async () => {
    const { admin, drain } = resolving();
    await sendAndDrain();
    const [before] = (await namesOf('mine')).map((text) => text.split(' ')[1] ?? '');
    expect(before).toMatch(/^gw_/);
    const theirs = await namesOf('theirs');
    for (const [name, region] of [
      ['Ghent', 'us'],
      ['Ghent', 'eu'],
      ['Zero', 'eu'],
    ] as const) {
      await configure(name, region);
      await drain();
      expect(await namesOf('mine')).toEqual(everything(name, region));
      expect(await namesOf('theirs')).toEqual(theirs);
      const { rows } = await admin.query(`select gateway, region from api.gateway where gateway <> $1`, [OTHER]);
      expect(rows).toEqual([{ gateway: name, region }]);
      await expectConverged();
    }
    await admin.query('delete from config.gateway');
    await drain();
    expect(await namesOf('mine')).toEqual(everything(before ?? '', ''));
    const { rows } = await admin.query(`select gateway, region from api.gateway where gateway <> $1`, [OTHER]);
    expect(rows).toEqual([{ gateway: before, region: null }]);
    await expectConverged();
  });

  it('is applied from stored slices, by one drain or several at once', async () => {
    const { resolver } = resolving();
    await sendAndDrain();
    await configure('Ghent', 'eu');
    const reports = await Promise.all(
      [1, 2].map((concurrency) => resolver.drain({ decidedAt: new Date(), concurrency })),
    );
    expect(
      reports.reduce((sum, { eventCount }) => sum + eventCount, 0),
      'from stored slices',
    ).toBe(0);
    await resolver.drain({ decidedAt: new Date() });
    await expectConverged();
  });

  it.each(['core.session', 'core.payment', 'core.job', 'core.discovery', 'core.ticket'])(
    'is not missed in rows of %s that a batch under way writes by the old name',
    async (table) => {
      const { admin, ownerPool, send, drain } = resolving();
      await send([report('up', T0 - MINUTE, 0), ...trafficOf('mine', HOST)]);
      const holder = await admin.connect();
      let underWay: Promise<unknown> | undefined;
      try {
        await holder.query(`begin; lock table ${table} in share mode`);
        underWay = drain();
        await expect
          .poll(async () => (await admin.query(WAITING_LOCKS)).rowCount, { timeout: 10_000 })
          .toBeGreaterThan(0);
        await configure('Ghent', 'eu');
        await markChangedGateways(ownerPool, log);
        expect((await admin.query('select from work.gateway_mark')).rowCount).toBe(0);
      } finally {
        await holder.query('rollback');
        holder.release();
        await underWay;
      }
      await drain();
      expect(await namesOf('mine')).toEqual(everything('Ghent', 'eu'));
      await expectConverged();
    },
  );

  it('waits in a verification: what carries it is counted, not compared [PARITY-002]', async () => {
    const { verify, drain } = resolving();
    await sendAndDrain();
    const settled = (await verify()).report;
    expect(settled).toMatchObject({ waitingGatewayCount: 0, waitingCount: 0, sessionCount: 2 });
    await configure('Ghent', 'eu');
    const { report: waiting, differences } = await verify();
    expect(differences.filter(({ relation }) => relation.startsWith('core.'))).toEqual([]);
    expect(waiting).toMatchObject({ waitingGatewayCount: 1, waitingCount: 1, sessionCount: 1 });
    expect(waiting.payments).toMatchObject({ count: 4, waitingCount: 4 });
    expect(waiting.jobs).toMatchObject({ count: 3, waitingCount: 3 });
    const one = { count: 1, waitingCount: 1, failedCount: 0 };
    expect(waiting.messages).toEqual({ discovery: one, ticket: one, byoc_auth: one, byoc_worker: one });
    await drain();
    expect((await verify()).report).toEqual(settled);
  });

  it('is counted by a dry run, as much as the run then touches', async () => {
    const { modes, drain } = resolving();
    await sendAndDrain();
    const touched = async () => {
      const { sessions, payments, jobs, messages } = await modes.extentOf('tail', null);
      return { sessions, payments, jobs, ...messages };
    };
    await configure('Ghent', 'eu');
    expect(await touched()).toEqual({
      sessions: 1,
      payments: 3,
      jobs: 3,
      discovery: 1,
      ticket: 1,
      byoc_auth: 1,
      byoc_worker: 1,
    });
    await drain();
    expect(await touched()).toEqual({
      sessions: 0,
      payments: 0,
      jobs: 0,
      discovery: 0,
      ticket: 0,
      byoc_auth: 0,
      byoc_worker: 0,
    });
  });

  it('leaves what is older than the raw floor as it is, but for payments, as a bootstrap does', async () => {
    const { admin, drain } = resolving();
    await sendAndDrain();
    const before = await namesOf('mine');
    await admin.query('update work.floor set raw_floor = $1', [new Date(T0 + DAY)]);
    const jobs = ['ai_batch_event', 'byoc_job_event'];
    const messages = ['discovery_result', 'signed_ticket', 'byoc_auth_event', 'worker_lifecycle_event'];
    for (const table of ['session_event', 'payment', ...jobs, ...messages])
      await admin.query(`delete from fact.${table}`);
    await configure('Ghent', 'eu');
    await drain();
    const kept = before.filter((text) => !text.startsWith('payment'));
    expect(await namesOf('mine')).toEqual(expect.arrayContaining([...kept, 'payment Ghent eu']));
    await expectConverged();
  });

  it('that says the same again is no change', async () => {
    const { admin } = resolving();
    await configure('Ghent', 'eu');
    await admin.query('truncate work.gateway_mark');
    await configure('Ghent', 'eu');
    expect((await admin.query('select from work.gateway_mark')).rowCount).toBe(0);
    await admin.query('truncate config.gateway');
    expect((await admin.query('select gateway from work.gateway_mark')).rows).toEqual([{ gateway: HOST }]);
  });

  it('is applied by a bootstrap, which reads the configuration of today', async () => {
    const { admin, bootstrap } = resolving();
    await sendAndDrain();
    await configure('Ghent', 'eu');
    await bootstrap();
    expect((await admin.query('select from work.gateway_mark')).rowCount).toBe(0);
    expect(await namesOf('mine')).toEqual(everything('Ghent', 'eu'));
    expect((await resolving().verify()).report.messages.discovery).toMatchObject({ ...NOTHING_WAITS, count: 2 });
  });
});
