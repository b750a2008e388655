import type { CapabilityIndex } from '../domain/capability-index.js';
import type { MessageKind, MessageRow, ResolvedMessage } from '../domain/message.js';
import type { Log } from '../log.js';
import type { Refusal } from '../warehouse/accepted-write.js';
import { type MessageName, messageName } from '../warehouse/readers/message-reader.js';
import type { Message } from './message-sources.js';
import type { ResolvePolicy } from './session-batch.js';

export interface MessageResolution extends ResolvedMessage<MessageRow> {
  readonly message: Message;
}

/** Resolves each message by itself: one that a rule throws at holds up none of the others. */
export function resolveEachMessage(
  messages: readonly Message[],
  capabilities: CapabilityIndex,
  { naming }: ResolvePolicy,
): { readonly resolutions: readonly MessageResolution[]; readonly refused: readonly Refusal<Message>[] } {
  const resolutions: MessageResolution[] = [];
  const refused: Refusal<Message>[] = [];
  for (const message of messages) {
    try {
      const rules = { capabilities: capabilities.ofOrg(message.event.org), naming };
      resolutions.push({ message, ...message.resolve(rules) });
    } catch (error) {
      refused.push({ item: message, error });
    }
  }
  return { resolutions, refused };
}

/** The marks of messages that could not be resolved, with one line for the operator each. */
export function leftMessages(refused: readonly Refusal<Message>[], kind: MessageKind, log: Log): MessageName[] {
  return refused.map(({ item: { event }, error }) => {
    const { org, eventId } = event;
    log.error({ err: error, kind, org, event: eventId }, 'message left with its mark: it could not be resolved');
    return messageName(event);
  });
}

/** Equal for the rows, events and marks of one message. */
export function messageKey({ org, eventId }: { readonly org: string; readonly eventId: string }): string {
  return `${org}\u001f${eventId}`;
}
