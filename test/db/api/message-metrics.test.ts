import { beforeAll, describe, expect, test } from 'vitest';
import { groupBy } from '../../../src/domain/group-by.js';
import { refreshAlone } from '../../../src/jobs/refresh-rollups.js';
import { createLog } from '../../../src/log.js';
import { useApi } from './api-under-test.js';
import {
  gapBefore,
  isRepeated,
  type SeedAuth,
  type SeedTicket,
  type SeedWorker,
  seedAuths,
  seedTickets,
  seedWorkers,
} from './message-rows.js';
import { HOUR_MS, iso, ORCHESTRATORS, seedOrchestrators } from './network.js';
import { PAGE_INFO, walk } from './walk.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const END = Math.floor(NOW / HOUR_MS) * HOUR_MS + HOUR_MS;
const DAY_MS = 24 * HOUR_MS;
const api = useApi(NOW);

/** Over two days and a half, each alone in its 5 minutes; every seventh says nothing of itself. */
const places = Array.from({ length: 72 }, (_, index) => ({
  atMs: NOW - index * 47 * 60_000,
  isSilent: index % 7 === 3,
  org: index % 9 === 0 ? 'cloudspe' : 'daydream',
  gateway: ['gw-0', 'gw-1', ''][index % 3] ?? '',
  orchestrator: [...ORCHESTRATORS, ''][(index * 3) % 4] ?? '',
  pipeline: ['live-video-to-video', 'text-to-image', ''][index % 5] ?? '',
  region: index % 2 === 0 ? 'EU' : '',
}));
const models = ['m-0', 'm-1', 'm-2', ''];

// numbers of three sessions in an order that is none of time, some twice, some never, and a session without a name
const tickets: readonly SeedTicket[] = places.map(({ isSilent, ...place }, index) => ({
  ...place,
  id: `ticket-${index}`,
  model: models[index % 4] ?? '',
  session: ['t-0', 't-1', 't-2', ''][index % 4] ?? '',
  sequence: isSilent ? null : (index * 5) % 37,
  billableSeconds: isSilent ? null : `${index}.125`,
  pixels: isSilent || index % 4 === 0 ? null : `${10n ** 24n + BigInt(index)}`,
  computedFee: isSilent ? null : '0.333333333333333333',
}));
const auths: readonly SeedAuth[] = places.map(({ isSilent, ...place }, index) => ({
  ...place,
  id: `auth-${index}`,
  capability: place.pipeline,
  isSuccess: isSilent ? null : index % 3 !== 0,
}));
const workers: readonly SeedWorker[] = places.map(({ isSilent, ...place }, index) => ({
  ...place,
  id: `worker-${index}`,
  model: models[index % 4] ?? '',
  capability: place.pipeline,
  workerUrl: 'https://10.0.0.9:9000',
  price: isSilent ? null : `${index * 1000}.25`,
}));

beforeAll(async () => {
  const { owner } = api();
  await seedOrchestrators(owner, ORCHESTRATORS, NOW - 3 * DAY_MS);
  await seedTickets(owner, tickets);
  await seedAuths(owner, auths);
  await seedWorkers(owner, workers);
});

type Key = 'ORG' | 'ORCHESTRATOR' | 'GATEWAY' | 'PIPELINE' | 'MODEL' | 'REGION';
interface Placed {
  readonly id: string;
  readonly atMs: number;
  readonly model?: string;
}
/** What an answer tells groups apart by, and what a row is seeded with. */
const KEYS: Readonly<Record<Key, readonly [string, (seed: Placed) => string]>> = {
  ORG: ['org', (seed) => textOf(seed, 'org')],
  ORCHESTRATOR: ['orchestratorAddress', (seed) => textOf(seed, 'orchestrator')],
  GATEWAY: ['gateway', (seed) => textOf(seed, 'gateway')],
  PIPELINE: ['pipeline', (seed) => textOf(seed, 'pipeline')],
  MODEL: ['model', (seed) => textOf(seed, 'model')],
  REGION: ['region', (seed) => textOf(seed, 'region')],
};
const ALL: readonly Key[] = ['ORG', 'ORCHESTRATOR', 'GATEWAY', 'PIPELINE', 'MODEL', 'REGION'];
const textOf = (seed: object, name: string): string => String(Reflect.get(seed, name) ?? '');

interface Kind {
  readonly seeds: readonly Placed[];
  readonly keys: readonly Key[];
  readonly figures: string;
  /** The figures of some seeds, by their definition. */
  readonly of: (seeds: readonly Placed[]) => object;
  /** Numbers that the rows in `contributions` say, and what some of them make together. */
  readonly row: string;
  readonly sum: (rows: readonly Row[]) => object;
  readonly countOf: string;
  readonly silent: object;
}
// rows of an answer are read by path
// biome-ignore lint/suspicious/noExplicitAny: as above
type Row = any; // eslint-disable-line @typescript-eslint/no-explicit-any

const METRIC = '{ value unit sampleCount nullReason }';
const ratio = (part: number, whole: number) => ({
  ...{ value: whole > 0 ? part / whole : null, unit: 'RATIO', sampleCount: whole },
  nullReason: whole > 0 ? 'OK' : 'NO_DATA',
});
const price = (said: readonly string[]) => ({
  ...{ value: said.length > 0 ? Number(exactSum(said)) / said.length : null, unit: 'WEI', sampleCount: said.length },
  nullReason: said.length > 0 ? 'OK' : 'NO_DATA',
});
const said = (values: readonly (string | null | undefined)[]): readonly string[] => values.flatMap((one) => one ?? []);

/** Exact sum without zeros at its end; null of nothing. */
function exactSum(texts: readonly string[]): string | null {
  if (texts.length === 0) return null;
  const scaled = texts.reduce((sum, text) => {
    const [whole = '', fraction = ''] = text.split('.');
    return sum + BigInt(whole + fraction.padEnd(18, '0'));
  }, 0n);
  return plain(`${scaled / 10n ** 18n}.${String(scaled % 10n ** 18n).padStart(18, '0')}`);
}

function plain(text: string | null): string | null {
  return text?.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const numbersOf = <Seed>(seeds: readonly Placed[], all: readonly (Seed & Placed)[]): readonly (Seed & Placed)[] =>
  all.filter(({ id }) => seeds.some((seed) => seed.id === id));

const KINDS: Readonly<Record<string, Kind>> = {
  ticketMetrics: {
    seeds: tickets,
    keys: ALL,
    figures: 'ticketCount missingCount repeatedCount billableSeconds pixels computedFeeWei',
    of: (seeds) => {
      const own = numbersOf(seeds, tickets);
      return {
        ticketCount: own.length,
        missingCount: own.reduce((sum, ticket) => sum + gapBefore(ticket, tickets), 0),
        repeatedCount: own.filter((ticket) => isRepeated(ticket, tickets)).length,
        billableSeconds: exactSum(said(own.map(({ billableSeconds }) => billableSeconds))),
        pixels: exactSum(said(own.map(({ pixels }) => pixels))),
        computedFeeWei: exactSum(said(own.map(({ computedFee }) => computedFee))),
      };
    },
    row: 'missingBeforeCount isRepeated billableSeconds pixels computedFeeWei',
    sum: (rows) => ({
      ticketCount: rows.length,
      missingCount: rows.reduce((sum, { missingBeforeCount }) => sum + missingBeforeCount, 0),
      repeatedCount: rows.filter((row) => row.isRepeated).length,
      billableSeconds: exactSum(said(rows.map((row) => row.billableSeconds))),
      pixels: exactSum(said(rows.map((row) => row.pixels))),
      computedFeeWei: exactSum(said(rows.map((row) => row.computedFeeWei))),
    }),
    countOf: 'ticketCount',
    silent: { missingCount: 0, repeatedCount: 0, billableSeconds: null, pixels: null, computedFeeWei: null },
  },
  byocAuthMetrics: {
    seeds: auths,
    keys: ALL.filter((key) => key !== 'MODEL'),
    figures: `eventCount successCount failedCount successRatio ${METRIC}`,
    of: (seeds) => countAuths(numbersOf(seeds, auths)),
    row: 'isSuccess',
    sum: countAuths,
    countOf: 'eventCount',
    silent: { successCount: 0, failedCount: 0, successRatio: ratio(0, 0) },
  },
  byocWorkerMetrics: {
    seeds: workers,
    keys: ALL,
    figures: `eventCount averagePricePerUnitWei ${METRIC}`,
    of: (seeds) => ({
      eventCount: seeds.length,
      averagePricePerUnitWei: price(said(numbersOf(seeds, workers).map((worker) => worker.price))),
    }),
    row: 'pricePerUnitWei',
    sum: (rows) => ({
      eventCount: rows.length,
      averagePricePerUnitWei: price(said(rows.map(({ pricePerUnitWei }) => pricePerUnitWei))),
    }),
    countOf: 'eventCount',
    silent: { averagePricePerUnitWei: price([]) },
  },
};

function countAuths(rows: readonly { readonly isSuccess: boolean | null }[]): object {
  const successCount = rows.filter(({ isSuccess }) => isSuccess === true).length;
  const failedCount = rows.filter(({ isSuccess }) => isSuccess === false).length;
  const successRatio = ratio(successCount, successCount + failedCount);
  return { eventCount: rows.length, successCount, failedCount, successRatio };
}

/** The figures of an answer, decimals without zeros at their end. */
function seen(metrics: Row): object | null {
  if (metrics === null) return null;
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name, typeof value === 'string' ? plain(value) : value]),
  );
}

/** The figures of what there is; null of nothing. */
const wanted = (kind: Kind, seeds: readonly Placed[]): object | null => (seeds.length === 0 ? null : kind.of(seeds));
const within = (seeds: readonly Placed[], startMs: number, endMs: number): readonly Placed[] =>
  seeds.filter(({ atMs }) => atMs >= startMs && atMs < endMs);
const rangeOf = (startMs: number, endMs: number) => `range: { start: "${iso(startMs)}", end: "${iso(endMs)}" }`;

async function ask(field: string, args: string, fields: string): Promise<Row> {
  const { data, errors } = await api().query(`{ ${field}(${args}) { ${fields} } }`);
  expect(errors).toBeUndefined();
  return data[field];
}

describe.each(['before', 'after'])('%s the refresh', (moment) => {
  beforeAll(async () => {
    if (moment === 'before') return;
    const log = createLog({ level: 'silent', format: 'json' });
    await refreshAlone({ ownerPool: api().ownerPool, asOf: new Date(NOW + 3 * DAY_MS), log });
    const { rows } = await api().owner.query('select from work.bucket_mark');
    expect(rows).toHaveLength(0);
  });

  describe.each(Object.entries(KINDS))('%s', (field, kind) => {
    const { seeds, keys, figures, row } = kind;

    test('count each once over the last day, the day before and every hour', async () => {
      const answer = await ask(
        field,
        'bucket: HOUR_1',
        `rangeUsed { start end } previousRangeUsed { start end } total { ${figures} } previousTotal { ${figures} }
        points { start metrics { ${figures} } }`,
      );
      expect(answer.rangeUsed).toEqual({ start: iso(END - DAY_MS), end: iso(END) });
      expect(answer.previousRangeUsed).toEqual({ start: iso(END - 2 * DAY_MS), end: iso(END - DAY_MS) });
      expect(seen(answer.total)).toEqual(kind.of(within(seeds, END - DAY_MS, END)));
      expect(seen(answer.previousTotal)).toEqual(kind.of(within(seeds, END - 2 * DAY_MS, END - DAY_MS)));
      expect(answer.points).toHaveLength(24);
      for (const { start, metrics } of answer.points) {
        const startMs = Date.parse(start);
        expect(seen(metrics), start).toEqual(wanted(kind, within(seeds, startMs, startMs + HOUR_MS)));
      }
    });

    test.each(['MINUTE_5', 'HOUR_1', 'DAY_1'])(
      'are told apart by all there is, most first, in buckets of %s',
      async (bucket) => {
        const [startMs, endMs] = [END - 48 * HOUR_MS, END];
        const grouped = `groupedBy ${keys.map((key) => KEYS[key][0]).join(' ')} metrics { ${figures} } previous { ${figures} }`;
        const points = bucket === 'MINUTE_5' ? '' : `points { start metrics { ${figures} } }`;
        const args = `${rangeOf(startMs, endMs)}, bucket: ${bucket}, groupBy: [${keys.join(', ')}]`;
        const { rangeUsed } = await ask(field, args, 'rangeUsed { start end }');
        const [fromMs, toMs] = [Date.parse(rangeUsed.start), Date.parse(rangeUsed.end)];
        const groups = await walk<Row>(
          (page) => ask(field, `${args}, ${page}`, `edges { node { ${grouped} ${points} } } ${PAGE_INFO}`),
          7,
        );
        const nameOf = (one: Placed) => JSON.stringify(keys.map((key) => KEYS[key][1](one)));
        const own = groupBy(within(seeds, fromMs, toMs), nameOf);
        expect(groups.map((group) => JSON.stringify(keys.map((key) => group[KEYS[key][0]] ?? ''))).sort()).toEqual(
          [...own.keys()].sort(),
        );
        const counts = groups.map(({ metrics }) => metrics[kind.countOf]);
        expect(counts).toEqual([...counts].sort((a, b) => b - a));
        for (const group of groups) {
          const name = JSON.stringify(keys.map((key) => group[KEYS[key][0]] ?? ''));
          expect(group.groupedBy, name).toEqual(keys);
          expect(seen(group.metrics), name).toEqual(kind.of(own.get(name) ?? []));
          const before = within(seeds, fromMs - (toMs - fromMs), fromMs).filter((one) => nameOf(one) === name);
          expect(seen(group.previous), name).toEqual(wanted(kind, before));
          for (const { start, metrics } of group.points ?? []) {
            const bucketMs = bucket === 'HOUR_1' ? HOUR_MS : DAY_MS;
            const inside = within(own.get(name) ?? [], Date.parse(start), Date.parse(start) + bucketMs);
            expect(seen(metrics), `${name} ${start}`).toEqual(wanted(kind, inside));
          }
        }
      },
    );

    test('are kept to what a filter lists, an unknown value among them', async () => {
      for (const [where, isKept] of [
        ['orgs: ["cloudspe"]', (one) => textOf(one, 'org') === 'cloudspe'],
        ['gateways: ["gw-1", ""]', (one) => textOf(one, 'gateway') !== 'gw-0'],
        [`orchestrators: ["${ORCHESTRATORS[1]}"]`, (one) => textOf(one, 'orchestrator') === ORCHESTRATORS[1]],
        [
          'pipelines: ["text-to-image"], regions: ["EU"]',
          (one) => textOf(one, 'pipeline') === 'text-to-image' && textOf(one, 'region') === 'EU',
        ],
        ['regions: ["US"]', () => false],
        ...(keys.includes('MODEL')
          ? ([['models: ["m-2"]', (one) => textOf(one, 'model') === 'm-2']] satisfies [
              string,
              (one: Placed) => boolean,
            ][])
          : []),
      ] satisfies [string, (one: Placed) => boolean][]) {
        const args = `${rangeOf(END - 48 * HOUR_MS, END)}, where: { ${where} }`;
        const { total, contributions } = await ask(
          field,
          args,
          `total { ${figures} } contributions(first: 100) { totalCount edges { node { eventId ${row} } } }`,
        );
        const own = within(seeds, END - 48 * HOUR_MS, END).filter(isKept);
        expect(seen(total), where).toEqual(wanted(kind, own));
        expect(contributions.totalCount, where).toBe(own.length);
        const rows = contributions.edges.map(({ node }: { node: Row }) => node);
        expect(rows.map(({ eventId }: Row) => eventId)).toEqual(own.map(({ id }) => id).reverse());
        if (own.length > 0) expect(kind.sum(rows), where).toEqual(kind.of(own));
      }
    });

    test('walk back from whole, group and point to the rows that add up to them [LINEAGE-002]', async () => {
      const parts = (first: number) => `contributions(first: ${first}) { totalCount edges { node { ${row} } } }`;
      const args = `${rangeOf(END - 24 * HOUR_MS, END)}, bucket: HOUR_1, groupBy: [ORCHESTRATOR], first: 4`;
      const answer = await ask(
        field,
        args,
        `total { ${figures} } ${parts(100)} edges { node { metrics { ${figures} } ${parts(100)} } }`,
      );
      const groups = answer.edges.map(({ node }: { node: Row }) => node);
      expect(groups).toHaveLength(4);
      // no hour has more than two
      const points = `points { metrics { ${figures} } ${parts(2)} }`;
      const { points: hours, edges } = await ask(field, args, `${points} edges { node { ${points} } }`);
      const numbers = [
        { metrics: answer.total, contributions: answer.contributions },
        ...[...groups, ...hours],
        ...edges.flatMap(({ node }: { node: Row }) => node.points),
      ];
      expect(numbers).toHaveLength(1 + 4 + 24 + 4 * 24);
      for (const { metrics, contributions } of numbers) {
        const rows = contributions.edges.map(({ node }: { node: Row }) => node);
        expect(contributions.totalCount).toBe(rows.length);
        expect(rows.length === 0 ? null : kind.sum(rows)).toEqual(seen(metrics));
      }
      const statements = (first: number) =>
        api().countStatements(() =>
          ask(
            field,
            `groupBy: [ORCHESTRATOR], first: ${first}`,
            `edges { node { metrics { ${figures} } ${parts(5)} } }`,
          ),
        );
      // groups, their rows, their counts
      expect(await statements(1)).toBe(3);
      expect(await statements(4)).toBe(3);
    });

    test('say nothing of what nobody says, and are null where there is nothing', async () => {
      const silent = places.find(({ isSilent }) => isSilent)?.atMs ?? 0;
      const startMs = Math.floor(silent / 300_000) * 300_000;
      const { total } = await ask(
        field,
        `bucket: MINUTE_5, ${rangeOf(startMs, startMs + 300_000)}`,
        `total { ${figures} }`,
      );
      expect(total).toEqual({ [kind.countOf]: 1, ...kind.silent });
      const nothing = await ask(
        field,
        rangeOf(NOW - 90 * DAY_MS, NOW - 89 * DAY_MS),
        `totalCount total { ${figures} }`,
      );
      expect(nothing).toEqual({ totalCount: 0, total: null });
    });

    test('have no MINUTE_1', async () => {
      const { errors } = await api().query(`{ ${field}(bucket: MINUTE_1) { totalCount } }`);
      expect(errors?.[0]?.extensions.code).toBe('UNSUPPORTED_BUCKET');
    });
  });
});

describe('rows in the numbers', () => {
  test('say where they were sent and whom they are about', async () => {
    const start = Math.floor((places[1]?.atMs ?? 0) / 300_000) * 300_000;
    const args = rangeOf(start, start + 300_000);
    const node = 'org eventId gateway region orchestratorAddress orchestrator { address } pipeline';
    const rowOf = async (field: string, more: string) =>
      (await ask(field, args, `contributions { edges { node { ${node} ${more} event { availability } } } }`))
        .contributions.edges;
    const place = {
      ...{ org: 'daydream', gateway: 'gw-1', region: null, pipeline: 'text-to-image' },
      ...{ orchestratorAddress: null, orchestrator: null, event: { availability: 'NOT_FOUND' } },
    };
    expect(await rowOf('ticketMetrics', 'model')).toEqual([{ node: { ...place, eventId: 'ticket-1', model: 'm-1' } }]);
    expect(await rowOf('byocAuthMetrics', '')).toEqual([{ node: { ...place, eventId: 'auth-1' } }]);
    expect(await rowOf('byocWorkerMetrics', 'model')).toEqual([
      { node: { ...place, eventId: 'worker-1', model: 'm-1' } },
    ]);
  });

  test('name the orchestrator as an entity', async () => {
    const { contributions } = await ask(
      'ticketMetrics',
      `where: { orchestrators: ["${ORCHESTRATORS[0]}"] }`,
      'contributions(first: 1) { edges { node { orchestratorAddress orchestrator { address } } } }',
    );
    expect(contributions.edges[0].node).toEqual({
      orchestratorAddress: ORCHESTRATORS[0],
      orchestrator: { address: ORCHESTRATORS[0] },
    });
  });
});
