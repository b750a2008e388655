import type { MessageKind } from '../../domain/message.js';
import { MESSAGE_TABLES } from '../message-tables.js';
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

/** By the name of their table, as facts have it. */
const KIND_OF: ReadonlyMap<string, MessageKind> = new Map(
  MESSAGE_TABLES.map(({ fact, kind }) => [fact.replace('fact.', ''), kind]),
);

/** One mark per new message of these. */
export function messageMarks(events: readonly PlacedEvent[]): readonly MessageMark[] {
  return events.flatMap(({ event: { org, eventId, eventAtMs, fact } }) => {
    const kind = fact.kind === 'other' ? KIND_OF.get(fact.table) : undefined;
    return kind === undefined ? [] : [{ kind, org, eventId, eventAtMs }];
  });
}
