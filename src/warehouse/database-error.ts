import { AppError, type ErrorCode } from '../errors.js';

interface Translation {
  readonly code: ErrorCode;
  readonly message: string;
}

const UNAVAILABLE: Translation = { code: 'DATABASE_UNAVAILABLE', message: 'the database does not answer' };
const NOT_MIGRATED: Translation = { code: 'DATABASE_NOT_MIGRATED', message: 'the database lacks a relation or column' };

const BY_SQLSTATE = new Map<string, Translation>([
  ['57014', { code: 'QUERY_TIMEOUT', message: 'the query took too long, wanted a narrower range or fewer groups' }],
  ['42501', { code: 'DATABASE_PERMISSION_DENIED', message: 'the database role may not do this' }],
  ['42P01', NOT_MIGRATED],
  ['42703', NOT_MIGRATED],
  ['3F000', NOT_MIGRATED],
  ['57P01', UNAVAILABLE],
  ['57P02', UNAVAILABLE],
  ['57P03', UNAVAILABLE],
  ['53300', UNAVAILABLE],
]);
const CONNECTION_FAILURES = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EPIPE']);

/** A failure of the database driver, or of Prisma over it, as one of ours; everything else comes back as it was. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  for (const code of codesOf(error)) {
    const translation =
      BY_SQLSTATE.get(code) ?? (code.startsWith('08') || CONNECTION_FAILURES.has(code) ? UNAVAILABLE : undefined);
    if (translation !== undefined) return new AppError(translation.code, translation.message, { cause: error });
  }
  return error;
}

/** SQLSTATE or system code of an error and of what caused it; Prisma keeps the driver's code in `meta` or `cause`. */
function* codesOf(error: unknown, depth = 0): Generator<string> {
  if (typeof error !== 'object' || error === null || depth > 4) return;
  for (const key of ['code', 'originalCode'] as const) {
    const code: unknown = Reflect.get(error, key);
    if (typeof code === 'string') yield code;
  }
  for (const key of ['cause', 'meta', 'driverAdapterError'] as const)
    yield* codesOf(Reflect.get(error, key), depth + 1);
}
