import type { PoolClient } from 'pg';
import type { JudgedMessage, Verdict } from '../../domain/verdict.js';
import type { PlacedEvent, TableRows } from './copy-table.js';
import type { SourceBatch } from './event-batch-writer.js';
import { SET_ASIDE } from './fact-tables.js';
import { claimEvents } from './ledger-writer.js';
import type { Tally } from './tally-writer.js';

// for share, not for key share: an ordinary update of the floor must wait until this batch is committed
const FLOOR_SQL = `select raw_floor from work.floor for share`;

/** Where the verdicts of a batch go. */
export interface VerdictBooks {
  readonly tally: Tally;
  readonly rows: TableRows;
  /** The name that a family nobody asked for is counted under. */
  readonly familyName: (family: string) => string;
}

/** The new events; every message is counted under its final verdict, and what is not accepted is set aside. */
export async function sortOut(
  client: PoolClient,
  batches: readonly SourceBatch[],
  { tally, rows, familyName }: VerdictBooks,
): Promise<readonly PlacedEvent[]> {
  const floorMs = await lockFloor(client);
  const candidates: PlacedEvent[] = [];
  for (const { source, messages } of batches) {
    for (const judged of messages) {
      const { message } = judged;
      const verdict = judgeAge(judged, floorMs);
      if (verdict.kind === 'accepted') {
        candidates.push({ event: verdict.event, message, sourceId: source.sourceId });
      } else {
        const family = verdict.reason === 'unsupported_event_family' ? familyName(verdict.family) : verdict.family;
        tally.count(source.sourceId, family, verdict.kind, verdict.reason, message.receivedAtMs);
        rows.add(SET_ASIDE, { org: source.org, sourceId: source.sourceId, message, verdict }, null);
      }
    }
  }
  const outcomes = await claimEvents(client, candidates);
  return candidates.filter(({ sourceId, event, message }, index) => {
    const outcome = outcomes[index];
    if (outcome?.kind === 'new') {
      tally.count(sourceId, event.family, 'accepted', '', message.receivedAtMs);
      return true;
    }
    const row = tally.count(sourceId, event.family, 'duplicate', 'duplicate_event_id', message.receivedAtMs);
    row.conflictCount += outcome?.isConflict === true ? 1 : 0;
    return false;
  });
}

/** `too_late`: before the floor, which retention alone moves, in the transaction that drops the data [domain 2.2]. */
function judgeAge({ message, verdict }: JudgedMessage, floorMs: number): Verdict {
  return verdict.kind === 'accepted' && verdict.event.eventAtMs < floorMs
    ? {
        kind: 'rejected',
        message,
        family: verdict.event.family,
        reason: 'too_late',
        detail: 'event time before raw_floor',
      }
    : verdict;
}

async function lockFloor(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ raw_floor: Date }>({ name: 'event-batch-writer/floor', text: FLOOR_SQL });
  return rows[0]?.raw_floor.getTime() ?? 0;
}
