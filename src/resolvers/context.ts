import type { Pool } from 'pg';
import type { Log } from '../log.js';
import type { PrismaClient } from '../warehouse/prisma/client.js';
import type { Floors } from '../warehouse/readers/floor-reader.js';
import type { Loaders } from './loaders.js';

/** What every resolver gets: connections of the reader role and the instant the request is answered at. */
export interface ApiContext {
  readonly db: Pool;
  readonly prisma: PrismaClient;
  /** The one "now" of a request, so that all its parts agree on what is open, final or live. */
  readonly nowMs: number;
  /** How far back things are kept: read once for a request, and only when it asks about what may be gone. */
  readonly floors: () => Promise<Floors>;
  readonly log: Log;
  readonly requestId: string;
  readonly loaders: Loaders;
}
