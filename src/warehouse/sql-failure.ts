import pg from 'pg';

/**
 * What a failed statement calls for: `transient` to be tried again (connection, restart, deadlock, lack of space),
 * `data` when the rows themselves are refused, `permanent` for all else (a missing table, a missing right, our bug).
 */
export type SqlFailure = 'transient' | 'data' | 'permanent';

// connection, resources, operator intervention, system; serialization and deadlock; lock not available; read-only standby
const TRANSIENT = /^(?:08|53|57|58|40|XX000|55P03|25006)/;
const DATA = /^(?:22|23|54)/;
const CONNECTION_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENOENT',
]);
const CONNECTION_MESSAGES = /connection terminated|connection ended|timeout exceeded|not queryable|write after end/i;

export function classifyFailure(error: unknown): SqlFailure {
  if (error instanceof pg.DatabaseError) {
    const code = error.code ?? '';
    if (TRANSIENT.test(code)) return 'transient';
    return DATA.test(code) ? 'data' : 'permanent';
  }
  // the encoder's own refusal of a value
  if (error instanceof TypeError || error instanceof RangeError) {
    return 'data';
  }
  if (error instanceof Error) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
    return CONNECTION_CODES.has(code) || CONNECTION_MESSAGES.test(error.message) ? 'transient' : 'permanent';
  }
  return 'permanent';
}
