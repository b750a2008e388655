import { z } from 'zod';
import { eachNode, gatewayForm, type OutcomeKind, uncertainOf } from './outcome-kind.js';
import { publicSessionId } from './session-outcomes.js';

const expectedRow = z.looseObject({
  kind: z.literal('payment'),
  org: z.string(),
  eventId: z.string(),
  paidAtMs: z.number(),
  sessionKey: z.string().nullable(),
  attributionCertain: z.boolean(),
});

const node = z.object({
  org: z.string(),
  eventId: z.string(),
  paidAt: z.coerce.date(),
  gateway: z.string().nullable(),
  paymentSessionId: z.string(),
  requestId: z.string().nullable(),
  senderAddress: z.string(),
  orchestratorAddress: z.string().nullable(),
  ticketCount: z.number(),
  faceValueWei: z.string(),
  expectedValueWei: z.string(),
  sessionId: z.string().nullable(),
  linkMethod: z.string().toLowerCase(),
  isSynthetic: z.boolean(),
  pipeline: z.string().nullable(),
  model: z.string().nullable(),
});

export const paymentOutcomes: OutcomeKind = {
  kind: 'payment',
  plural: 'payments',
  isRanged: false,
  isBackward: false,
  query: `query ($size: Int!, $cursor: String) {
    payments(first: $size, after: $cursor, ascending: true, synthetic: INCLUDE) {
      pageInfo { hasNextPage endCursor }
      edges { node {
        org eventId paidAt gateway paymentSessionId requestId senderAddress orchestratorAddress ticketCount faceValueWei
        expectedValueWei sessionId linkMethod isSynthetic pipeline model
      } }
    }
  }`,
  readExpected(row) {
    const { kind, org, eventId, sessionKey, attributionCertain, ...rest } = expectedRow.parse(row);
    return {
      id: `${org} ${eventId}`,
      atMs: rest.paidAtMs,
      fields: { ...rest, sessionId: sessionKey === null ? null : publicSessionId(org, sessionKey) },
      uncertain: uncertainOf(attributionCertain, ['pipeline', 'model']),
    };
  },
  readSeen: eachNode((value) => {
    const { org, eventId, paidAt, gateway, senderAddress, orchestratorAddress, ...rest } = node.parse(value);
    const paidAtMs = paidAt.getTime();
    return {
      id: `${org} ${eventId}`,
      atMs: paidAtMs,
      fields: {
        ...rest,
        paidAtMs,
        gateway: gatewayForm(gateway),
        sender: senderAddress,
        orchestrator: orchestratorAddress,
      },
    };
  }),
};
