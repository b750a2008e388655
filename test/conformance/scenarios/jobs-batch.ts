import { known, METRIC, missing, near, rangeOf, same } from '../expectation.js';
import { createScribe, elementOf, type Message, orchestratorOf } from '../messages.js';
import type { Check } from '../scenario.js';

const DAY = '2026-03-05';
const scribe = createScribe('batch', DAY);
const quinn = orchestratorOf('quinn');
const image = { pipeline: 'text-to-image', model: 'sdxl-jobs' };
const language = { pipeline: 'llm', model: 'llama-jobs' };
const none = { orch_url: '', success: false };

/** What quinn offers: images on one GPU, a language model on another. */
function offer(time: string, imageGpu: string): Message {
  const hardware = [
    { ...image, gpus: [imageGpu] },
    { ...language, gpus: ['GPU-batch-llm'] },
  ];
  return scribe.report(time, [elementOf(quinn, { hardware })]);
}

const received = (time: string, requestId: string, of = image): Message =>
  scribe.message('ai_batch_request', time, { type: 'ai_batch_request_received', request_id: requestId, ...of });

function completed(time: string, requestId: string, fields: object = {}): Message {
  const done = { type: 'ai_batch_request_completed', request_id: requestId, success: true, orch_url: quinn.url };
  return scribe.message('ai_batch_request', time, { ...done, ...image, ...fields });
}

function spoke(time: string, requestId: string, type: string, fields: object): Message {
  return scribe.message('ai_llm_request', time, { type, request_id: requestId, error: '', ...fields });
}

export const batchFirst: readonly Message[] = [
  offer('08:58:00', 'GPU-batch-1'),
  offer('09:20:00', 'GPU-batch-1'),
  // from half past nine images run on another GPU
  offer('09:30:00', 'GPU-batch-2'),
  received('09:00:00', 'batch-whole'),
  completed('09:00:03', 'batch-whole', { tries: 2, duration_ms: 2500, price_per_unit: '0.1' }),
  // of two completions the first counts
  completed('09:00:09', 'batch-whole', { success: false, tries: 3, duration_ms: 9000 }),
  completed('09:30:05', 'batch-across', { duration_ms: 1000 }),
  completed('09:31:00', 'batch-after', { duration_ms: 1500 }),
  completed('09:40:00', 'batch-nobody', { ...none, error_type: 'no_orchestrators' }),
  completed('09:41:00', 'batch-timeout', { ...none, error_type: 'timeout', duration_ms: 3000 }),
  received('09:45:00', 'batch-llm', language),
  spoke('09:45:02', 'batch-llm', 'llm_stream_completed', {
    ...{ prompt_tokens: 10, completion_tokens: 40, total_tokens: 50 },
    ...{ ttft_ms: 120.5, tokens_per_second: 25, total_duration_ms: 1900 },
  }),
  completed('09:45:02.100', 'batch-llm', { ...language, duration_ms: 2000 }),
  spoke('09:46:00', 'batch-broken', 'llm_request_completed', { total_tokens: 10, ttft_ms: 79.5, error: 'boom' }),
  completed('09:46:01', 'batch-broken', { ...language, success: false, error_type: 'inference_error' }),
  // neither a reception nor an LLM event alone is a job
  received('09:50:00', 'batch-pending'),
  spoke('09:51:00', 'batch-alone', 'llm_request_completed', { total_tokens: 1000 }),
];

/** The reception of a job that was judged by its completion: it began on the GPU before. */
export const batchLater: readonly Message[] = [received('09:29:59', 'batch-across')];

const LIST = `jobs(kind: AI_BATCH, ${rangeOf(DAY).replace('range', 'jobIn')}, ascending: true, first: 50)`;

interface Edge<Node> {
  readonly node: Node;
}

export const batchChecks: readonly Check[] = [
  {
    rules: ['QUALITY-002', 'PARITY-001', 'FACT-002', 'ATTRIBUTION-004', 'ATTRIBUTION-005'],
    says: 'an AI batch job is its request with a completion, at its reception: selected by URL, no_orch when it says so, else unknown',
    async run(api) {
      const { jobs } = await api.ask(`{ ${LIST} { totalCount edges { node {
        requestId at receivedAt outcome isSuccess attributionOutcome orchestratorAddress pipeline model } } } }`);
      const job = (requestId: string, at: string, receivedAt: string | null, isSuccess: boolean) => ({
        requestId,
        at: `${DAY}T${at}Z`,
        receivedAt: receivedAt === null ? null : `${DAY}T${receivedAt}Z`,
        isSuccess,
      });
      const quinns = { outcome: 'SELECTED', attributionOutcome: 'RESOLVED', orchestratorAddress: quinn.address };
      const nobodys = { attributionOutcome: 'UNRESOLVED', orchestratorAddress: null };
      same(jobs.totalCount, 7);
      same(
        jobs.edges.map(({ node }: Edge<object>) => node),
        [
          { ...job('batch-whole', '09:00:00.000', '09:00:00.000', true), ...quinns, ...image },
          { ...job('batch-across', '09:29:59.000', '09:29:59.000', true), ...quinns, ...image },
          { ...job('batch-after', '09:31:00.000', null, true), ...quinns, ...image },
          { ...job('batch-nobody', '09:40:00.000', null, false), ...nobodys, outcome: 'NO_ORCH', ...image },
          { ...job('batch-timeout', '09:41:00.000', null, false), ...nobodys, outcome: 'UNKNOWN', ...image },
          { ...job('batch-llm', '09:45:00.000', '09:45:00.000', true), ...quinns, ...language },
          { ...job('batch-broken', '09:46:01.000', null, false), ...quinns, ...language },
        ],
      );
    },
  },
  {
    rules: ['ATTRIBUTION-003', 'FACT-001', 'FACT-003'],
    says: 'attributed at job time: a reception that comes late moves its job to the GPU of before, and the decision made without it is kept',
    async run(api) {
      const { jobs } = await api.ask(`{ ${LIST} { edges { node { requestId gpuId decisions {
        outcome method reason confidence gpuId isCurrent decidedAt } } } } }`);
      const of = new Map<string, Decided>(jobs.edges.map(({ node }: Edge<Decided>) => [node.requestId, node]));
      const [before, across, after] = ['batch-whole', 'batch-across', 'batch-after'].map((id) => of.get(id));
      same(/^gpu_[0-9a-f]{16}$/.test(before?.gpuId ?? ''), true);
      same(across?.gpuId, before?.gpuId);
      same(after?.gpuId === before?.gpuId, false);
      const decision = { outcome: 'RESOLVED', method: 'URL', reason: 'MATCHED', confidence: 'HIGH' };
      same(across?.decisions, [
        { ...decision, gpuId: after?.gpuId, isCurrent: false, decidedAt: `${DAY}T10:20:00.000Z` },
        { ...decision, gpuId: before?.gpuId, isCurrent: true, decidedAt: `${DAY}T11:00:00.000Z` },
      ]);
      // nobody was named, so nothing was decided
      same(of.get('batch-nobody')?.decisions, []);
    },
  },
  {
    rules: ['QUALITY-002', 'PARITY-001', 'AGGREGATE-004'],
    says: 'the first completion’s tries and duration; the LLM event of the request beside the job; without one, null',
    async run(api) {
      const { whole, llm } = await api.ask(`{
        whole: jobs(requestId: "batch-whole") { edges { node { tries durationMs ${METRIC} pricePerUnitWei llm { isStreamed } } } }
        llm: jobs(requestId: "batch-llm") { edges { node { llm { isStreamed promptTokenCount completionTokenCount
          totalTokenCount timeToFirstTokenMs ${METRIC} tokensPerSecond ${METRIC} durationMs ${METRIC} error } } } } }`);
      same(
        whole.edges.map(({ node }: Edge<object>) => node),
        [{ tries: 2, durationMs: known(2500, 1), pricePerUnitWei: '0.1', llm: null }],
      );
      same(llm.edges[0].node.llm, {
        isStreamed: true,
        promptTokenCount: 10,
        completionTokenCount: 40,
        totalTokenCount: 50,
        timeToFirstTokenMs: known(120.5, 1),
        tokensPerSecond: known(25, 1),
        durationMs: known(1900, 1),
        error: null,
      });
    },
  },
  {
    rules: ['AGGREGATE-004', 'AGGREGATE-006', 'PARITY-001'],
    says: '7 jobs: 5 selected, 4 successes of 7, mean 2000 ms of the 5 durations; 2 LLM requests, 1 failed, 30 tokens and 100 ms to the first on average',
    async run(api) {
      const { jobMetrics } = await api.ask(`{ jobMetrics(kind: AI_BATCH, ${rangeOf(DAY)}, bucket: MINUTE_5) {
        total { jobCount selectedCount noOrchestratorCount unknownCount successCount failedCount successRatio ${METRIC}
          selectedRatio ${METRIC} duration { averageMs ${METRIC} p50Ms { value } }
          llm { requestCount failedCount promptTokenCount completionTokenCount averageTotalTokens ${METRIC}
            averageTokensPerSecond ${METRIC} timeToFirstToken { averageMs ${METRIC} } successRatio ${METRIC} } }
        points { start metrics { jobCount duration { averageMs ${METRIC} } } } } }`);
      const { duration, ...counts } = jobMetrics.total;
      same(counts, {
        jobCount: 7,
        selectedCount: 5,
        noOrchestratorCount: 1,
        unknownCount: 1,
        successCount: 4,
        failedCount: 3,
        successRatio: known(4 / 7, 7),
        selectedRatio: known(5 / 7, 7),
        llm: {
          requestCount: 2,
          failedCount: 1,
          promptTokenCount: 10,
          completionTokenCount: 40,
          averageTotalTokens: known(30, 2),
          averageTokensPerSecond: known(25, 1),
          timeToFirstToken: { averageMs: known(100, 2) },
          successRatio: known(1 / 2, 2),
        },
      });
      same(duration.averageMs, known(2000, 5));
      // 1000, 1500, 2000, 2500, 3000: the third, within 1 %
      near(duration.p50Ms.value, 2000, 0.0101);
      const points = jobMetrics.points.filter(({ metrics }: { readonly metrics: unknown }) => metrics !== null);
      const point = (time: string, jobCount: number, averageMs: object) => {
        return { start: `${DAY}T${time}:00.000Z`, metrics: { jobCount, duration: { averageMs } } };
      };
      // the late reception moved its job from 09:30 to 09:25
      same(points, [
        point('09:00', 1, known(2500, 1)),
        point('09:25', 1, known(1000, 1)),
        point('09:30', 1, known(1500, 1)),
        point('09:40', 2, known(3000, 1)),
        point('09:45', 2, known(2000, 1)),
      ]);
    },
  },
  {
    rules: ['AGGREGATE-004', 'LIFECYCLE-001'],
    says: 'no duration is null with its reason; jobs are no sessions, so the day has no demand',
    async run(api) {
      const { jobs, networkDemand } = await api.ask(`{
        jobs(requestId: "batch-nobody") { edges { node { durationMs ${METRIC} } } }
        networkDemand(${rangeOf(DAY)}, bucket: DAY_1) { total { knownCount } } }`);
      same(jobs.edges[0].node.durationMs, missing());
      same(networkDemand.total?.knownCount ?? 0, 0);
    },
  },
];

interface Decided {
  readonly requestId: string;
  readonly gpuId: string | null;
  readonly decisions: readonly object[];
}
