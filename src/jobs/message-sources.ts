import type { ClientBase } from 'pg';
import { type ByocAuthEvent, type ByocWorkerEvent, resolveByocAuth, resolveByocWorker } from '../domain/byoc.js';
import { type DiscoveryEvent, resolveDiscovery } from '../domain/discovery.js';
import type { MessageEvent, MessageRow, MessageRules, ResolvedMessage } from '../domain/message.js';
import { resolveTicket, type TicketEvent } from '../domain/ticket.js';
import {
  BYOC_AUTH_TABLES,
  BYOC_WORKER_TABLES,
  DISCOVERY_TABLES,
  type MessageTables,
  TICKET_TABLES,
} from '../warehouse/message-tables.js';
import { type MessageName, readMessages, streamMessages } from '../warehouse/readers/message-reader.js';

/** A message as it was read, to be resolved by the rules of its kind. */
export interface Message {
  readonly event: MessageEvent;
  /** The URLs and addresses that whom it is about follows from. */
  readonly identities: readonly string[];
  resolve(rules: MessageRules): ResolvedMessage<MessageRow>;
}

/** The messages of one kind. */
export interface MessageSource {
  readonly tables: MessageTables;
  /** Those of these names, from `floor` on; each once. */
  read(client: ClientBase, names: readonly MessageName[], floor: Date): Promise<readonly Message[]>;
  /** Every one from `floor` on, some hundred at a time; in any order. Inside a transaction. */
  stream(client: ClientBase, floor: Date): AsyncGenerator<readonly Message[], void, undefined>;
}

function messageSource<Event extends MessageEvent>(
  tables: MessageTables,
  rules: {
    readonly identitiesOf: (event: Event) => readonly string[];
    readonly resolve: (event: Event, rules: MessageRules) => ResolvedMessage<MessageRow>;
  },
): MessageSource {
  const messageOf = (event: Event): Message => ({
    event,
    identities: rules.identitiesOf(event).filter((identity) => identity !== ''),
    resolve: (configuration) => rules.resolve(event, configuration),
  });
  return {
    tables,
    async read(client, names, floor) {
      return (await readMessages<Event>(client, tables, { names, floor })).map(messageOf);
    },
    async *stream(client, floor) {
      for await (const events of streamMessages<Event>(client, tables, floor)) yield events.map(messageOf);
    },
  };
}

const oneOrchestrator = ({ orchUrl, orchAddress }: Pick<TicketEvent, 'orchUrl' | 'orchAddress'>) => [
  orchUrl,
  orchAddress,
];

/** Every kind of message that stands for itself. */
export const MESSAGE_SOURCES: readonly MessageSource[] = [
  messageSource<DiscoveryEvent>(DISCOVERY_TABLES, {
    identitiesOf: ({ orchUrls, orchAddresses }) => [...orchUrls, ...orchAddresses],
    resolve: resolveDiscovery,
  }),
  messageSource<TicketEvent>(TICKET_TABLES, { identitiesOf: oneOrchestrator, resolve: resolveTicket }),
  messageSource<ByocAuthEvent>(BYOC_AUTH_TABLES, { identitiesOf: oneOrchestrator, resolve: resolveByocAuth }),
  messageSource<ByocWorkerEvent>(BYOC_WORKER_TABLES, { identitiesOf: oneOrchestrator, resolve: resolveByocWorker }),
];
