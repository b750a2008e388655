import type { ClientBase } from 'pg';

/** Every advisory lock of the jobs: the first key says what is locked, the second which one of them. */
export const LOCK = {
  /** Held by a session for as long as its worker pool lives; second key: hash of the pool's id. */
  workerAlive: 0x6e610001,
  /** One dirty shard is drained by one transaction at a time; second key: the shard. */
  sessionShard: 0x6e610002,
  /** Shared by transactions that read capability runs, exclusive while runs are recomputed. */
  capabilityRuns: 0x6e610003,
  /** Shared by tail batches and by retention, exclusive while everything is rebuilt. */
  resolverMode: 0x6e610004,
  /** Payments are linked by one transaction at a time. */
  payments: 0x6e610005,
  /** Jobs are resolved by one transaction at a time. */
  jobs: 0x6e610006,
  /** Messages of a kind are resolved by one transaction at a time; second key: the kind's place. */
  messages: 0x6e610007,
  /** What changed gateways change is marked by one transaction at a time. */
  gateways: 0x6e610008,
} as const;

const SHARE_MODE = 'select pg_try_advisory_xact_lock_shared($1, 0) as is_free';

/** False while everything is being rebuilt: the rebuild takes all marks, and asks for a run when it is done. */
export async function sharesMode(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ is_free: boolean }>(SHARE_MODE, [LOCK.resolverMode]);
  return rows[0]?.is_free === true;
}
