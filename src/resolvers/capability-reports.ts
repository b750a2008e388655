import DataLoader from 'dataloader';
import { groupBy } from '../domain/group-by.js';
import {
  type AliasReport,
  type CapabilityReport,
  type ReportedGpu,
  type ReportedGpuName,
  type ReportedOffer,
  type ReportedPrice,
  readAliasReports,
  readCountedReports,
  readReportsOfGpus,
} from '../warehouse/readers/capability-report-reader.js';
import type { ApiContext } from './context.js';
import { type Metric, metric } from './metric.js';

export type { AliasReport, CapabilityReport, ReportedGpu, ReportedOffer, ReportedPrice };

/** Capability reports that fields of one answer ask for share statements [LINEAGE-002]. */
export interface CapabilityReportLoaders {
  /** By address: the reports that everything said of now is from. */
  readonly counted: DataLoader<string, readonly CapabilityReport[]>;
  /** The newest report that shows a GPU; null when none is kept. */
  readonly ofGpu: DataLoader<ReportedGpuName, CapabilityReport | null, string>;
  /** By address: its local names and keys, unnamed. */
  readonly aliases: DataLoader<string, readonly AliasReport[]>;
}

export function createCapabilityReportLoaders(db: ApiContext['db']): CapabilityReportLoaders {
  return {
    counted: new DataLoader(async (addresses) => {
      const byAddress = groupBy(await readCountedReports(db, addresses), (report) => report.orchestratorAddress);
      return addresses.map((address) => byAddress.get(address) ?? []);
    }),
    ofGpu: new DataLoader((gpus) => readReportsOfGpus(db, gpus), {
      cacheKeyFn: ({ orchestratorAddress, gpuId }) => `${orchestratorAddress}|${gpuId}`,
    }),
    aliases: new DataLoader(async (addresses) => {
      const byAddress = groupBy(await readAliasReports(db, addresses), (alias) => alias.orchestratorAddress);
      return addresses.map((address) => byAddress.get(address) ?? []);
    }),
  };
}

/** Capacity in use or free of an offer in a report; null when its service never said. */
export function reportedCapacity(value: number | null): Metric {
  return metric('COUNT', value, value === null ? 0 : 1);
}
