import { createHash } from 'node:crypto';
import { z } from 'zod';
import { eachNode, gatewayForm, type OutcomeKind, uncertainOf } from './outcome-kind.js';

/** The public id of a session, as docs/domain.md states it. */
export function publicSessionId(org: string, sessionKey: string): string {
  return `s_${createHash('sha256').update(`${org}\u001f${sessionKey}`).digest('hex').slice(0, 24)}`;
}

const expectedRow = z.looseObject({
  kind: z.literal('session'),
  org: z.string(),
  sessionKey: z.string(),
  startMs: z.number(),
  attributionCertain: z.boolean(),
});

const latency = z.object({ value: z.number().nullable() });
const lower = z.string().toLowerCase();
const node = z.object({
  sessionId: z.string(),
  org: z.string(),
  isRequested: z.boolean(),
  startupOutcome: lower,
  excusal: lower.nullable(),
  selectionOutcome: lower,
  state: z.string(),
  errorCount: z.number(),
  explicitSwapCount: z.number(),
  inferredSwapCount: z.number(),
  isLoadingOnly: z.boolean(),
  isZeroOutput: z.boolean(),
  isColdStart: z.boolean().nullable(),
  gateway: z.string().nullable(),
  region: z.string().nullable(),
  segments: z.array(z.object({ orchestratorAddress: z.string().nullable() })),
  pipeline: z.string().nullable(),
  model: z.string().nullable(),
  isSynthetic: z.boolean(),
  startedAt: z.coerce.date(),
  lastSeenAt: z.coerce.date(),
  durationMinutes: z.object({ value: z.number() }),
  statusSampleCount: z.number(),
  latencies: z.object({ startupMs: latency, e2eMs: latency, ptffMs: latency }),
});

export const sessionOutcomes: OutcomeKind = {
  kind: 'session',
  plural: 'sessions',
  isRanged: false,
  isBackward: false,
  query: `query ($size: Int!, $cursor: String) {
    sessions(first: $size, after: $cursor, ascending: true, synthetic: INCLUDE) {
      pageInfo { hasNextPage endCursor }
      edges { node {
        sessionId org isRequested startupOutcome excusal selectionOutcome state errorCount explicitSwapCount
        inferredSwapCount isLoadingOnly isZeroOutput isColdStart gateway region segments { orchestratorAddress }
        pipeline model isSynthetic startedAt lastSeenAt durationMinutes { value } statusSampleCount
        latencies { startupMs { value } e2eMs { value } ptffMs { value } }
      } }
    }
  }`,
  readExpected(row) {
    const { kind, org, sessionKey, attributionCertain, ...rest } = expectedRow.parse(row);
    return {
      id: publicSessionId(org, sessionKey),
      atMs: rest.startMs,
      fields: { org, ...rest },
      uncertain: uncertainOf(attributionCertain, ['orchestrators', 'pipeline', 'model']),
    };
  },
  readSeen: eachNode((value) => {
    const seen = node.parse(value);
    const { latencies } = seen;
    const lastSeenMs = seen.lastSeenAt.getTime();
    const startMs = seen.startedAt.getTime();
    return {
      id: seen.sessionId,
      atMs: startMs,
      fields: {
        org: seen.org,
        requested: seen.isRequested,
        startupOutcome: seen.startupOutcome,
        excusal: seen.excusal,
        selectionOutcome: seen.selectionOutcome,
        completed: seen.state === 'COMPLETED',
        errorCount: seen.errorCount,
        explicitSwaps: seen.explicitSwapCount,
        inferredSwaps: seen.inferredSwapCount,
        loadingOnly: seen.isLoadingOnly,
        zeroOutput: seen.isZeroOutput,
        coldStart: seen.isColdStart,
        gateway: gatewayForm(seen.gateway),
        region: seen.region,
        // a session without an orchestrator has a segment too, of nobody
        orchestrators:
          seen.selectionOutcome === 'selected'
            ? seen.segments.map(({ orchestratorAddress }) => orchestratorAddress)
            : [],
        pipeline: seen.pipeline,
        model: seen.model,
        isSynthetic: seen.isSynthetic,
        startMs,
        firstSeenMs: Math.round(lastSeenMs - seen.durationMinutes.value * 60_000),
        lastSeenMs,
        statusCount: seen.statusSampleCount,
        startupMs: latencies.startupMs.value,
        e2eMs: latencies.e2eMs.value,
        promptToPlayableMs: latencies.ptffMs.value,
      },
    };
  }),
};
