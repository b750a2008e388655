import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import type { RowDifference } from '../../../src/warehouse/readers/row-difference.js';
import { ingestFacts, readCore } from './fact-writer.js';
import { useResolver } from './resolver-harness.js';
import { MINUTE, randomFrom, randomSessions, sighting, T0 } from './session-samples.js';

const underTest = useResolver();
beforeEach(() => underTest().empty());
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

async function differences(span: { readonly from: Date; readonly to: Date } | null): Promise<readonly RowDifference[]> {
  const found: RowDifference[] = [];
  await underTest()
    .modes()
    .verify({ span, onDifference: (one) => found.push(one) });
  return found;
}

it('two workers, repairs and a bootstrap beside ingest leave what a rebuild alone makes [FACT-002, PARITY-002]', async () => {
  const { admin, empty, drain, rebuild, modes, another } = underTest();
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      await empty();
      const random = randomFrom(seed);
      const events = randomSessions(random).sort(() => random() - 0.5);
      const sightings = [0, 1].flatMap((n) => [
        sighting(n, T0 - MINUTE),
        sighting(n, T0 + 20 * MINUTE, { model: 'other' }),
      ]);
      const workers = [await another(), await another()];
      let isOver = false;
      const ingest = async (): Promise<void> => {
        for (let part = 0; part < 8; part += 1) {
          await ingestFacts(
            admin,
            events.filter((_, index) => index % 8 === part),
            sightings.filter((_, index) => index === 7 - part),
          );
        }
        isOver = true;
      };
      const work = async (worker: (typeof workers)[number]): Promise<void> => {
        while (!isOver) await worker.drain({ decidedAt: new Date(), concurrency: 2 });
      };
      const mend = async (): Promise<void> => {
        while (!isOver) {
          const at = T0 + Math.floor(random() * 30) * MINUTE;
          await modes().repair({ from: new Date(at), to: new Date(at + 20 * MINUTE) });
        }
      };
      await Promise.all([ingest(), ...workers.map(work), mend(), rebuild()]);
      expect(await drain()).toMatchObject({ parkedCount: 0, leftCount: 0 });
      const raced = await readCore(admin);
      expect(await differences(null)).toEqual([]);
      await rebuild();
      expect(await readCore(admin)).toEqual(raced);
    }),
    { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 4) },
  );
});

it('a verification of any span finds nothing in what is right, wherever its edges and the raw floor lie [PARITY-002]', async () => {
  const { admin, empty, drain } = underTest();
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      await empty();
      const random = randomFrom(seed);
      const events = randomSessions(random);
      await ingestFacts(admin, events, [sighting(0, T0 - MINUTE), sighting(1, T0 + 7 * MINUTE)]);
      await drain();
      const some = () => events[Math.floor(random() * events.length)]?.eventAtMs ?? T0;
      const edges = [
        some(),
        some() + 1,
        some() - 1,
        Math.floor(some() / (5 * MINUTE)) * 5 * MINUTE,
        T0 - DAY,
        T0 + DAY,
      ];
      const floors = [T0 - DAY, some(), some()];
      for (const floor of floors) {
        await admin.query('update work.floor set raw_floor = $1', [new Date(floor)]);
        for (const from of edges) {
          const later = edges.filter((edge) => edge > from);
          const to = later[Math.floor(random() * later.length)];
          if (to !== undefined) expect(await differences({ from: new Date(from), to: new Date(to) })).toEqual([]);
        }
      }
    }),
    { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 2) },
  );
});
