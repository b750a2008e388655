import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { grainOf } from '../../../src/domain/grain.js';

const dimensions = {
  org: 'daydream',
  gateway: 'gw',
  orchestratorAddress: '0xa',
  pipeline: 'llm',
  model: 'm',
  gpuId: '',
  region: '',
  isSynthetic: false,
};

describe('a grain', () => {
  it('is named by the first 8 bytes of the md5 of its texts, signed [AGGREGATE-006]', () => {
    const hex = createHash('md5')
      .update('daydream\u001fgw\u001f0xa\u001fllm\u001fm\u001f\u001f\u001ffalse')
      .digest('hex')
      .slice(0, 16);
    expect(grainOf(dimensions)).toEqual({ ...dimensions, grainId: BigInt.asIntN(64, BigInt(`0x${hex}`)).toString() });
  });

  it('differs in every dimension', () => {
    const others = [
      { org: 'x' },
      { gateway: 'x' },
      { model: 'x' },
      { gpuId: 'x' },
      { region: 'x' },
      { isSynthetic: true },
    ];
    const ids = new Set([{}, ...others].map((other) => grainOf({ ...dimensions, ...other }).grainId));
    expect(ids.size).toBe(others.length + 1);
  });
});
