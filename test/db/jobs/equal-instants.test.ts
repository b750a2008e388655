import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ingestFacts, readCore } from './fact-writer.js';
import { useResolver } from './resolver-harness.js';
import { MINUTE, randomFrom, request, sighting, status, T0 } from './session-samples.js';

const underTest = useResolver();
const AT = T0 + 5 * MINUTE;
const SIGHTINGS = [sighting(0, T0 - MINUTE), sighting(1, T0 - MINUTE)];

/** The samples as the view shows them, in the order of its key. */
async function samples(): Promise<readonly string[]> {
  const { rows } = await underTest().admin.query<{ line: string }>(
    'select s::text as line from api.status_sample as s order by event_at, id',
  );
  return rows.map(({ line }) => line);
}
async function addresses(): Promise<readonly string[]> {
  const { rows } = await underTest().admin.query<{ address: string }>(
    'select orchestrator_address as address from api.status_sample order by event_at, id',
  );
  return rows.map(({ address }) => address);
}

it('two samples of one millisecond are each of the segment that holds them in order, not both of the later [FACT-002]', async () => {
  const { admin, empty, drain, rebuild } = underTest();
  await empty();
  const [a, b] = SIGHTINGS.map(({ address }) => address);
  const [last, first] = [status(AT, 'm1', 0), status(AT, 'm2', 1)];
  await ingestFacts(admin, [request(T0, 'r'), status(T0 + 1, 's', 0), first, last, status(AT + 1, 't', 1)], SIGHTINGS);
  await drain();
  expect(await addresses()).toEqual([a, a, b, b]);
  const { rows } = await admin.query(
    'select ordinal, status_sample_count::int as n, started_rank, started_event_id from core.segment order by 1',
  );
  expect(rows).toEqual([
    { ordinal: 0, n: 2, started_rank: 0, started_event_id: '' },
    { ordinal: 1, n: 2, started_rank: first.familyRank, started_event_id: 'm2' },
  ]);
  await rebuild();
  expect(await addresses()).toEqual([a, a, b, b]);
});

it('samples of equal milliseconds are shown alike for any order, batching and repetition, and once by their id [SERVING-001]', async () => {
  const { admin, empty, drain } = underTest();
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const random = randomFrom(seed);
      const int = (limit: number) => Math.floor(random() * limit);
      const events = [
        request(T0, 'r'),
        ...Array.from({ length: 24 }, (_, n) => status(AT + int(4), `e${String(n).padStart(2, '0')}`, int(2))),
      ];
      const shown: (readonly string[])[] = [];
      const cores: object[] = [];
      for (const batches of [1, 4]) {
        await empty();
        const shuffled = [...events, ...events.slice(0, 5)].sort(() => random() - 0.5);
        for (let part = 0; part < batches; part += 1) {
          const own = shuffled.filter((_, index) => index % batches === part);
          await ingestFacts(admin, own, part === 0 ? SIGHTINGS : []);
          await drain();
        }
        shown.push(await samples());
        cores.push(await readCore(admin));
        const { rows } = await admin.query<{ counted: string; shown: string }>(`
          select (
            select string_agg(n::text, ',' order by orchestrator_address) from (
              select orchestrator_address, sum(status_sample_count) as n from core.segment group by 1) as g
          ) as counted, (
            select string_agg(n::text, ',' order by orchestrator_address) from (
              select orchestrator_address, count(*) as n from api.status_sample group by 1) as s
          ) as shown`);
        expect(rows[0]?.shown).toBe(rows[0]?.counted);
        const ids = await admin.query(
          'select count(*)::int as n, count(distinct id)::int as ids from api.status_sample',
        );
        expect(ids.rows).toEqual([{ n: 24, ids: 24 }]);
      }
      expect(shown[1]).toEqual(shown[0]);
      expect(cores[1]).toEqual(cores[0]);
    }),
    { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 8) },
  );
});
