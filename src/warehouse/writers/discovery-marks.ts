import { copyTable, type PlacedEvent, text, timestamptz } from './copy-table.js';

interface DiscoveryMark {
  readonly org: string;
  readonly eventId: string;
  readonly eventAtMs: number;
}

export const DISCOVERY_MARK = copyTable<DiscoveryMark, null>('work.discovery_mark', {
  org: text(({ org }) => org),
  event_id: text(({ eventId }) => eventId),
  event_at: timestamptz(({ eventAtMs }) => eventAtMs),
});

/** One mark per new discovery message. */
export function discoveryMarks(events: readonly PlacedEvent[]): readonly DiscoveryMark[] {
  return events.flatMap(({ event: { org, eventId, eventAtMs, fact } }) =>
    fact.kind === 'other' && fact.table === 'discovery_result' ? { org, eventId, eventAtMs } : [],
  );
}
