import { PrismaPg } from '@prisma/adapter-pg';
import type { Pool } from 'pg';
import type { Log } from '../log.js';
import { translateDatabaseError } from '../warehouse/database-error.js';
import { PrismaClient } from '../warehouse/prisma/client.js';
import { readFloors } from '../warehouse/readers/floor-reader.js';
import type { ApiContext } from './context.js';
import { once } from './grouped-answer.js';
import { createLoaders } from './loaders.js';

/** What the ways in share: GraphQL, REST and feeds answer from contexts made here, so with one number [SERVING-002]. */
export interface Api {
  readonly createContext: (requestId: string) => ApiContext;
  /** A failure of the database driver as one of ours; everything else comes back as it was. */
  readonly translateError: (error: unknown) => unknown;
  readonly close: () => Promise<void>;
}

export interface ApiDependencies {
  /** Connections of the reader role, shared with Prisma; not closed here. */
  readonly db: Pool;
  readonly log: Log;
  readonly clock: () => number;
}

export function createApi({ db, log, clock }: ApiDependencies): Api {
  const prisma = new PrismaClient({ adapter: new PrismaPg(db) });
  return {
    createContext: (requestId) => {
      const loaders = createLoaders({ db, prisma, context: () => context });
      const nowMs = clock();
      const floors = once(() => readFloors(db, nowMs));
      const context: ApiContext = { db, prisma, nowMs, floors, log, requestId, loaders };
      return context;
    },
    translateError: translateDatabaseError,
    close: () => prisma.$disconnect(),
  };
}
