import { inList, type ListedRelation, sinceInstant } from './listed-ids-reader.js';

export interface OrchestratorFilter {
  readonly pipelines: readonly string[];
  readonly models: readonly string[];
  readonly regions: readonly string[];
  readonly seenFromMs: number | null;
}

/** Orchestrators in address order. */
export function listedOrchestrators(filter: OrchestratorFilter): ListedRelation {
  return {
    home: 'listed-orchestrators-reader',
    relation: 'api.orchestrator',
    conditions: (add) => {
      const offered = [...inList('f.pipeline', filter.pipelines, add), ...inList('f.model', filter.models, add)];
      return [
        ...inList('l.region', filter.regions, add),
        ...sinceInstant('l.last_seen_at', filter.seenFromMs, add),
        // an offer must agree with both lists at once
        ...(offered.length === 0
          ? []
          : [`l.id in (select f.orchestrator_id from api.orchestrator_offer as f where ${offered.join(' and ')})`]),
      ];
    },
  };
}
