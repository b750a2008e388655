import { rangeOf, same } from '../expectation.js';
import { createScribe, type Orchestrator, orchestratorOf, surfaceOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-03-12';
const MODEL = 'streamdiffusion-why';
const scribe = createScribe('why', DAY);
const rex = orchestratorOf('rex');
const sam = orchestratorOf('sam');
/** Nobody has reported it, and it serves no segment. */
const zoe = orchestratorOf('zoe');
const SURFACES = [surfaceOf(rex, MODEL, 'GPU-why-1'), surfaceOf(sam, MODEL, 'GPU-why-2')];
const late = scribe.stream('why-late');
const silent = scribe.stream('why-silent');
const loading = scribe.stream('why-loading');
const zero = scribe.stream('why-zero');
const none = scribe.stream('why-none');
const user = scribe.stream('why-user');
const both = scribe.stream('why-both');
const fine = scribe.stream('why-fine');
const unasked = scribe.stream('why-unasked');
const spec = { stream_id: 'why-spec', request_id: 'why-spec-request', node_addr: rex.address, model_id: MODEL };
type Stream = ReturnType<typeof scribe.stream>;

/** Ten sessions: eight fail or need an excuse, each for another reason; one is swapped three times, one unrequested. */
export const reasons: Scenario = {
  name: 'failures and swaps by reason',
  steps: [
    {
      send: [
        scribe.report('09:00:00', SURFACES),
        ...beginning(late, '09:05', rex),
        ...erring(late, '09:05:02', 'missing video', 'rpc: context deadline exceeded', 'price too high'),
        scribe.v1('gateway.request.start', '09:10:00', spec),
        scribe.v1('gateway.request.error', '09:10:04', {
          ...spec,
          failure_reason: 'model_error',
          message: 'CUDA call timed out',
        }),
        ...beginning(silent, '09:15'),
        ...beginning(loading, '09:20', sam, 'gateway_receive_few_processed_segments'),
        loading.status('09:20:10', { by: sam, fps: 0, state: 'LOADING' }),
        ...beginning(zero, '09:25', sam, 'gateway_receive_few_processed_segments'),
        zero.status('09:25:10', { by: sam, fps: 0, state: 'ONLINE' }),
        ...erring(zero, '09:25:12', 'stream reset'),
        ...beginning(none, '09:30'),
        none.trace('09:30:01', 'gateway_no_orchestrators_available'),
        ...erring(none, '09:30:02', 'No orchestrators available'),
        ...beginning(user, '09:35', sam),
        ...erring(user, '09:35:02', 'user disconnected'),
        ...beginning(both, '09:40', sam),
        ...erring(both, '09:40:02', 'WHIP disconnected'),
        both.status('09:40:10', { by: sam, fps: 0, state: 'LOADING' }),
        ...beginning(fine, '09:45', rex, 'gateway_receive_few_processed_segments'),
        ...erring(fine, '09:45:03', 'timeout'),
        fine.status('09:45:10', { by: rex, fps: 20, state: 'ONLINE' }),
        fine.trace('09:45:20', 'orchestrator_swap', { by: rex, message: 'insufficient capacity' }),
        fine.status('09:45:25', { by: sam, fps: 20, state: 'ONLINE' }),
        fine.status('09:45:35', { by: rex, fps: 20, state: 'ONLINE' }),
        fine.trace('09:46:00', 'orchestrator_swap', { by: zoe, message: 'price over the limit' }),
        unasked.status('09:50:00', { by: rex, fps: 0, state: 'LOADING' }),
        unasked.trace('09:50:05', 'orchestrator_swap', { by: rex, message: 'timed out' }),
        scribe.report('09:29:00', SURFACES),
      ],
    },
  ],
  checks: [
    {
      rules: ['AGGREGATE-002', 'LIFECYCLE-003', 'LIFECYCLE-004'],
      says: 'each failed session has one class and the reason of its first error that excuses nothing, else of its first; v1’s own word wins over its text',
      async run(api) {
        const { sessions } =
          await api.ask(`{ sessions(startedIn: { start: "${DAY}T00:00:00Z", end: "2026-03-13T00:00:00Z" },
          ascending: true) { edges { node { streamId failureClass failureReason failureEventId } } } }`);
        same(
          sessions.edges.map(({ node }: { node: object }) => Object.values(node)),
          [
            ['why-late', 'STARTUP_FAILED', 'TIMEOUT', 'why-5'],
            ['why-spec', 'STARTUP_FAILED', 'MODEL_ERROR', 'why-8'],
            ['why-silent', 'STARTUP_FAILED', 'NONE', null],
            ['why-loading', 'LOADING_ONLY', 'NONE', null],
            ['why-zero', 'ZERO_OUTPUT', 'ERROR', 'why-16'],
            ['why-none', 'NO_ORCH', 'UNKNOWN', 'why-19'],
            ['why-user', 'EXCUSABLE_ERROR', 'USER', 'why-22'],
            ['why-both', 'LOADING_ONLY', 'TRANSPORT_DISCONNECT', 'why-25'],
            ['why-fine', null, null, null],
            ['why-unasked', null, null, null],
          ],
        );
      },
    },
    {
      rules: ['AGGREGATE-002', 'LIFECYCLE-008', 'AGGREGATE-006'],
      says: '8 sessions in one class each: 6 effectively failed and 3 excused, one of them both; demand says the same 6 and 3',
      async run(api) {
        const { failureReasons, networkDemand } =
          await api.ask(`{ failureReasons(${rangeOf(DAY)}, bucket: HOUR_1, groupBy: [FAILURE_CLASS]) {
          total { failureCount effectiveFailedCount startupExcusedCount }
          edges { node { failureClass failureReason metrics { failureCount } } } }
          networkDemand(${rangeOf(DAY)}, bucket: HOUR_1) { total { effectiveFailedCount startupExcusedCount } } }`);
        same(failureReasons.total, { failureCount: 8, effectiveFailedCount: 6, startupExcusedCount: 3 });
        same(networkDemand.total, { effectiveFailedCount: 6, startupExcusedCount: 3 });
        same(
          failureReasons.edges.map(({ node }: { node: Grouped }) => [
            node.failureClass,
            node.failureReason,
            node.metrics.failureCount,
          ]),
          [
            ['STARTUP_FAILED', null, 3],
            ['LOADING_ONLY', null, 2],
            ['EXCUSABLE_ERROR', null, 1],
            ['NO_ORCH', null, 1],
            ['ZERO_OUTPUT', null, 1],
          ],
        );
      },
    },
    {
      rules: ['AGGREGATE-003', 'ATTRIBUTION-005', 'LINEAGE-002'],
      says: 'by orchestrator: rex failed two starts, sam four sessions, two have nobody; sam’s loading ones lead to their sessions',
      async run(api) {
        const { failureReasons, loadingOnly } =
          await api.ask(`{ failureReasons(${rangeOf(DAY)}, groupBy: [ORCHESTRATOR]) {
          edges { node { orchestratorAddress metrics { failureCount } } } }
          loadingOnly: failureReasons(${rangeOf(DAY)}, classes: [LOADING_ONLY],
            where: { orchestrators: ["${sam.address}"] }) { contributions { totalCount edges { node {
              failureReason session { streamId } } } } } }`);
        const byAddress = new Map(
          failureReasons.edges.map(({ node }: { node: Grouped }) => [
            node.orchestratorAddress,
            node.metrics.failureCount,
          ]),
        );
        same([byAddress.get(sam.address), byAddress.get(rex.address), byAddress.get(null)], [4, 2, 2]);
        const { totalCount, edges } = loadingOnly.contributions;
        same(totalCount, 2);
        same(
          edges.map(({ node }: { node: Contributed }) => [node.session.streamId, node.failureReason]),
          [
            ['why-loading', 'NONE'],
            ['why-both', 'TRANSPORT_DISCONNECT'],
          ],
        );
      },
    },
    {
      rules: ['LIFECYCLE-006', 'AGGREGATE-006'],
      says: '4 swaps at their own instants, 3 of a requested session that demand counts as one swapped; the swap that matches no segment blames nobody',
      async run(api) {
        const { swapReasons, networkDemand } =
          await api.ask(`{ swapReasons(${rangeOf(DAY, '09:40', '10:00')}, bucket: MINUTE_5,
          groupBy: [KIND, REASON, ORCHESTRATOR]) { total { swapCount requestedSwapCount }
          points { metrics { swapCount } } edges { node { orchestratorAddress kind reasonClass
            metrics { swapCount requestedSwapCount } contributions { edges { node { ordinal model session { streamId } } } }
          } } } networkDemand(${rangeOf(DAY)}) { total { swappedCount } } }`);
        same(swapReasons.total, { swapCount: 4, requestedSwapCount: 3 });
        same(networkDemand.total.swappedCount, 1);
        same(
          swapReasons.points.map(
            ({ metrics }: { metrics: { swapCount: number } | null }) => metrics?.swapCount ?? null,
          ),
          [null, 3, 1, null],
        );
        const rows = swapReasons.edges.map(({ node }: { node: SwapGroup }) =>
          [
            node.orchestratorAddress ?? 'nobody',
            node.kind,
            node.reasonClass,
            node.metrics.requestedSwapCount,
            ...node.contributions.edges.flatMap((edge) => [
              edge.node.session.streamId,
              edge.node.ordinal,
              edge.node.model,
            ]),
          ].join(' '),
        );
        same(
          [...rows].sort(),
          [
            `${rex.address} EXPLICIT OVERLOAD 1 why-fine 0 ${MODEL}`,
            `${rex.address} EXPLICIT TIMEOUT 0 why-unasked 0 ${MODEL}`,
            `${sam.address} INFERRED UNKNOWN 1 why-fine 1 ${MODEL}`,
            `nobody EXPLICIT PRICE 1 why-fine 2 ${MODEL}`,
          ].sort(),
        );
      },
    },
  ],
};

interface Grouped {
  readonly orchestratorAddress: string | null;
  readonly failureClass: string;
  readonly failureReason: string | null;
  readonly metrics: { readonly failureCount: number };
}

interface Contributed {
  readonly failureReason: string;
  readonly session: { readonly streamId: string };
}

interface SwapGroup {
  readonly orchestratorAddress: string | null;
  readonly kind: string;
  readonly reasonClass: string;
  readonly metrics: { readonly requestedSwapCount: number };
  readonly contributions: {
    readonly edges: readonly {
      readonly node: {
        readonly ordinal: number;
        readonly model: string;
        readonly session: { readonly streamId: string };
      };
    }[];
  };
}

/** A request, and with an orchestrator its first segment. */
function beginning(stream: Stream, minute: string, by?: Orchestrator, first = 'gateway_send_first_ingest_segment') {
  return [
    stream.trace(`${minute}:00`, 'gateway_receive_stream_request'),
    ...(by === undefined ? [] : [stream.trace(`${minute}:01`, first, { by })]),
  ];
}

/** Errors in the second of `time`, one after another. */
function erring(stream: Stream, time: string, ...messages: readonly string[]) {
  return messages.map((message, index) => stream.event(`${time}.${index}00`, 'error', { message }));
}
