import {
  type CountedFamily,
  type ExpectedHour,
  type ExpectedIdentity,
  type Figures,
  publicGateway,
} from './expected.js';
import type { AuthFact, WorkerFact } from './facts.js';
import type { JobPlan } from './job-plan.js';
import { livePipeline } from './network.js';
import type { SimulatedOrg } from './options.js';
import type { PlacedTicket } from './ticket-outcomes.js';

/** Whom and what a message is about, and when. */
interface Mention {
  readonly org: SimulatedOrg;
  /** Host; blank when the message does not say. */
  readonly gateway: string;
  readonly eventMs: number;
  /** Mixed case as sent; blank for nobody. */
  readonly orchestrator: string;
  readonly pipeline: string | null;
  readonly model: string | null;
}

/** Sums what was published of tickets, BYOC authorisations and BYOC workers, by hour and by identity. */
export interface FigureBook {
  ticket(ticket: PlacedTicket): void;
  auth(plan: JobPlan, fact: AuthFact): void;
  worker(plan: JobPlan, fact: WorkerFact): void;
  /** Everything booked, oldest first by family and kind. */
  rows(): Generator<ExpectedHour | ExpectedIdentity>;
}

/** `isReported`: a capability report of the org got out at an instant or earlier; each names every orchestrator. */
export function createFigureBook(isReported: (org: SimulatedOrg, atMs: number) => boolean): FigureBook {
  const tickets = createSums('ticket', isReported);
  const auths = createSums('byocAuth', isReported);
  const workers = createSums('byocWorker', isReported);
  return {
    ticket({ plan, fact, missingCount, isRepeated }) {
      const { billableSeconds, pixels, computedFeeWei, eventMs, orchestrator } = fact;
      const about = { org: plan.gateway.org, gateway: plan.gatewayName, pipeline: livePipeline, model: null };
      tickets.add(
        { ...about, eventMs, orchestrator },
        {
          ticketCount: 1,
          missingCount,
          repeatedCount: Number(isRepeated),
          billableSeconds,
          pixels,
          computedFeeWei,
        },
      );
    },
    auth({ gateway, surface }, { eventMs, isGranted }) {
      auths.add(
        { org: gateway.org, gateway: gateway.host, eventMs, orchestrator: '', pipeline: surface.pipeline, model: null },
        { eventCount: 1, successCount: Number(isGranted === true), failedCount: Number(isGranted === false) },
      );
    },
    worker({ gateway, surface, model }, { eventMs, orchestrator, priceWei }) {
      workers.add(
        { org: gateway.org, gateway: gateway.host, eventMs, orchestrator, pipeline: surface.pipeline, model },
        { eventCount: 1, priceSampleCount: 1, priceSumWei: priceWei },
      );
    },
    *rows() {
      for (const { hours, identities } of [tickets, auths, workers]) {
        yield* [...hours.values()].sort((a, b) => a.hourMs - b.hourMs);
        yield* [...identities.values()].sort((a, b) => a.firstHourMs - b.firstHourMs);
      }
    },
  };
}

const hourMillis = 3_600_000;
/** A message is read with what reports said up to this long after it. */
const graceMs = 30_000;

function createSums(family: CountedFamily, isReported: (org: SimulatedOrg, atMs: number) => boolean) {
  const hours = new Map<string, ExpectedHour>();
  const identities = new Map<string, ExpectedIdentity>();
  const add = (mention: Mention, figures: Figures): void => {
    const { org, eventMs, pipeline, model } = mention;
    const hourMs = Math.floor(eventMs / hourMillis) * hourMillis;
    const gateway = publicGateway(mention.gateway);
    const isKnown = mention.orchestrator !== '' && isReported(org, eventMs + graceMs);
    const orchestrator = isKnown ? mention.orchestrator.toLowerCase() : null;
    const hour = JSON.stringify([org, gateway, hourMs]);
    const identity = JSON.stringify([org, orchestrator, pipeline, model]);
    const ofHour = hours.get(hour);
    const ofIdentity = identities.get(identity);
    hours.set(hour, {
      ...{ kind: `${family}Hour`, org, gateway, hourMs },
      figures: sumOf(ofHour?.figures, figures),
    });
    identities.set(identity, {
      ...{ kind: `${family}Identity`, org, orchestrator, pipeline, model },
      firstHourMs: Math.min(ofIdentity?.firstHourMs ?? hourMs, hourMs),
      figures: sumOf(ofIdentity?.figures, figures),
    });
  };
  return { add, hours, identities };
}

function sumOf(sums: Figures | undefined, figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, value + (sums?.[name] ?? 0)]));
}
