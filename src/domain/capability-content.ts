import { hash } from 'node:crypto';
import type {
  CapabilityContent,
  CapabilitySighting,
  CapabilityUsage,
  GpuEntry,
  HardwareEntry,
  ModelOffer,
  PriceOffer,
} from './event.js';
import { booleanOf, int4Of, integerOf, isObject, type JsonObject, objectAt, objectsOf } from './json-fields.js';
import { formatDecimal, parseDecimal } from './money.js';
import { canonicalPipeline, offerOf } from './pipelines.js';
import { isBlank, label, lowerLabel } from './text.js';

/**
 * The sightings of a capability message's elements [TYPED_RAW-002]: blank addresses dropped, and of several elements
 * with one (address, uri) the last counts, in the place of the first.
 */
export function readSightings(elements: readonly unknown[]): readonly CapabilitySighting[] {
  const byKey = new Map<string, CapabilitySighting>();
  for (const element of elements) {
    const sighting = isObject(element) ? readSighting(element) : null;
    if (sighting !== null) {
      byKey.set(`${sighting.address}\n${sighting.uri}`, sighting);
    }
  }
  return [...byKey.values()];
}

function readSighting(element: JsonObject): CapabilitySighting | null {
  const address = lowerLabel(element.address);
  if (address === '') {
    return null;
  }
  const offered = offeredModels(element);
  const content = readContent(element, offered);
  return {
    address,
    localAddress: content.localAddress,
    uri: lowerLabel(isBlank(element.orch_uri) ? element.uri : element.orch_uri),
    contentHash: hashContent(content),
    content,
    usage: [...readCapacityUsage(offered), ...readMemoryUsage(element)],
  };
}

/** Canonical content: what changes by itself left out, lists in one order, so equal offers are equal text. */
function readContent(element: JsonObject, offered: readonly OfferedModel[]): CapabilityContent {
  return {
    localAddress: lowerLabel(element.local_address),
    version: label(objectAt(element, 'capabilities').version),
    hardware: inOrder(objectsOf(element.hardware).map(readHardware).filter(isNamed)),
    models: inOrder(offered.map(({ capability, name, model }) => readModel(capability, name, model))),
    prices: inOrder(objectsOf(element.capabilities_prices).map(readPrice)),
  };
}

/** First 32 hex digits of the SHA-256 of the canonical content [TYPED_RAW-003]. */
function hashContent(content: CapabilityContent): string {
  return hash('sha256', JSON.stringify(content), 'hex').slice(0, 32);
}

interface OfferedModel {
  readonly capability: number;
  readonly name: string;
  readonly model: JsonObject;
}

function offeredModels(element: JsonObject): readonly OfferedModel[] {
  const perCapability = objectAt(objectAt(objectAt(element, 'capabilities'), 'constraints'), 'PerCapability');
  return Object.entries(perCapability).flatMap(([id, entry]) => {
    const capability = int4Of(id);
    const models = isObject(entry) ? objectAt(entry, 'models') : {};
    return capability === null
      ? []
      : Object.entries(models).map(([name, model]) => ({
          capability,
          name: label(name),
          model: isObject(model) ? model : {},
        }));
  });
}

function readModel(capability: number, name: string, model: JsonObject): ModelOffer {
  return {
    capability,
    ...offerOf(capability, name),
    isWarm: booleanOf(model.warm) ?? false,
    capacity: int4Of(model.capacity) ?? 0,
    runnerVersion: label(model.runnerVersion),
  };
}

function readPrice(price: JsonObject): PriceOffer {
  const capability = int4Of(price.capability) ?? 0;
  return {
    capability,
    ...offerOf(capability, label(price.constraint)),
    pricePerUnitWei: decimalText(price.pricePerUnit, '0'),
    pixelsPerUnit: decimalText(price.pixelsPerUnit, '1'),
  };
}

function decimalText(value: unknown, missing: string): string {
  const decimal = parseDecimal(value);
  return decimal === null ? missing : formatDecimal(decimal);
}

function readHardware(entry: JsonObject): HardwareEntry {
  return { ...hardwareSurface(entry), gpus: inOrder(gpusOf(entry).map(readGpu)) };
}

function hardwareSurface(entry: JsonObject): { readonly pipeline: string; readonly model: string } {
  const pipeline = label(entry.pipeline);
  return { pipeline: canonicalPipeline(pipeline) ?? pipeline, model: label(entry.model_id) };
}

/** GPUs of a hardware entry, keyed "0", "1" or listed; those without an id are skipped. */
function gpusOf(entry: JsonObject): readonly JsonObject[] {
  const info = entry.gpu_info;
  const listed = isObject(info) ? Object.values(info).filter(isObject) : objectsOf(info);
  return listed.filter((gpu) => label(gpu.id) !== '');
}

function readGpu(gpu: JsonObject): GpuEntry {
  return { uuid: label(gpu.id), name: label(gpu.name), memoryTotalBytes: integerOf(gpu.memory_total) };
}

function isNamed(entry: HardwareEntry): boolean {
  return entry.pipeline !== '' || entry.model !== '' || entry.gpus.length > 0;
}

function readCapacityUsage(offered: readonly OfferedModel[]): readonly CapabilityUsage[] {
  return offered.flatMap(({ capability, name, model }) => {
    const capacityInUse = int4Of(model.capacityInUse);
    return capacityInUse === null
      ? []
      : [{ ...offerOf(capability, name), gpuUuid: '', capacityInUse, memoryFreeBytes: null }];
  });
}

function readMemoryUsage(element: JsonObject): readonly CapabilityUsage[] {
  return objectsOf(element.hardware).flatMap((entry) =>
    gpusOf(entry).flatMap((gpu) => {
      const memoryFreeBytes = integerOf(gpu.memory_free);
      return memoryFreeBytes === null
        ? []
        : [{ ...hardwareSurface(entry), gpuUuid: label(gpu.id), capacityInUse: null, memoryFreeBytes }];
    }),
  );
}

/** Sorted by canonical text and without repetitions; entries have their fields in one order. */
function inOrder<T>(entries: readonly T[]): readonly T[] {
  if (entries.length < 2) {
    return entries;
  }
  const byText = new Map(entries.map((entry) => [JSON.stringify(entry), entry]));
  return [...byText.keys()].sort().flatMap((text) => byText.get(text) ?? []);
}
