import { inList, type ListedRelation, sinceInstant } from './listed-ids-reader.js';

export interface GpuFilter {
  readonly orchestrators: readonly string[];
  readonly gpus: readonly string[];
  readonly gpuModels: readonly string[];
  readonly pipelines: readonly string[];
  readonly models: readonly string[];
  readonly minMemoryBytes: number | null;
  /** null takes both. */
  readonly isInstalled: boolean | null;
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
        ...(filter.isInstalled === null ? [] : [`l.is_installed = ${add(filter.isInstalled)}::boolean`]),
        ...sinceInstant('l.last_seen_at', filter.seenFromMs, add),
        // one surface must agree with both lists at once
        ...(serves.length === 0
          ? []
          : [`l.id in (select s.gpu_row_id from api.gpu_surface as s where ${serves.join(' and ')})`]),
      ];
    },
  };
}
