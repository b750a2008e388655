import { rangeOf, same } from '../expectation.js';
import { createScribe, elementOf, orchestratorOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-03-14';
const scribe = createScribe('jobfail', DAY);
const tess = orchestratorOf('tess');
const speech = { pipeline: 'text-to-speech', model: 'voice-why' };

function batch(second: number, request: string, fields: object) {
  const done = { type: 'ai_batch_request_completed', request_id: `jobfail-${request}`, success: false, error: '' };
  const time = `10:00:${String(second).padStart(2, '0')}`;
  return scribe.message('ai_batch_request', time, { ...done, orch_url: tess.url, ...speech, ...fields });
}

function llm(second: number, request: string, error: string) {
  const said = { type: 'llm_request_completed', request_id: `jobfail-${request}`, error };
  return scribe.message('ai_llm_request', `10:00:${String(second).padStart(2, '0')}`, said);
}

function byoc(second: number, fields: object) {
  const done = { type: 'job_gateway_completed', request_id: '', capability: 'why', success: false, error: '' };
  const time = `11:00:${String(second).padStart(2, '0')}`;
  return scribe.message('job_gateway', time, { ...done, orch_url: tess.url, orch_address: '', ...fields });
}

const LIST = `jobs(${rangeOf(DAY).replace('range', 'jobIn')}, ascending: true, first: 50)`;

/** Sixteen jobs: two succeed, one says nothing, the others fail, each for a reason of its own or in a way of its own. */
export const jobFailures: Scenario = {
  name: 'failed jobs by reason',
  steps: [
    {
      send: [
        scribe.report('09:58:00', [elementOf(tess, { hardware: [{ ...speech, gpus: ['GPU-jobfail'] }] })]),
        batch(1, 'nobody', { orch_url: '', error_type: 'no_orchestrators', error: 'timeout' }),
        batch(2, 'late', { error_type: 'timeout' }),
        batch(3, 'large', { error_type: 'bad_request', error: 'prompt over the capacity' }),
        batch(4, 'busy', { error_type: 'worker_error', error: 'insufficient capacity' }),
        batch(5, 'crash', { error_type: 'worker_error', error: 'CUDA: out of memory' }),
        batch(6, 'silent', {}),
        llm(7, 'spoke', 'context deadline exceeded'),
        batch(8, 'spoke', { success: true }),
        llm(9, 'twice', 'client went away'),
        batch(10, 'twice', { error_type: 'worker_error' }),
        batch(11, 'fine', { success: true, error: 'first orchestrator: timeout' }),
        batch(12, 'mute', { success: undefined }),
        byoc(1, { http_status: 402 }),
        byoc(2, { http_status: 500, error: 'upstream timed out' }),
        byoc(3, { http_status: 404 }),
        byoc(4, { success: undefined, http_status: 503 }),
        byoc(5, { success: true, http_status: 200 }),
      ],
    },
  ],
  checks: [
    {
      rules: ['PARITY-001', 'QUALITY-002'],
      says: 'each failed job has one class and one reason: the gateway’s own word, else its text, else its LLM’s, else the HTTP status; success and silence have neither',
      async run(api) {
        const { jobs } = await api.ask(`{ ${LIST} { edges { node { requestId failureClass failureReason } } } }`);
        same(
          jobs.edges.map(({ node }: { node: Failed }) => [node.requestId, node.failureClass, node.failureReason]),
          [
            ['jobfail-nobody', 'NO_ORCH', 'NO_ORCHESTRATORS'],
            ['jobfail-late', 'FAILED', 'TIMEOUT'],
            ['jobfail-large', 'FAILED', 'BAD_REQUEST'],
            ['jobfail-busy', 'FAILED', 'OVERLOAD'],
            ['jobfail-crash', 'FAILED', 'ERROR'],
            ['jobfail-silent', 'FAILED', 'NONE'],
            ['jobfail-spoke', 'LLM_FAILED', 'TIMEOUT'],
            ['jobfail-twice', 'FAILED', 'USER'],
            ['jobfail-fine', null, null],
            ['jobfail-mute', null, null],
            [null, 'FAILED', 'PRICE'],
            [null, 'FAILED', 'TIMEOUT'],
            [null, 'FAILED', 'BAD_REQUEST'],
            [null, 'UNSAID', 'OVERLOAD'],
            [null, null, null],
          ],
        );
      },
    },
    {
      rules: ['AGGREGATE-006', 'PARITY-001', 'SERVING-002'],
      says: '12 failed jobs in one class each; those that say so, lack an orchestrator or have an LLM error are as many as jobMetrics counts; each kind’s sum to the whole',
      async run(api) {
        const { jobFailureReasons, jobMetrics, byKind } =
          await api.ask(`{ jobFailureReasons(${rangeOf(DAY)}, bucket: HOUR_1) {
          total { failureCount failedCount noOrchestratorCount llmFailedCount }
          edges { node { kind failureClass failureReason metrics { failureCount } } } }
          jobMetrics(${rangeOf(DAY)}) { total { jobCount failedCount noOrchestratorCount llm { failedCount } } }
          byKind: jobMetrics(${rangeOf(DAY)}, groupBy: [KIND]) { edges { node { kind metrics { jobCount failedCount } } } } }`);
        same(jobFailureReasons.total, { failureCount: 12, failedCount: 10, noOrchestratorCount: 1, llmFailedCount: 2 });
        same(jobMetrics.total, { jobCount: 15, failedCount: 10, noOrchestratorCount: 1, llm: { failedCount: 2 } });
        same(
          byKind.edges.map(({ node }: { node: ByKind }) => [
            node.kind,
            node.metrics.jobCount,
            node.metrics.failedCount,
          ]),
          [
            ['AI_BATCH', 10, 7],
            ['BYOC', 5, 3],
          ],
        );
        const rows = jobFailureReasons.edges.map(({ node }: { node: Failed }) =>
          [node.kind, node.failureClass, node.failureReason, node.metrics.failureCount].join(' '),
        );
        same([...rows].sort(), [
          'AI_BATCH FAILED BAD_REQUEST 1',
          'AI_BATCH FAILED ERROR 1',
          'AI_BATCH FAILED NONE 1',
          'AI_BATCH FAILED OVERLOAD 1',
          'AI_BATCH FAILED TIMEOUT 1',
          'AI_BATCH FAILED USER 1',
          'AI_BATCH LLM_FAILED TIMEOUT 1',
          'AI_BATCH NO_ORCH NO_ORCHESTRATORS 1',
          'BYOC FAILED BAD_REQUEST 1',
          'BYOC FAILED PRICE 1',
          'BYOC FAILED TIMEOUT 1',
          'BYOC UNSAID OVERLOAD 1',
        ]);
      },
    },
    {
      rules: ['LINEAGE-002', 'SERVING-002'],
      says: 'from a reason back to its jobs and the events of their completion',
      async run(api) {
        const { jobFailureReasons, jobs } =
          await api.ask(`{ jobFailureReasons(${rangeOf(DAY)}, reasons: [TIMEOUT], groupBy: [ORCHESTRATOR]) {
          edges { node { orchestratorAddress metrics { failureCount } } } }
          jobs(${rangeOf(DAY).replace('range', 'jobIn')}, failureReasons: [TIMEOUT],
            where: { orchestrators: ["${tess.address}"] }) { totalCount edges { node { event { source { topic } } } } } }`);
        const failed = new Map<string | null, number>(
          jobFailureReasons.edges.map(({ node }: { node: Failed }) => [
            node.orchestratorAddress,
            node.metrics.failureCount,
          ]),
        );
        same(jobs.totalCount, failed.get(tess.address));
        same(
          jobs.edges.every(({ node }: { node: { event: { source: object | null } } }) => node.event.source !== null),
          true,
        );
      },
    },
  ],
};

interface Failed {
  readonly requestId: string | null;
  readonly orchestratorAddress: string | null;
  readonly kind: string;
  readonly failureClass: string;
  readonly failureReason: string;
  readonly metrics: { readonly failureCount: number };
}

interface ByKind {
  readonly kind: string;
  readonly metrics: { readonly jobCount: number; readonly failedCount: number };
}
