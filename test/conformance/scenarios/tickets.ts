import { rangeOf, same } from '../expectation.js';
import { createScribe, elementOf, type Message, orchestratorOf } from '../messages.js';
import type { Check, Scenario, Step } from '../scenario.js';

const DAY = '2026-03-10';
const [one, other] = [createScribe('tolls', DAY), createScribe('tolls-other', DAY)];
const wes = orchestratorOf('wes');
const xena = orchestratorOf('xena');

interface Signed {
  readonly session?: string;
  readonly number: string;
  readonly seconds?: string;
  readonly pixels?: string;
  readonly fee?: string;
  readonly pipeline?: string;
  readonly address?: string;
  readonly url?: string;
  readonly by?: typeof one;
}

function ticket(time: string, { session = 'tolls-s', number, by = one, ...says }: Signed): Message {
  const {
    seconds = '0.1',
    pixels = '1',
    fee = '0',
    pipeline = 'Live-Video-To-Video',
    address = '',
    url = wes.url,
  } = says;
  return by.message('create_signed_ticket', time, {
    ...{ session_id: session, request_id: 'tolls-request', sequence_number: number, pipeline },
    ...{ orch_address: address, orch_url: url, billable_secs: seconds, pixels, computed_fee: fee },
  });
}

const afterGap = ticket('10:04:59.999', { number: '5', fee: '0.001' });
const again = ticket('10:05:00', { number: '5' });
const ofXena = ticket('09:30:00', {
  ...{ session: 'tolls-t', number: '7', fee: '4', url: xena.url },
  pipeline: 'face-swap',
});

const STEPS: readonly Step[] = [
  {
    send: [
      one.report('08:30:00', [elementOf(wes, {})]),
      // what comes first, in its session the one of a larger number
      afterGap,
      ticket('08:59:59.999', { number: '1', fee: '1.5', pixels: '12345678901234567890.5' }),
      ticket('09:10:00', { number: '2', fee: '2.25' }),
      again,
      ofXena,
      // no session: a number alone says nothing; its pipeline's text is an address
      ticket('09:40:00', { session: '', number: '4', fee: '5', url: '', pipeline: 'https://10.0.0.1/pipe' }),
      ticket('11:30:00', { number: '6', fee: '3', seconds: '', pipeline: 'PIP_sdxl-turbo', by: other }),
    ],
  },
  { settle: `${DAY}T12:30:00Z` },
  {
    send: [
      // by hot key alone, hours late: one of the two numbers that were missing at 10:04:59.999
      ticket('09:50:00', { number: '3', fee: '6', url: '', address: wes.hotKey }),
      afterGap,
      // the first report of xena, 30 s after the ticket
      one.report('09:30:30', [elementOf(xena, {})]),
    ],
  },
  { settle: `${DAY}T12:40:00Z` },
];
/** Where each message is read, by its id. */
const OFFSETS = new Map<string, number>();
for (const [offset, { id }] of STEPS.flatMap((step) => ('send' in step ? step.send : [])).entries()) {
  if (!OFFSETS.has(id)) OFFSETS.set(id, offset);
}

const FIGURES = 'ticketCount missingCount repeatedCount billableSeconds pixels computedFeeWei';
const figures = (
  [ticketCount, missingCount, repeatedCount]: readonly number[],
  [billableSeconds, pixels, computedFeeWei]: readonly (string | null)[],
) => ({ ticketCount, missingCount, repeatedCount, billableSeconds, pixels, computedFeeWei });

interface Point {
  readonly start: string;
  readonly metrics: object | null;
}
/** The buckets of an answer that have something, by their time of day. */
const bucketsOf = (points: readonly Point[]): readonly (readonly [string, object])[] =>
  points.flatMap(({ start, metrics }) => (metrics === null ? [] : [[start.slice(11, 16), metrics] as const]));

interface Group {
  readonly node: Readonly<Record<string, unknown>>;
}
const whole = figures([8, 1, 1], ['0.7', '12345678901234567897.5', '21.751']);

const checks: readonly Check[] = [
  {
    rules: ['PARITY-001', 'AGGREGATE-006', 'LINEAGE-001'],
    says: '8 tickets on a day: by hour a gap counts at the ticket after it and a repeated number once; hours sum to the day, a repeated message adds nothing',
    async run(api) {
      const { hours, day } = await api.ask(`{
        hours: ticketMetrics(${rangeOf(DAY)}, bucket: HOUR_1) {
          total { ${FIGURES} } points { start metrics { ${FIGURES} } } }
        day: ticketMetrics(${rangeOf(DAY)}, bucket: DAY_1) { total { ${FIGURES} } previousTotal { ticketCount } } }`);
      same([hours.total, day.total, day.previousTotal], [whole, whole, null]);
      same(bucketsOf(hours.points), [
        ['08:00', figures([1, 0, 0], ['0.1', '12345678901234567890.5', '1.5'])],
        ['09:00', figures([4, 0, 0], ['0.4', '4', '17.25'])],
        ['10:00', figures([2, 1, 1], ['0.2', '2', '0.001'])],
        ['11:00', figures([1, 0, 0], [null, '1', '3'])],
      ]);
    },
  },
  {
    rules: ['FACT-002', 'AGGREGATE-006'],
    says: 'a ticket that comes when its hour is final closes half of the gap, in the five minutes of the ticket after it and nowhere else',
    async run(api) {
      const COUNTS = 'ticketCount missingCount repeatedCount';
      const { ticketMetrics } = await api.ask(`{
        ticketMetrics(${rangeOf(DAY)}, bucket: MINUTE_5) { points { start metrics { ${COUNTS} } } } }`);
      same(
        bucketsOf(ticketMetrics.points).map(([time, counts]) => [time, ...Object.values(counts)]),
        [
          ['08:55', 1, 0, 0],
          ['09:10', 1, 0, 0],
          ['09:30', 1, 0, 0],
          ['09:40', 1, 0, 0],
          ['09:50', 1, 0, 0],
          ['10:00', 1, 1, 0],
          ['10:05', 1, 0, 1],
          ['11:30', 1, 0, 0],
        ],
      );
    },
  },
  {
    rules: ['ATTRIBUTION-001', 'ATTRIBUTION-002', 'SERVING-001'],
    says: 'by gateway; by orchestrator of the URL or hot key, also one that is first reported 30 s later; by pipeline, the text being a model where it is none',
    async run(api) {
      const groups = (dimensions: string, fields: string): string =>
        `ticketMetrics(${rangeOf(DAY)}, bucket: HOUR_1, groupBy: [${dimensions}]) {
          totalCount edges { node { ${fields} metrics { ticketCount computedFeeWei } } } }`;
      const { gateways, owners, models } = await api.ask(`{
        gateways: ${groups('GATEWAY', 'gateway')} owners: ${groups('ORCHESTRATOR', 'orchestratorAddress')}
        models: ${groups('PIPELINE, MODEL', 'pipeline model')} }`);
      const rowsOf = (answer: { readonly edges: readonly Group[] }) =>
        answer.edges.map(({ node: { metrics, ...names } }) => [
          ...Object.values(names),
          ...Object.values(metrics ?? {}),
        ]);
      const byText = (a: readonly unknown[], b: readonly unknown[]): number => (String(a) < String(b) ? -1 : 1);
      same(rowsOf(gateways), [
        [one.gateway, 7, '18.751'],
        [other.gateway, 1, '3'],
      ]);
      same(
        rowsOf(owners).sort(byText),
        [
          [wes.address, 6, '12.751'],
          [xena.address, 1, '4'],
          [null, 1, '5'],
        ].sort(byText),
      );
      same(
        rowsOf(models).sort(byText),
        [
          ['live-video-to-video', null, 5, '9.751'],
          ['live-video-to-video', 'streamdiffusion-sdxl', 1, '3'],
          [null, 'face-swap', 1, '4'],
          [null, null, 1, '5'],
        ].sort(byText),
      );
    },
  },
  {
    rules: ['LINEAGE-002'],
    says: 'the tickets behind a number add up to it and lead to topic, partition and offset: over everything, of a group, of an hour',
    async run(api) {
      const TICKETS = `contributions(first: 10) { totalCount edges { node { isRepeated missingBeforeCount pixels
        computedFeeWei billableSeconds eventId event { source { topic partition offset } } } } }`;
      const { ticketMetrics } = await api.ask(`{
        ticketMetrics(${rangeOf(DAY)}, bucket: HOUR_1, first: 6, groupBy: [GATEWAY, ORCHESTRATOR, MODEL]) {
          total { ${FIGURES} } ${TICKETS} edges { node { metrics { ${FIGURES} } ${TICKETS} } }
          points { metrics { ${FIGURES} } ${TICKETS} } } }`);
      const { total, contributions, edges, points } = ticketMetrics;
      const counted: readonly Counted[] = [
        { metrics: total, contributions },
        ...edges.map(({ node }: { readonly node: Counted }) => node),
        ...points.filter(({ metrics }: Point) => metrics !== null),
      ];
      same(counted.length, 1 + 4 + 4);
      for (const { metrics, contributions: behind } of counted) {
        const tickets = behind.edges.map(({ node }) => node);
        same([sumsOf(tickets), behind.totalCount], [metrics, tickets.length]);
        for (const { eventId, event } of tickets)
          same(event.source, { topic: 'tickets by bucket', partition: 0, offset: OFFSETS.get(eventId) });
      }
    },
  },
];

interface Ticket {
  readonly eventId: string;
  readonly isRepeated: boolean;
  readonly missingBeforeCount: number;
  readonly billableSeconds: string | null;
  readonly pixels: string;
  readonly computedFeeWei: string;
  readonly event: { readonly source: unknown };
}
interface Counted {
  readonly metrics: object;
  readonly contributions: { readonly totalCount: number; readonly edges: readonly { readonly node: Ticket }[] };
}

/** What tickets sum to, by hand, in thousandths. */
function sumsOf(tickets: readonly Ticket[]): object {
  const thousandths = (text: string): bigint => {
    const [units = '', decimals = ''] = text.split('.');
    return BigInt(units + decimals.padEnd(3, '0'));
  };
  const sum = (of: (one: Ticket) => string | null): string | null => {
    const amounts = tickets.map(of).filter((amount) => amount !== null);
    if (amounts.length === 0) return null;
    const text = String(amounts.reduce((total, amount) => total + thousandths(amount), 0n)).padStart(4, '0');
    return `${text.slice(0, -3)}.${text.slice(-3)}`.replace(/\.?0+$/, '');
  };
  const missing = tickets.reduce((total, { missingBeforeCount }) => total + missingBeforeCount, 0);
  return figures(
    [tickets.length, missing, tickets.filter(({ isRepeated }) => isRepeated).length],
    [sum((one) => one.billableSeconds), sum((one) => one.pixels), sum((one) => one.computedFeeWei)],
  );
}

/** One signer's session over two gateways and four hours, a session of another orchestrator, and a ticket of none. */
export const tickets: Scenario = { name: 'tickets by bucket', steps: STEPS, checks };
