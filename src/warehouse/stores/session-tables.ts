import type { ResolvedSession } from '../../domain/session-rows.js';
import { type StoredSlice, sliceRow } from './session-slice-store.js';

/** The tables that hold what sessions resolve to, and the rows of one session in each. */
export const SESSION_TABLES = [
  'core.session',
  'core.segment',
  'core.swap',
  'core.session_start',
  'core.session_bucket_5m',
  'core.session_bucket_1h',
  'core.session_ingest_5m',
  'core.session_ingest_1h',
  'core.session_slice',
  'core.session_identity',
  'core.session_gpu_reading',
] as const;
export const DECISION_TABLE = 'core.decision';
export type SessionTable = (typeof SESSION_TABLES)[number] | typeof DECISION_TABLE;

export type SessionTables = Readonly<Record<SessionTable, readonly object[]>>;

/** Row objects of one session by table; of decisions, what was decided now. */
export function rowsByTable(resolved: ResolvedSession, slices: readonly StoredSlice[]): SessionTables {
  const { org, sessionKey } = resolved.session;
  return {
    'core.session': [resolved.session],
    'core.segment': resolved.segments,
    'core.swap': resolved.swaps,
    'core.session_start': [resolved.start],
    'core.session_bucket_5m': resolved.buckets5m,
    'core.session_bucket_1h': resolved.buckets1h,
    'core.session_ingest_5m': resolved.ingest5m,
    'core.session_ingest_1h': resolved.ingest1h,
    'core.session_slice': slices.map(sliceRow),
    'core.session_identity': resolved.identities.map((identity) => ({ org, identity, sessionKey })),
    'core.session_gpu_reading': resolved.gpuReadings,
    'core.decision': resolved.decisions,
  };
}

/** The rows of several sessions by table. */
export function joinedTables(all: readonly SessionTables[]): SessionTables {
  const of = (table: SessionTable): readonly object[] => all.flatMap((one) => one[table]);
  return {
    'core.session': of('core.session'),
    'core.segment': of('core.segment'),
    'core.swap': of('core.swap'),
    'core.session_start': of('core.session_start'),
    'core.session_bucket_5m': of('core.session_bucket_5m'),
    'core.session_bucket_1h': of('core.session_bucket_1h'),
    'core.session_ingest_5m': of('core.session_ingest_5m'),
    'core.session_ingest_1h': of('core.session_ingest_1h'),
    'core.session_slice': of('core.session_slice'),
    'core.session_identity': of('core.session_identity'),
    'core.session_gpu_reading': of('core.session_gpu_reading'),
    'core.decision': of('core.decision'),
  };
}

/** Columns of a decision that say when, not what. */
export const DECISION_TIMES: readonly string[] = ['decided_at', 'superseded_at'];
