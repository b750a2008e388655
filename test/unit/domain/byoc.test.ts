import { describe, expect, it } from 'vitest';
import { type ByocWorkerEvent, resolveByocAuth, resolveByocWorker } from '../../../src/domain/byoc.js';
import { OrgCapabilities } from '../../../src/domain/capability-index.js';

const AT = Date.UTC(2026, 0, 8, 12, 7, 30);
const rules = {
  capabilities: new OrgCapabilities([]),
  naming: { publicGateway: (host: string) => `public ${host}`, regionOf: () => 'EU', publicGpuId: () => '' },
};
const MESSAGE = { org: 'daydream', eventId: 'e', eventAtMs: AT, gateway: '', orchAddress: '', orchUrl: '' };
const COLUMNS = { bucketStart: new Date('2026-01-08T12:05:00Z'), eventAt: new Date(AT), org: 'daydream', eventId: 'e' };

describe('resolveByocAuth', () => {
  it('has the capability for a pipeline, and says what the gateway says', () => {
    const own = { name: 'job_auth_ok', capability: 'Face-Swap', requestId: 'r', isSuccess: null, error: 'late' };
    const { rows, grains } = resolveByocAuth({ ...MESSAGE, ...own }, rules);
    expect(rows).toEqual([{ ...COLUMNS, ...own, grainId: grains[0]?.grainId }]);
    expect(grains).toMatchObject([{ gateway: '', region: '', pipeline: 'Face-Swap', model: '' }]);
  });
});

describe('resolveByocWorker', () => {
  const own = { name: 'worker_up', capability: 'LLM', workerUrl: 'http://10.0.0.1', pricePerUnit: '10.5' };
  const grainOf = (fields: Partial<ByocWorkerEvent>) =>
    resolveByocWorker({ ...MESSAGE, ...own, models: [], ...fields }, rules).grains[0];

  it('keeps what the worker says', () => {
    const { rows, grains } = resolveByocWorker({ ...MESSAGE, ...own, models: ['a', 'b'] }, rules);
    const grainId = grains[0]?.grainId;
    expect(rows).toEqual([{ ...COLUMNS, ...own, orchUrl: '', models: ['a', 'b'], grainId }]);
  });

  it.each([
    [['sdxl', 'sdxl'], 'sdxl'],
    [['sdxl', 'other'], ''],
    [['pip_sd-turbo'], 'streamdiffusion-sdxl'],
    [[], ''],
    [['see 10.0.0.8'], ''],
  ])('is of the one model it offers: %j is %j', (models, model) => {
    expect(grainOf({ models })).toMatchObject({ pipeline: 'llm', model });
  });

  it('is of no pipeline whose name would show an address [PRIVACY-001]', () => {
    expect(grainOf({ capability: 'at 10.0.0.8' })).toMatchObject({ pipeline: '' });
  });
});
