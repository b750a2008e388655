import { beforeAll, expect, test } from 'vitest';
import type { SessionEvent } from '../../../src/domain/event.js';
import { MILESTONES } from '../../../src/domain/event.js';
import { refreshAlone } from '../../../src/jobs/refresh-rollups.js';
import { createResolver, type Resolver } from '../../../src/jobs/resolver.js';
import { useApi } from '../api/api-under-test.js';
import { iso } from '../api/network.js';
import { ingestFacts, sessionEvent } from '../jobs/fact-writer.js';
import { log, resultsOf, score } from './scored-network.js';

const KEY = 'a key of the public ids, for tests only';
const T0 = Date.UTC(2026, 0, 8, 12, 2);
const HOUR = Date.UTC(2026, 0, 8, 12);
const [FIRST, SECOND] = [Date.UTC(2026, 0, 8, 14), Date.UTC(2026, 0, 8, 15)];
const api = useApi(SECOND);
let resolver: Resolver;

const bit = (name: (typeof MILESTONES)[number]) => 1 << MILESTONES.indexOf(name);
const GATEWAY = 'gateway-1.example.com';
const events: readonly SessionEvent[] = [
  sessionEvent({ eventAtMs: T0, eventId: 'request', milestones: bit('receive_request'), gateway: GATEWAY }),
  ...Array.from({ length: 12 }, (_, index) =>
    sessionEvent({
      eventAtMs: T0 + 1000 + index * 10_000,
      eventId: `status-${index}`,
      familyRank: 1,
      name: 'status',
      isSample: true,
      state: 'ONLINE',
      fpsMicro: 20_000_000,
      orchUrl: 'https://orch-a.example.com:8935',
      showsIdentity: true,
      gateway: GATEWAY,
    }),
  ),
];

const settle = async (atMs: number) => {
  await refreshAlone({ ownerPool: api().ownerPool, asOf: new Date(atMs), log });
  await score(api(), atMs);
};

beforeAll(async () => {
  await ingestFacts(api().ownerPool, events, []);
  resolver = await createResolver({ pool: api().worker, publicIdKey: KEY, log });
  await resolver.drain({ decidedAt: new Date(FIRST), concurrency: 1 });
  await settle(FIRST);
});

test('a changed region moves history with the next drain; asOf answers with the region known then', async () => {
  const ask = async (asOf = '') => {
    const { data, errors } = await api().query(
      `{ slaScores(bucket: HOUR_1, range: { start: "${iso(HOUR)}", end: "${iso(HOUR + 3_600_000)}" }, groupBy: [REGION]${asOf})
        { edges { node { region score { value { value } } } } } }`,
    );
    expect(errors).toBeUndefined();
    return data.slaScores.edges.map((edge: { node: unknown }) => edge.node);
  };
  const [before] = await ask();
  expect(before).toMatchObject({ region: null, score: { value: { value: expect.any(Number) } } });

  await api().owner.query('insert into config.gateway values ($1, $1, $2)', [GATEWAY, 'eu-west']);
  await resolver.drain({ decidedAt: new Date(SECOND) });
  await settle(SECOND);

  expect(await ask()).toEqual([{ ...before, region: 'eu-west' }]);
  expect(await ask(`, asOf: "${iso(SECOND)}"`)).toEqual([{ ...before, region: 'eu-west' }]);
  expect(await ask(`, asOf: "${iso(SECOND - 1)}"`)).toEqual([before]);
  const results = await resultsOf(api(), SECOND);
  expect(results.filter(({ width, isWithdrawn }) => width === '1h' && isWithdrawn)).toHaveLength(2);
  expect(results.filter(({ width, isWithdrawn }) => width === '1h' && !isWithdrawn)).toHaveLength(2);
});
