import fc from 'fast-check';
import type { Pool } from 'pg';
import { expect, it } from 'vitest';
import { maintenanceJob } from '../../../src/jobs/maintenance.js';
import { createLog } from '../../../src/log.js';
import { ingestFacts, readCore, type Sighting } from './fact-writer.js';
import { type ResolverUnderTest, useResolver } from './resolver-harness.js';
import { HOT_KEYS, MINUTE, randomFrom, randomSessions, sighting, T0, URLS } from './session-samples.js';

const log = createLog({ level: 'silent', format: 'json' });
const DAY = 1440 * MINUTE;
const AS_OF = new Date(T0 + DAY);
/** Days before that of AS_OF. */
const RAW_DAYS = 2;
const CORE_DAYS = 10;
const RAW_FLOOR = Math.floor(AS_OF.getTime() / DAY) * DAY - RAW_DAYS * DAY;
const CORE_FLOOR = Math.floor(AS_OF.getTime() / DAY) * DAY - CORE_DAYS * DAY;

const kept = useResolver();
const dropped = useResolver();

/** Sightings of two orchestrators that swap URLs, hot keys and contents, in `[fromMs, toMs)`. */
function sightings(random: () => number, name: string, count: number, fromMs: number, toMs: number): Sighting[] {
  const int = (limit: number) => Math.floor(random() * limit);
  return Array.from({ length: count }, (_, index) => {
    const { uri } = sighting(random() < 0.8 ? 0 : 1, 0);
    return sighting(random() < 0.8 ? 0 : 1, fromMs + int((toMs - fromMs) / MINUTE) * MINUTE, {
      uri,
      eventId: `${name}-${index}`,
      model: random() < 0.7 ? 'streamdiffusion-sdxl' : 'streamdiffusion',
      gpuUuid: random() < 0.9 ? `GPU-${int(2)}` : '',
      localAddress: HOT_KEYS[int(2)] ?? '',
    });
  });
}

const policy = (pool: Pool) =>
  pool.query('update config.policy set raw_retention_days = $1, core_retention_days = $2', [RAW_DAYS, CORE_DAYS]);

async function maintain({ pool, ownerPool }: ResolverUnderTest): Promise<void> {
  const signal = new AbortController().signal;
  await maintenanceJob.run({}, { pool, ownerPool, log, asOf: AS_OF, clock: () => AS_OF, signal });
}

const API = ['orchestrator', 'price', 'gpu', 'gpu_surface', 'attribution_coverage', 'session', 'session_segment'];
async function answers(pool: Pool): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const name of API) {
    all[name] = (await pool.query(`select to_jsonb(t)::text as row from api.${name} as t order by 1`)).rows;
  }
  const { capability_run: _runs, capability_reading: _readings, ...core } = await readCore(pool);
  return { ...all, core };
}
/** How many keys a verification counted, and every row of any table that it found to differ. */
async function verified(under: ResolverUnderTest): Promise<{ readonly keys: number; readonly differences: object[] }> {
  const differences: object[] = [];
  const { runs } = await under.modes().verify({ span: null, onDifference: (one) => differences.push(one) });
  return { keys: runs.count, differences };
}

interface Discovery {
  readonly eventId: string;
  readonly at: Date;
  readonly urls: readonly string[];
  readonly addresses: readonly string[];
}
/** Discoveries of either orchestrator by URL and by hot key, in `[fromMs, toMs)`. */
function discoveries(random: () => number, count: number, fromMs: number, toMs: number): Discovery[] {
  const int = (limit: number) => Math.floor(random() * limit);
  return Array.from({ length: count }, (_, index) => ({
    eventId: `discovery-${index}`,
    at: new Date(fromMs + int(toMs - fromMs)),
    urls: [URLS[int(2)] ?? '', ''],
    addresses: ['', HOT_KEYS[int(2)] ?? ''],
  }));
}
async function ingestDiscoveries(pool: Pool, all: readonly Discovery[]): Promise<void> {
  await pool.query('truncate fact.discovery_result, work.message_mark, core.discovery');
  await pool.query('select naap.ensure_storage($1::timestamptz[])', [all.map(({ at }) => at)]);
  for (const { eventId, at, urls, addresses } of all) {
    await pool.query(
      `insert into fact.discovery_result (event_at, org, event_id, gateway, orch_addresses, orch_urls, latencies_ms)
       values ($1, 'daydream', $2, 'gateway-1.example.com', $3, $4, '{77,78}')`,
      [at, eventId, addresses, urls],
    );
    await pool.query(
      `insert into work.message_mark (kind, org, event_id, event_at) values ('discovery', 'daydream', $1, $2)`,
      [eventId, at],
    );
  }
}
const countOf = async (pool: Pool, table: string): Promise<number> =>
  (await pool.query(`select from ${table}`)).rowCount ?? 0;

it('changes no answer about what came after the floors, whatever is sighted later, and rebuilds to the same', async () => {
  let droppedSightings = 0;
  let droppedRuns = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const [one, other] = [kept(), dropped()];
      const random = randomFrom(seed);
      const history = sightings(random, 'old', 60, CORE_FLOOR - 15 * DAY, T0);
      const news = sightings(random, 'new', 12, RAW_FLOOR, T0 + DAY / 2);
      const [before, after] = [randomSessions(random), randomSessions(random)];
      const found = discoveries(random, 8, RAW_FLOOR, T0);
      const later = after.map((event) => ({ ...event, eventId: `later-${event.eventId}` }));
      for (const under of [one, other]) {
        await under.empty();
        await policy(under.admin);
        await ingestFacts(under.admin, before, history);
        await ingestDiscoveries(under.admin, found);
        await under.drain();
      }
      await one.admin.query('update work.floor set raw_floor = $1, core_floor = $2', [
        new Date(RAW_FLOOR),
        new Date(CORE_FLOOR),
      ]);
      await maintain(other);
      droppedSightings += history.length - (await countOf(other.admin, 'fact.capability_sighting'));
      droppedRuns +=
        (await countOf(one.admin, 'core.capability_run')) - (await countOf(other.admin, 'core.capability_run'));
      expect(await answers(other.admin)).toEqual(await answers(one.admin));
      expect((await verified(other)).differences).toEqual([]);
      for (const under of [one, other]) {
        for (let index = 0; index < news.length; index += 3) {
          await ingestFacts(under.admin, index === 0 ? later : [], news.slice(index, index + 3));
          await under.drain();
        }
      }
      const wanted = await answers(one.admin);
      expect(await answers(other.admin)).toEqual(wanted);
      await maintain(other);
      expect((await verified(other)).differences).toEqual([]);
      await other.rebuild();
      expect((await verified(other)).differences).toEqual([]);
      expect(await answers(other.admin)).toEqual(wanted);
    }),
    { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 4) },
  );
  expect(droppedSightings).toBeGreaterThan(0);
  expect(droppedRuns).toBeGreaterThan(0);
});

it('keeps of a service that always says the same two sightings before the floor, and its run whole', async () => {
  const under = dropped();
  await under.empty();
  await policy(under.admin);
  const reports = Array.from({ length: 100 }, (_, index) => sighting(0, RAW_FLOOR - (99 - index) * 25 * MINUTE - 1));
  await ingestFacts(under.admin, [], reports);
  await under.drain();
  const before = (await readCore(under.admin))['capability_run'];
  await maintain(under);
  expect(await countOf(under.admin, 'fact.capability_sighting')).toBe(2);
  await under.rebuild();
  expect((await readCore(under.admin))['capability_run']).toEqual(before);
});

it('is no difference to a verification, which names an open run that is not what its sightings say', async () => {
  const under = dropped();
  await under.empty();
  await policy(under.admin);
  await ingestDiscoveries(under.admin, []);
  await ingestFacts(under.admin, [], sightings(randomFrom(7), 'old', 60, CORE_FLOOR - 15 * DAY, T0));
  await under.drain();
  // the floor moves before the first sighting is dropped
  await under.admin.query('update work.floor set raw_floor = $1', [new Date(RAW_FLOOR)]);
  const runs = async () => (await readCore(under.admin))['capability_run'];
  const before = await runs();
  expect((await verified(under)).differences).toEqual([]);
  await under.rebuild();
  expect(await runs()).toEqual(before);

  await maintain(under);
  const isFinal = `next_at < (select raw_floor from work.floor)`;
  expect((await under.admin.query(`select from core.capability_run where ${isFinal}`)).rowCount).toBeGreaterThan(4);
  const { keys, differences } = await verified(under);
  expect(differences).toEqual([]);
  expect(keys).toBeGreaterThan(2);
  const left = await runs();
  await under.rebuild();
  expect(await runs()).toEqual(left);

  const open = await under.admin.query('select * from core.capability_run where next_at is null order by last_at desc');
  const [one, other] = open.rows;
  const at = 'where (org, address, uri, first_at) = ($1, $2, $3, $4)';
  const nameOf = ({ org, address, uri, first_at }: typeof one) => [org, address, uri, first_at];
  await under.admin.query(`update core.capability_run set last_event_id = 'another' ${at}`, nameOf(one));
  await under.admin.query(`delete from core.capability_run ${at}`, nameOf(other));
  const odd = (await verified(under)).differences;
  expect(odd).toHaveLength(2);
  for (const difference of odd) expect(difference).toMatchObject({ relation: 'core.capability_run' });
});

it('leaves sightings whose runs are not computed yet', async () => {
  const under = dropped();
  await under.empty();
  await policy(under.admin);
  await ingestFacts(under.admin, [], [sighting(0, RAW_FLOOR - 3 * DAY), sighting(0, RAW_FLOOR - 2 * DAY)]);
  await ingestFacts(under.admin, [], [sighting(0, RAW_FLOOR - DAY)]);
  await maintain(under);
  expect(await countOf(under.admin, 'fact.capability_sighting')).toBe(3);
  await under.drain();
  await maintain(under);
  expect(await countOf(under.admin, 'fact.capability_sighting')).toBe(2);
});
