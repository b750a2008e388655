import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatedMessage } from '../../../src/simulator/options.js';
import { ingestFacts, readCore } from './fact-writer.js';
import { gatewayMessage, type Resolving, useResolving } from './resolving-harness.js';
import { keyOf, restlessStreams } from './restless-sessions.js';
import { ADDRESSES, MINUTE, sighting, T0, URLS } from './session-samples.js';

const resolving = useResolving();
const SESSIONS = 3;
const LATER = new Date('2100-01-01Z');

/** A table that the resolver writes, and the rows of it that the database refuses: those of one thing. */
interface Fault {
  readonly table: string;
  readonly column: string;
  readonly value: string;
}
const OF_SESSION = ['session', 'segment', 'swap', 'session_start', 'session_bucket_5m', 'session_bucket_1h'];
const BESIDE_SESSION = ['session_ingest_5m', 'session_ingest_1h', 'session_slice', 'session_identity'];
const FAULTS: readonly Fault[] = [
  ...[...OF_SESSION, ...BESIDE_SESSION, 'session_gpu_reading', 'decision'].map((table) => ({
    ...{ table: `core.${table}`, column: 'session_key', value: keyOf(1) },
  })),
  { table: 'core.payment', column: 'event_id', value: 'of-create_new_payment-1' },
  { table: 'core.job', column: 'job_key', value: 'request-1' },
  { table: 'core.job_decision', column: 'job_key', value: 'request-1' },
  { table: 'core.discovery', column: 'event_id', value: 'of-discovery_results-1' },
  { table: 'core.ticket', column: 'event_id', value: 'of-create_signed_ticket-1' },
  { table: 'core.byoc_auth', column: 'event_id', value: 'of-job_auth-1' },
  { table: 'core.byoc_worker', column: 'event_id', value: 'of-worker_lifecycle-1' },
  { table: 'core.capability_run', column: 'address', value: ADDRESSES[1] ?? '' },
  { table: 'core.grain', column: 'orchestrator_address', value: ADDRESSES[1] ?? '' },
];
/** Of each request a payment, a job, a discovery, a ticket, a BYOC authorisation and a worker event. */
const REQUESTED = Array.from({ length: SESSIONS }, (_, index) => [
  message(index, 'create_new_payment', {
    ...{ faceValue: '2402400000000000 WEI', numTickets: '2', price: '1635.021 wei/pixel', winProb: '0.0009990010' },
    ...{
      capability: '',
      manifestID: '35_sd',
      orchestrator: URLS[0],
      requestID: `request-${index}`,
      sessionID: 'chain',
    },
    ...{ sender: `0x${'5'.repeat(40)}`, recipient: ADDRESSES[0], clientIP: '203.0.113.9' },
  }),
  message(index, 'ai_batch_request', {
    ...{ type: 'ai_batch_request_completed', request_id: `request-${index}`, pipeline: 'text-to-image', model: 'sdxl' },
    ...{ success: true, tries: 1, duration_ms: 2500, orch_url: URLS[index % 2], timestamp: T0 + index },
  }),
  message(index, 'discovery_results', [{ url: URLS[index % 2], address: ADDRESSES[index % 2], latency_ms: '77' }]),
  message(index, 'create_signed_ticket', { session_id: 'tickets', sequence_number: `${2 * index}` }),
  message(index, 'job_auth', { type: 'job_auth_ok', capability: 'c', success: true }),
  message(index, 'worker_lifecycle', { type: 'worker_up', capability: 'other', worker_url: 'https://w.example.com' }),
]).flat();
function message(index: number, type: string, data: object): SimulatedMessage {
  return gatewayMessage(T0, { id: `of-${type}-${index}`, type, atMs: T0 + index, data });
}

async function arrive({ admin, send }: Resolving): Promise<void> {
  const sightings = [sighting(0, T0 - MINUTE), sighting(1, T0 - MINUTE)];
  await ingestFacts(admin, restlessStreams(SESSIONS, 'old', 0), sightings);
  await send(REQUESTED);
}

/** A trigger of the database's owner that refuses rows, in one of the ways a database has. */
async function refuse({ admin }: Resolving, { table, column, value }: Fault, sqlState: string): Promise<void> {
  await admin.query(`
    create or replace function public.refuse_row() returns trigger language plpgsql as $$
    begin
      if to_jsonb(new) ->> tg_argv[0] = tg_argv[1] then
        raise exception 'refused by a trigger' using errcode = tg_argv[2];
      end if;
      return new;
    end $$;
    create trigger refuse_row before insert or update on ${table}
    for each row execute function public.refuse_row('${column}', '${value}', '${sqlState}')`);
}
const accept = () => resolving().admin.query('drop function if exists public.refuse_row() cascade');
afterEach(accept);

/** How many rows of it are stored that nobody refuses. */
async function countOthers({ table, column, value }: Fault): Promise<number> {
  const { rows } = await resolving().admin.query<{ count: number }>(
    `select count(*)::int as count from ${table} as t where to_jsonb(t) ->> '${column}' <> $1`,
    [value],
  );
  return rows[0]?.count ?? 0;
}

/** What diagnostics say waits: parked sessions and marks. */
async function countWaiting(): Promise<number> {
  const { rows } = await resolving().admin.query<{ count: number }>(`
    select (select count(*) from api.parked_session)::int + (select sum(mark_count) from api.work_backlog
      where id in ('session', 'sighting', 'job', 'payment', 'discovery', 'ticket', 'byoc_auth', 'byoc_worker'))::int as count`);
  return rows[0]?.count ?? 0;
}

async function healed(): Promise<Record<string, string[]>> {
  await accept();
  const { resolver } = resolving();
  await resolver.drain({ decidedAt: LATER });
  return readCore(resolving().admin);
}

describe.each(FAULTS)('when the database refuses rows of $table where $column is $value', (fault) => {
  it('a tail holds up only what they are of, says so, and heals [FACT-002]', async () => {
    await arrive(resolving());
    await resolving().drain();
    const [whole, others] = [await readCore(resolving().admin), await countOthers(fault)];
    await resolving().empty();

    await refuse(resolving(), fault, 'check_violation');
    await arrive(resolving());
    const report = await resolving().drain();
    expect(report.parkedCount + report.leftCount).toBeGreaterThan(0);
    if (fault.column === 'session_key') expect(report).toMatchObject({ parkedCount: 1, leftCount: 0 });
    if (fault.table !== 'core.grain' && fault.table !== 'core.capability_run') {
      expect(await countOthers(fault)).toBe(others);
    }
    expect(await countWaiting()).toBeGreaterThan(0);
    expect(await healed()).toEqual(whole);
    expect(await countWaiting()).toBe(0);
  });

  it('a bootstrap and a repair do as well, and go on [FACT-002]', async () => {
    await arrive(resolving());
    await resolving().drain();
    const whole = await readCore(resolving().admin);
    await refuse(resolving(), fault, 'P0001');
    await resolving().admin.query(`delete from ${fault.table} where ${fault.column} = '${fault.value}'`);
    const rebuilt = await resolving().bootstrap();
    expect(rebuilt.parkedCount + rebuilt.leftCount).toBeGreaterThan(0);
    expect(await countWaiting()).toBeGreaterThan(0);
    await resolving().repairAround(T0);
    expect(await countWaiting()).toBeGreaterThan(0);
    expect(await healed()).toEqual(whole);
    expect(await countWaiting()).toBe(0);
  });
});

describe.each(['capability_reading', 'capability_offer', 'capability_price', 'capability_gpu'])(
  'when the database refuses what core.%s reads out of a report',
  (table) => {
    it('sessions and everything else are resolved, and the sighting waits', async () => {
      const { admin, drain, bootstrap } = resolving();
      await arrive(resolving());
      await drain();
      const whole = await readCore(admin);
      const { rows } = await admin.query<{ hash: string }>(`select min(content_hash) as hash from core.${table}`);
      if (rows[0]?.hash == null) return expect(table).toBe('capability_price');
      await resolving().empty();
      await refuse(resolving(), { table: `core.${table}`, column: 'content_hash', value: rows[0].hash }, 'P0001');
      await arrive(resolving());
      expect(await drain()).toMatchObject({ parkedCount: 0, leftCount: 1 });
      expect(await bootstrap()).toMatchObject({ sessionCount: SESSIONS, parkedCount: 0 });
      await accept();
      await bootstrap();
      expect(await readCore(admin)).toEqual(whole);
    });
  },
);

it('parks a session however odd the text of its failure is', async () => {
  const { admin } = resolving();
  await arrive(resolving());
  await admin.query(`
    create or replace function public.refuse_row() returns trigger language plpgsql as $$
    begin
      raise exception using message = repeat('x', 2000 - length('error: ') - 1) || chr(128512), errcode = 'check_violation';
    end $$;
    create trigger refuse_row before insert on core.session for each row execute function public.refuse_row()`);
  expect(await resolving().drain()).toMatchObject({ parkedCount: SESSIONS });
});
