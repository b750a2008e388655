import type { Answer } from '../../../e2e/naap.js';
import { LATENCY, recountLatency } from './latencies.js';
import { numbersOf, numericFieldsOf } from './numeric-fields.js';
import { type Ask, allRows, EVENT, meanOf, PAGE, type Recount, ratioOf, sumOf, weiOf } from './recount.js';

async function rowsOf(ask: Ask, field: string, range: string, row: string): Promise<readonly Answer[]> {
  return allRows(async (page) => {
    const answer = await ask(
      `{ ${field}(${range}, first: 1) { contributions(${page}) { ${PAGE} edges { node { ${row} event { ${EVENT} } } } } } }`,
    );
    return answer[field].contributions;
  });
}

async function totalOf(ask: Ask, recount: Recount, field: string, range: string, numbers: string): Promise<Answer> {
  const answer = await ask(
    `{ ${field}(${range}, groupBy: [GATEWAY], first: 100) { totalCount total { ${numbers} } edges { node { gateway } } } }`,
  );
  const connection = `${field.charAt(0).toUpperCase()}${field.slice(1)}Connection`;
  recount.same(`${connection}.totalCount`, answer[field].totalCount, answer[field].edges.length);
  return answer[field].total;
}

/** paymentTotals: from the payments in them. */
export async function walkPayments(ask: Ask, recount: Recount, range: string): Promise<void> {
  const payments = await rowsOf(ask, 'paymentTotals', range, `${numbersOf('Payment')} sessionId`);
  for (const { event } of payments) recount.event(event);
  for (const field of numericFieldsOf('Payment')) {
    for (const payment of payments) recount.stated(`Payment.${field}`, payment[field]);
  }
  recount.stated('PaymentConnection.totalCount', payments.length);
  const paid = await totalOf(ask, recount, 'paymentTotals', range, numbersOf('PaymentTotals'));
  const linked = payments.filter(({ sessionId }) => sessionId !== null);
  const same = (field: string, value: number | string | null): void =>
    recount.same(`PaymentTotals.${field}`, paid[field], value);
  same('paymentCount', payments.length);
  same('linkedCount', linked.length);
  same('unlinkedCount', payments.length - linked.length);
  same('linkedRatio', ratioOf(linked.length, payments.length));
  same('ticketCount', sumOf(payments.map(({ ticketCount }) => ticketCount)));
  same('faceValueWei', weiOf(payments.map(({ faceValueWei }) => faceValueWei)));
  same('expectedValueWei', weiOf(payments.map(({ expectedValueWei }) => expectedValueWei)));
  same('linkedFaceValueWei', weiOf(linked.map(({ faceValueWei }) => faceValueWei)));
  same('linkedExpectedValueWei', weiOf(linked.map(({ expectedValueWei }) => expectedValueWei)));
}

/** discoveryMetrics: from the finds in them. */
export async function walkDiscoveries(ask: Ask, recount: Recount, range: string): Promise<void> {
  const finds = await rowsOf(ask, 'discoveryMetrics', range, `${numbersOf('Discovery')} orchestratorAddress`);
  const found = await totalOf(
    ask,
    recount,
    'discoveryMetrics',
    range,
    `${numbersOf('DiscoveryMetrics')} latency { ${LATENCY} }`,
  );
  for (const { event, latencyMs, ordinal } of finds) {
    recount.event(event);
    recount.stated('Discovery.latencyMs', latencyMs);
    recount.stated('Discovery.ordinal', ordinal);
  }
  recount.stated('DiscoveryConnection.totalCount', finds.length);
  recount.same('DiscoveryMetrics.foundCount', found.foundCount, finds.length);
  recount.same(
    'DiscoveryMetrics.unknownOrchestratorCount',
    found.unknownOrchestratorCount,
    finds.filter((f) => f.orchestratorAddress === null).length,
  );
  recount.same(
    'DiscoveryMetrics.unusableLatencyCount',
    found.unusableLatencyCount,
    finds.filter((f) => f.latencyMs.value === null).length,
  );
  recountLatency(
    recount,
    found.latency,
    finds.flatMap(({ latencyMs }) => latencyMs.value ?? []),
  );
}

/** ticketMetrics: from the tickets in them. */
export async function walkTicketMetrics(ask: Ask, recount: Recount, range: string): Promise<void> {
  const tickets = await rowsOf(ask, 'ticketMetrics', range, `${numbersOf('Ticket')} isRepeated`);
  const total = await totalOf(ask, recount, 'ticketMetrics', range, numbersOf('TicketMetrics'));
  for (const ticket of tickets) {
    recount.event(ticket.event);
    for (const field of numericFieldsOf('Ticket')) recount.stated(`Ticket.${field}`, ticket[field]);
  }
  const same = (field: string, value: number | null): void =>
    recount.same(`TicketMetrics.${field}`, total[field], value);
  same('ticketCount', tickets.length);
  same('missingCount', sumOf(tickets.map(({ missingBeforeCount }) => missingBeforeCount)));
  same('repeatedCount', tickets.filter(({ isRepeated }) => isRepeated).length);
  for (const field of ['billableSeconds', 'pixels', 'computedFeeWei']) {
    const said = tickets.flatMap((ticket) => ticket[field] ?? []);
    same(field, said.length > 0 ? sumOf(said) : null);
  }
}

/** byocAuthMetrics and byocWorkerMetrics: from the events in them. */
export async function walkByocMetrics(ask: Ask, recount: Recount, range: string): Promise<void> {
  const auths = await rowsOf(ask, 'byocAuthMetrics', range, 'isSuccess');
  const auth = await totalOf(ask, recount, 'byocAuthMetrics', range, numbersOf('ByocAuthMetrics'));
  const granted = auths.filter(({ isSuccess }) => isSuccess === true).length;
  const refused = auths.filter(({ isSuccess }) => isSuccess === false).length;
  recount.same('ByocAuthMetrics.eventCount', auth.eventCount, auths.length);
  recount.same('ByocAuthMetrics.successCount', auth.successCount, granted);
  recount.same('ByocAuthMetrics.failedCount', auth.failedCount, refused);
  recount.same('ByocAuthMetrics.successRatio', auth.successRatio, ratioOf(granted, granted + refused));
  const workers = await rowsOf(ask, 'byocWorkerMetrics', range, numbersOf('ByocWorkerEvent'));
  const worker = await totalOf(ask, recount, 'byocWorkerMetrics', range, numbersOf('ByocWorkerMetrics'));
  const prices = workers.flatMap(({ pricePerUnitWei }) => pricePerUnitWei ?? []);
  recount.same('ByocWorkerMetrics.eventCount', worker.eventCount, workers.length);
  recount.same(
    'ByocWorkerMetrics.averagePricePerUnitWei',
    worker.averagePricePerUnitWei,
    ratioOf(sumOf(prices), prices.length),
  );
  for (const { event } of [...auths, ...workers]) recount.event(event);
}

/** jobMetrics: from the jobs in them. */
export async function walkJobs(ask: Ask, recount: Recount, range: string): Promise<void> {
  const ROW = `${numbersOf('Job')} isSuccess outcome llm { error ${numbersOf('JobLlm')} } events { ${EVENT} }`;
  const NUMBERS = `${numbersOf('JobMetrics')} duration { ${LATENCY} } llm { ${numbersOf('LlmMetrics')} timeToFirstToken { ${LATENCY} } }`;
  const jobs = await rowsOf(ask, 'jobMetrics', range, ROW);
  const total = await totalOf(ask, recount, 'jobMetrics', range, NUMBERS);
  const count = (field: string, wanted: (job: Answer) => boolean): void =>
    recount.same(`JobMetrics.${field}`, total[field], jobs.filter(wanted).length);
  for (const job of jobs) {
    recount.event(job.event);
    for (const event of job.events) recount.event(event);
    for (const field of numericFieldsOf('Job')) recount.stated(`Job.${field}`, job[field]);
    for (const field of numericFieldsOf('JobLlm')) {
      if (job.llm !== null) recount.stated(`JobLlm.${field}`, job.llm[field]);
    }
  }
  recount.stated('JobConnection.totalCount', jobs.length);
  count('jobCount', () => true);
  count('selectedCount', ({ outcome }) => outcome === 'SELECTED');
  count('noOrchestratorCount', ({ outcome }) => outcome === 'NO_ORCH');
  count('unknownCount', ({ outcome }) => outcome === 'UNKNOWN');
  count('successCount', ({ isSuccess }) => isSuccess === true);
  count('failedCount', ({ isSuccess }) => isSuccess === false);
  recount.same('JobMetrics.selectedRatio', total.selectedRatio, ratioOf(total.selectedCount, jobs.length));
  recount.same(
    'JobMetrics.successRatio',
    total.successRatio,
    ratioOf(total.successCount, total.successCount + total.failedCount),
  );
  recountLatency(
    recount,
    total.duration,
    jobs.flatMap(({ durationMs }) => durationMs.value ?? []),
  );
  recountLlms(
    recount,
    total.llm,
    jobs.flatMap(({ llm }) => llm ?? []),
  );
}

function recountLlms(recount: Recount, llm: Answer, llms: readonly Answer[]): void {
  const failed = llms.filter(({ error }) => error !== null).length;
  recount.same('LlmMetrics.requestCount', llm.requestCount, llms.length);
  recount.same('LlmMetrics.failedCount', llm.failedCount, failed);
  recount.same('LlmMetrics.successRatio', llm.successRatio, ratioOf(llms.length - failed, llms.length));
  recount.same('LlmMetrics.promptTokenCount', llm.promptTokenCount, sumOf(llms.map((x) => x.promptTokenCount)));
  recount.same(
    'LlmMetrics.completionTokenCount',
    llm.completionTokenCount,
    sumOf(llms.map((x) => x.completionTokenCount)),
  );
  recount.same(
    'LlmMetrics.averageTokensPerSecond',
    llm.averageTokensPerSecond,
    meanOf(llms.map((x) => x.tokensPerSecond)),
    1e-6,
  );
  const tokens = llms.flatMap(({ totalTokenCount }) => totalTokenCount ?? []);
  recount.same('LlmMetrics.averageTotalTokens', llm.averageTotalTokens, ratioOf(sumOf(tokens), tokens.length));
  recountLatency(
    recount,
    llm.timeToFirstToken,
    llms.flatMap((x) => x.timeToFirstTokenMs.value ?? []),
  );
}

/** jobFailureReasons: from the failed jobs in them. */
export async function walkJobFailures(ask: Ask, recount: Recount, range: string): Promise<void> {
  const over = `jobFailureReasons(${range}`;
  const { jobFailureReasons } = await ask(
    `{ ${over}, first: 100, groupBy: [GATEWAY]) { totalCount total { ${numbersOf('JobFailureMetrics')} } edges { node { gateway } } } }`,
  );
  const { total, totalCount, edges } = jobFailureReasons;
  recount.same('JobFailureReasonsConnection.totalCount', totalCount, edges.length);
  const jobs = await allRows(async (page) => {
    const answer = await ask(`{ ${over}, first: 1) { contributions(${page}) { ${PAGE} edges { node {
      outcome isSuccess failureClass llm { error } event { ${EVENT} } } } } } }`);
    return answer.jobFailureReasons.contributions;
  });
  for (const { event } of jobs) recount.event(event);
  const same = (field: string, wanted: (job: Answer) => boolean): void =>
    recount.same(`JobFailureMetrics.${field}`, total[field], jobs.filter(wanted).length);
  same('failureCount', () => true);
  same('failedCount', ({ isSuccess }) => isSuccess === false);
  same('noOrchestratorCount', ({ failureClass }) => failureClass === 'NO_ORCH');
  same('llmFailedCount', ({ llm }) => llm !== null && llm.error !== null);
}
