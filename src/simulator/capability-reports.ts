import { type Emission, envelope } from './emission.js';
import type {
  Gpu,
  HardwareShape,
  ServedModel,
  SimulatedGateway,
  SimulatedNetwork,
  SimulatedOrchestrator,
  Surface,
} from './network.js';
import type { SimulationOptions } from './options.js';
import { createRandom, type Random } from './random.js';

const everyMs = 25 * 60_000;
const leadMs = 60_000;
/** Operators update their runners; the content of a report changes this often, at another hour for each. */
const upgradeMs = 31 * 3_600_000;

/** When a gateway sends its report number `index`: from one minute before the start, every 25 min ± 10 s. */
export function reportMs(options: SimulationOptions, gateway: SimulatedGateway, index: number): number {
  const jitter =
    index === 0 ? 0 : createRandom(options.seed, 'report time', index, gateway.index).integer(-10_000, 10_000);
  return options.startMs - leadMs + Math.min(gateway.index, 9) * 3_000 + index * everyMs + jitter;
}

/** Numbers of the reports that a gateway may have sent in the 30 minutes up to an instant. */
export function reportsNear(options: SimulationOptions, untilMs: number): number[] {
  const last = Math.floor((untilMs - options.startMs + leadMs + 10_000) / everyMs);
  return [last - 2, last - 1, last].filter((index) => index >= 0);
}

/** One report: every surface of every orchestrator as an array element. */
export function* reportEmissions(
  options: SimulationOptions,
  network: SimulatedNetwork,
  gateway: SimulatedGateway,
  index: number,
): Generator<Emission> {
  const random = createRandom(options.seed, 'report', index, gateway.index);
  const atMs = reportMs(options, gateway, index);
  const elements = network.orchestrators.flatMap((orchestrator) =>
    orchestrator.surfaces.map((surface) => element(random, orchestrator, surface, atMs)),
  );
  yield {
    topic: gateway.topic,
    atMs,
    json: envelope(random.uuid(), 'network_capabilities', atMs, gateway.host, JSON.stringify(elements)),
    fact: null,
  };
}

function element(random: Random, orchestrator: SimulatedOrchestrator, surface: Surface, atMs: number): object {
  const upgrade = Math.floor((atMs + orchestrator.index * 3_700_000) / upgradeMs) % 100;
  const models = Object.fromEntries(
    surface.models.map(({ model }) => [
      model,
      { warm: true, capacity: 2, runnerVersion: `0.14.${upgrade}`, capacityInUse: random.integer(0, 2) },
    ]),
  );
  const hasModels = surface.models.length > 0;
  return {
    address: orchestrator.address,
    local_address: orchestrator.localAddress,
    orch_uri: surface.uri,
    capabilities: {
      bitstring: [34426871807],
      capacities: { '0': 1, '1': 1, '10': 1, ...(hasModels ? { [String(surface.capability)]: 1 } : {}) },
      version: '0.8.8',
      constraints: hasModels
        ? { PerCapability: { [String(surface.capability)]: { models } } }
        : { minVersion: '0.8.8' },
    },
    capabilities_prices: hasModels
      ? surface.models.map(({ model }) => ({
          pricePerUnit: orchestrator.pricePerUnit,
          pixelsPerUnit: 1,
          capability: surface.capability,
          constraint: model,
        }))
      : null,
    hardware:
      surface.shape === 'null'
        ? null
        : surface.models.map((served) => hardware(random, surface, served, surface.shape)),
  };
}

function hardware(random: Random, surface: Surface, served: ServedModel, shape: HardwareShape): object {
  const entry = { pipeline: surface.pipeline, model_id: served.model };
  if (shape === 'without-gpus') return entry;
  const gpus = served.gpus.map((gpu) => gpuInfo(random, gpu));
  return {
    ...entry,
    gpu_info: shape === 'array' ? gpus : Object.fromEntries(gpus.map((gpu, slot) => [String(slot), gpu])),
  };
}

function gpuInfo(random: Random, gpu: Gpu): object {
  return {
    id: gpu.id,
    name: gpu.name,
    major: gpu.major,
    ...(gpu.minor > 0 ? { minor: gpu.minor } : {}),
    memory_free: gpu.memoryBytes - random.integer(100, 900) * 1_048_576,
    memory_total: gpu.memoryBytes,
  };
}
