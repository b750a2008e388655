import { z } from 'zod';
import { gatewayForm, type OutcomeKind, type OutcomeRow } from './outcome-kind.js';

/** Sums by name; null where the API knows none. */
type Figures = Readonly<Record<string, number | null>>;

/** Messages that have a metrics query of their own. */
interface Family {
  /** As in the kinds of an expectation. */
  readonly name: string;
  readonly words: string;
  /** The query, and what it selects of `metrics`. */
  readonly field: string;
  readonly selection: string;
  /** What its identities are told apart by. */
  readonly identity: string;
  readonly readFigures: (metrics: unknown) => Figures;
}

const count = z.number();
const amount = z
  .string()
  .nullable()
  .transform((text) => (text === null ? null : Number(text)));

const tickets = z.object({
  ticketCount: count,
  missingCount: count,
  repeatedCount: count,
  billableSeconds: amount,
  pixels: amount,
  computedFeeWei: amount,
});
const auths = z.object({ eventCount: count, successCount: count, failedCount: count });
const workers = z
  .object({
    eventCount: count,
    averagePricePerUnitWei: z.object({ value: z.number().nullable(), sampleCount: z.number() }),
  })
  .transform(({ eventCount, averagePricePerUnitWei: { value, sampleCount } }) => ({
    eventCount,
    priceSampleCount: sampleCount,
    // an average of whole prices: what it is of can be told again
    priceSumWei: value === null ? null : Number((value * sampleCount).toFixed(3)),
  }));

const FAMILIES: readonly Family[] = [
  {
    name: 'ticket',
    words: 'ticket',
    field: 'ticketMetrics',
    selection: 'ticketCount missingCount repeatedCount billableSeconds pixels computedFeeWei',
    identity: 'ORG, ORCHESTRATOR, PIPELINE, MODEL',
    readFigures: (metrics) => tickets.parse(metrics),
  },
  {
    name: 'byocAuth',
    words: 'BYOC auth',
    field: 'byocAuthMetrics',
    selection: 'eventCount successCount failedCount',
    identity: 'ORG, ORCHESTRATOR, PIPELINE',
    readFigures: (metrics) => auths.parse(metrics),
  },
  {
    name: 'byocWorker',
    words: 'BYOC worker',
    field: 'byocWorkerMetrics',
    selection: 'eventCount averagePricePerUnitWei { value sampleCount }',
    identity: 'ORG, ORCHESTRATOR, PIPELINE, MODEL',
    readFigures: (metrics) => workers.parse(metrics),
  },
];

/** Sums by organisation, gateway and hour, and over everything by organisation, orchestrator, pipeline and model. */
export const figureOutcomes: readonly OutcomeKind[] = FAMILIES.flatMap((family) => [
  hoursOf(family),
  identitiesOf(family),
]);

const figures = z.record(z.string(), z.number());
const expectedHour = z.object({
  org: z.string(),
  gateway: z.string().nullable(),
  hourMs: z.number(),
  figures,
});
const hoursNode = z.object({
  org: z.string(),
  gateway: z.string().nullable(),
  points: z.array(z.object({ start: z.coerce.date(), metrics: z.unknown() })),
});

function hoursOf({ name, words, field, selection, readFigures }: Family): OutcomeKind {
  const idOf = (org: string, gateway: string | null, hourMs: number): string =>
    `${org} ${gateway ?? '-'} ${new Date(hourMs).toISOString()}`;
  return {
    kind: `${name}Hour`,
    plural: `${words} hours`,
    isRanged: 'by month',
    isBackward: false,
    query: `query ($size: Int!, $cursor: String, $range: TimeRangeInput) {
      ${field}(first: $size, after: $cursor, range: $range, bucket: HOUR_1, groupBy: [ORG, GATEWAY]) {
        pageInfo { hasNextPage endCursor }
        edges { node { org gateway points { start metrics { ${selection} } } } }
      }
    }`,
    readExpected(row) {
      const { org, gateway, hourMs, figures: fields } = expectedHour.parse(row);
      return { id: idOf(org, gateway, hourMs), atMs: hourMs, fields, uncertain: [] };
    },
    async *readSeen(nodes) {
      const rows = new Map<string, OutcomeRow>();
      for await (const value of nodes) {
        const { org, gateway, points } = hoursNode.parse(value);
        for (const { start, metrics } of points) {
          if (metrics === null) continue;
          const atMs = start.getTime();
          const id = idOf(org, gatewayForm(gateway), atMs);
          // private gateways cannot be told apart from outside
          rows.set(id, { id, atMs, fields: sumOf(rows.get(id)?.fields, readFigures(metrics)) });
        }
      }
      yield* [...rows.values()].sort((a, b) => a.atMs - b.atMs);
    },
  };
}

function sumOf(known: OutcomeRow['fields'] | undefined, added: Figures): Figures {
  if (known === undefined) return added;
  return Object.fromEntries(
    Object.entries(added).map(([name, value]) => {
      const before = known[name];
      return [name, typeof before === 'number' && value !== null ? before + value : null];
    }),
  );
}

const identity = z.object({
  org: z.string(),
  orchestrator: z.string().nullable(),
  pipeline: z.string().nullable(),
  model: z.string().nullable(),
});
type Identity = z.infer<typeof identity>;
const expectedIdentity = identity.extend({ firstHourMs: z.number(), figures });
const identityNode = identity
  .omit({ orchestrator: true })
  .extend({ orchestratorAddress: z.string().nullable(), metrics: z.unknown() });

function identitiesOf({ name, words, field, selection, identity: dimensions, readFigures }: Family): OutcomeKind {
  const idOf = ({ org, orchestrator, pipeline, model }: Identity): string =>
    [org, orchestrator, pipeline, model].map((text) => text ?? '-').join(' ');
  return {
    kind: `${name}Identity`,
    plural: `${words} identities`,
    isRanged: true,
    isBackward: false,
    query: `query ($size: Int!, $cursor: String, $range: TimeRangeInput) {
      ${field}(first: $size, after: $cursor, range: $range, groupBy: [${dimensions}]) {
        pageInfo { hasNextPage endCursor }
        edges { node { org orchestratorAddress pipeline model metrics { ${selection} } } }
      }
    }`,
    readExpected(row) {
      const { firstHourMs, figures: fields, ...names } = expectedIdentity.parse(row);
      return { id: idOf(names), atMs: firstHourMs, fields, uncertain: [] };
    },
    async *readSeen(nodes) {
      for await (const value of nodes) {
        const { orchestratorAddress: orchestrator, metrics, ...names } = identityNode.parse(value);
        // the heaviest come first, whenever they began: read after all that is expected
        const atMs = Number.POSITIVE_INFINITY;
        yield { id: idOf({ ...names, orchestrator }), atMs, fields: readFigures(metrics) };
      }
    },
  };
}
