import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOCK } from '../../../src/jobs/advisory-locks.js';
import { refreshAlone } from '../../../src/jobs/refresh-rollups.js';
import { createLog } from '../../../src/log.js';
import type { SimulatedMessage } from '../../../src/simulator/options.js';
import { withTransaction } from '../../../src/warehouse/pool.js';
import {
  ADDRESSES,
  discovery,
  type Element,
  element,
  HOT_KEYS,
  MINUTE,
  report,
  T0,
  URLS,
} from './discovery-samples.js';
import { readCore } from './fact-writer.js';
import { randomFrom, useResolving } from './resolving-harness.js';

const log = createLog({ level: 'silent', format: 'json' });

const resolving = useResolving();
const send = (...messages: readonly SimulatedMessage[]) => resolving().send(messages);
const drain = () => resolving().drain();

async function found(columns: string): Promise<readonly object[]> {
  const { rows } = await resolving().admin.query(
    `select ${columns} from core.discovery as d join core.grain as g using (grain_id) order by d.event_id, d.ordinal`,
  );
  return rows;
}
const owners = async () => (await found('orchestrator_address as owner')).map((row) => Reflect.get(row, 'owner'));

async function marks(): Promise<readonly string[]> {
  const { rows } = await resolving().admin.query<{ event_id: string }>('select event_id from work.message_mark');
  return rows.map(({ event_id }) => event_id).sort();
}

describe('discoveries', () => {
  it('have a row per element, with the orchestrator behind it and its latency', async () => {
    await send(report('s', T0 - MINUTE, 0));
    await send(discovery('e', T0, [element(0), element(1, { latency_ms: 'timeout' }), { address: HOT_KEYS[0] ?? '' }]));
    await drain();
    expect(await found('ordinal, discovered_at, gateway, orchestrator_address, is_known, latency_ms::text')).toEqual([
      {
        ...{ ordinal: 1, discovered_at: new Date(T0), gateway: 'gw.example.com' },
        ...{ orchestrator_address: ADDRESSES[0], is_known: true, latency_ms: '77.000' },
      },
      expect.objectContaining({ ordinal: 2, orchestrator_address: '', is_known: false, latency_ms: null }),
      expect.objectContaining({ ordinal: 3, orchestrator_address: ADDRESSES[0], is_known: true, latency_ms: null }),
    ]);
    expect(await marks()).toEqual([]);
  });

  it('heal when the first report of an orchestrator comes late, and no other report touches one', async () => {
    await send(
      discovery('before', T0 - 10 * MINUTE, [element(0)]),
      discovery('after', T0, [element(1), element(0)]),
      discovery('others', T0, [element(1)]),
    );
    await drain();
    expect(await owners()).toEqual(['', '', '', '']);
    await resolving().admin.query('truncate work.bucket_mark');
    await send(report('s', T0 - MINUTE, 0));
    await drain();
    expect(await owners()).toEqual(['', ADDRESSES[0], '', '']);
    const { rows } = await resolving().admin.query(`select distinct bucket_start from work.bucket_mark
      where rollup = 'discovery_5m'`);
    expect(rows).toEqual([{ bucket_start: new Date(T0 - 3 * MINUTE) }]);

    await resolving().admin.query(`create table seen as select mark_id from work.message_mark with no data;
      create function note() returns trigger language plpgsql security definer as 'begin insert into seen values (new.mark_id); return new; end';
      create trigger note after insert on work.message_mark for each row execute function note()`);
    try {
      await send(report('s2', T0 + MINUTE, 0), report('s3', T0 + 2 * MINUTE, 0, 'another key'));
      await drain();
      expect((await resolving().admin.query('select from seen')).rowCount).toBe(0);
      await send(report('s4', T0 - 20 * MINUTE, 0));
      await drain();
      expect((await resolving().admin.query('select from seen')).rowCount).toBe(2);
      expect(await owners()).toEqual(['', ADDRESSES[0], ADDRESSES[0], '']);
    } finally {
      await resolving().admin.query('drop trigger note on work.message_mark; drop function note; drop table seen');
    }
  });

  it('lose an orchestrator whose hot key turns out to be another’s as well [ATTRIBUTION-001]', async () => {
    await send(report('s0', T0 - MINUTE, 0));
    await send(discovery('e', T0, [{ address: HOT_KEYS[0] ?? '', latency_ms: '5' }, element(0)]));
    await drain();
    expect(await owners()).toEqual([ADDRESSES[0], ADDRESSES[0]]);
    await send(report('s1', T0 - 2 * MINUTE, 1, HOT_KEYS[0]));
    await drain();
    expect(await owners()).toEqual(['', ADDRESSES[0]]);
  });

  it('that the database refuses keep their mark and hold up nothing', async () => {
    const { admin } = resolving();
    await admin.query(`alter table core.discovery add constraint refused check (event_id <> 'bad')`);
    try {
      await send(
        discovery('a', T0, [element(0)]),
        discovery('bad', T0, [element(0)]),
        discovery('c', T0, [element(0)]),
      );
      expect(await drain()).toMatchObject({ leftCount: 1 });
      expect(await found('event_id')).toEqual([{ event_id: 'a' }, { event_id: 'c' }]);
      expect(await marks()).toEqual(['bad']);
    } finally {
      await admin.query('alter table core.discovery drop constraint refused');
    }
    expect(await drain()).toMatchObject({ leftCount: 0 });
    expect(await marks()).toEqual([]);
  });

  it('stay away from a rebuild: marks wait until it has ended', async () => {
    await send(discovery('e', T0, [element(0)]));
    await withTransaction(resolving().admin, async (client) => {
      await client.query('select pg_advisory_xact_lock($1, 0)', [LOCK.resolverMode]);
      await drain();
      expect(await found('event_id')).toEqual([]);
    });
    expect(await marks()).toEqual(['e']);
    await drain();
    expect(await found('event_id')).toEqual([{ event_id: 'e' }]);
  });

  it('are left alone below the raw floor, where their messages are gone', async () => {
    const { admin, bootstrap } = resolving();
    await send(discovery('e', T0, [element(0)]));
    await drain();
    const before = await found('event_id, is_known');
    await admin.query(`update work.floor set raw_floor = '2026-01-09Z'`);
    await admin.query('truncate fact.discovery_result');
    await send(report('s', T0 + 3 * MINUTE, 0));
    await drain();
    await bootstrap();
    expect(await found('event_id, is_known')).toEqual(before);
  });

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
        expect(tail.discovery?.length).toBeGreaterThan(20);
        await repairAround(T0);
        expect(await readCore(admin)).toEqual(tail);
        await admin.query('truncate core.discovery, work.message_mark');
        await bootstrap();
        expect(await readCore(admin)).toEqual(tail);
        expect(await marks()).toEqual([]);
      }),
      { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 5) },
    );
  });

  it('are verified: each value changed, lost or one too many is named', async () => {
    const { admin, modes } = resolving();
    await send(report('s', T0 - MINUTE, 0), discovery('e', T0, [element(0), element(1)]));
    await drain();
    const differences = async () => {
      const found: string[] = [];
      await modes.verify({
        span: null,
        onDifference: ({ relation, kind, column }) => found.push(`${relation} ${kind} ${column}`),
      });
      return found.filter((one) => one.startsWith('core.discovery')).sort();
    };
    expect(await differences()).toEqual([]);
    await admin.query(`update core.discovery set latency_ms = 1 where ordinal = 1`);
    await admin.query(`delete from core.discovery where ordinal = 2`);
    await admin.query(`insert into core.discovery select bucket_start, discovered_at, org, 'none', ordinal, grain_id, orch_url,
      orch_address, is_known, latency_ms, latency_ms_histogram from core.discovery`);
    expect(await differences()).toEqual([
      'core.discovery changed latency_ms',
      'core.discovery missing null',
      'core.discovery surplus null',
    ]);
  });

  it('sum in rollups exactly, before and after the refresh', async () => {
    await send(report('s', T0 - MINUTE, 0));
    await send(
      ...Array.from({ length: 10 }, (_, n) =>
        discovery(`e${n}`, T0 + n * MINUTE, [
          element(0, { latency_ms: `${n}.5` }),
          element(1, { latency_ms: n < 3 ? '' : '10' }),
        ]),
      ),
    );
    await drain();
    const sums = async (rollup: string) => {
      const { rows } = await resolving().admin.query(`
        select orchestrator_address as owner, sum(found_count)::int as found, sum(unknown_orchestrator_count)::int as unknown,
          sum(unusable_latency_count)::int as unusable, sum(latency_sample_count)::int as samples,
          trim_scale(sum(latency_ms_sum))::text as ms
        from api.${rollup} group by 1 order by 1`);
      return rows;
    };
    const wanted = [
      { owner: '', found: 10, unknown: 10, unusable: 3, samples: 7, ms: '70' },
      { owner: ADDRESSES[0], found: 10, unknown: 0, unusable: 0, samples: 10, ms: '50' },
    ];
    const rollups = ['discovery_5m', 'discovery_1h', 'discovery_1d'];
    for (const rollup of rollups) expect(await sums(rollup), rollup).toEqual(wanted);
    await refreshAlone({ ownerPool: resolving().ownerPool, asOf: new Date(T0 + 3 * 86_400_000), log });
    const left = await resolving().admin.query("select from work.bucket_mark where rollup like 'discovery%'");
    expect(left.rowCount).toBe(0);
    for (const rollup of rollups) expect(await sums(rollup), rollup).toEqual(wanted);
  });

  it('show neither hot key nor private host to the public', async () => {
    await send(discovery('e', T0, [element(0, { url: 'https://10.0.0.4:8935' })], '10.0.0.1'));
    await drain();
    const { rows } = await resolving().admin.query('select to_jsonb(d)::text as line from api.discovery as d');
    expect(rows).toHaveLength(1);
    expect(rows[0]?.line).not.toMatch(/10\.0\.0|1111/);
  });
});

/** Messages of two gateways, and reports of two orchestrators that share a hot key now and then. */
function randomTraffic(random: () => number): SimulatedMessage[] {
  const pick = (count: number) => Math.floor(random() * count);
  const at = () => T0 + pick(40) * MINUTE + pick(60) * 1000;
  const some = (count: number, make: (index: number) => SimulatedMessage) =>
    Array.from({ length: count }, (_, n) => make(n));
  const anElement = (): Element => ({
    url: [...URLS, 'https://elsewhere.example.com'][pick(3)] ?? '',
    address: ['', ...HOT_KEYS, ...ADDRESSES][pick(5)] ?? '',
    latency_ms: ['', '0', '5', '77', 'x'][pick(5)] ?? '',
  });
  return [
    ...some(20, (n) =>
      discovery(
        `e${n}`,
        at(),
        Array.from({ length: 1 + pick(4) }, anElement).map((one) =>
          random() < 0.3 ? { ...one, url: '', address: HOT_KEYS[0] ?? '' } : one,
        ),
        `gw-${pick(2)}.example.com`,
      ),
    ),
    ...some(6, (n) => report(`s${n}`, at() - 15 * MINUTE, pick(2), HOT_KEYS[pick(2)])),
  ];
}
