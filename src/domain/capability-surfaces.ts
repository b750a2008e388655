import type { CapabilityContent } from './event.js';
import type { Surface } from './hints.js';
import { canonicalModel, canonicalPipeline } from './pipelines.js';

/** What one capability run offers: candidates of one (pipeline, model), with their GPUs; none without GPU data. */
export interface OfferedSurface extends Surface {
  readonly gpuUuids: readonly string[];
}

const FIRST_REQUEST_CAPABILITY = 27;
const LAST_NAMED_CAPABILITY = 36;
const PLACEHOLDER: readonly OfferedSurface[] = [{ pipeline: '', model: '', gpuUuids: [] }];

const surfacesByContent = new WeakMap<CapabilityContent, readonly OfferedSurface[]>();

/**
 * The candidates of a capability run [ATTRIBUTION-003]: of its hardware where it names any, else of its capabilities
 * 27 to 36 without hardware (warm first, then capacity, then name), else one blank placeholder. Never empty.
 */
export function surfacesOf(content: CapabilityContent): readonly OfferedSurface[] {
  const cached = surfacesByContent.get(content);
  if (cached !== undefined) return cached;
  const surfaces = hardwareSurfaces(content) ?? modelSurfaces(content) ?? PLACEHOLDER;
  surfacesByContent.set(content, surfaces);
  return surfaces;
}

/** Text that two surfaces share when they are the same pipeline and model, any case. */
export function surfaceKey({ pipeline, model }: Surface): string {
  return `${pipeline}\u001f${model}`.toLowerCase();
}

function hardwareSurfaces({ hardware }: CapabilityContent): readonly OfferedSurface[] | null {
  return hardware.length === 0
    ? null
    : grouped(
        hardware.map((entry) => ({
          pipeline: entry.pipeline,
          model: entry.model,
          gpuUuids: entry.gpus.map((gpu) => gpu.uuid),
        })),
      );
}

function modelSurfaces({ models }: CapabilityContent): readonly OfferedSurface[] | null {
  const offers = models
    .filter(({ capability }) => capability >= FIRST_REQUEST_CAPABILITY && capability <= LAST_NAMED_CAPABILITY)
    .sort((a, b) => Number(b.isWarm) - Number(a.isWarm) || b.capacity - a.capacity || (a.model < b.model ? -1 : 1));
  return offers.length === 0 ? null : grouped(offers.map(({ pipeline, model }) => ({ pipeline, model, gpuUuids: [] })));
}

function grouped(offers: readonly OfferedSurface[]): readonly OfferedSurface[] {
  const byKey = new Map<string, OfferedSurface>();
  for (const offer of offers) {
    const surface = {
      pipeline: canonicalPipeline(offer.pipeline) ?? offer.pipeline,
      model: canonicalModel(offer.model),
    };
    const key = surfaceKey(surface);
    const seen = byKey.get(key);
    const gpuUuids = [...new Set([...(seen?.gpuUuids ?? []), ...offer.gpuUuids])];
    byKey.set(key, { pipeline: seen?.pipeline ?? surface.pipeline, model: seen?.model ?? surface.model, gpuUuids });
  }
  return [...byKey.values()];
}
