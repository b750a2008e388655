import { describe, expect, it } from 'vitest';
import { gpusOf, offersOf, pricesOf } from '../../../src/domain/capability-reading.js';
import type { CapabilityContent, PriceOffer } from '../../../src/domain/event.js';

const LIVE = 'live-video-to-video';
const content = (parts: Partial<CapabilityContent>): CapabilityContent => ({
  ...{ localAddress: '', version: '', hardware: [], models: [], prices: [] },
  ...parts,
});
const model = (name: string, fields: object = {}) => ({
  ...{ capability: 35, pipeline: LIVE, model: name, isWarm: false, capacity: 0, runnerVersion: '' },
  ...fields,
});
const price = (name: string, pricePerUnitWei: string, pixelsPerUnit = '1'): PriceOffer => ({
  ...{ capability: 35, pipeline: LIVE, model: name, pricePerUnitWei, pixelsPerUnit },
});

describe('offers of a content', () => {
  it('are its capabilities, with entries of one pipeline and model added up', () => {
    const models = [
      model('a', { isWarm: true, capacity: 2, runnerVersion: '1' }),
      model('a', { capacity: 3 }),
      model('b', { capacity: -4 }),
    ];
    expect(offersOf(content({ models }))).toEqual([
      { pipeline: LIVE, model: 'a', isWarm: true, capacity: 5, runnerVersion: '1' },
      { pipeline: LIVE, model: 'b', isWarm: false, capacity: 0, runnerVersion: '' },
    ]);
  });

  it('are also what only its hardware names, and nothing under a capability without a name', () => {
    const hardware = [{ pipeline: LIVE, model: 'a', gpus: [] }];
    expect(offersOf(content({ hardware, models: [model('b'), model('x', { pipeline: '' })] }))).toMatchObject([
      { model: 'b' },
      { model: 'a', isWarm: false, capacity: 0 },
    ]);
  });
});

describe('prices of a content', () => {
  it('are the dearest per pixel of several, exactly', () => {
    const big = '123456789012345678901234567890';
    expect(pricesOf(content({ prices: [price('a', '3', '2'), price('a', '7', '4'), price('a', '1')] }))).toEqual([
      { pipeline: LIVE, model: 'a', pricePerUnitWei: '7', pixelsPerUnit: '4' },
    ]);
    expect(
      pricesOf(content({ prices: [price('a', `${big}.1`), price('a', `${big}.2`), price('a', big)] })),
    ).toMatchObject([{ pricePerUnitWei: `${big}.2` }]);
  });

  it('keep one for the whole pipeline apart, and leave out what nobody could pay', () => {
    const prices = [price('', '5'), price('a', '6'), price('b', '1', '0'), price('c', '-1'), price('d', '0')];
    expect(pricesOf(content({ prices })).map((one) => [one.model, one.pricePerUnitWei])).toEqual([
      ['', '5'],
      ['a', '6'],
      ['d', '0'],
    ]);
  });
});

describe('GPUs of a content', () => {
  it('are told once for each surface', () => {
    const gpu = { uuid: 'u', name: 'RTX', memoryTotalBytes: 24 };
    const hardware = [
      { pipeline: LIVE, model: 'a', gpus: [gpu, { ...gpu, name: 'other' }] },
      { pipeline: LIVE, model: 'b', gpus: [gpu] },
    ];
    expect(gpusOf(content({ hardware }))).toEqual([
      { pipeline: LIVE, model: 'a', uuid: 'u', gpuModel: 'RTX', memoryBytes: 24 },
      { pipeline: LIVE, model: 'b', uuid: 'u', gpuModel: 'RTX', memoryBytes: 24 },
    ]);
  });
});
