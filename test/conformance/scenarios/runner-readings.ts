import { known, METRIC, missing, near, rangeOf, same } from '../expectation.js';
import { createScribe, orchestratorOf, surfaceOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-02-15';
const scribe = createScribe('readings', DAY);
const MODELS = { counted: 'readings-counted', rated: 'readings-rated', silent: 'readings-silent' } as const;
type Kind = keyof typeof MODELS;
const nodes = { counted: orchestratorOf('rae'), rated: orchestratorOf('sol'), silent: orchestratorOf('una') };
const GPU = { uuid: 'GPU-readings-1', model: 'NVIDIA RTX 4090', vram_bytes: 24_000_000_000, cuda_version: '12.4' };

const UNREPORTED = { ...GPU, uuid: 'GPU-readings-sampled', model: 'NVIDIA L40S', vram_bytes: 48_000_000_000 };

const sample = (kind: Kind, time: string, read: object) =>
  scribe.v1(
    'runner.metrics.sample',
    time,
    {
      stream_id: `readings-${kind}`,
      request_id: kind,
      node_addr: nodes[kind].url,
      model_id: MODELS[kind],
      fps: 24,
      ...read,
    },
    { publisher_id: `runner-${kind}`, publisher_type: 'runner' },
  );
const flops = (achieved: number) => ({ achieved_flops: achieved, peak_flops: 8e13 });

/** What runners send beside frames: byte counters of one, rates of another, one reading of a third. */
export const runnerReadings: Scenario = {
  name: 'runner readings',
  steps: [
    {
      send: [
        scribe.report('09:00:00', [
          surfaceOf(nodes.counted, MODELS.counted, GPU.uuid),
          surfaceOf(nodes.rated, MODELS.rated, 'GPU-readings-2'),
          surfaceOf(nodes.silent, MODELS.silent, 'GPU-readings-3'),
        ]),
        // late, twice and out of order: what counters grew by follows from the set of readings
        sample('counted', '09:05:20', {
          tx_bytes: 3_500_000,
          rx_bytes: 500_000,
          gpu: { ...GPU, utilisation: 0.7 },
          ...flops(6e13),
        }),
        sample('counted', '09:05:10', {
          tx_bytes: 1_000_000,
          rx_bytes: 500_000,
          gpu: { ...GPU, utilisation: 0.5 },
          ...flops(4e13),
        }),
        sample('counted', '09:05:40', { tx_bytes: 600_000, rx_bytes: 600_000 }),
        sample('counted', '09:05:30', { tx_bytes: 100_000, rx_bytes: 600_000, achieved_flops: 6e13 }),
        sample('counted', '10:00:10', { tx_bytes: 1_100_000 }),
        sample('rated', '09:05:05', { tx_mbps: 8, sampling_interval_ms: 5000 }),
        sample('rated', '09:05:20', { tx_mbps: 4, sampling_interval_ms: 15_000 }),
        sample('silent', '09:05:10', { rx_bytes: 9 }),
        // of a GPU that no report names: of an orchestrator that reports another, and of nobody who was ever reported
        sample('silent', '09:05:30', { gpu: { ...UNREPORTED, utilisation: 0.25 } }),
        sample('silent', '09:05:40', {
          gpu: { ...UNREPORTED, uuid: 'GPU-readings-adrift' },
          node_addr: 'https://adrift.example.com',
          stream_id: 'readings-adrift',
        }),
        // test traffic is nobody's number
        sample('counted', '09:07:00', {
          stream_id: 'readings-tested',
          is_synthetic: true,
          tx_bytes: 9_000_000,
          gpu: { ...GPU, utilisation: 0.01 },
        }),
        sample('counted', '09:07:10', {
          stream_id: 'readings-tested',
          is_synthetic: true,
          gpu: { ...GPU, uuid: 'GPU-tested' },
        }),
      ],
    },
  ],
  checks: [
    {
      rules: ['AGGREGATE-001', 'AGGREGATE-006'],
      says: 'bandwidth is bytes over time from sums: a counter that goes down begins again, rates weigh by their interval, one reading tells none',
      async run(api) {
        const ask = async (kind: Kind, from: string, to: string) => {
          const { serviceMetrics } = await api.ask(`{ serviceMetrics(${rangeOf(DAY, from, to)}, bucket: HOUR_1,
            where: { models: ["${MODELS[kind]}"] }) { total { sentMbps ${METRIC} receivedMbps ${METRIC}
            transportBandwidthMbps ${METRIC} } } }`);
          return serviceMetrics.total;
        };
        // 3,000,000 bytes in 20 s, and 100,000 in 30 s
        const nine = await ask('counted', '09:00', '10:00');
        same(nine.sentMbps, known(1.2, 4));
        near(nine.receivedMbps.value, 0.8 / 30);
        near(nine.transportBandwidthMbps.value, 1.2 + 0.8 / 30);
        // 500,000 bytes since the reading an hour before
        near((await ask('counted', '10:00', '11:00')).sentMbps.value, 4 / 3270);
        near((await ask('counted', '09:00', '11:00')).sentMbps.value, 28 / 3290);
        const rated = await ask('rated', '09:00', '10:00');
        same([rated.sentMbps, rated.receivedMbps], [known(5, 2), missing('NOT_COLLECTED')]);
        const silent = await ask('silent', '09:00', '10:00');
        same([silent.sentMbps, silent.receivedMbps], [missing('NOT_COLLECTED'), missing('INSUFFICIENT_SAMPLES', 1)]);
        same(silent.transportBandwidthMbps, missing('INSUFFICIENT_SAMPLES', 1));
      },
    },
    {
      rules: ['AGGREGATE-004', 'AGGREGATE-006'],
      says: 'utilisation is the mean, CUE the achieved over the possible operations of the samples that carry both; a day is the sum of its hours',
      async run(api) {
        const { serviceMetrics } = await api.ask(`{ serviceMetrics(${rangeOf(DAY)}, bucket: DAY_1, groupBy: [MODEL]) {
          edges { node { model metrics { gpuUtilisationRatio ${METRIC} cueRatio ${METRIC} } } } } }`);
        const byModel = new Map(
          serviceMetrics.edges.map(({ node }: { node: { model: string; metrics: unknown } }) => [
            node.model,
            node.metrics,
          ]),
        );
        same(byModel.get(MODELS.counted), { gpuUtilisationRatio: known(0.6, 2), cueRatio: known(0.625, 2) });
        const none = missing('NOT_COLLECTED');
        same(byModel.get(MODELS.rated), { gpuUtilisationRatio: none, cueRatio: none });
      },
    },
    {
      rules: ['AGGREGATE-004'],
      says: 'a GPU shows its newest reading under its public id, never one of test traffic; one that no sample names shows none',
      async run(api) {
        const { gpus } =
          await api.ask(`{ gpus(where: { orchestrators: ["${nodes.counted.address}", "${nodes.rated.address}"] }) {
          edges { node { orchestratorAddress newestReading { readAt gpuModel memoryBytes cudaVersion utilisationRatio } } } } }`);
        const readings = new Map(
          gpus.edges.map(({ node }: { node: { orchestratorAddress: string; newestReading: unknown } }) => [
            node.orchestratorAddress,
            node.newestReading,
          ]),
        );
        same(readings.get(nodes.counted.address), {
          readAt: `${DAY}T09:05:20.000Z`,
          gpuModel: GPU.model,
          memoryBytes: GPU.vram_bytes,
          cudaVersion: GPU.cuda_version,
          utilisationRatio: 0.7,
        });
        same(readings.get(nodes.rated.address), null);
      },
    },
    {
      rules: ['AGGREGATE-004', 'ATTRIBUTION-005', 'SERVING-001'],
      says: 'a GPU that only samples name is listed with what they say of it, under whoever served or nobody, and is in no count of GPUs',
      async run(api) {
        const { gpus, orchestrator, inventory } = await api.ask(`{
          gpus(where: { sources: [SAMPLE] }, first: 100) { edges { node { orchestratorAddress gpuModel memoryBytes isInstalled
            lastSeenAt surfaces { model } newestReading { utilisationRatio } } } }
          orchestrator(address: "${nodes.silent.address}") { gpuCount sampledGpuCount gpus { source } }
          inventory: gpus(where: { orchestrators: ["${nodes.silent.address}"], sources: [REPORT] }) { totalCount } }`);
        const sampled = {
          gpuModel: UNREPORTED.model,
          memoryBytes: UNREPORTED.vram_bytes,
          isInstalled: null,
          surfaces: [],
        };
        const own = gpus.edges.map(({ node }: { node: { gpuModel: string } }) => node);
        same(
          own.filter(({ gpuModel }: { gpuModel: string }) => gpuModel === UNREPORTED.model),
          [
            {
              ...{ ...sampled, orchestratorAddress: nodes.silent.address, lastSeenAt: `${DAY}T09:05:30.000Z` },
              newestReading: { utilisationRatio: 0.25 },
            },
            {
              ...{ ...sampled, orchestratorAddress: null, lastSeenAt: `${DAY}T09:05:40.000Z` },
              newestReading: { utilisationRatio: null },
            },
          ],
        );
        same([orchestrator.gpuCount, orchestrator.sampledGpuCount, inventory.totalCount], [1, 1, 1]);
        same(orchestrator.gpus.map(({ source }: { source: string }) => source).sort(), ['REPORT', 'SAMPLE']);
        // test traffic names none
        same(
          own.some(({ gpuModel }: { gpuModel: string }) => gpuModel === GPU.model),
          false,
        );
      },
    },
  ],
};
