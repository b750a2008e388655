import { readHints } from './hints.js';
import {
  type MessageEvent,
  type MessageRow,
  type MessageRules,
  messageColumns,
  messageGrain,
  ownerOf,
  type ResolvedMessage,
} from './message.js';
import { publicName } from './public-name.js';

/** Numbers of one session are followed over tickets signed at most this long apart, so that no look-up is unbounded. */
export const TICKET_SESSION_DAYS = 7;

/**
 * A larger step between the numbers of two tickets is no gap: one of them is nonsense, or the session began anew. Without
 * a bound one such ticket would be all that a sum over a network's tickets says.
 */
const LARGEST_STEP = 1_000_000_000n;

/** An accepted create_signed_ticket message; decimal texts, null when not said, and texts `''`. */
export interface TicketEvent extends MessageEvent {
  /** The signer's session, over which sequence numbers run. */
  readonly ticketSessionId: string;
  readonly requestId: string;
  readonly pipeline: string;
  readonly orchAddress: string;
  readonly orchUrl: string;
  readonly sequenceNumber: string | null;
  /**
   * The number of the ticket before it by number, time and id, of those of its organisation and session that were signed
   * within 7 days of it; null when it is the first, and when its session or its own number are unknown.
   */
  readonly previousSequenceNumber: string | null;
  readonly billableSeconds: string | null;
  readonly pixels: string | null;
  readonly computedFee: string | null;
}

/** A row of `core.ticket`. */
export interface TicketRow extends MessageRow {
  readonly signedAt: Date;
  readonly ticketSessionId: string;
  readonly requestId: string;
  readonly orchUrl: string;
  readonly sequenceNumber: string | null;
  /** Whole number as text. */
  readonly missingCount: string;
  readonly isRepeated: boolean;
  readonly billableSeconds: string | null;
  readonly pixels: string | null;
  readonly computedFee: string | null;
}

/**
 * The row of a ticket [domain 4.2]. The numbers missing before it are its own, so that gaps add up: over all tickets of
 * a session of at most 7 days they are the numbers between its smallest and its largest that none has.
 */
export function resolveTicket(event: TicketEvent, rules: MessageRules): ResolvedMessage<TicketRow> {
  const { pipeline, model } = readHints(hintsOf(event), null);
  const orchestratorAddress = ownerOf({ url: event.orchUrl, address: event.orchAddress }, event, rules) ?? '';
  const grain = messageGrain(event, { orchestratorAddress, pipeline, model }, rules);
  const { ticketSessionId, requestId, orchUrl, sequenceNumber, billableSeconds, pixels, computedFee } = event;
  return {
    rows: [
      {
        ...messageColumns(event),
        signedAt: new Date(event.eventAtMs),
        grainId: grain.grainId,
        ...{ ticketSessionId, requestId, orchUrl, sequenceNumber },
        ...gapOf(event),
        ...{ billableSeconds, pixels, computedFee },
      },
    ],
    grains: [grain],
  };
}

function hintsOf({ pipeline }: TicketEvent) {
  const text = publicName(pipeline);
  return text === '' ? [] : [{ kind: 'text', text } as const];
}

function gapOf({
  sequenceNumber,
  previousSequenceNumber,
}: TicketEvent): Pick<TicketRow, 'missingCount' | 'isRepeated'> {
  if (sequenceNumber === null || previousSequenceNumber === null) return { missingCount: '0', isRepeated: false };
  const step = BigInt(sequenceNumber) - BigInt(previousSequenceNumber);
  const isGap = step > 0n && step <= LARGEST_STEP;
  return { missingCount: isGap ? String(step - 1n) : '0', isRepeated: step === 0n };
}
