import { describe, expect, it } from 'vitest';
import type { SimulatedMessage } from '../../../src/simulator/options.js';
import { readCore } from './fact-writer.js';
import { gatewayMessage, useResolving } from './resolving-harness.js';

const T0 = Date.UTC(2026, 0, 8, 23, 58);
const MINUTE = 60_000;
const SPAN = { from: new Date(T0 - 60 * MINUTE), to: new Date(T0 + 5 * MINUTE) };

const resolving = useResolving();

const say = (id: string, type: string, atMs: number, data: object) =>
  gatewayMessage(T0, { id, type, atMs, data: { timestamp: atMs, ...data } });
const payment = (id: string, atMs: number, requestID: string): SimulatedMessage =>
  say(id, 'create_new_payment', atMs, {
    ...{ clientIP: '203.0.113.9', capability: '', faceValue: '7 WEI', manifestID: 'm', numTickets: '2', requestID },
    ...{ orchestrator: 'https://orch.example.com:8935', price: '1 wei/pixel', winProb: '0.1', sessionID: 'chain' },
    ...{ recipient: `0x${'a'.repeat(40)}`, sender: `0x${'5'.repeat(40)}` },
  });
const request = (requestId: string, atMs: number): SimulatedMessage =>
  say(`of ${requestId}`, 'stream_trace', atMs, {
    ...{ type: 'gateway_receive_stream_request', stream_id: requestId, request_id: requestId },
  });
const completed = (id: string, atMs: number): SimulatedMessage[] => [
  say(`batch ${id}`, 'ai_batch_request', atMs, {
    ...{ type: 'ai_batch_request_completed', request_id: id, pipeline: 'text-to-image', model: 'sdxl', success: true },
    orch_url: 'https://orch.example.com:8935',
  }),
  say(`byoc ${id}`, 'job_gateway', atMs, {
    ...{ type: 'job_gateway_completed', capability: 'c', success: true, orch_url: 'https://orch.example.com:8935' },
  }),
];

async function differences(): Promise<readonly string[]> {
  const { differences: all } = await resolving().verify();
  const own = all.filter(({ relation }) => relation.startsWith('core.'));
  return own.map(({ relation, kind }) => `${relation} ${kind}`).sort();
}
async function markedBuckets(rollup: string): Promise<readonly Date[]> {
  const { rows } = await resolving().admin.query<{ at: Date }>(
    'select distinct bucket_start as at from work.bucket_mark where rollup = $1 order by 1',
    [rollup],
  );
  return rows.map(({ at }) => at);
}
const BUCKET = new Date(T0 - 3 * MINUTE);

describe('a repair', () => {
  it('removes payments that no event accounts for, and links what followed them anew, also beyond its span', async () => {
    const { admin, send, drain, modes } = resolving();
    const kept = [request('one', T0 - MINUTE), payment('first', T0, 'one'), payment('far', T0 + 600 * MINUTE, '')];
    await send(kept);
    await drain();
    const right = await readCore(admin);
    await send([request('two', T0 - MINUTE), payment('gone', T0 + MINUTE, 'two')]);
    await drain();
    expect((await admin.query('select from core.payment where session_key like $1', ['%two%'])).rowCount).toBe(2);
    await admin.query(`delete from fact.payment where event_id = 'gone'`);
    expect(await differences()).toEqual(['core.payment changed', 'core.payment surplus']);
    await admin.query('truncate work.bucket_mark');
    await modes.repair(SPAN);
    expect(await differences()).toEqual([]);
    expect((await readCore(admin)).payment).toEqual(right.payment);
    expect(await markedBuckets('payment_5m')).toEqual(expect.arrayContaining([BUCKET]));
  });

  it('removes jobs that no event accounts for, and supersedes their decisions', async () => {
    const { admin, send, drain, modes } = resolving();
    await send(completed('kept', T0));
    await drain();
    const right = await readCore(admin);
    await send(completed('gone', T0 + MINUTE));
    await drain();
    await admin.query(`delete from fact.ai_batch_event where event_id like '% gone';
      delete from fact.byoc_job_event where event_id like '% gone'`);
    expect(await differences()).toEqual(
      ['core.job', 'core.job_decision'].flatMap((table) => [`${table} surplus`, `${table} surplus`]),
    );
    expect((await modes.extentOf('repair', SPAN)).jobs).toBe(4);
    await admin.query('truncate work.bucket_mark');
    await modes.repair(SPAN);
    expect(await differences()).toEqual([]);
    expect(await readCore(admin)).toEqual(right);
    expect(await markedBuckets('job_5m')).toEqual([BUCKET]);
    expect((await admin.query('select from core.job_decision where superseded_at is not null')).rowCount).toBe(2);
  });

  it('leaves alone a job whose completion is gone, though it counts after the raw floor', async () => {
    const { admin, send, drain } = resolving();
    const received = say('received', 'ai_batch_request', T0 + 10 * MINUTE, {
      ...{ type: 'ai_batch_request_received', request_id: 'skewed', pipeline: 'text-to-image' },
    });
    await send([...completed('skewed', T0), received]);
    await drain();
    const before = await readCore(admin);
    await admin.query('update work.floor set raw_floor = $1', [new Date(T0 + 5 * MINUTE)]);
    await admin.query('delete from fact.ai_batch_event where event_at < $1', [new Date(T0 + 5 * MINUTE)]);
    await send([
      say('llm', 'ai_llm_request', T0 + 11 * MINUTE, { type: 'llm_request_completed', request_id: 'skewed' }),
    ]);
    await drain();
    expect((await readCore(admin)).job).toEqual(before.job);
  });

  it('leaves alone what is stored from before the raw floor, whose events are gone', async () => {
    const { admin, send, drain, modes } = resolving();
    await send([payment('old', T0 - 10 * MINUTE, ''), ...completed('old', T0 - 10 * MINUTE)]);
    await drain();
    const before = await readCore(admin);
    await admin.query('update work.floor set raw_floor = $1', [new Date(T0)]);
    await admin.query('truncate fact.payment, fact.ai_batch_event, fact.byoc_job_event');
    await modes.repair(SPAN);
    expect(await readCore(admin)).toEqual(before);
  });
});
