import { inList, type ListedRelation, sinceInstant } from './listed-ids-reader.js';

/** What names a GPU: capability reports, or only the samples of runners. */
export type GpuSource = 'report' | 'sample';

/** By what the newest reports of its orchestrator say, which know nothing of a GPU that only samples name. */
export type GpuPresence = 'installed' | 'gone' | 'not_gone' | 'any';

const PRESENCE: Readonly<Record<GpuPresence, readonly string[]>> = {
  installed: ['l.is_installed'],
  gone: ['not l.is_installed'],
  not_gone: ['l.is_installed is distinct from false'],
  any: [],
};

export interface GpuFilter {
  readonly orchestrators: readonly string[];
  readonly gpus: readonly string[];
  readonly gpuModels: readonly string[];
  readonly pipelines: readonly string[];
  readonly models: readonly string[];
  readonly minMemoryBytes: number | null;
  readonly presence: GpuPresence;
  readonly sources: readonly GpuSource[];
  readonly seenFromMs: number | null;
}

/** GPUs of orchestrators, by address and then GPU id. */
export function listedGpus(filter: GpuFilter): ListedRelation {
  return {
    home: 'listed-gpus-reader',
    relation: 'api.gpu',
    conditions: (add) => {
      const serves = [...inList('s.pipeline', filter.pipelines, add), ...inList('s.model', filter.models, add)];
      return [
        ...inList('l.orchestrator_id', filter.orchestrators, add),
        ...inList('l.gpu_id', filter.gpus, add),
        ...inList('l.gpu_model', filter.gpuModels, add),
        ...(filter.minMemoryBytes === null ? [] : [`l.memory_bytes >= ${add(filter.minMemoryBytes)}::bigint`]),
        ...PRESENCE[filter.presence],
        ...inList('l.source', filter.sources, add),
        ...sinceInstant('l.last_seen_at', filter.seenFromMs, add),
        // one surface must agree with both lists at once
        ...(serves.length === 0
          ? []
          : [`l.id in (select s.gpu_row_id from api.gpu_surface as s where ${serves.join(' and ')})`]),
      ];
    },
  };
}
