import { groupBy } from '../domain/group-by.js';
import { AppError } from '../errors.js';
import {
  isAnybodyReported,
  readServiceOffers,
  type ServiceOffer,
  type ServiceOfferFilter,
} from '../warehouse/readers/service-offer-reader.js';
import type { ApiContext } from './context.js';
import { compareKeys } from './grouping.js';
import { type CountedPage, wholeListPage } from './listed-page.js';
import { type Metric, metric } from './metric.js';
import type { PageArgs } from './page.js';
import type { RangeArgument, UsedRange } from './range.js';
import type { ScoreAnswer } from './score-answer.js';
import { allSlaScores } from './scores.js';

export type { ServiceOffer };

export interface SelectionQuestion {
  readonly pipeline?: string | null | undefined;
  readonly model?: string | null | undefined;
  /** Region of the gateways whose sessions are scored. */
  readonly region?: string | null | undefined;
  /** Points, 0 to 100. */
  readonly minScore?: number | null | undefined;
  /** Decimal text. */
  readonly maxWeiPerPixel?: string | null | undefined;
  readonly minMemoryBytes?: number | null | undefined;
  /** Only what is loaded; false by default. */
  readonly isWarm?: boolean | null | undefined;
  /** Leaves out who is known to be full; true by default. */
  readonly hasCapacity?: boolean | null | undefined;
  readonly range?: RangeArgument | null | undefined;
}

export interface SelectionArgs extends SelectionQuestion, PageArgs {}

/** An orchestrator that may be chosen now, and why. */
export interface Candidate {
  readonly address: string;
  /** Its offers that agree with the question, by service, pipeline and model. */
  readonly offers: readonly ServiceOffer[];
  readonly isWarm: boolean;
  readonly capacityAvailable: Metric;
  readonly warmCapacityAvailable: Metric;
  readonly lastSeenAt: Date;
  /** null when nothing was recorded. */
  readonly score: ScoreAnswer | null;
}

export interface Selection {
  /** Of the scores. */
  readonly range: UsedRange;
  readonly candidates: readonly Candidate[];
}

const POSITIVE_DECIMAL = /^\d{1,40}(\.\d{1,40})?$/;

/**
 * Who can be sent work now, best score first: orchestrators whose public services offer it in reports that stand for
 * now, with their scores over the range. Of equal scores the one with more warm capacity left comes first. Whoever has no
 * score, since nobody requested a session of it, comes last, and not at all when a least score is asked for.
 *
 * A fixed number of statements: one for the offers, those of the scores. Fails with INVALID_ARGUMENT.
 */
export async function selectOrchestrators(context: ApiContext, question: SelectionQuestion): Promise<Selection> {
  const { pipeline, model, region } = question;
  refuseBlanks({ pipeline, model, region });
  const minScore = checkedMinScore(question.minScore);
  const [offers, { range, groups }] = await Promise.all([
    readServiceOffers(context.db, offerFilter(question), context.nowMs),
    allSlaScores(context, {
      groupBy: ['ORCHESTRATOR'],
      range: question.range,
      where: {
        ...(pipeline && { pipelines: [pipeline] }),
        ...(model && { models: [model] }),
        ...(region && { regions: [region] }),
      },
    }),
  ]);
  const scores = new Map(groups.map(({ grain, sums }) => [grain.ORCHESTRATOR, sums]));
  const candidates = [...groupBy(offers, ({ orchestratorId }) => orchestratorId)]
    .filter(([, own]) => question.hasCapacity === false || !own.every(isFull))
    .map(([address, own]) => candidateOf(address, own, scores.get(address) ?? null))
    .filter(({ score }) => minScore === null || (score?.value.value ?? -1) >= minScore);
  return { range, candidates: candidates.sort((a, b) => compareKeys(keyOf(a), keyOf(b))) };
}

/**
 * The same for software that sends work by the answer: FEED_STALE instead of nobody when no report at all stands for now,
 * since then it is us who do not see the network.
 */
export async function selectOrchestratorsNow(context: ApiContext, question: SelectionQuestion): Promise<Selection> {
  const selection = await selectOrchestrators(context, question);
  if (selection.candidates.length === 0 && !(await isAnybodyReported(context.db, context.nowMs))) {
    throw new AppError('FEED_STALE', 'no capability report stands for now');
  }
  return selection;
}

export interface SelectionPage extends CountedPage<Candidate> {
  readonly range: UsedRange;
}

/** A page of those who can be sent work now. */
export async function selectionPage(context: ApiContext, args: SelectionArgs): Promise<SelectionPage> {
  const { first, last, after, before, ...question } = args;
  const { range, candidates } = await selectOrchestrators(context, question);
  const page = wholeListPage(
    { field: 'orchestratorSelection', filter: question, shape: ['number', 'number', 'string'], key: keyOf },
    candidates,
    { first, last, after, before },
  );
  return { ...page, range };
}

function offerFilter(question: SelectionQuestion): ServiceOfferFilter {
  const { pipeline, model, maxWeiPerPixel, minMemoryBytes, isWarm } = question;
  if (typeof maxWeiPerPixel === 'string' && !POSITIVE_DECIMAL.test(maxWeiPerPixel)) {
    throw new AppError(
      'INVALID_ARGUMENT',
      `maxWeiPerPixel ${JSON.stringify(maxWeiPerPixel)} is not a decimal number from 0 like "1635.021"`,
    );
  }
  return {
    pipeline: pipeline ?? null,
    model: model ?? null,
    maxWeiPerPixel: maxWeiPerPixel ?? null,
    minMemoryBytes: minMemoryBytes ?? null,
    isWarm: isWarm ?? false,
  };
}

/** A blank is a variable that somebody forgot to set: it must not stand for everything. */
function refuseBlanks(texts: Readonly<Record<string, string | null | undefined>>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (text === '') throw new AppError('INVALID_ARGUMENT', `${name} is blank, wanted a value, or null for any`);
  }
}

function checkedMinScore(minScore: number | null | undefined): number | null {
  if (minScore === null || minScore === undefined) return null;
  if (minScore >= 0 && minScore <= 100) return minScore;
  throw new AppError('INVALID_ARGUMENT', `minScore is ${minScore}, wanted 0 to 100 points`);
}

/** A service that does not say how much it offers is not full. */
function isFull({ capacity, capacityAvailable }: ServiceOffer): boolean {
  return capacity > 0 && capacityAvailable === 0;
}

function candidateOf(address: string, offers: readonly ServiceOffer[], score: ScoreAnswer | null): Candidate {
  const warm = offers.filter(({ isWarm }) => isWarm);
  return {
    address,
    offers,
    isWarm: warm.length > 0,
    capacityAvailable: freeOf(offers),
    warmCapacityAvailable: freeOf(warm),
    lastSeenAt: new Date(Math.max(...offers.map(({ lastSeenAt }) => lastSeenAt.getTime()))),
    score,
  };
}

/** Free capacity over some offers, 0 over none; null when one of them does not say what is in use. */
function freeOf(offers: readonly ServiceOffer[]): Metric {
  const known = offers.flatMap(({ capacityAvailable }) => capacityAvailable ?? []);
  const sum = known.reduce((total, count) => total + count, 0);
  return metric('COUNT', known.length === offers.length ? sum : null, known.length);
}

function keyOf({ score, warmCapacityAvailable, address }: Candidate): readonly [number, number, string] {
  return [-(score?.value.value ?? -1), -(warmCapacityAvailable.value ?? -1), address];
}
