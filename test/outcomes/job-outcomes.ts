import { z } from 'zod';
import { eachNode, gatewayForm, type OutcomeKind, uncertainOf } from './outcome-kind.js';

const expectedRow = z.looseObject({
  kind: z.literal('job'),
  org: z.string(),
  eventId: z.string(),
  atMs: z.number(),
  attributionCertain: z.boolean(),
});

const metric = z.object({ value: z.number().nullable() });
const lower = z.string().toLowerCase();
const node = z.object({
  org: z.string(),
  eventId: z.string(),
  kind: lower,
  requestId: z.string().nullable(),
  at: z.coerce.date(),
  receivedAt: z.coerce.date().nullable(),
  completedAt: z.coerce.date(),
  outcome: lower,
  isSuccess: z.boolean().nullable(),
  errorType: z.string().nullable(),
  durationMs: metric,
  tries: z.number().nullable(),
  gateway: z.string().nullable(),
  orchestratorAddress: z.string().nullable(),
  pipeline: z.string().nullable(),
  model: z.string().nullable(),
  llm: z
    .object({
      isStreamed: z.boolean(),
      promptTokenCount: z.number().nullable(),
      completionTokenCount: z.number().nullable(),
      timeToFirstTokenMs: metric,
    })
    .nullable(),
});

export const jobOutcomes: OutcomeKind = {
  kind: 'job',
  plural: 'jobs',
  isRanged: false,
  isBackward: false,
  query: `query ($size: Int!, $cursor: String) {
    jobs(first: $size, after: $cursor, ascending: true) {
      pageInfo { hasNextPage endCursor }
      edges { node {
        org eventId kind requestId at receivedAt completedAt outcome isSuccess errorType durationMs { value } tries
        gateway orchestratorAddress pipeline model
        llm { isStreamed promptTokenCount completionTokenCount timeToFirstTokenMs { value } }
      } }
    }
  }`,
  readExpected(row) {
    const { kind, org, eventId, atMs, attributionCertain, ...rest } = expectedRow.parse(row);
    return {
      id: `${org} ${eventId}`,
      atMs,
      fields: { ...rest, atMs },
      uncertain: uncertainOf(attributionCertain, ['orchestrator', 'pipeline', 'model']),
    };
  },
  readSeen: eachNode((value) => {
    const { org, eventId, kind, at, receivedAt, completedAt, llm, ...seen } = node.parse(value);
    const atMs = at.getTime();
    return {
      id: `${org} ${eventId}`,
      atMs,
      fields: {
        atMs,
        jobKind: kind,
        requestId: seen.requestId,
        receivedMs: receivedAt?.getTime() ?? null,
        completedMs: completedAt.getTime(),
        outcome: seen.outcome,
        isSuccess: seen.isSuccess,
        errorType: seen.errorType,
        durationMs: seen.durationMs.value,
        tries: seen.tries,
        gateway: gatewayForm(seen.gateway),
        orchestrator: seen.orchestratorAddress,
        pipeline: seen.pipeline,
        model: seen.model,
        llm:
          llm === null
            ? null
            : {
                isStreamed: llm.isStreamed,
                promptTokens: llm.promptTokenCount,
                completionTokens: llm.completionTokenCount,
                ttftMs: llm.timeToFirstTokenMs.value,
              },
      },
    };
  }),
};
