import type { ClientBase } from 'pg';
import { writeAccepted } from '../warehouse/accepted-write.js';
import { rowsByTable } from '../warehouse/stores/session-tables.js';
import type { RebuildWriter, RebuiltRows } from '../warehouse/writers/session-rebuild-writer.js';
import type { RebuiltSession } from './rebuild-session.js';
import type { FailedSession } from './session-batch-fold.js';

/** A session that the database refused, with the slices that it is owed. */
export type RefusedSession = FailedSession & { readonly sliceStartsMs: readonly number[] };

/** Rebuilt sessions on their way to the database. */
export interface RebuildLots {
  /** Adds a session; resolves when there is room for the next. */
  add(session: RebuiltSession): Promise<void> | undefined;
  /** Writes what waits; answers every session whose rows the database refused, and only those are not written. */
  finish(): Promise<readonly RefusedSession[]>;
}

interface WaitingSession extends RebuiltRows {
  readonly org: string;
  readonly sessionKey: string;
  readonly sliceStartsMs: readonly number[];
}

/**
 * Rows that wait in memory before one COPY per table; a second lot is resolved while the first is written. The heap grows
 * to four times what is held, so lots make the peak of a rebuild.
 */
const DEFAULT_ROWS_PER_LOT = 4_000;

/** Writes sessions by the lot; of a lot with a row that the database refuses, all sessions but those at fault. */
export function createRebuildLots(
  client: ClientBase,
  writer: RebuildWriter,
  { rowsPerLot = DEFAULT_ROWS_PER_LOT }: { readonly rowsPerLot?: number } = {},
): RebuildLots {
  const refused: RefusedSession[] = [];
  let waiting: WaitingSession[] = [];
  let rowCount = 0;
  let writing: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | null = null;

  async function write(lot: readonly WaitingSession[]): Promise<void> {
    const outcome = await writeAccepted(client, lot, (sessions) => writer.write(sessions));
    for (const { item, error } of outcome.refused) refused.push({ ...nameOf(item), reason: 'refused', error });
  }

  async function settle(): Promise<void> {
    await writing;
    if (failure !== null) throw failure.error;
  }

  async function flush(): Promise<void> {
    const lot = waiting;
    waiting = [];
    rowCount = 0;
    await settle();
    // its failure is told by the next lot or the end: until then nobody waits for it
    writing = write(lot).catch((error: unknown) => {
      failure = { error };
    });
  }

  return {
    add({ resolved, slices }) {
      const { org, sessionKey } = resolved.session;
      const tables = rowsByTable(resolved, slices);
      const sliceStartsMs = slices.map(({ startMs }) => startMs);
      waiting.push({ org, sessionKey, tables, grains: resolved.grains, sliceStartsMs });
      for (const rows of Object.values(tables)) rowCount += rows.length;
      return rowCount < rowsPerLot ? undefined : flush();
    },
    async finish() {
      await flush();
      await settle();
      return refused;
    },
  };
}

function nameOf({ org, sessionKey, sliceStartsMs }: WaitingSession): Omit<RefusedSession, 'reason' | 'error'> {
  return { org, sessionKey, sliceStartsMs };
}
