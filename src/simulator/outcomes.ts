import { firstArrival } from './arrivals.js';
import type { Emission } from './emission.js';
import type { ExpectedRow } from './expected.js';
import type { JobFact, PaymentFact, TicketFact } from './facts.js';
import { createFigureBook, type FigureBook } from './figures.js';
import { jobOutcome, type PublishedJob } from './job-outcome.js';
import { jobCount, planJob } from './job-plan.js';
import { jobEmissions } from './job-traffic.js';
import { createNetwork, type SimulatedNetwork } from './network.js';
import { checkOptions, type SimulationOptions } from './options.js';
import { type PaidSession, paymentOutcomes } from './payment-outcomes.js';
import { createPublishedReports, type PublishedReports } from './published-reports.js';
import { createRandom } from './random.js';
import { createSessionLedger } from './session-ledger.js';
import { paymentSessionOf } from './session-messages.js';
import { planSession } from './session-plan.js';
import { sessionEmissions, sessionRandom } from './session-traffic.js';
import { placeTickets, ticketOutcomes } from './ticket-outcomes.js';
import { drawFate, faultPurpose } from './transport.js';

/**
 * The true outcome of everything that was published, from the plans and the fate of each message: sessions by number,
 * each with its payments and tickets, then jobs, then sums over hours and identities. Memory is the ids of all, the few
 * sessions and jobs that share one, and the sums.
 */
export function* planOutcomes(options: SimulationOptions): Generator<ExpectedRow> {
  checkOptions(options);
  if (options.networkSeed !== undefined)
    throw new RangeError('outcomes depend on reports that this simulation does not send');
  const network = createNetwork(options);
  const reports = createPublishedReports(options, network);
  const figures = createFigureBook(reports.isThere);
  yield* sessionOutcomes(options, network, reports, figures);
  yield* jobOutcomes(options, network, reports, figures);
  yield* figures.rows();
}

/** The facts of a source's messages that got out. */
function* published(
  options: SimulationOptions,
  purpose: string,
  index: number,
  emissions: Iterable<Emission>,
): Generator<NonNullable<Emission['fact']>> {
  const faultRandom = createRandom(options.seed, faultPurpose(purpose), index, 0);
  for (const { fact } of emissions) {
    const fate = drawFate(faultRandom, options.faults);
    if (!fate.isDropped && fact !== null) yield fact;
  }
}

function* sessionOutcomes(
  options: SimulationOptions,
  network: SimulatedNetwork,
  reports: PublishedReports,
  figures: FigureBook,
): Generator<ExpectedRow> {
  const from = firstArrival(options, 'session', options.sessions);
  const idsOf = (index: number): readonly string[] => {
    const { gateway, requestId } = planSession(options, network, index);
    const signer = paymentSessionOf(sessionRandom(options, index));
    return [...(requestId === '' ? [] : [`${gateway.org} request ${requestId}`]), `${gateway.org} signer ${signer}`];
  };
  const shared = repeatedIds(from, options.sessions, idsOf);
  const entangled: PaidSession[] = [];
  function* moneyOutcomes(paid: readonly PaidSession[]): Generator<ExpectedRow> {
    yield* paymentOutcomes(paid);
    const tickets = placeTickets(paid);
    for (const ticket of tickets) figures.ticket(ticket);
    yield* ticketOutcomes(tickets);
  }
  for (let index = from; index < options.sessions; index++) {
    const paid = publishedSession(options, network, index, reports);
    if (paid.session !== null) yield paid.session;
    if (idsOf(index).some((id) => shared.has(id))) entangled.push(paid);
    else yield* moneyOutcomes([paid]);
  }
  for (const org of new Set(entangled.map(({ plan }) => plan.gateway.org)))
    yield* moneyOutcomes(entangled.filter(({ plan }) => plan.gateway.org === org));
}

function publishedSession(
  options: SimulationOptions,
  network: SimulatedNetwork,
  index: number,
  reports: PublishedReports,
): PaidSession {
  const plan = planSession(options, network, index);
  const ledger = createSessionLedger(network, plan);
  const payments: PaymentFact[] = [];
  const tickets: TicketFact[] = [];
  for (const fact of published(options, 'session', index, sessionEmissions(options, plan))) {
    if (fact.family === 'payment') payments.push(fact);
    else if (fact.family === 'ticket') tickets.push(fact);
    else if (fact.family !== 'job' && fact.family !== 'auth' && fact.family !== 'worker') ledger.publish(fact);
  }
  const session = ledger.close((atMs) => reports.isFresh(plan.gateway.org, atMs));
  return { plan, session, payments, tickets };
}

function* jobOutcomes(
  options: SimulationOptions,
  network: SimulatedNetwork,
  reports: PublishedReports,
  figures: FigureBook,
): Generator<ExpectedRow> {
  const count = jobCount(options);
  const from = firstArrival(options, 'job', count);
  const idOf = (index: number): string => {
    const plan = planJob(options, network, index)?.plan;
    return plan === undefined || plan.kind === 'byoc' ? '' : `${plan.gateway.org} ${plan.requestId}`;
  };
  const shared = repeatedIds(from, count, (index) => (idOf(index) === '' ? [] : [idOf(index)]));
  const entangled = new Map<string, PublishedJob[]>();
  const outcomeOf = (jobs: readonly PublishedJob[]): ExpectedRow[] => {
    const org = jobs[0]?.plan.gateway.org;
    const outcome = org === undefined ? null : jobOutcome(jobs, (atMs) => reports.isFresh(org, atMs));
    return outcome === null ? [] : [outcome];
  };
  for (let index = from; index < count; index++) {
    const plan = planJob(options, network, index)?.plan;
    if (plan === undefined) continue;
    const facts: JobFact[] = [];
    for (const fact of published(options, 'job', index, jobEmissions(options, network, index))) {
      if (fact.family === 'job') facts.push(fact);
      else if (fact.family === 'auth') figures.auth(plan, fact);
      else if (fact.family === 'worker') figures.worker(plan, fact);
    }
    const id = idOf(index);
    if (shared.has(id)) entangled.set(id, [...(entangled.get(id) ?? []), { plan, facts }]);
    else yield* outcomeOf([{ plan, facts }]);
  }
  for (const jobs of entangled.values()) yield* outcomeOf(jobs);
}

/** Ids are 32 bits: of 200,000 some are drawn twice, and then what they mean depends on both. */
function repeatedIds(from: number, until: number, idsOf: (index: number) => readonly string[]): ReadonlySet<string> {
  const known = new Set<string>();
  const repeated = new Set<string>();
  for (let index = from; index < until; index++) {
    for (const id of idsOf(index)) {
      if (known.has(id)) repeated.add(id);
      known.add(id);
    }
  }
  return repeated;
}
