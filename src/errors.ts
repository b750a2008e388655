/**
 * Every failure a person may meet, by who must act on it. `docs/errors.md` explains each code; a test holds the two
 * equal. What a producer sent is never an error here but a `rejected` verdict.
 */

/** Who has to do something: the one who asked, the one who runs the system, or the one who wrote it. */
type Actor = 'caller' | 'operator' | 'developer';

interface CatalogueEntry {
  readonly actor: Actor;
  readonly httpStatus: number;
}

export const ERROR_CATALOGUE = {
  INVALID_ARGUMENT: { actor: 'caller', httpStatus: 400 },
  INVALID_RANGE: { actor: 'caller', httpStatus: 400 },
  RANGE_TOO_WIDE: { actor: 'caller', httpStatus: 400 },
  RANGE_NOT_KEPT: { actor: 'caller', httpStatus: 400 },
  UNSUPPORTED_BUCKET: { actor: 'caller', httpStatus: 400 },
  UNSUPPORTED_DIMENSION: { actor: 'caller', httpStatus: 400 },
  INVALID_CURSOR: { actor: 'caller', httpStatus: 400 },
  UNKNOWN_SCORING_VERSION: { actor: 'caller', httpStatus: 400 },
  QUERY_TOO_COMPLEX: { actor: 'caller', httpStatus: 400 },
  QUERY_TIMEOUT: { actor: 'caller', httpStatus: 400 },
  NOT_FOUND: { actor: 'caller', httpStatus: 404 },

  USAGE: { actor: 'operator', httpStatus: 500 },
  CONFIG_INVALID: { actor: 'operator', httpStatus: 500 },
  INPUT_UNREADABLE: { actor: 'operator', httpStatus: 500 },
  DATA_FOLDER_IN_USE: { actor: 'operator', httpStatus: 500 },
  EMBEDDED_POSTGRES_FAILED: { actor: 'operator', httpStatus: 500 },
  PORT_IN_USE: { actor: 'operator', httpStatus: 500 },
  DATABASE_UNAVAILABLE: { actor: 'operator', httpStatus: 503 },
  DATABASE_UNSUPPORTED: { actor: 'operator', httpStatus: 500 },
  DATABASE_NOT_MIGRATED: { actor: 'operator', httpStatus: 503 },
  DATABASE_PERMISSION_DENIED: { actor: 'operator', httpStatus: 500 },
  MIGRATION_CHANGED: { actor: 'operator', httpStatus: 500 },
  MIGRATION_FAILED: { actor: 'operator', httpStatus: 500 },
  FEED_STALE: { actor: 'operator', httpStatus: 503 },
  BROKER_UNAVAILABLE: { actor: 'operator', httpStatus: 503 },
  TOPIC_MISSING: { actor: 'operator', httpStatus: 500 },
  TOPIC_RECREATED: { actor: 'operator', httpStatus: 500 },
  COMPRESSION_UNSUPPORTED: { actor: 'operator', httpStatus: 500 },
  SESSIONS_PARKED: { actor: 'operator', httpStatus: 500 },
  MARKS_LEFT: { actor: 'operator', httpStatus: 500 },
  ROWS_DIFFER: { actor: 'operator', httpStatus: 500 },
  STORED_BY_OLDER_VERSION: { actor: 'operator', httpStatus: 500 },

  INTERNAL: { actor: 'developer', httpStatus: 500 },
  INVARIANT_BROKEN: { actor: 'developer', httpStatus: 500 },
  JOB_PAYLOAD_INVALID: { actor: 'developer', httpStatus: 500 },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

interface AppErrorOptions {
  readonly cause?: unknown;
  /** Facts for the log, never shown to a caller. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The one error class. The message says what was seen and what was wanted. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly actor: Actor;
  readonly httpStatus: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'AppError';
    this.code = code;
    this.actor = ERROR_CATALOGUE[code].actor;
    this.httpStatus = ERROR_CATALOGUE[code].httpStatus;
    this.details = options.details ?? {};
  }
}

export interface PublicError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly httpStatus: number;
}

/**
 * What a caller may see of a failure: code and message of a caller's own error, only the code of an operator's, and
 * `INTERNAL` for all else, whatever it was.
 */
export function publicError(error: unknown): PublicError {
  if (!(error instanceof AppError) || error.actor === 'developer') {
    return { code: 'INTERNAL', message: 'internal error', httpStatus: 500 };
  }
  const { code, httpStatus } = error;
  return { code, httpStatus, message: error.actor === 'caller' ? error.message : 'the service cannot answer now' };
}
