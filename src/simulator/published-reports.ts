import { reportMs, reportsNear } from './capability-reports.js';
import type { SimulatedGateway, SimulatedNetwork } from './network.js';
import type { SimulatedOrg, SimulationOptions } from './options.js';
import { createRandom } from './random.js';
import { drawFate, faultPurpose } from './transport.js';

/** Which capability reports got out; each names every orchestrator. */
export interface PublishedReports {
  /** Whether one of the org did in the 30 minutes up to an instant. */
  isFresh(org: SimulatedOrg, atMs: number): boolean;
  /** Whether one of the org did at an instant or any time before. */
  isThere(org: SimulatedOrg, atMs: number): boolean;
}

export function createPublishedReports(options: SimulationOptions, network: SimulatedNetwork): PublishedReports {
  const isPublished = (gateway: SimulatedGateway, index: number): boolean =>
    !drawFate(createRandom(options.seed, faultPurpose('report'), index, gateway.index), options.faults).isDropped;
  /** Numbers of reports that did not get out, the first ones of each gateway. */
  const lostCounts = new Map<SimulatedGateway, number>();

  const beganBy = (gateway: SimulatedGateway, atMs: number): boolean => {
    let index = lostCounts.get(gateway) ?? 0;
    while (reportMs(options, gateway, index) <= atMs && !isPublished(gateway, index)) index += 1;
    lostCounts.set(gateway, index);
    return reportMs(options, gateway, index) <= atMs;
  };
  return {
    isFresh: (org, atMs) =>
      network.gateways.some(
        (gateway) =>
          gateway.org === org &&
          reportsNear(options, atMs).some((index) => {
            const reportedMs = reportMs(options, gateway, index);
            return reportedMs <= atMs && reportedMs > atMs - 30 * 60_000 && isPublished(gateway, index);
          }),
      ),
    isThere: (org, atMs) => network.gateways.some((gateway) => gateway.org === org && beganBy(gateway, atMs)),
  };
}
