import type { CapabilityContent, HardwareEntry, ModelOffer, PriceOffer } from './event.js';
import { type Decimal, parseDecimal } from './money.js';

/** Raised when the rules of this file change: contents that were read out before are then read again. */
export const READING_VERSION = 1;

/** A pipeline and model that a content offers. */
export interface ContentOffer {
  readonly pipeline: string;
  /** `''` for an external capability. */
  readonly model: string;
  readonly isWarm: boolean;
  /** Streams or jobs at once, as reported; 0 when it does not say. */
  readonly capacity: number;
  readonly runnerVersion: string;
}

/** A price of a content, in wei for `pixelsPerUnit` pixels; both decimal texts. */
export interface ContentPrice {
  readonly pipeline: string;
  /** `''`: for every model of the pipeline without a price of its own. */
  readonly model: string;
  readonly pricePerUnitWei: string;
  readonly pixelsPerUnit: string;
}

/** A GPU of a content, once for each pipeline and model that it serves. */
export interface ContentGpu {
  readonly pipeline: string;
  readonly model: string;
  readonly uuid: string;
  readonly gpuModel: string;
  readonly memoryBytes: number | null;
}

/**
 * What a content offers, one entry per pipeline and model: those of its capabilities, and those that only its hardware
 * names. Entries of one pipeline and model add up; capabilities without a name are left out.
 */
export function offersOf({ models, hardware }: CapabilityContent): readonly ContentOffer[] {
  const offers = new Map<string, ContentOffer>();
  for (const next of [...models, ...hardware.map(offerOfHardware)]) {
    if (next.pipeline === '') continue;
    const key = keyOf(next);
    const before = offers.get(key);
    offers.set(key, {
      pipeline: next.pipeline,
      model: next.model,
      isWarm: next.isWarm || (before?.isWarm ?? false),
      capacity: Math.max(0, next.capacity) + (before?.capacity ?? 0),
      runnerVersion: before?.runnerVersion || next.runnerVersion,
    });
  }
  return [...offers.values()];
}

/**
 * The prices of a content, one per pipeline and model: of several the dearest per pixel, so that nobody pays more than
 * is shown. A negative price, or one for no pixels, is none.
 */
export function pricesOf({ prices }: CapabilityContent): readonly ContentPrice[] {
  const dearest = new Map<string, ContentPrice & { readonly perPixel: Fraction }>();
  for (const price of prices) {
    const perPixel = perPixelOf(price);
    if (price.pipeline === '' || perPixel === null) continue;
    const key = keyOf(price);
    const before = dearest.get(key);
    if (before === undefined || isLess(before.perPixel, perPixel)) {
      const { pipeline, model, pricePerUnitWei, pixelsPerUnit } = price;
      dearest.set(key, { pipeline, model, pricePerUnitWei, pixelsPerUnit, perPixel });
    }
  }
  return [...dearest.values()].map(({ perPixel: _perPixel, ...price }) => price);
}

/** The GPUs of a content; a GPU that is named twice on one surface is one. */
export function gpusOf({ hardware }: CapabilityContent): readonly ContentGpu[] {
  const gpus = new Map<string, ContentGpu>();
  for (const { pipeline, model, gpus: listed } of hardware) {
    for (const { uuid, name, memoryTotalBytes } of listed) {
      const key = `${keyOf({ pipeline, model })}\u001f${uuid}`;
      if (!gpus.has(key)) gpus.set(key, { pipeline, model, uuid, gpuModel: name, memoryBytes: memoryTotalBytes });
    }
  }
  return [...gpus.values()];
}

function offerOfHardware({ pipeline, model }: HardwareEntry): Pick<ModelOffer, keyof ContentOffer> {
  return { pipeline, model, isWarm: false, capacity: 0, runnerVersion: '' };
}

function keyOf({ pipeline, model }: { readonly pipeline: string; readonly model: string }): string {
  return `${pipeline}\u001f${model}`;
}

/** `wei / pixels`, both whole numbers at one scale. */
interface Fraction {
  readonly wei: bigint;
  readonly pixels: bigint;
}

function perPixelOf({ pricePerUnitWei, pixelsPerUnit }: PriceOffer): Fraction | null {
  const wei = parseDecimal(pricePerUnitWei);
  const pixels = parseDecimal(pixelsPerUnit);
  if (wei === null || pixels === null || wei.digits < 0n || pixels.digits <= 0n) return null;
  const scale = Math.max(wei.scale, pixels.scale);
  return { wei: atScale(wei, scale), pixels: atScale(pixels, scale) };
}

function atScale({ digits, scale }: Decimal, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - scale);
}

function isLess(a: Fraction, b: Fraction): boolean {
  return a.wei * b.pixels < b.wei * a.pixels;
}
