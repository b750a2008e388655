import type { OtherFactTable } from '../../domain/event.js';
import type { MessageKind } from '../../domain/message.js';
import { copyTable, type PlacedEvent, text, timestamptz } from './copy-table.js';

interface MessageMark {
  readonly kind: MessageKind;
  readonly org: string;
  readonly eventId: string;
  readonly eventAtMs: number;
}

export const MESSAGE_MARK = copyTable<MessageMark, null>('work.message_mark', {
  kind: text(({ kind }) => kind),
  org: text(({ org }) => org),
  event_id: text(({ eventId }) => eventId),
  event_at: timestamptz(({ eventAtMs }) => eventAtMs),
});

/** The facts that stand for themselves. */
const KIND_OF: Readonly<Partial<Record<OtherFactTable, MessageKind>>> = {
  discovery_result: 'discovery',
  signed_ticket: 'ticket',
  byoc_auth_event: 'byoc_auth',
  worker_lifecycle_event: 'byoc_worker',
};

/** One mark per new message of these. */
export function messageMarks(events: readonly PlacedEvent[]): readonly MessageMark[] {
  return events.flatMap(({ event: { org, eventId, eventAtMs, fact } }) => {
    const kind = fact.kind === 'other' ? KIND_OF[fact.table] : undefined;
    return kind === undefined ? [] : [{ kind, org, eventId, eventAtMs }];
  });
}
