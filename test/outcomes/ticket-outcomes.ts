import { z } from 'zod';
import { eachNode, type OutcomeKind } from './outcome-kind.js';

const expectedRow = z.looseObject({
  kind: z.literal('tickets'),
  org: z.string(),
  ticketSessionId: z.string(),
  lastSignedMs: z.number(),
});

/** Decimal text without zeros at its end. */
const decimal = z
  .string()
  .nullable()
  .transform((text) => (text?.includes('.') ? text.replace(/\.?0+$/, '') : text));

const node = z.object({
  org: z.string(),
  ticketSessionId: z.string(),
  requestIds: z.array(z.string()),
  firstSignedAt: z.coerce.date(),
  lastSignedAt: z.coerce.date(),
  ticketCount: z.number(),
  missingCount: z.number(),
  repeatedCount: z.number(),
  firstSequenceNumber: z.string().nullable(),
  lastSequenceNumber: z.string().nullable(),
  billableSeconds: decimal,
  pixels: decimal,
  computedFeeWei: decimal,
});

export const ticketOutcomes: OutcomeKind = {
  kind: 'tickets',
  plural: 'ticket sessions',
  isRanged: true,
  isBackward: true,
  query: `query ($size: Int!, $cursor: String, $range: TimeRangeInput) {
    ticketSessions(last: $size, before: $cursor, range: $range) {
      pageInfo { hasPreviousPage startCursor }
      edges { node {
        org ticketSessionId requestIds firstSignedAt lastSignedAt ticketCount missingCount repeatedCount
        firstSequenceNumber lastSequenceNumber billableSeconds pixels computedFeeWei
      } }
    }
  }`,
  readExpected(row) {
    const { kind, org, ticketSessionId, ...rest } = expectedRow.parse(row);
    return {
      id: `${org} ${ticketSessionId}`,
      atMs: rest.lastSignedMs,
      fields: rest,
      uncertain: [],
    };
  },
  readSeen: eachNode((value) => {
    const seen = node.parse(value);
    const { org, ticketSessionId, firstSignedAt, lastSignedAt, firstSequenceNumber, lastSequenceNumber, ...rest } =
      seen;
    const lastSignedMs = lastSignedAt.getTime();
    return {
      id: `${org} ${ticketSessionId}`,
      atMs: lastSignedMs,
      fields: {
        ...rest,
        firstSignedMs: firstSignedAt.getTime(),
        lastSignedMs,
        firstSequence: firstSequenceNumber,
        lastSequence: lastSequenceNumber,
      },
    };
  }),
};
