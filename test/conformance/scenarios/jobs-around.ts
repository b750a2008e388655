import { known, METRIC, missing, rangeOf, same } from '../expectation.js';
import { createScribe, type Message } from '../messages.js';
import type { Check } from '../scenario.js';

const DAY = '2026-03-05';
const scribe = createScribe('around', DAY);

const ticket = (time: string, sessionId: string, sequence: string, fee: string, pixels: string): Message =>
  scribe.message('create_signed_ticket', time, {
    session_id: sessionId,
    request_id: 'byoc-ticket-request',
    pipeline: 'face-swap',
    billable_secs: '0.1',
    pixels,
    computed_fee: fee,
    sequence_number: sequence,
  });

const auth = (time: string, capability: string, fields: object): Message =>
  scribe.message('job_auth', time, { type: 'job_auth', capability, ...fields });

const signed = ticket('09:25:03', 'byoc-tickets', '5', '3.3', '1');

/** What is said around BYOC jobs and makes no entity of its own. */
export const aroundFirst: readonly Message[] = [
  auth('09:09:57', 'face-swap', { success: true }),
  auth('09:09:58', 'Face-Swap', { success: true }),
  auth('09:09:58', 'Face-Swap', { success: false, error: 'expired' }),
  auth('09:09:58', 'Face-Swap', {}),
  scribe.message('job_payment', '09:09:59', { type: 'job_payment_created', capability: 'Face-Swap', amount: '1' }),
  scribe.message('job_orchestrator', '09:10:00', { type: 'job_orchestrator_processing', capability: 'Face-Swap' }),
  ticket('09:25:01', 'byoc-tickets', '1', '1.1', '12345678901234567890.5'),
  signed,
  ticket('09:25:04', 'byoc-others', '7', '0', '1'),
];

/** A ticket that comes late, and one that comes again. */
export const aroundLater: readonly Message[] = [ticket('09:25:02', 'byoc-tickets', '2', '2.2', '1'), signed];

export const aroundChecks: readonly Check[] = [
  {
    rules: ['TYPED_RAW-001', 'LINEAGE-001', 'AGGREGATE-006'],
    says: 'tickets: one row each, exact sums, gaps 3 and 4 of one session; the late one closes its gap, the repeated one adds nothing',
    async run(api) {
      const FIELDS = 'ticketCount missingCount repeatedCount billableSeconds pixels computedFeeWei';
      const { ticketSessions } = await api.ask(`{ ticketSessions(${rangeOf(DAY)}) { total { sessionCount ${FIELDS} }
        edges { node { ticketSessionId firstSequenceNumber lastSequenceNumber requestIds ${FIELDS} } } } }`);
      const sums = { ticketCount: 3, missingCount: 2, repeatedCount: 0, billableSeconds: '0.3', computedFeeWei: '6.6' };
      same(
        ticketSessions.edges.map(({ node }: Edge<{ readonly ticketSessionId: string }>) => node.ticketSessionId),
        ['byoc-others', 'byoc-tickets'],
      );
      same(ticketSessions.edges[1].node, {
        ticketSessionId: 'byoc-tickets',
        firstSequenceNumber: '1',
        lastSequenceNumber: '5',
        requestIds: ['byoc-ticket-request'],
        pixels: '12345678901234567892.5',
        ...sums,
      });
      same(ticketSessions.total, {
        ...sums,
        sessionCount: 2,
        ticketCount: 4,
        billableSeconds: '0.4',
        pixels: '12345678901234567893.5',
      });
    },
  },
  {
    rules: ['TYPED_RAW-001', 'AGGREGATE-004', 'PARITY-001'],
    says: 'workers and authorisations by capability in any case; who says nothing is neither granted nor refused',
    async run(api) {
      const { byocWorkers, byocAuth } = await api.ask(`{
        byocWorkers(${rangeOf(DAY)}) { capabilities { capability workerCount eventCount models averagePricePerUnitWei ${METRIC} } }
        byocAuth(${rangeOf(DAY)}) { capabilities { capability eventCount successCount failedCount successRatio ${METRIC} } } }`);
      same(byocWorkers.capabilities, [
        {
          capability: 'face-swap',
          workerCount: 2,
          eventCount: 3,
          models: ['face-swap-a', 'face-swap-b'],
          averagePricePerUnitWei: known(15.25, 2),
        },
        {
          capability: 'mend',
          workerCount: 1,
          eventCount: 1,
          models: ['mend-b'],
          averagePricePerUnitWei: missing(),
        },
      ]);
      same(byocAuth.capabilities, [
        { capability: 'face-swap', eventCount: 4, successCount: 2, failedCount: 1, successRatio: known(2 / 3, 3) },
      ]);
    },
  },
];

export const aroundSums: Check = {
  rules: ['AGGREGATE-006', 'SERVING-002', 'LINEAGE-002'],
  says: 'tickets, authorisations and worker events by model, capability and orchestrator: the sums of the lists, each led back to its rows',
  async run(api) {
    const TICKETS = 'ticketCount missingCount repeatedCount billableSeconds pixels computedFeeWei';
    const AUTHS = `eventCount successCount failedCount successRatio ${METRIC}`;
    const WORKERS = `eventCount averagePricePerUnitWei ${METRIC}`;
    const grouped = (field: string, by: string, groupBy: string, numbers: string, row: string): string =>
      `${field}(${rangeOf(DAY)}, groupBy: [${groupBy}]) { total { ${numbers} } edges { node { ${by} metrics { ${numbers} }
        contributions(first: 9) { totalCount edges { node { ${row} event { availability } } } } } } }`;
    const answer = await api.ask(`{
      ${grouped('ticketMetrics', 'pipeline model', 'PIPELINE, MODEL', TICKETS, 'missingBeforeCount')}
      ${grouped('byocAuthMetrics', 'pipeline', 'PIPELINE', AUTHS, 'isSuccess')}
      ${grouped('byocWorkerMetrics', 'model', 'MODEL', WORKERS, 'pricePerUnitWei')}
      ticketSessions(${rangeOf(DAY)}) { total { ${TICKETS} } } }`);
    const groupsOf = (field: string, row: string) =>
      answer[field].edges.map(({ node }: Edge<Group>) => {
        const { pipeline, model, metrics, contributions } = node;
        const rows = contributions.edges.map((edge) => [edge.node[row], edge.node.event.availability]);
        same(contributions.totalCount, rows.length);
        return { ...{ name: pipeline ?? model, metrics }, rows };
      });
    const kept = (...values: readonly unknown[]) => values.map((value) => [value, 'KEPT']);

    same(answer.ticketMetrics.total, answer.ticketSessions.total);
    same(groupsOf('ticketMetrics', 'missingBeforeCount'), [
      { name: 'face-swap', metrics: answer.ticketSessions.total, rows: kept(0, 0, 2, 0) },
    ]);
    // capabilities as gateways write them
    same(groupsOf('byocAuthMetrics', 'isSuccess'), [
      {
        name: 'Face-Swap',
        metrics: { eventCount: 3, successCount: 1, failedCount: 1, successRatio: known(0.5, 2) },
        rows: kept(true, false, null),
      },
      {
        name: 'face-swap',
        metrics: { eventCount: 1, successCount: 1, failedCount: 0, successRatio: known(1, 1) },
        rows: kept(true),
      },
    ]);
    same(groupsOf('byocWorkerMetrics', 'pricePerUnitWei'), [
      { name: 'face-swap-a', metrics: { eventCount: 2, averagePricePerUnitWei: known(10, 1) }, rows: kept('10', null) },
      { name: 'face-swap-b', metrics: { eventCount: 1, averagePricePerUnitWei: known(20.5, 1) }, rows: kept('20.5') },
      { name: 'mend-b', metrics: { eventCount: 1, averagePricePerUnitWei: missing() }, rows: kept(null) },
    ]);
  },
};

interface Group {
  readonly pipeline?: string | null;
  readonly model?: string | null;
  readonly metrics: object;
  readonly contributions: {
    readonly totalCount: number;
    readonly edges: readonly Edge<{ readonly event: { readonly availability: string } } & Record<string, unknown>>[];
  };
}

interface Edge<Node> {
  readonly node: Node;
}
