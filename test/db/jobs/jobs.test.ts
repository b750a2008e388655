import fc from 'fast-check';
import type { ClientBase } from 'pg';
import { describe, expect, it } from 'vitest';
import { createJobResolver } from '../../../src/jobs/job-resolver.js';
import { refreshAlone } from '../../../src/jobs/refresh-rollups.js';
import { createResolveJob } from '../../../src/jobs/resolve.js';
import { readPolicy } from '../../../src/jobs/resolver.js';
import { createLog } from '../../../src/log.js';
import type { SimulatedMessage } from '../../../src/simulator/options.js';
import { readCore } from './fact-writer.js';
import { gatewayMessage, randomFrom, useResolving } from './resolving-harness.js';

const log = createLog({ level: 'silent', format: 'json' });
const T0 = Date.UTC(2026, 0, 8, 23, 58);
const MINUTE = 60_000;
const URLS = ['https://orch-a.example.com:8935', 'https://orch-b.example.com:8935'];
const ADDRESSES = [`0x${'a'.repeat(40)}`, `0x${'b'.repeat(40)}`];
const WORKERS = ['http://10.8.0.1:9000', 'http://10.8.0.2:9000'];

const resolving = useResolving();
const send = (...messages: readonly SimulatedMessage[]) => resolving().send(messages);
const drain = () => resolving().drain();

const message = (id: string, type: string, atMs: number, data: object) =>
  gatewayMessage(T0, { id, type, atMs, data: { ...data, timestamp: atMs } });

function batch(id: string, name: 'received' | 'completed', atMs: number, requestId: string, fields: object = {}) {
  return message(id, 'ai_batch_request', atMs, {
    type: `ai_batch_request_${name}`,
    request_id: requestId,
    pipeline: 'text-to-image',
    model: 'sdxl',
    ...(name === 'completed' && { success: true, tries: 1, duration_ms: 2500, orch_url: URLS[0] }),
    ...fields,
  });
}

function llm(id: string, atMs: number, requestId: string, fields: object = {}) {
  const measures = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12, ttft_ms: 100.5, tokens_per_second: 0.1 };
  const data = { type: 'llm_request_completed', request_id: requestId, total_duration_ms: 2000, error: '' };
  return message(id, 'ai_llm_request', atMs, { ...data, ...measures, ...fields });
}

function byoc(id: string, atMs: number, fields: object = {}) {
  return message(id, 'job_gateway', atMs, {
    type: 'job_gateway_completed',
    capability: 'My-Capability',
    success: true,
    duration_ms: 400,
    http_status: 200,
    orch_url: URLS[0],
    orch_address: ADDRESSES[0],
    worker_url: WORKERS[0],
    error: '',
    ...fields,
  });
}

function worker(id: string, atMs: number, model: string, fields: object = {}) {
  return message(id, 'worker_lifecycle', atMs, {
    type: 'worker_registered',
    capability: 'my-capability',
    orch_url: URLS[0],
    orch_address: ADDRESSES[0],
    worker_url: WORKERS[0],
    price_per_unit: 10,
    worker_options: [{ model }],
    ...fields,
  });
}

function report(id: string, atMs: number, orchestrator: number, gpu: string) {
  const entry = (pipeline: string, model: string) => ({
    pipeline,
    model_id: model,
    gpu_info: { 0: { id: gpu, name: 'RTX 4090', memory_total: 25e9, memory_free: 1e9 } },
  });
  const element = {
    address: ADDRESSES[orchestrator],
    local_address: '',
    orch_uri: URLS[orchestrator],
    capabilities: { version: '0.8.8', constraints: {} },
    capabilities_prices: null,
    hardware: [entry('text-to-image', 'sdxl'), entry('my-capability', 'm1')],
  };
  return gatewayMessage(T0, { id, type: 'network_capabilities', atMs, data: [element] });
}

async function jobs(columns: string): Promise<readonly object[]> {
  const { rows } = await resolving().admin.query(
    `select ${columns} from core.job as j join core.grain as g using (grain_id) order by j.job_key`,
  );
  return rows;
}

async function markedBuckets(): Promise<readonly string[]> {
  const { rows } = await resolving().admin.query<{ bucket_start: Date }>(
    `select distinct bucket_start from work.bucket_mark where rollup = 'job_5m' order by 1`,
  );
  return rows.map((row) => row.bucket_start.toISOString().slice(11, 16));
}

const payment = gatewayMessage(T0, {
  id: 'p',
  type: 'create_new_payment',
  atMs: T0,
  data: {
    ...{ sessionID: 's', manifestID: 'm', requestID: '', capability: '', clientIP: '', orchestrator: URLS[0] },
    ...{ sender: ADDRESSES[0], recipient: ADDRESSES[1], price: '1 wei/pixel' },
    ...{ faceValue: '10 WEI', numTickets: '1', winProb: '0.5' },
  },
});

describe('jobs that cannot be resolved', () => {
  const nobody = { orch_url: '', success: false, error_type: 'timeout' };
  const leftMarks = async () =>
    (await resolving().admin.query('select request_id as name from work.job_mark order by 1')).rows.map(
      ({ name }) => name,
    );

  it('hold up neither other jobs nor payments, fail the run at its end, and are resolved once they can be', async () => {
    const { admin, ownerPool, resolver, bootstrap } = resolving();
    await send(report('s', T0 - 5 * MINUTE, 0, 'GPU-damaged'));
    await drain();
    const { rows: contents } = await admin.query('select content_hash, content from fact.capability_content');
    await admin.query(`update fact.capability_content set content = '{}'`);
    await admin.query(`alter table core.job add constraint refused check (job_key <> 'refused')`);
    try {
      await send(
        batch('c1', 'completed', T0, 'damaged'),
        batch('c2', 'completed', T0, 'refused', nobody),
        batch('c3', 'completed', T0, 'sound', nobody),
        payment,
      );
      expect(await drain()).toMatchObject({ leftCount: 2 });
      expect(await jobs('job_key')).toEqual([{ job_key: 'sound' }]);
      expect((await admin.query('select from core.payment')).rowCount).toBe(1);
      expect(await leftMarks()).toEqual(['damaged', 'refused']);

      await send(batch('c4', 'completed', T0, 'another', nobody));
      const clock = () => new Date();
      const { signal } = new AbortController();
      const context = { pool: admin, ownerPool, log, signal, asOf: clock(), clock };
      await expect(createResolveJob(resolver).run({}, context)).rejects.toMatchObject({ code: 'MARKS_LEFT' });
      expect(await jobs('job_key')).toEqual([{ job_key: 'another' }, { job_key: 'sound' }]);
    } finally {
      await admin.query('alter table core.job drop constraint refused');
    }
    // a process has read the damaged content and keeps it
    expect(await drain()).toMatchObject({ leftCount: 1 });
    expect(await leftMarks()).toEqual(['damaged']);
    await admin.query('update fact.capability_content set content = $2 where content_hash = $1', [
      contents[0]?.content_hash,
      contents[0]?.content,
    ]);
    await bootstrap();
    expect(await leftMarks()).toEqual([]);
    expect((await jobs('job_key')).length).toBe(4);
  });
});

describe('a rebuild of jobs', () => {
  it('leaves those it cannot write as they were, and drops those that no event accounts for with their decisions', async () => {
    const { admin, bootstrap } = resolving();
    await send(...['kept', 'gone', 'sound'].map((name, n) => batch(`c${n}`, 'completed', T0 + n, name)));
    await drain();
    await admin.query(`update core.job set error = 'as it was'`);
    await admin.query(`update core.job_decision set model = 'as it was'`);
    await admin.query(`delete from fact.ai_batch_event where request_id = 'gone'`);
    await admin.query(`alter table core.job add constraint refused check (job_key <> 'kept' or error = 'as it was')`);
    try {
      expect(await bootstrap()).toMatchObject({ leftCount: 1 });
    } finally {
      await admin.query('alter table core.job drop constraint refused');
    }
    const stored = async () => ({
      jobs: (await admin.query('select job_key, error from core.job order by 1')).rows,
      decided: (
        await admin.query('select job_key, model from core.job_decision where superseded_at is null order by 1')
      ).rows,
      marks: (await admin.query('select request_id from work.job_mark')).rows,
    });
    expect(await stored()).toEqual({
      jobs: [
        { job_key: 'kept', error: 'as it was' },
        { job_key: 'sound', error: '' },
      ],
      decided: [
        { job_key: 'kept', model: 'as it was' },
        { job_key: 'sound', model: 'sdxl' },
      ],
      marks: [{ request_id: 'kept' }],
    });
    await drain();
    expect(await stored()).toMatchObject({ jobs: [{ error: '' }, {}], decided: [{ model: 'sdxl' }, {}], marks: [] });
  });
});

describe('a drain that leaves many jobs', () => {
  it('ends, and the next one begins with those that were not tried', async () => {
    const { admin } = resolving();
    const options = { pool: admin, readPolicy: (client: ClientBase) => readPolicy(client, 'key'), log };
    const resolver = await createJobResolver({ ...options, batchMarks: 1, leftLimit: 2 });
    await admin.query(`alter table core.job add constraint refused check (job_key like 'sound%')`);
    try {
      for (const [index, name] of ['bad1', 'bad2', 'bad3', 'sound'].entries()) {
        await send(batch(name, 'completed', T0 + index, name, { orch_url: '', success: false, error_type: 'timeout' }));
      }
      expect(await resolver.drain({ decidedAt: new Date() })).toBe(2);
      expect(await jobs('job_key')).toEqual([]);
      expect(await resolver.drain({ decidedAt: new Date() })).toBe(2);
      expect(await jobs('job_key')).toEqual([{ job_key: 'sound' }]);
      expect((await admin.query('select from work.job_mark')).rowCount).toBe(3);
    } finally {
      await admin.query('alter table core.job drop constraint refused');
    }
  });
});

describe('AI batch jobs', () => {
  it('count when received, with outcome, orchestrator and LLM of their request', async () => {
    await send(report('s', T0 - 5 * MINUTE, 0, 'GPU-1'));
    await send(
      batch('r', 'received', T0, 'rq'),
      batch('c', 'completed', T0 + 3000, 'rq'),
      llm('l', T0 + 2900, 'rq'),
      batch('c2', 'completed', T0 + 4000, 'no', { orch_url: '', success: false, error_type: 'no_orchestrators' }),
      batch('r3', 'received', T0, 'only received'),
      batch('c4', 'completed', T0 + 5000, '', { orch_url: '', success: false, error_type: 'timeout' }),
      llm('l5', T0, 'without a job'),
    );
    await drain();
    expect(
      await jobs(`job_key, job_at, outcome, is_success, duration_ms, attribution_outcome, orchestrator_address, pipeline,
        model, gpu_id <> '' as has_gpu, gateway, llm_event_id, total_tokens, ttft_ms::text`),
    ).toEqual([
      {
        job_key: '_missing_request|c4',
        job_at: new Date(T0 + 5000),
        outcome: 'unknown',
        is_success: false,
        duration_ms: '2500',
        attribution_outcome: 'unresolved',
        orchestrator_address: '',
        pipeline: 'text-to-image',
        model: 'sdxl',
        has_gpu: false,
        gateway: 'gw.example.com',
        llm_event_id: '',
        total_tokens: null,
        ttft_ms: null,
      },
      expect.objectContaining({ job_key: 'no', job_at: new Date(T0 + 4000), outcome: 'no_orch' }),
      expect.objectContaining({
        job_key: 'rq',
        job_at: new Date(T0),
        outcome: 'selected',
        attribution_outcome: 'resolved',
        orchestrator_address: ADDRESSES[0],
        has_gpu: true,
        llm_event_id: 'l',
        total_tokens: '12',
        ttft_ms: '100.500',
      }),
    ]);
    const { rows } = await resolving().admin.query('select job_key, outcome from core.job_decision');
    expect(rows).toEqual([{ job_key: 'rq', outcome: 'resolved' }]);
  });

  it('move to the bucket of a late reception, and mark the old and the new one', async () => {
    await send(batch('c', 'completed', T0 + 3 * MINUTE, 'rq'));
    await drain();
    expect(await markedBuckets()).toEqual(['00:00']);
    await resolving().admin.query('truncate work.bucket_mark');
    await send(batch('r', 'received', T0, 'rq'));
    await drain();
    expect(await markedBuckets()).toEqual(['23:55', '00:00']);
    expect(await jobs('job_at')).toEqual([{ job_at: new Date(T0) }]);
    await resolving().admin.query('truncate work.bucket_mark');
    await resolving().repairAround(T0);
    expect(await markedBuckets()).toEqual([]);
  });

  it('heal when the report of their orchestrator comes late, and keep the decision before', async () => {
    await send(batch('c', 'completed', T0, 'rq'));
    await drain();
    expect(await jobs('attribution_reason')).toEqual([{ attribution_reason: 'missing_candidate' }]);
    await send(report('s', T0 - MINUTE, 0, 'GPU-1'));
    await drain();
    expect(await jobs('attribution_reason, orchestrator_address')).toEqual([
      { attribution_reason: 'matched', orchestrator_address: ADDRESSES[0] },
    ]);
    const { rows } = await resolving().admin.query(
      'select outcome, superseded_at is null as is_current from core.job_decision order by decision_id',
    );
    expect(rows).toEqual([
      { outcome: 'unresolved', is_current: false },
      { outcome: 'resolved', is_current: true },
    ]);
  });

  it('are left alone when a part of their events is below the raw floor', async () => {
    const midnight = Date.UTC(2026, 0, 9);
    await send(batch('r', 'received', T0, 'rq'), batch('c', 'completed', T0 + 4 * MINUTE, 'rq'));
    await drain();
    const before = await readCore(resolving().admin);
    await resolving().admin.query('update work.floor set raw_floor = $1', [new Date(midnight)]);
    await resolving().admin.query('delete from fact.ai_batch_event where event_at < $1', [new Date(midnight)]);
    await send(llm('l', T0 + 5 * MINUTE, 'rq'));
    await drain();
    await resolving().bootstrap();
    expect(await readCore(resolving().admin)).toEqual(before);
  });
});

describe('BYOC jobs', () => {
  it('are keyed by their completion and take the model of their worker', async () => {
    await send(report('s', T0 - 5 * MINUTE, 0, 'GPU-1'), worker('w', T0 - MINUTE, 'm1'));
    await send(
      byoc('b1', T0),
      byoc('b2', T0 + 1000, { orch_url: '', orch_address: '', success: false, error: 'no orchestrators available' }),
      message('b3', 'job_gateway', T0, { type: 'job_gateway_submitted', capability: 'My-Capability' }),
    );
    await drain();
    expect(await jobs('job_key, outcome, pipeline, model, orchestrator_address, worker_event_id')).toEqual([
      {
        job_key: 'b1',
        outcome: 'selected',
        pipeline: 'my-capability',
        model: 'm1',
        orchestrator_address: ADDRESSES[0],
        worker_event_id: 'w',
      },
      {
        job_key: 'b2',
        outcome: 'unknown',
        pipeline: 'My-Capability',
        model: '',
        orchestrator_address: '',
        worker_event_id: '',
      },
    ]);
  });

  it('heal when a worker event comes late, and follow no later one', async () => {
    await send(byoc('b1', T0), byoc('b2', T0 + MINUTE, { worker_url: WORKERS[1] }));
    await drain();
    expect(await jobs('model')).toEqual([{ model: '' }, { model: '' }]);
    await send(worker('w1', T0 - MINUTE, 'late'), worker('w2', T0 + 30_000, 'newer', { worker_url: WORKERS[1] }));
    await drain();
    expect(await jobs('job_key, model')).toEqual([
      { job_key: 'b1', model: 'late' },
      { job_key: 'b2', model: 'newer' },
    ]);
    await send(
      worker('w3', T0 + 2 * MINUTE, 'too late'),
      worker('w4', T0, 'elsewhere', { orch_url: URLS[1], orch_address: '' }),
    );
    await drain();
    expect(await jobs('model')).toEqual([{ model: 'late' }, { model: 'newer' }]);
  });
});

describe('jobs', () => {
  it('are the same by tail, repair and bootstrap for any order and batching', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 5 }), async (seed, batches) => {
        const { admin, empty, bootstrap, repairAround } = resolving();
        await empty();
        const random = randomFrom(seed);
        const all = randomTraffic(random).sort(() => random() - 0.5);
        for (let part = 0; part < batches; part += 1) {
          await send(...all.filter((_, index) => index % batches === part));
          if (random() < 0.7) await drain();
        }
        await drain();
        const tail = await readCore(admin);
        expect(tail.job?.length).toBeGreaterThan(5);
        await repairAround(T0);
        expect(await readCore(admin)).toEqual(tail);
        await bootstrap();
        expect(await readCore(admin)).toEqual(tail);
        await admin.query('truncate core.job, core.job_decision, work.job_mark, work.worker_mark');
        await bootstrap();
        expect(await readCore(admin)).toEqual(tail);
        expect((await admin.query('select from work.job_mark')).rowCount).toBe(0);
      }),
      { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 5) },
    );
  });

  it('are verified, but for those with a mark of their own or of a worker event [PARITY-002]', async () => {
    const { admin, verify } = resolving();
    await send(report('s', T0 - 5 * MINUTE, 0, 'GPU-1'), worker('w', T0 - MINUTE, 'm1'));
    await send(batch('c', 'completed', T0, 'rq'), batch('c1', 'completed', T0, ''), byoc('b1', T0), byoc('b2', T0 + 1));
    await drain();
    expect(await verify()).toMatchObject({ report: { jobs: { count: 4, waitingCount: 0 } }, differences: [] });
    await send(batch('r', 'received', T0 - MINUTE, 'rq'), worker('w2', T0 - 1, 'm2'));
    await admin.query(`update core.job set error = 'odd'`);
    const { report: said, differences } = await verify();
    expect(said.jobs).toEqual({ count: 1, waitingCount: 3, failedCount: 0 });
    expect(differences).toMatchObject([
      { relation: 'core.job', key: { job_key: '_missing_request|c1' }, column: 'error' },
    ]);
    await admin.query(`update core.job set error = ''`);
    await drain();
    expect(await verify()).toMatchObject({ report: { jobs: { count: 4, waitingCount: 0 } }, differences: [] });
    await admin.query(
      `update core.job set error = 'odd', bucket_start = bucket_start - interval '5 minutes' where kind = 'byoc'`,
    );
    const odd = (await verify()).differences.filter(({ relation }) => relation === 'core.job');
    expect(odd.map(({ key, column }) => [key.job_key, column])).toEqual([
      ['b1', 'bucket_start'],
      ['b1', 'error'],
      ['b2', 'bucket_start'],
      ['b2', 'error'],
    ]);
  });

  it('and payments are counted by a dry run of each mode, as many as the run then touches', async () => {
    const { modes } = resolving();
    const span = { from: new Date(T0 - MINUTE), to: new Date(T0 + 30_000) };
    const counts = async (mode: 'tail' | 'bootstrap' | 'repair') => {
      const { payments, jobs: jobCount } = await modes.extentOf(mode, mode === 'repair' ? span : null);
      return [payments, jobCount];
    };
    await send(worker('w', T0 - MINUTE, 'm1'), byoc('b1', T0), byoc('b2', T0 + MINUTE));
    await send(batch('r', 'received', T0, 'rq'), batch('c', 'completed', T0, 'rq'), llm('l', T0, 'rq'), payment);
    expect(await counts('tail')).toEqual([1, 3]);
    await drain();
    expect(await counts('tail')).toEqual([0, 0]);
    expect(await counts('repair')).toEqual([1, 2]);
    expect(await counts('bootstrap')).toEqual([1, 3]);
    await send(worker('w2', T0 - 1, 'm2'));
    expect(await counts('tail')).toEqual([0, 2]);
    expect(await counts('repair')).toEqual([1, 3]);
  });

  it('that no rule can resolve are counted by a verification, and hold up none of the others', async () => {
    const { admin, verify } = resolving();
    await send(report('s', T0 - 5 * MINUTE, 0, 'GPU-1'));
    await send(batch('c', 'completed', T0, 'rq'), batch('c2', 'completed', T0, 'no', { orch_url: '', success: false }));
    await drain();
    await admin.query(`update fact.capability_content set content = '{}'`);
    expect((await verify()).report.jobs).toEqual({ count: 1, waitingCount: 0, failedCount: 1 });
  });

  it('sum in rollups exactly, before and after the refresh', async () => {
    await send(
      ...Array.from({ length: 10 }, (_, n) =>
        batch(`c${n}`, 'completed', T0 + n * MINUTE, `rq${n}`, { success: n > 2 }),
      ),
      ...Array.from({ length: 10 }, (_, n) => llm(`l${n}`, T0 + n, `rq${n}`, { error: n === 9 ? 'oops' : '' })),
      byoc('b1', T0),
    );
    await drain();
    const sums = async (rollup: string) => {
      const { rows } = await resolving().admin.query(`
        select kind, sum(job_count)::int as jobs, sum(selected_count)::int as selected, sum(success_count)::int as success,
          sum(failed_count)::int as failed, sum(duration_ms_sum)::int as ms, sum(llm_count)::int as llm,
          sum(llm_failed_count)::int as llm_failed, sum(tokens_per_second_sum)::text as rate, sum(ttft_ms_sum)::text as ttft
        from api.${rollup} group by 1 order by 1`);
      return rows;
    };
    const wanted = [
      {
        kind: 'ai_batch',
        jobs: 10,
        selected: 10,
        success: 7,
        failed: 3,
        ms: 25_000,
        llm: 10,
        llm_failed: 1,
        rate: '1.000000',
        ttft: '1005.000',
      },
      {
        kind: 'byoc',
        jobs: 1,
        selected: 1,
        success: 1,
        failed: 0,
        ms: 400,
        llm: 0,
        llm_failed: 0,
        rate: '0',
        ttft: '0',
      },
    ];
    const rollups = ['job_5m', 'job_1h', 'job_1d'];
    for (const rollup of rollups) expect(await sums(rollup), rollup).toEqual(wanted);
    await refreshAlone({ ownerPool: resolving().ownerPool, asOf: new Date(T0 + 3 * 86_400_000), log });
    expect((await resolving().admin.query("select from work.bucket_mark where rollup like 'job%'")).rowCount).toBe(0);
    for (const rollup of rollups) expect(await sums(rollup), rollup).toEqual(wanted);
  });

  it('show no private host and no address in what the public may see', async () => {
    await send(byoc('b1', T0, { orch_url: 'https://10.0.0.4:8935', error: 'dial tcp 203.0.113.9: refused' }));
    await drain();
    const { rows } = await resolving().admin.query('select orchestrator_uri, worker_uri, error from api.job');
    expect(rows).toEqual([{ orchestrator_uri: null, worker_uri: null, error: 'dial tcp [ip]: refused' }]);
  });
});

/** Jobs of both kinds with their workers and the reports of two orchestrators that change now and then. */
function randomTraffic(random: () => number): SimulatedMessage[] {
  const pick = (count: number) => Math.floor(random() * count);
  const at = () => T0 + pick(40) * MINUTE + pick(60) * 1000;
  const some = (count: number, make: (index: number) => SimulatedMessage) =>
    Array.from({ length: count }, (_, n) => make(n));
  return [
    ...some(16, (n) =>
      batch(`c${n}`, 'completed', at(), pick(8) === 0 ? '' : `rq${pick(8)}`, { orch_url: ['', ...URLS][pick(3)] }),
    ),
    ...some(10, (n) => batch(`r${n}`, 'received', at(), `rq${pick(9)}`)),
    ...some(6, (n) => llm(`l${n}`, at(), `rq${pick(9)}`)),
    ...some(8, (n) =>
      byoc(`b${n}`, at(), {
        orch_url: ['', ...URLS][pick(3)],
        orch_address: ['', ...ADDRESSES][pick(3)],
        worker_url: ['', ...WORKERS][pick(3)],
      }),
    ),
    ...some(8, (n) => {
      const orchestrator = pick(2);
      const named = { orch_url: URLS[orchestrator], orch_address: random() < 0.5 ? '' : ADDRESSES[orchestrator] };
      return worker(`w${n}`, at(), ['m1', 'm2', ''][pick(3)] ?? '', { ...named, worker_url: WORKERS[pick(2)] });
    }),
    ...some(6, (n) => report(`s${n}`, at() - 15 * MINUTE, pick(2), `GPU-${pick(2)}`)),
  ];
}
