import type { Answer } from '../../../e2e/naap.js';

export type Ask = (query: string) => Promise<Answer>;

/** What is served and what a walk to the rows below makes of it; a number counts as walked once it was there. */
export interface Recount {
  /** Holds a served number against its recount; `ratio` is how far they may be apart, as a share. */
  same(coordinate: string, served: Answer, recounted: number | string | null, ratio?: number): void;
  /** A number that an event says as it is: its way back is that event, which the walk goes to. */
  stated(coordinate: string, served: Answer): void;
  /** Holds a served number against the numbers that it must lie between. */
  between(coordinate: string, served: Answer, parts: readonly number[]): void;
  /** An event that a walk ended at. */
  event(event: Answer): void;
  readonly walked: ReadonlySet<string>;
  readonly differences: readonly string[];
  readonly eventCount: () => number;
}

export function createRecount(): Recount {
  const walked = new Set<string>();
  const differences: string[] = [];
  let events = 0;
  /** The number in an answer; a metric that is null must say why. */
  function numberIn(coordinate: string, served: Answer): number | string | null {
    if (served === null || typeof served !== 'object') return served ?? null;
    if ((served.value === null) === (served.nullReason === 'OK')) {
      differences.push(`${coordinate} is ${served.value} for the reason ${served.nullReason}`);
    }
    return served.value;
  }
  return {
    walked,
    differences,
    eventCount: () => events,
    same(coordinate, served, recounted, ratio = 1e-9) {
      const seen = numberIn(coordinate, served);
      if (seen !== null) walked.add(coordinate);
      const isExact = typeof seen === 'string' && typeof recounted === 'string';
      const isSame =
        seen === null || recounted === null || isExact
          ? seen === recounted
          : Math.abs(Number(seen) - Number(recounted)) <= ratio * Math.max(1e-3, Math.abs(Number(recounted)));
      if (!isSame) differences.push(`${coordinate} is ${seen}, recounted ${recounted}`);
    },
    stated(coordinate, served) {
      if (numberIn(coordinate, served) !== null) walked.add(coordinate);
    },
    between(coordinate, served, parts) {
      const seen = numberIn(coordinate, served);
      if (seen === null) return;
      walked.add(coordinate);
      const value = Number(seen);
      if (!(value >= Math.min(...parts) * (1 - 1e-9) && value <= Math.max(...parts) * (1 + 1e-9))) {
        differences.push(`${coordinate} is ${value}, its parts ${Math.min(...parts)} to ${Math.max(...parts)}`);
      }
    },
    event(event) {
      events += 1;
      const { topic, partition, offset } = event?.source ?? {};
      if (event?.availability !== 'KEPT' || !event.eventId || !topic || partition !== 0 || !(offset >= 0)) {
        differences.push(`an event leads nowhere: ${JSON.stringify(event)}`);
      }
    },
  };
}

/** The fields of an event that every walk ends at. */
export const EVENT = 'eventId availability source { topic partition offset }';

/** Every row of a list, a hundred at a time; `listOf` takes the page arguments. */
export async function allRows(listOf: (page: string) => Promise<Answer>): Promise<readonly Answer[]> {
  const rows: Answer[] = [];
  for (let after = ''; ; ) {
    const { edges, pageInfo, totalCount } = await listOf(`first: 100${after && `, after: "${after}"`}`);
    rows.push(...edges.map(({ node }: Answer) => node));
    if (!pageInfo.hasNextPage) {
      if (totalCount !== undefined && totalCount !== rows.length) {
        throw new Error(`totalCount is ${totalCount}, the list has ${rows.length} rows`);
      }
      return rows;
    }
    after = pageInfo.endCursor;
  }
}

/** What `allRows` reads of a list beside its rows. */
export const PAGE = 'totalCount pageInfo { hasNextPage endCursor }';

export const sumOf = (values: readonly (number | string | null)[]): number =>
  values.reduce<number>((sum, value) => sum + Number(value ?? 0), 0);

/** Exact sum of whole amounts. */
export const weiOf = (values: readonly string[]): string =>
  values.reduce((sum, value) => sum + BigInt(value), 0n).toString();

/** Nearest rank of some values; null without any. */
export function rankOf(values: readonly number[], quantile: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(quantile * sorted.length) - 1] ?? null;
}

/** Mean of means by their samples; null without samples. */
export function meanOf(metrics: readonly Answer[]): number | null {
  const count = sumOf(metrics.map(({ sampleCount }) => sampleCount));
  return count > 0 ? sumOf(metrics.map(({ value, sampleCount }) => (value ?? 0) * sampleCount)) / count : null;
}

export const ratioOf = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);
