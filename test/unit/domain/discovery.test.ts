import { describe, expect, it } from 'vitest';
import { encodeSample } from '../../../src/domain/bins.js';
import { type CapabilityRun, OrgCapabilities } from '../../../src/domain/capability-index.js';
import { type DiscoveryEvent, resolveDiscovery, usableLatency } from '../../../src/domain/discovery.js';

const AT = Date.UTC(2026, 0, 8, 12, 7, 30);
const ADDRESSES = [`0x${'a'.repeat(40)}`, `0x${'b'.repeat(40)}`] as const;
const HOT_KEY = `0x${'1'.repeat(40)}`;
const URLS = ['https://a.example.com:8935', 'https://b.example.com:8935'] as const;

const naming = {
  publicGateway: (host: string) => `public ${host}`,
  regionOf: (host: string) => (host === 'gw' ? 'EU' : ''),
  publicGpuId: () => 'gpu_0',
};

function run(orchestrator: 0 | 1, fields: Partial<CapabilityRun> = {}): CapabilityRun {
  return {
    address: ADDRESSES[orchestrator],
    uri: URLS[orchestrator],
    localAddress: HOT_KEY,
    firstAt: AT - 60_000,
    lastAt: AT,
    nextAt: null,
    contentHash: `content ${orchestrator}`,
    firstEventId: 'sighting',
    content: { localAddress: HOT_KEY, version: '', hardware: [], models: [], prices: [] },
    ...fields,
  };
}

function found(
  elements: readonly (readonly [url: string, address: string, latency: string])[],
  runs: readonly CapabilityRun[],
  fields: Partial<DiscoveryEvent> = {},
) {
  const event = {
    org: 'daydream',
    eventId: 'e',
    eventAtMs: AT,
    gateway: 'gw',
    orchUrls: elements.map(([url]) => url),
    orchAddresses: elements.map(([, address]) => address),
    latenciesMs: elements.map(([, , latency]) => latency),
    ...fields,
  };
  return resolveDiscovery(event, { capabilities: new OrgCapabilities(runs), naming });
}

function ownersOf({ rows, grains }: ReturnType<typeof found>): readonly (string | undefined)[] {
  return rows.map(({ grainId }) => grains.find((grain) => grain.grainId === grainId)?.orchestratorAddress);
}

describe('a discovery message', () => {
  it('has one row per element, in its five minutes, under the public gateway and its region', () => {
    const { rows, grains } = found([[URLS[0], HOT_KEY, '77']], [run(0)]);
    expect(grains).toEqual([
      {
        grainId: rows[0]?.grainId,
        org: 'daydream',
        gateway: 'public gw',
        orchestratorAddress: ADDRESSES[0],
        ...{ pipeline: '', model: '', gpuId: '', region: 'EU', isSynthetic: false },
      },
    ]);
    expect(rows).toEqual([
      {
        bucketStart: new Date(Date.UTC(2026, 0, 8, 12, 5)),
        discoveredAt: new Date(AT),
        org: 'daydream',
        eventId: 'e',
        ordinal: 1,
        grainId: grains[0]?.grainId,
        orchUrl: URLS[0],
        orchAddress: HOT_KEY,
        isKnown: true,
        latencyMs: '77.000',
        latencyMsHistogram: encodeSample(77),
      },
    ]);
  });

  it('goes by the URL where a hot key belongs to several, and to nobody without one [ATTRIBUTION-001]', () => {
    const answer = found(
      [
        [URLS[0], HOT_KEY, '1'],
        [URLS[1], HOT_KEY, '2'],
        ['', HOT_KEY, '3'],
        ['https://unheard-of.example.com', '', '4'],
        ['', ADDRESSES[1], '5'],
      ],
      [run(0), run(1)],
    );
    expect(ownersOf(answer)).toEqual([ADDRESSES[0], ADDRESSES[1], '', '', ADDRESSES[1]]);
    expect(answer.rows.map(({ isKnown }) => isKnown)).toEqual([true, true, false, false, true]);
    expect(answer.grains).toHaveLength(3);
  });

  it('knows an owner whose first sighting is 30 s later, and none a millisecond after that', () => {
    const of = (firstAt: number) => ownersOf(found([['', HOT_KEY, '1']], [run(0, { firstAt })]));
    expect(of(AT + 30_000)).toEqual([ADDRESSES[0]]);
    expect(of(AT + 30_001)).toEqual(['']);
  });

  it('takes plain decimals of 0 to 10 minutes as a latency and counts everything else as unusable', () => {
    expect(['77', '0', '0.25', '77.00049', '600000', '12.0005'].map(usableLatency)).toEqual([
      '77.000',
      '0.000',
      '0.250',
      '77.000',
      '600000.000',
      '12.001',
    ]);
    expect(['', '-1', 'n/a', 'NaN', 'Infinity', '1e3', '600000.001', '77ms', '1,5'].map(usableLatency)).toEqual(
      Array.from({ length: 9 }, () => null),
    );
    const [row] = found([[URLS[0], '', 'timeout']], [run(0)]).rows;
    expect(row).toMatchObject({ isKnown: true, latencyMs: null, latencyMsHistogram: null });
  });
});
