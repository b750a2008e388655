import type { Answer } from '../../../e2e/naap.js';
import { numbersOf, numericFieldsOf } from './numeric-fields.js';
import { type Ask, allRows, EVENT, PAGE, type Recount, ratioOf, sumOf, weiOf } from './recount.js';

type Rows = readonly Answer[];

/** ticketSessions, byocWorkers, byocAuth: from the tickets and events in them. */
export async function walkRequests(ask: Ask, recount: Recount, range: string): Promise<void> {
  await walkTickets(ask, recount, range);
  const rowsOf = (numbers: string, event: string): string =>
    `capabilities { capability ${numbers} contributions(first: 100) { totalCount edges { node { ${event} event { ${EVENT} } } } } }`;
  const { byocWorkers, byocAuth } = await ask(`{
    byocWorkers(${range}) { ${rowsOf(numbersOf('ByocCapabilityWorkers'), 'workerId pricePerUnitWei')} }
    byocAuth(${range}) { ${rowsOf(numbersOf('ByocCapabilityAuth'), 'isSuccess')} } }`);
  const partsOf = (row: Answer, connection: string): Rows => {
    const parts = row.contributions.edges.map(({ node }: Answer) => node);
    recount.same(`${connection}.totalCount`, row.contributions.totalCount, parts.length);
    for (const { event } of parts) recount.event(event);
    return parts;
  };
  for (const row of byocWorkers.capabilities) {
    const parts = partsOf(row, 'ByocWorkerEventConnection');
    const prices = parts.flatMap(({ pricePerUnitWei }) => pricePerUnitWei ?? []);
    for (const price of prices) recount.stated('ByocWorkerEvent.pricePerUnitWei', price);
    recount.same('ByocCapabilityWorkers.eventCount', row.eventCount, parts.length);
    recount.same(
      'ByocCapabilityWorkers.workerCount',
      row.workerCount,
      new Set(parts.flatMap(({ workerId }) => workerId ?? [])).size,
    );
    recount.same(
      'ByocCapabilityWorkers.averagePricePerUnitWei',
      row.averagePricePerUnitWei,
      ratioOf(sumOf(prices), prices.length),
    );
  }
  for (const row of byocAuth.capabilities) {
    const parts = partsOf(row, 'ByocAuthEventConnection');
    const granted = parts.filter(({ isSuccess }) => isSuccess === true).length;
    const refused = parts.filter(({ isSuccess }) => isSuccess === false).length;
    recount.same('ByocCapabilityAuth.eventCount', row.eventCount, parts.length);
    recount.same('ByocCapabilityAuth.successCount', row.successCount, granted);
    recount.same('ByocCapabilityAuth.failedCount', row.failedCount, refused);
    recount.same('ByocCapabilityAuth.successRatio', row.successRatio, ratioOf(granted, granted + refused));
  }
}

async function walkTickets(ask: Ask, recount: Recount, range: string): Promise<void> {
  const { ticketSessions } =
    await ask(`{ ticketSessions(${range}, first: 20) { totalCount total { ${numbersOf('TicketTotals')} } edges { node {
    ticketSessionId ${numbersOf('TicketSession')} contributions(first: 30) { totalCount edges { node { isRepeated ${numbersOf('Ticket')} event { ${EVENT} } } } } } } } }`);
  const sessions: Rows = ticketSessions.edges.map(({ node }: Answer) => node);
  for (const session of sessions) {
    const tickets: Rows = session.contributions.edges.map(({ node }: Answer) => node);
    recount.same('TicketConnection.totalCount', session.contributions.totalCount, tickets.length);
    for (const ticket of tickets) {
      recount.event(ticket.event);
      for (const field of numericFieldsOf('Ticket')) recount.stated(`Ticket.${field}`, ticket[field]);
    }
    const numbers = tickets.flatMap(({ sequenceNumber }) => (sequenceNumber === null ? [] : Number(sequenceNumber)));
    const distinct = new Set(numbers).size;
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const same = (field: string, value: number | null): void =>
      recount.same(`TicketSession.${field}`, session[field], value);
    same('ticketCount', tickets.length);
    same('firstSequenceNumber', numbers.length > 0 ? low : null);
    same('lastSequenceNumber', numbers.length > 0 ? high : null);
    same('missingCount', sumOf(tickets.map(({ missingBeforeCount }) => missingBeforeCount)));
    same('repeatedCount', tickets.filter(({ isRepeated }) => isRepeated).length);
    // all of a session are in the range, so its gaps can be told without them as well
    same('missingCount', session.ticketSessionId === null || numbers.length === 0 ? 0 : high - low + 1 - distinct);
    same('repeatedCount', session.ticketSessionId === null ? 0 : numbers.length - distinct);
    for (const field of ['billableSeconds', 'pixels', 'computedFeeWei']) {
      const said = tickets.flatMap((ticket) => ticket[field] ?? []);
      same(field, said.length > 0 ? sumOf(said) : null);
    }
  }
  const { total, totalCount } = ticketSessions;
  recount.same('TicketSessionConnection.totalCount', totalCount, sessions.length);
  recount.same('TicketTotals.sessionCount', total.sessionCount, sessions.length);
  for (const field of numericFieldsOf('TicketTotals').filter((name) => name !== 'sessionCount')) {
    recount.same(`TicketTotals.${field}`, total[field], sumOf(sessions.map((session) => session[field])));
  }
}

/** networkKpis: the numbers of the fields they come from, over the ranges they name. */
export async function walkKpis(ask: Ask, recount: Recount, range: string): Promise<void> {
  const KPI = '{ current { value sampleCount nullReason } previous { value sampleCount nullReason } delta }';
  const NAMES = [
    'score',
    'startupSuccessRatio',
    'effectiveSuccessRatio',
    'requestedSessions',
    'serviceMinutes',
    'orchestratorsObserved',
  ];
  const names = [...NAMES, 'gpusObserved', 'jobs'];
  const { networkKpis: kpis } =
    await ask(`{ networkKpis(${range}) { orchestratorCount gpuCount rangeUsed { start end bucket }
    previousRangeUsed { start end bucket } ${names.map((name) => `${name} ${KPI}`).join(' ')} fees { ${numbersOf('FeeKpi')} } } }`);
  const twins = async ({ start, end, bucket }: Answer): Promise<Answer> => {
    const over = `range: { start: "${start}", end: "${end}" }, bucket: ${bucket}`;
    return ask(`{ slaScores(${over}, first: 1) { total { value { value } contributions(first: 1) { totalCount } } }
      networkDemand(${over}, first: 1) { total { requestedCount startupSuccessRatio { value } effectiveSuccessRatio { value } } }
      all: serviceMetrics(${over}, first: 1) { total { serviceMinutes { value } } }
      orchestrators: serviceMetrics(${over}, groupBy: [ORCHESTRATOR], first: 100) { edges { node { orchestratorAddress } } }
      gpus: serviceMetrics(${over}, groupBy: [GPU], first: 100) { edges { node { gpuId } } }
      jobMetrics(${over}, first: 1) { total { jobCount } } paymentTotals(${over}, first: 1) { total { expectedValueWei } } }`);
  };
  const numbersIn = (twin: Answer): Record<string, number | null> => ({
    score: twin.slaScores.total?.value.value ?? null,
    startupSuccessRatio: twin.networkDemand.total?.startupSuccessRatio.value ?? null,
    effectiveSuccessRatio: twin.networkDemand.total?.effectiveSuccessRatio.value ?? null,
    requestedSessions: twin.networkDemand.total?.requestedCount ?? 0,
    serviceMinutes: twin.all.total?.serviceMinutes.value ?? 0,
    orchestratorsObserved: twin.orchestrators.edges.filter(({ node }: Answer) => node.orchestratorAddress !== null)
      .length,
    gpusObserved: twin.gpus.edges.filter(({ node }: Answer) => node.gpuId !== null).length,
    jobs: twin.jobMetrics.total?.jobCount ?? 0,
  });
  const [now, before] = [await twins(kpis.rangeUsed), await twins(kpis.previousRangeUsed)];
  for (const name of names) {
    const [current = null, previous = null] = [numbersIn(now)[name], numbersIn(before)[name]];
    recount.same('Kpi.current', kpis[name].current, current, 1e-6);
    recount.same('Kpi.previous', kpis[name].previous, previous, 1e-6);
    recount.same(
      'Kpi.delta',
      kpis[name].delta,
      current === null || previous === null ? null : current - previous,
      1e-6,
    );
  }
  const paid = (twin: Answer): string => twin.paymentTotals.total?.expectedValueWei ?? '0';
  recount.same('FeeKpi.currentWei', kpis.fees.currentWei, paid(now));
  recount.same('FeeKpi.previousWei', kpis.fees.previousWei, paid(before));
  recount.same('FeeKpi.deltaWei', kpis.fees.deltaWei, weiOf([paid(now), `-${paid(before)}`]));
  const listed = await ask(
    `{ orchestrators(first: 100) { edges { node { isReported reports { isReported gpus { gpuId } } } } } }`,
  );
  const live = listed.orchestrators.edges.filter(({ node }: Answer) => node.isReported);
  const gpus = live.flatMap(({ node }: Answer, index: number) =>
    node.reports
      .filter((r: Answer) => r.isReported)
      .flatMap((r: Answer) => r.gpus.map((gpu: Answer) => `${index}|${gpu.gpuId}`)),
  );
  recount.same('NetworkKpis.orchestratorCount', kpis.orchestratorCount, live.length);
  recount.same('NetworkKpis.gpuCount', kpis.gpuCount, new Set(gpus).size);
}

/** meta: counts of offsets read by what became of them, and sessions by their attribution. */
export async function walkMeta(ask: Ask, recount: Recount): Promise<void> {
  const { meta } =
    await ask(`{ meta { asOf ${numbersOf('Meta')} backlog { log markCount } attributionCoverage { outcome sessionCount share { value sampleCount nullReason } }
    sources { newestEventAt ${numbersOf('Source')} verdicts { verdict messageCount } } } }`);
  const secondsSince = (at: string | null): number | null =>
    at === null ? null : Math.max(0, (Date.parse(meta.asOf) - Date.parse(at)) / 1000);
  for (const source of meta.sources) {
    const countOf = (verdict: string): number =>
      sumOf(source.verdicts.filter((row: Answer) => row.verdict === verdict).map((row: Answer) => row.messageCount));
    const verdicts = {
      acceptedCount: 'ACCEPTED',
      ignoredCount: 'IGNORED',
      rejectedCount: 'REJECTED',
      duplicateCount: 'DUPLICATE',
    };
    for (const [field, verdict] of Object.entries(verdicts))
      recount.same(`Source.${field}`, source[field], countOf(verdict));
    for (const row of source.verdicts) recount.stated('Verdict.messageCount', row.messageCount);
    // offsets from 0 to the next, of which some may be empty or gone
    recount.same(
      'Source.consumedCount',
      source.consumedCount,
      sumOf(Object.keys(verdicts).map((field) => source[field])),
    );
    recount.between('Source.consumedCount', source.consumedCount, [0, source.nextOffset]);
    recount.same('Source.lagSeconds', source.lagSeconds, secondsSince(source.newestEventAt));
    for (const field of ['partition', 'nextOffset', 'conflictCount', 'gapCount', 'missedCount', 'unchangedCount']) {
      recount.stated(`Source.${field}`, source[field]);
    }
  }
  recount.between(
    'Meta.lagSeconds',
    meta.lagSeconds,
    meta.sources.flatMap((source: Answer) => source.lagSeconds.value ?? []),
  );
  for (const { markCount } of meta.backlog) recount.stated('Backlog.markCount', markCount);
  const endMs = (Math.floor(Date.parse(meta.asOf) / 3_600_000) + 1) * 3_600_000;
  const day = `startedIn: { start: "${new Date(endMs - 86_400_000).toISOString()}", end: "${new Date(endMs).toISOString()}" }`;
  const all = sumOf(meta.attributionCoverage.map((row: Answer) => row.sessionCount));
  for (const { outcome, sessionCount, share } of meta.attributionCoverage) {
    const sessions: Rows = await allRows(async (page) => {
      const answer =
        await ask(`{ sessions(${day}, attributionOutcome: ${outcome}, selectionOutcome: SELECTED, ${page}) { ${PAGE} edges { node {
        attributionOutcome events(first: 1) { edges { node { ${EVENT} } } } } } } }`);
      return answer.sessions;
    });
    for (const { events } of sessions) recount.event(events.edges[0].node);
    recount.same('AttributionCoverage.sessionCount', sessionCount, sessions.length);
    recount.same('AttributionCoverage.share', share, ratioOf(sessions.length, all));
  }
}
