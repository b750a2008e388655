import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extendedRun, runsOf, type SightedRun, type Sighting } from '../../../src/domain/capability-runs.js';

const MINUTE = 60_000;
const seen = (minute: number, content: string, eventId = `event-${minute}`): Sighting => ({
  observedAtMs: minute * MINUTE,
  eventId,
  contentHash: content,
  localAddress: `local-${content}`,
});
const inShort = (runs: readonly SightedRun[]) =>
  runs.map((one) => [
    one.contentHash,
    one.firstAtMs / MINUTE,
    one.lastAtMs / MINUTE,
    one.nextAtMs === null ? null : one.nextAtMs / MINUTE,
  ]);
const sightings = fc.array(
  fc
    .record({
      minute: fc.integer({ min: 0, max: 20 }),
      content: fc.constantFrom('x', 'y', 'z'),
      id: fc.constantFrom('a', 'b', '\u{1F600}', '\uFFFD'),
    })
    .map(({ minute, content, id }) => seen(minute, content, `${id}${minute}`)),
  { minLength: 1, maxLength: 25 },
);
/** One event id names one sighting. */
const distinct = (all: readonly Sighting[]) => [...new Map(all.map((one) => [one.eventId, one])).values()];

describe('capability runs [TYPED_RAW-003]', () => {
  it('are maximal stretches of equal content, in force until different content is sighted', () => {
    const all = [seen(0, 'x'), seen(5, 'x'), seen(7, 'y'), seen(9, 'x'), seen(12, 'x')];
    expect(inShort(runsOf(all))).toEqual([
      ['x', 0, 5, 7],
      ['y', 7, 7, 9],
      ['x', 9, 12, null],
    ]);
    expect(runsOf(all)[0]).toMatchObject({ firstEventId: 'event-0', lastEventId: 'event-5', localAddress: 'local-x' });
    expect(runsOf([])).toEqual([]);
  });

  it('take the last by event id of several sightings at one instant, bytewise', () => {
    expect(inShort(runsOf([seen(0, 'x', 'b'), seen(0, 'y', 'a'), seen(3, 'x', 'c')]))).toEqual([['x', 0, 3, null]]);
    expect(inShort(runsOf([seen(0, 'x', '\uFFFD'), seen(0, 'y', '\u{1F600}')]))).toEqual([['y', 0, 0, null]]);
  });

  it('end where a run is said to follow', () => {
    expect(inShort(runsOf([seen(0, 'x'), seen(2, 'y')], 9 * MINUTE))).toEqual([
      ['x', 0, 0, 2],
      ['y', 2, 2, 9],
    ]);
  });

  it('follow from the set of sightings, not from their order or repetition', () => {
    fc.assert(
      fc.property(sightings, fc.array(fc.nat(), { minLength: 25, maxLength: 25 }), (drawn, keys) => {
        const all = distinct(drawn);
        const shuffled = [...all, ...all].sort((a, b) => (keys[all.indexOf(a)] ?? 0) - (keys[all.indexOf(b)] ?? 0));
        expect(runsOf(shuffled)).toEqual(runsOf(all));
      }),
    );
  });

  it('cover every instant from the first sighting on, and neighbours differ', () => {
    fc.assert(
      fc.property(sightings, (drawn) => {
        const runs = runsOf(distinct(drawn));
        runs.forEach((one, index) => {
          const next = runs[index + 1];
          expect(one.lastAtMs).toBeGreaterThanOrEqual(one.firstAtMs);
          expect(one.nextAtMs).toBe(next?.firstAtMs ?? null);
          expect(next?.contentHash).not.toBe(one.contentHash);
        });
      }),
    );
  });

  it('are made from a window that ends where a run begins as from everything', () => {
    fc.assert(
      fc.property(sightings, fc.nat(), fc.nat(), (drawn, i, j) => {
        const all = distinct(drawn);
        const runs = runsOf(all);
        const [from = 0, to = runs.length] = [i % runs.length, j % (runs.length + 1)].sort((a, b) => a - b);
        const fromMs = runs[from]?.firstAtMs ?? 0;
        const toMs = runs[to]?.firstAtMs ?? null;
        const inside = all.filter((one) => one.observedAtMs >= fromMs && (toMs === null || one.observedAtMs < toMs));
        expect(runsOf(inside, toMs)).toEqual(runs.slice(from, to));
      }),
      { numRuns: 400 },
    );
  });
});

describe('a run that new sightings fall into', () => {
  it('is what all sightings together make of it, or says that it is not enough', () => {
    let extendedCount = 0;
    fc.assert(
      fc.property(sightings, sightings, (known, fresh) => {
        const before = distinct(known);
        const runs = runsOf(before);
        const news = distinct(fresh).filter((one) => !before.some(({ eventId }) => eventId === one.eventId));
        const firstMs = Math.min(...news.map(({ observedAtMs }) => observedAtMs));
        const run = runs.findLast(({ firstAtMs }) => firstAtMs < firstMs);
        if (run === undefined || news.length === 0) return;
        // as the store reads them: whatever was sighted in their span
        const lastMs = Math.max(...news.map(({ observedAtMs }) => observedAtMs));
        const span = [...before, ...news].filter((one) => one.observedAtMs >= firstMs && one.observedAtMs <= lastMs);
        const extended = extendedRun(run, span);
        if (extended === null) return;
        extendedCount += 1;
        expect(runsOf([...before, ...news])).toEqual(runs.map((one) => (one === run ? extended : one)));
      }),
      { numRuns: 3_000 },
    );
    expect(extendedCount).toBeGreaterThan(50);
  });
});
