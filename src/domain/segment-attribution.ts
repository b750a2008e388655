import { type Attribution, type AttributionPolicy, attribute } from './attribution.js';
import type { OrgCapabilities } from './capability-index.js';
import { type Grain, type GrainDimensions, grainOf } from './grain.js';
import { readHints, type SurfaceHints } from './hints.js';
import type { Segment } from './segments.js';
import type { SessionHistory } from './session-history.js';

/** How private names become public ones; `''` never reaches these functions. */
export interface Naming {
  publicGateway(host: string): string;
  regionOf(host: string): string;
  publicGpuId(uuid: string): string;
}

export interface AttributedSegment {
  readonly attribution: Attribution;
  /** The segment's identity: what a period row is about. */
  readonly grain: Grain;
}

interface CachedSegment {
  readonly stamp: string;
  readonly attributed: AttributedSegment;
}

/** Attributes the segments of a history as it stands; what did not change since the last question is not decided anew. */
export class SegmentAttributions {
  readonly #cache: (CachedSegment | undefined)[] = [];
  readonly #grains = new Map<string, Grain>();

  constructor(
    private readonly org: string,
    private readonly history: SessionHistory,
    private readonly capabilities: OrgCapabilities,
    private readonly policy: AttributionPolicy,
    private readonly naming: Naming,
  ) {}

  of(segment: Segment): AttributedSegment {
    const { gateway, region, isSynthetic } = this.history.facts;
    const { first, cell } = segment;
    const extent = [cell.firstAt, cell.lastAt, cell.hints.length, first.url, first.address].join('\u001f');
    const stamp = [extent, gateway, region, isSynthetic].join('\u001f');
    const cached = this.#cache[segment.ordinal];
    if (cached?.stamp === stamp) return cached.attributed;
    const attribution = this.#attribute(segment);
    const attributed = { attribution, grain: this.#grainOf(attribution) };
    this.#cache[segment.ordinal] = { stamp, attributed };
    return attributed;
  }

  /** The identity of a segment without its orchestrator and GPU: of what is known to be of the session and of nobody. */
  withoutServer(segment: Segment): Grain {
    const { pipeline, model } = this.of(segment).grain;
    return this.#grainOf({ orchestratorAddress: '', pipeline, model, gpuUuid: '' });
  }

  /** Grains of earlier answers by their ids. */
  grainsOf(grainIds: ReadonlySet<string>): readonly Grain[] {
    return [...this.#grains.values()]
      .filter(({ grainId }) => grainIds.has(grainId))
      .sort((a, b) => (a.grainId < b.grainId ? -1 : 1));
  }

  #attribute({ first, cell }: Segment): Attribution {
    const byModel = new Map<string | null, SurfaceHints>();
    return attribute(
      {
        url: first.url,
        address: first.address,
        startMs: cell.firstAt ?? 0,
        endMs: cell.lastAt,
        hintsFor: (model) => {
          const known = byModel.get(model) ?? readHints(cell.hints, model);
          byModel.set(model, known);
          return known;
        },
      },
      this.capabilities,
      this.policy,
    );
  }

  #grainOf({
    orchestratorAddress,
    pipeline,
    model,
    gpuUuid,
  }: Pick<Attribution, 'orchestratorAddress' | 'pipeline' | 'model' | 'gpuUuid'>): Grain {
    const { gateway: host, region, isSynthetic } = this.history.facts;
    const dimensions: GrainDimensions = {
      org: this.org,
      gateway: host === '' ? '' : this.naming.publicGateway(host),
      orchestratorAddress,
      pipeline,
      model,
      gpuId: gpuUuid === '' ? '' : this.naming.publicGpuId(gpuUuid),
      region: (host === '' ? '' : this.naming.regionOf(host)) || region,
      isSynthetic,
    };
    const key = Object.values(dimensions).join('\u001f');
    const grain = this.#grains.get(key) ?? grainOf(dimensions);
    this.#grains.set(key, grain);
    return grain;
  }
}
