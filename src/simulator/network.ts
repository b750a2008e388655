import type { SimulatedOrg, SimulatedTopic, SimulationOptions } from './options.js';
import { createRandom, type Random } from './random.js';

export const liveModels = ['streamdiffusion-sdxl', 'streamdiffusion-sdxl-v2v', 'streamdiffusion-sdxl-faceid'] as const;
export const livePipeline = 'live-video-to-video';
export const byocCapability = 'byoc-upscaler';

/** How an operator describes a surface's hardware: every shape seen in recorded reports. */
export type HardwareShape = 'object' | 'array' | 'null' | 'without-gpus';

export interface Gpu {
  id: string;
  name: string;
  major: number;
  minor: number;
  memoryBytes: number;
}

export interface ServedModel {
  model: string;
  gpus: readonly Gpu[];
}

/** One URI of an orchestrator and what it serves there. */
export interface Surface {
  uri: string;
  capability: number;
  pipeline: string;
  models: readonly ServedModel[];
  shape: HardwareShape;
}

export interface SimulatedOrchestrator {
  index: number;
  /** On-chain, mixed case as reported. */
  address: string;
  /** The key that events carry. */
  hotKey: string;
  /** What the report says: the hot key in mixed case, or a name. */
  localAddress: string;
  surfaces: readonly Surface[];
  live: Surface;
  /** How far its runner's clock is ahead of the gateway's. */
  runnerSkewMs: number;
  fps: number;
  price: string;
  pricePerUnit: number;
}

export interface SimulatedGateway {
  index: number;
  org: SimulatedOrg;
  topic: SimulatedTopic;
  host: string;
  sender: string;
  /** Of the messages about its sessions; reports, payments, tickets and jobs are always in the gateway dialect. */
  dialect: 'gateway' | 'v1';
  /** Said in v1 alone; blank in the gateway dialect. */
  region: string;
}

export interface SimulatedNetwork {
  orchestrators: readonly SimulatedOrchestrator[];
  gateways: readonly SimulatedGateway[];
  /** Live orchestrators by model; only models that somebody serves. */
  byModel: ReadonlyMap<string, readonly SimulatedOrchestrator[]>;
  jobSurfaces: readonly { orchestrator: SimulatedOrchestrator; surface: Surface }[];
}

const cards = [
  { name: 'NVIDIA GeForce RTX 4090', major: 8, minor: 9, memoryBytes: 25757220864 },
  { name: 'NVIDIA GeForce RTX 5090', major: 12, minor: 0, memoryBytes: 34190917632 },
  { name: 'NVIDIA L40S', major: 8, minor: 9, memoryBytes: 47810936832 },
] as const;

/** The same network for the same seed and counts; the first members do not depend on how many there are. */
export function createNetwork(options: SimulationOptions): SimulatedNetwork {
  const seed = options.networkSeed ?? options.seed;
  const orchestrators: SimulatedOrchestrator[] = [];
  for (let index = 0; index < options.orchestrators; index++)
    orchestrators.push(createOrchestrator(seed, index, orchestrators));
  const byModel = new Map<string, SimulatedOrchestrator[]>();
  for (const orchestrator of orchestrators) {
    for (const { model } of orchestrator.live.models) byModel.set(model, [...(byModel.get(model) ?? []), orchestrator]);
  }
  return {
    orchestrators,
    gateways: Array.from({ length: options.gateways }, (_, index) =>
      createGateway(seed, index, index >= options.gateways - (options.v1Gateways ?? 0)),
    ),
    byModel,
    jobSurfaces: orchestrators.flatMap((orchestrator) =>
      orchestrator.surfaces
        .filter((surface) => surface !== orchestrator.live && surface.models.length > 0)
        .map((surface) => ({ orchestrator, surface })),
    ),
  };
}

/** The host that a gateway calls itself; every third has a private one. */
export function simulatedGatewayHost(index: number): string {
  if (index % 3 === 2) return `10.7.0.${11 + index}:8935`;
  return `gateway-${index}.${index % 2 === 0 ? 'daydream' : 'cloudspe'}.example`;
}

function createGateway(seed: number, index: number, isV1: boolean): SimulatedGateway {
  const random = createRandom(seed, 'gateway', index);
  const isDaydream = index % 2 === 0;
  return {
    index,
    org: isDaydream ? 'daydream' : 'cloudspe',
    topic: isDaydream ? 'network_events' : 'streaming_events',
    host: simulatedGatewayHost(index),
    sender: mixedAddress(random),
    dialect: isV1 ? 'v1' : 'gateway',
    region: isV1 ? (isDaydream ? 'eu-central' : 'us-east') : '',
  };
}

/** Six kinds in turn: one GPU, several models, no hardware, several GPUs, a named local address, a shared hot key. */
function createOrchestrator(
  seed: number,
  index: number,
  earlier: readonly SimulatedOrchestrator[],
): SimulatedOrchestrator {
  const random = createRandom(seed, 'orchestrator', index);
  const kind = index % 6;
  const address = mixedAddress(random);
  const ownHotKey = mixedAddress(random);
  const shared = kind === 5 ? earlier[index - 2] : undefined;
  const host = `orch-${index}.sim-${random.hex(4)}.example`;
  const model = (step: number): ServedModel => ({
    model: liveModels[(index + Math.floor(index / 6) + step) % liveModels.length] ?? liveModels[0],
    gpus: kind === 2 ? [] : Array.from({ length: kind === 3 ? 3 : 1 }, () => createGpu(random)),
  });
  const live: Surface = {
    uri: `https://${host}:8935`,
    capability: 35,
    pipeline: livePipeline,
    models: kind === 1 ? [model(0), model(1)] : [model(0)],
    shape: kind === 2 ? 'null' : kind === 1 || kind === 4 ? 'array' : 'object',
  };
  const pricePerUnit = random.integer(1500, 1700);
  return {
    index,
    address,
    hotKey: shared === undefined ? ownHotKey.toLowerCase() : shared.hotKey,
    localAddress: kind === 4 ? `node-${index}-local` : shared === undefined ? ownHotKey : shared.localAddress,
    live,
    surfaces: [live, createSecondSurface(random, index, host)],
    runnerSkewMs: random.chance(0.4) ? random.integer(-1500, 1500) : random.integer(-3, 3),
    fps: 12 + random.unit() * 14,
    pricePerUnit,
    price: `${pricePerUnit}.${random.integer(100, 999)} wei/pixel`,
  };
}

function createSecondSurface(random: Random, index: number, host: string): Surface {
  const uri = `https://${host}:8936`;
  switch (index % 4) {
    case 0:
      return {
        uri,
        capability: 27,
        pipeline: 'text-to-image',
        models: [{ model: 'SG161222/RealVisXL_V4.0_Lightning', gpus: [createGpu(random)] }],
        shape: 'object',
      };
    case 1:
      return {
        uri,
        capability: 33,
        pipeline: 'llm',
        models: [{ model: 'meta-llama/Meta-Llama-3.1-8B-Instruct', gpus: [] }],
        shape: 'without-gpus',
      };
    case 2:
      return {
        uri,
        capability: 37,
        pipeline: byocCapability,
        models: [{ model: 'upscale-x4', gpus: [createGpu(random)] }],
        shape: 'array',
      };
    default:
      return { uri, capability: 0, pipeline: '', models: [], shape: 'null' };
  }
}

function createGpu(random: Random): Gpu {
  return { id: `GPU-${random.uuid()}`, ...random.pick(cards) };
}

/** 0x and 40 hex digits in mixed case; not a valid EIP-55 checksum, which nothing here needs. */
function mixedAddress(random: Random): string {
  return `0x${Array.from(random.hex(40), (digit) => (random.chance(0.5) ? digit.toUpperCase() : digit)).join('')}`;
}
