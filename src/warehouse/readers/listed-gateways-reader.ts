import { inList, type ListedRelation } from './listed-ids-reader.js';

export interface GatewayFilter {
  readonly orgs: readonly string[];
  readonly gateways: readonly string[];
  readonly regions: readonly string[];
}

/** Gateways by organisation and name. */
export function listedGateways(filter: GatewayFilter): ListedRelation {
  return {
    home: 'listed-gateways-reader',
    relation: 'api.gateway',
    conditions: (add) => [
      ...inList('l.org', filter.orgs, add),
      ...inList('l.gateway', filter.gateways, add),
      ...inList('l.region', filter.regions, add),
    ],
  };
}
