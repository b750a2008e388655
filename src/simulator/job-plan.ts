import { arrivalMs } from './arrivals.js';
import type { SimulatedGateway, SimulatedNetwork, SimulatedOrchestrator, Surface } from './network.js';
import type { SimulationOptions } from './options.js';
import { createRandom, type Random } from './random.js';

/** What one request-style job will be. */
export interface JobPlan {
  kind: 'ai_batch' | 'byoc';
  gateway: SimulatedGateway;
  orchestrator: SimulatedOrchestrator;
  surface: Surface;
  model: string;
  atMs: number;
  tookMs: number;
  /** Blank for most BYOC jobs. */
  requestId: string;
  hasFailed: boolean;
  /** No orchestrator took it; an AI batch job says so. */
  isUnserved: boolean;
  /** Its completion forgets to say who served. */
  isReticent: boolean;
  /** Of a BYOC job; a refused one ends there. */
  authorisation: 'granted' | 'refused' | 'unsaid';
}

/** One job for every eight sessions. */
export function jobCount(options: SimulationOptions): number {
  return Math.ceil(options.sessions / 8);
}

export function jobMs(options: SimulationOptions, index: number): number {
  return arrivalMs(options, 'job', jobCount(options), index);
}

/** The plan of job `index` and the stream its messages draw from next; null when nobody serves jobs. */
export function planJob(
  options: SimulationOptions,
  network: SimulatedNetwork,
  index: number,
): { plan: JobPlan; random: Random } | null {
  if (network.jobSurfaces.length === 0) return null;
  const random = createRandom(options.seed, 'job', index);
  const gateway = random.pick(network.gateways);
  const { orchestrator, surface } = random.pick(network.jobSurfaces);
  const kind = surface.capability === 37 ? 'byoc' : 'ai_batch';
  const tookMs = Math.round(random.lognormal(2_500, 0.6));
  const requestId = random.hex(8);
  const hasFailed = random.chance(0.08);
  const isUnserved = !hasFailed && random.chance(0.04);
  const plan: JobPlan = {
    kind,
    gateway,
    orchestrator,
    surface,
    model: surface.models[0]?.model ?? '',
    atMs: jobMs(options, index),
    tookMs,
    requestId: kind === 'byoc' && random.chance(0.6) ? '' : requestId,
    hasFailed,
    isUnserved,
    isReticent: createRandom(options.seed, 'reticent job', index).chance(0.05),
    authorisation: authorisationOf(createRandom(options.seed, 'authorised job', index)),
  };
  return { plan, random };
}

function authorisationOf(random: Random): JobPlan['authorisation'] {
  const luck = random.unit();
  if (luck < 0.08) return 'refused';
  return luck < 0.14 ? 'unsaid' : 'granted';
}
