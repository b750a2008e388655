import { createHash } from 'node:crypto';

/** One combination of dimensions; blank text, never null, for unknown. */
export interface GrainDimensions {
  readonly org: string;
  readonly gateway: string;
  readonly orchestratorAddress: string;
  readonly pipeline: string;
  readonly model: string;
  /** Public id (`gpu_` + 16 hex), never a uuid [PRIVACY-001]. */
  readonly gpuId: string;
  readonly region: string;
  readonly isSynthetic: boolean;
}

/** A row of `core.grain`. */
export interface Grain extends GrainDimensions {
  /** Signed 64-bit integer as decimal text. */
  readonly grainId: string;
}

const SEPARATOR = '\u001f';

/**
 * Gives a combination of dimensions its id: the first 8 bytes of the md5 of the texts joined by U+001F, in the order
 * of the interface, synthetic as `true` or `false`, read as a signed big-endian integer.
 */
export function grainOf(dimensions: GrainDimensions): Grain {
  const { org, gateway, orchestratorAddress, pipeline, model, gpuId, region, isSynthetic } = dimensions;
  const text = [org, gateway, orchestratorAddress, pipeline, model, gpuId, region, String(isSynthetic)].join(SEPARATOR);
  const grainId = createHash('md5').update(text).digest().readBigInt64BE(0).toString();
  return { grainId, org, gateway, orchestratorAddress, pipeline, model, gpuId, region, isSynthetic };
}
