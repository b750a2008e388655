import type { PoolClient } from 'pg';
import type { Log } from '../log.js';
import type { RowDifference } from '../warehouse/readers/row-difference.js';
import type { ResolvePolicy } from './session-batch.js';

/** What every part of a verification works with. */
export interface VerifyPart {
  /** A connection for comparisons, and one for a stream: both see the same instant. */
  readonly reader: PoolClient;
  readonly stream: PoolClient;
  /** From the raw floor on at the earliest. */
  readonly span: { readonly from: Date; readonly to: Date; readonly rawFloor: Date };
  readonly policy: ResolvePolicy;
  report(differences: readonly RowDifference[]): void;
  readonly signal?: AbortSignal;
  readonly log: Log;
}

/** What a part came to. */
export interface VerifiedPart {
  /** Recomputed and compared. */
  readonly count: number;
  /** Left out, because marks wait that may change them. */
  readonly waitingCount: number;
  /** That could not be recomputed: a rule failed. */
  readonly failedCount: number;
}
