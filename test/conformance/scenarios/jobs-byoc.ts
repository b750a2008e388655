import { known, METRIC, missing, rangeOf, same } from '../expectation.js';
import { createScribe, elementOf, type Message, type Orchestrator, orchestratorOf } from '../messages.js';
import type { Check } from '../scenario.js';

const DAY = '2026-03-05';
const scribe = createScribe('byoc', DAY);
const rosa = orchestratorOf('rosa');
const saul = orchestratorOf('saul');
const WORKERS = ['http://10.8.0.1:9000', 'http://10.8.0.2:9000', 'https://worker.example.com'] as const;

interface Place {
  readonly by?: Partial<Orchestrator>;
  readonly worker?: string;
}

const placed = ({ by = {}, worker = '' }: Place) => ({
  orch_address: (by.address ?? '').toUpperCase().replace('0X', '0x'),
  orch_url: by.url ?? '',
  worker_url: worker,
});

/** The gateway leaves the request id blank, as it often does. */
function completed(time: string, capability: string, place: Place, fields: object = {}): Message {
  const done = { type: 'job_gateway_completed', request_id: '', capability, success: true, duration_ms: 400 };
  return scribe.message('job_gateway', time, { ...done, http_status: 200, error: '', ...placed(place), ...fields });
}

function worker(time: string, capability: string, model: string, place: Place, price?: string): Message {
  const says = { type: 'worker_registered', capability, ...placed(place), worker_options: [{ model }] };
  return scribe.message('worker_lifecycle', time, {
    ...says,
    ...(price === undefined ? {} : { price_per_unit: price }),
  });
}

/** Each capability in two models, so that only a worker can tell which one served. */
const twoOf = (pipeline: string) =>
  ['a', 'b'].map((letter) => ({ pipeline, model: `${pipeline}-${letter}`, gpus: [`GPU-${pipeline}-${letter}`] }));

const byAddress = completed('09:10:00', 'Face-Swap', { by: { address: rosa.address }, worker: WORKERS[0] });
const byUrl = completed('09:11:00', 'Face-Swap', { by: { url: rosa.url } });
const byNobody = completed('09:12:00', 'Face-Swap', {}, { success: false, error: 'no orchestrators available' });
const inTime = completed('09:20:00', 'upcycle', { by: { url: saul.url } });
const tooLate = completed('09:20:00.001', 'upcycle', { by: { url: saul.url } });
const healed = completed('09:22:00', 'mend', { by: saul }, { success: undefined, duration_ms: undefined });

export const byocFirst: readonly Message[] = [
  scribe.report('09:00:00', [
    elementOf(rosa, { hardware: twoOf('face-swap') }),
    elementOf(saul, { hardware: [...twoOf('upcycle'), ...twoOf('mend')] }),
  ]),
  worker('2026-02-03T09:20:00Z', 'upcycle', 'upcycle-a', { by: saul }),
  worker('09:01:00', 'face-swap', 'face-swap-a', { by: rosa, worker: WORKERS[0] }, '10'),
  worker('09:05:00', 'FACE-SWAP', 'face-swap-b', { by: rosa, worker: WORKERS[1] }, '20.5'),
  scribe.message('job_gateway', '09:09:59', { type: 'job_gateway_submitted', capability: 'Face-Swap', request_id: '' }),
  byAddress,
  byUrl,
  byNobody,
  // newer than the jobs above
  worker('09:13:00', 'face-swap', 'face-swap-a', { by: rosa, worker: WORKERS[1] }),
  inTime,
  tooLate,
  healed,
];

/** The worker that says which model mended. */
export const byocLater: readonly Message[] = [
  worker('09:02:00', 'mend', 'mend-b', { by: { address: saul.address }, worker: WORKERS[2] }),
];

const LIST = `jobs(kind: BYOC, ${rangeOf(DAY).replace('range', 'jobIn')}, ascending: true, first: 50)`;

interface Edge<Node> {
  readonly node: Node;
}

export const byocChecks: readonly Check[] = [
  {
    rules: ['QUALITY-002', 'PARITY-001', 'ATTRIBUTION-002', 'ATTRIBUTION-004'],
    says: 'a BYOC job is its completion, also without a request id: selected by address or URL, never no_orch; its capability is its pipeline',
    async run(api) {
      const { jobs } = await api.ask(`{ ${LIST} { totalCount edges { node { eventId requestId outcome isSuccess
        attributionOutcome attributionMethod attributionConfidence orchestratorAddress pipeline } } } }`);
      same(jobs.totalCount, 6);
      const job = ({ id }: Message, isSuccess: boolean | null) => ({ eventId: id, requestId: null, isSuccess });
      const decided = (outcome: string, method: string, confidence: string, by: Orchestrator | null) => ({
        outcome: 'SELECTED',
        attributionOutcome: outcome,
        attributionMethod: method,
        attributionConfidence: confidence,
        orchestratorAddress: by?.address ?? null,
      });
      same(
        jobs.edges.map(({ node }: Edge<object>) => node),
        [
          { ...job(byAddress, true), ...decided('RESOLVED', 'ADDRESS', 'MEDIUM', rosa), pipeline: 'face-swap' },
          { ...job(byUrl, true), ...decided('RESOLVED', 'URL', 'HIGH', rosa), pipeline: 'face-swap' },
          {
            ...job(byNobody, false),
            ...decided('UNRESOLVED', 'NONE', 'NONE', null),
            outcome: 'UNKNOWN',
            pipeline: 'Face-Swap',
          },
          { ...job(inTime, true), ...decided('RESOLVED', 'URL', 'HIGH', saul), pipeline: 'upcycle' },
          { ...job(tooLate, true), ...decided('AMBIGUOUS', 'URL', 'NONE', null), pipeline: 'upcycle' },
          { ...job(healed, null), ...decided('RESOLVED', 'URL', 'HIGH', saul), pipeline: 'mend' },
        ],
      );
    },
  },
  {
    rules: ['QUALITY-002', 'ATTRIBUTION-005', 'PARITY-001'],
    says: 'model of the job’s own worker, else of the newest before it: 30 days count, a millisecond more does not, nor what came after',
    async run(api) {
      const { jobs } = await api.ask(`{ ${LIST} { edges { node { model gpuId } } } }`);
      same(
        jobs.edges.map(({ node }: Edge<Served>) => [node.model, node.gpuId !== null]),
        [
          ['face-swap-a', true],
          ['face-swap-b', true],
          [null, false],
          ['upcycle-a', true],
          [null, false],
          ['mend-b', true],
        ],
      );
    },
  },
  {
    rules: ['FACT-001', 'FACT-002', 'FACT-003'],
    says: 'a worker event that comes late heals its job, and the decision made without it is kept',
    async run(api) {
      const { jobs } = await api.ask(`{ jobs(capability: "MEND") { edges { node { jobId decisions { outcome reason model
        orchestratorAddress isCurrent decidedAt supersededAt } } } } }`);
      const [{ node }] = jobs.edges;
      const [before, after] = [`${DAY}T10:20:00.000Z`, `${DAY}T11:00:00.000Z`];
      const unknown = { outcome: 'AMBIGUOUS', reason: 'AMBIGUOUS', model: null, orchestratorAddress: null };
      const resolved = { outcome: 'RESOLVED', reason: 'MATCHED', model: 'mend-b', orchestratorAddress: saul.address };
      same(node.decisions, [
        { ...unknown, isCurrent: false, decidedAt: before, supersededAt: after },
        { ...resolved, isCurrent: true, decidedAt: after, supersededAt: null },
      ]);
      const { job } = await api.ask(`{ job(jobId: "${node.jobId}") { eventId } }`);
      same(job.eventId, healed.id);
    },
  },
  {
    rules: ['AGGREGATE-006', 'AGGREGATE-004', 'PARITY-001'],
    says: '6 jobs, 5 of them selected and none no_orch; 4 successes of the 5 that say; capabilities and models sum to the whole',
    async run(api) {
      const METRICS = `jobCount selectedCount noOrchestratorCount unknownCount successCount failedCount
        successRatio ${METRIC} duration { averageMs ${METRIC} }`;
      const { jobMetrics, grouped } = await api.ask(`{
        jobMetrics(kind: BYOC, ${rangeOf(DAY)}, bucket: DAY_1) { total { ${METRICS} llm { requestCount successRatio ${METRIC} } } }
        grouped: jobMetrics(kind: BYOC, ${rangeOf(DAY)}, bucket: HOUR_1, groupBy: [PIPELINE, MODEL]) {
          edges { node { pipeline model metrics { jobCount } } } } }`);
      same(jobMetrics.total, {
        jobCount: 6,
        selectedCount: 5,
        noOrchestratorCount: 0,
        unknownCount: 1,
        successCount: 4,
        failedCount: 1,
        successRatio: known(4 / 5, 5),
        duration: { averageMs: known(400, 5) },
        llm: { requestCount: 0, successRatio: missing() },
      });
      same(
        grouped.edges
          .map(({ node }: Edge<Group>) => `${node.pipeline} ${node.model ?? '-'} ${node.metrics.jobCount}`)
          .sort(),
        [
          'Face-Swap - 1',
          'face-swap face-swap-a 1',
          'face-swap face-swap-b 1',
          'mend mend-b 1',
          'upcycle - 1',
          'upcycle upcycle-a 1',
        ],
      );
    },
  },
];

interface Served {
  readonly model: string | null;
  readonly gpuId: string | null;
}

interface Group {
  readonly pipeline: string;
  readonly model: string | null;
  readonly metrics: { readonly jobCount: number };
}
