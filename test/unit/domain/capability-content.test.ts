import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSightings } from '../../../src/domain/capability-content.js';

const elements: Record<string, unknown>[] = readFileSync(
  new URL('../../../data/capability-elements.ndjson', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const gpu = (id: string, memory_free: number): object => ({ id, name: 'RTX', memory_total: 100, memory_free });
const base = {
  address: '0xAA',
  local_address: '0xBB',
  orch_uri: 'https://O.example:1',
  capabilities: {
    version: '1',
    constraints: {
      PerCapability: {
        '35': { models: { m: { warm: true, capacityInUse: 1 }, n: {} } },
        '37': { models: { 'My-Cap': { capacity: 3 } } },
      },
    },
  },
  capabilities_prices: [
    { pricePerUnit: 5, pixelsPerUnit: 1, capability: 35, constraint: 'm' },
    { capability: 27, constraint: 'x' },
  ],
  hardware: [
    { pipeline: 'Live-Video-To-Video', model_id: 'm', gpu_info: [gpu('GPU-2', 7), gpu('GPU-1', 8), { name: 'no id' }] },
  ],
};
const hashOf = (element: unknown): string | undefined => readSightings([element])[0]?.contentHash;

describe('capability content [TYPED_RAW-002, TYPED_RAW-003]', () => {
  it('reads hardware, models, prices and usage', () => {
    expect(readSightings([base])).toMatchObject([
      {
        ...{ address: '0xaa', localAddress: '0xbb', uri: 'https://o.example:1' },
        content: {
          version: '1',
          hardware: [
            {
              pipeline: 'live-video-to-video',
              model: 'm',
              gpus: [{ uuid: 'GPU-1', memoryTotalBytes: 100 }, { uuid: 'GPU-2' }],
            },
          ],
          models: [
            { capability: 35, pipeline: 'live-video-to-video', model: 'm', isWarm: true, capacity: 0 },
            { capability: 35, model: 'n', isWarm: false, capacity: 0 },
            { capability: 37, pipeline: 'My-Cap', model: '', capacity: 3 },
          ],
          prices: [
            { capability: 27, pricePerUnitWei: '0', pixelsPerUnit: '1' },
            { capability: 35, pricePerUnitWei: '5' },
          ],
        },
        usage: [
          { pipeline: 'live-video-to-video', model: 'm', gpuUuid: '', capacityInUse: 1 },
          { gpuUuid: 'GPU-2', memoryFreeBytes: 7 },
          { gpuUuid: 'GPU-1', memoryFreeBytes: 8 },
        ],
      },
    ]);
  });

  it('leaves out of the content what changes by itself: free memory, capacity in use, order', () => {
    const changed = structuredClone(base);
    changed.hardware = [
      { pipeline: 'live-video-to-video', model_id: 'm', gpu_info: [gpu('GPU-1', 1), gpu('GPU-2', 2)] },
    ];
    changed.capabilities.constraints.PerCapability['35'].models.m.capacityInUse = 9;
    changed.capabilities_prices.reverse();
    expect(hashOf(changed)).toBe(hashOf(base));
    expect(
      hashOf({
        ...base,
        hardware: [{ ...base.hardware[0], gpu_info: { '0': gpu('GPU-1', 1), '1': gpu('GPU-2', 2) } }],
      }),
    ).toBe(hashOf(base));
    expect(hashOf({ ...base, capabilities: { ...base.capabilities, version: '2' } })).not.toBe(hashOf(base));
    expect(hashOf({ ...base, local_address: '0xCC' })).not.toBe(hashOf(base));
  });

  it('takes orch_uri before uri, drops blank addresses, and lets the last of one key count', () => {
    expect(readSightings([{ address: '0xA', orch_uri: ' ', uri: 'https://U' }])).toMatchObject([{ uri: 'https://u' }]);
    expect(readSightings([{ address: '' }, { address: '  ' }, {}, null, 5])).toEqual([]);
    const twice = readSightings([
      base,
      { ...base, address: '0xCC' },
      { ...base, address: '0xaa', local_address: 'last' },
    ]);
    expect(twice.map(({ address, localAddress }) => [address, localAddress])).toEqual([
      ['0xaa', 'last'],
      ['0xcc', '0xbb'],
    ]);
  });

  it('gives the recorded elements the same content in any order of their lists', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return [...value].reverse().map(shuffled);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inner]) => [key, shuffled(inner)]),
      );
    };
    for (const element of elements) expect(hashOf(shuffled(element))).toBe(hashOf(element));
  });

  it('never throws on odd shapes', () => {
    fc.assert(
      fc.property(
        fc.object({
          maxDepth: 4,
          key: fc.constantFrom(
            'hardware',
            'gpu_info',
            'id',
            'capabilities',
            'constraints',
            'PerCapability',
            '35',
            'models',
          ),
        }),
        (odd) => {
          readSightings([{ address: 'a', ...odd }]);
        },
      ),
    );
  });
});
