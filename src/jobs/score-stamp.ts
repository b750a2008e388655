import type { PoolClient } from 'pg';
import { readNewestStamp } from '../warehouse/stores/score-store.js';

/** When a run of scoring is: what it stands for, and when it really runs. */
export interface ScoringTime {
  /** Decides what is final. */
  readonly asOf: Date;
  /** The clock of a run that may be late; without one the run is dated `asOf`, so that it repeats exactly. */
  readonly clock?: (() => Date) | undefined;
}

/**
 * The instant from which what is appended now is known [FACT-001]: `asOf`, but never before the clock, nor before
 * anything stored. A tick that runs late would else change what `asOf` answered in between. Ask under the lock of
 * scoring.
 */
export async function readStamp(client: PoolClient, { asOf, clock }: ScoringTime): Promise<Date> {
  const newest = await readNewestStamp(client);
  return new Date(Math.max(asOf.getTime(), clock?.().getTime() ?? 0, newest?.getTime() ?? 0));
}
