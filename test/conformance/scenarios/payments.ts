import { known, METRIC, rangeOf, same } from '../expectation.js';
import type { Scenario } from '../scenario.js';
import { DAY, MODEL, PAYMENT_STEPS, PAYMENTS, paul, payer, petra, stranger } from './payments-made.js';

const LIVE = 'live-video-to-video';
const eventIds = PAYMENTS.map(([{ id }]) => id);

const TOTALS = `paymentCount linkedCount unlinkedCount ticketCount faceValueWei expectedValueWei linkedFaceValueWei
  linkedExpectedValueWei linkedRatio ${METRIC}`;
const OF_DAY = rangeOf(DAY);
const PAID_IN = OF_DAY.replace('range', 'paidIn');
const LIST = `payments(${PAID_IN}, ascending: true, first: 50)`;

interface Node<Fields> {
  readonly node: Fields;
}

/** Payments that name a request of several sessions, follow others of their chain, or lead nowhere. */
export const payments: Scenario = {
  name: 'payments linked and unlinked',
  steps: PAYMENT_STEPS,
  checks: [
    {
      rules: ['QUALITY-002', 'PARITY-001', 'FACT-002', 'FACT-001'],
      says: 'by request: a stream before none, started before not yet, then the newest; by chain: the nearest earlier link, else the nearest later; else unlinked',
      async run(api) {
        const { payments: page } = await api.ask(`{ ${LIST} { totalCount edges { node { eventId linkMethod
          session { streamId requestId } } } } }`);
        same(page.totalCount, 12);
        same(
          page.edges.map(({ node: { eventId, linkMethod, session } }: Node<Linked>) => [
            eventId,
            [linkMethod, ...(session === null ? [] : [session.streamId ?? '-', session.requestId])].join(' '),
          ]),
          PAYMENTS.map(([{ id }, link]) => [id, link]),
        );
      },
    },
    {
      rules: ['QUALITY-002', 'TYPED_RAW-001'],
      says: 'face value × tickets, and that × probability rounded half up once; WEI, ETH, bare integers and decimals, 864 197 ETH to the wei',
      async run(api) {
        const { payments: page } = await api.ask(
          `{ ${LIST} { edges { node { eventId faceValueWei expectedValueWei } } } }`,
        );
        same(
          page.edges.map(({ node }: Node<Money>) => [node.eventId, node.faceValueWei, node.expectedValueWei]),
          PAYMENTS.map(([{ id }, , face, expected]) => [id, face, expected]),
        );
      },
    },
    {
      rules: ['ATTRIBUTION-001', 'ATTRIBUTION-002', 'PARITY-001'],
      says: 'paid is the recipient; model of the session, else of the first payment’s manifest, else unknown; addresses lower-case',
      async run(api) {
        const { payments: page } =
          await api.ask(`{ ${LIST} { edges { node { eventId senderAddress orchestratorAddress pipeline
          model } } } }`);
        const seen = new Map<string, unknown>(
          page.edges.map(({ node: { eventId, ...node } }: Node<{ readonly eventId: string }>) => [eventId, node]),
        );
        const petras = { senderAddress: payer, orchestratorAddress: petra.address };
        const manifests = { pipeline: LIVE, model: 'streamdiffusion-first' };
        same(seen.get(eventIds[0] ?? ''), { ...petras, ...manifests });
        same(seen.get(eventIds[1] ?? ''), { ...petras, pipeline: null, model: null });
        for (const index of [4, 5, 6])
          same(seen.get(eventIds[index] ?? ''), { ...petras, pipeline: LIVE, model: MODEL });
        same(seen.get(eventIds[10] ?? ''), { ...petras, senderAddress: stranger, ...manifests });
        same(seen.get(eventIds[11] ?? ''), {
          ...petras,
          orchestratorAddress: paul.address,
          pipeline: null,
          model: null,
        });
      },
    },
    {
      rules: ['FACT-001', 'QUALITY-002'],
      says: 'a session shows its payments, newest first; lists keep the unlinked two, or those of a request or sender',
      async run(api) {
        const answer = await api.ask(`{
          sessions(streamId: "pay-served") { edges { node { payments { eventId } } } }
          unlinked: payments(isLinked: false, ${PAID_IN}) { edges { node { eventId } } }
          many: payments(requestId: "pay-many") { totalCount }
          strange: payments(senderAddress: "${stranger.toUpperCase().replace('0X', '0x')}") { totalCount } }`);
        same(
          answer.sessions.edges[0].node.payments.map(({ eventId }: { readonly eventId: string }) => eventId),
          [eventIds[6], eventIds[5], eventIds[4]],
        );
        same(
          answer.unlinked.edges.map(({ node }: Node<{ readonly eventId: string }>) => node.eventId),
          [eventIds[11], eventIds[10]],
        );
        same([answer.many.totalCount, answer.strange.totalCount], [2, 1]);
      },
    },
    {
      rules: ['AGGREGATE-006', 'PARITY-001', 'LINEAGE-001'],
      says: 'totals add what each payment is worth, to the wei: hours sum to the day and orchestrators to the whole; what was sent twice counts once',
      async run(api) {
        const { paymentTotals, byOrchestrator } = await api.ask(`{
          paymentTotals(${OF_DAY}, bucket: HOUR_1) { total { ${TOTALS} } points { start metrics { paymentCount expectedValueWei } } }
          byOrchestrator: paymentTotals(${OF_DAY}, bucket: DAY_1, groupBy: [ORCHESTRATOR]) {
            edges { node { orchestratorAddress metrics { paymentCount faceValueWei } } } } }`);
        same(paymentTotals.total, {
          paymentCount: 12,
          linkedCount: 10,
          unlinkedCount: 2,
          ticketCount: 24,
          faceValueWei: '864199529891219752308994',
          expectedValueWei: '864198023091219952313752',
          linkedFaceValueWei: '864199529891219752308694',
          linkedExpectedValueWei: '864198023091219952313452',
          linkedRatio: known(10 / 12, 12),
        });
        same(
          paymentTotals.points.filter(({ metrics }: { readonly metrics: unknown }) => metrics !== null),
          [
            { start: `${DAY}T08:00:00.000Z`, metrics: { paymentCount: 1, expectedValueWei: '1' } },
            {
              start: `${DAY}T09:00:00.000Z`,
              metrics: { paymentCount: 11, expectedValueWei: '864198023091219952313751' },
            },
          ],
        );
        const rows = byOrchestrator.edges.map(({ node }: Node<Group>) => [
          node.orchestratorAddress,
          node.metrics.paymentCount,
          node.metrics.faceValueWei,
        ]);
        same(
          new Set(rows.map(String)),
          new Set([`${petra.address},11,864199529891219752308794`, `${paul.address},1,200`]),
        );
      },
    },
    {
      rules: ['INGEST-002', 'INGEST-004', 'LINEAGE-001'],
      says: 'money that is none and a probability above 1 are schema_mismatch; the same payment again is a duplicate',
      async run(api) {
        const { meta } = await api.ask(
          `{ meta { sources { topic verdicts { family verdict reason messageCount } } } }`,
        );
        const { verdicts } = meta.sources.find(({ topic }: { readonly topic: string }) => topic === payments.name);
        const lines = verdicts
          .filter(({ family }: Verdict) => family === 'create_new_payment')
          .map(({ verdict, reason, messageCount }: Verdict) => `${verdict} ${reason ?? '-'} ${messageCount}`);
        same(lines.sort(), ['ACCEPTED - 12', 'DUPLICATE duplicate_event_id 2', 'REJECTED schema_mismatch 2']);
      },
    },
  ],
};

interface Linked {
  readonly eventId: string;
  readonly linkMethod: string;
  readonly session: { readonly streamId: string | null; readonly requestId: string | null } | null;
}

interface Money {
  readonly eventId: string;
  readonly faceValueWei: string;
  readonly expectedValueWei: string;
}

interface Group {
  readonly orchestratorAddress: string | null;
  readonly metrics: { readonly paymentCount: number; readonly faceValueWei: string };
}

interface Verdict {
  readonly family: string | null;
  readonly verdict: string;
  readonly reason: string | null;
  readonly messageCount: number;
}
