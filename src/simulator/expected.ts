import type { SimulatedOrg } from './options.js';

/*
 * What truly was, as far as published messages can tell: the rows of an `--expect` file, one JSON object a line.
 * Worked out from the plans and the fate of each message, never by the rules of the product. Instants are epoch ms.
 */

/** Name of a gateway as the public sees it: null when its messages are blank; any private host is `gw_*`. */
export type PublicGateway = string | null;

export interface ExpectedSession {
  kind: 'session';
  org: SimulatedOrg;
  /** [LIFECYCLE-001] */
  sessionKey: string;
  requested: boolean;
  startupOutcome: 'success' | 'failed' | 'unknown';
  /** Null unless failed. */
  excusal: 'none' | 'no_orch' | 'excusable_error' | null;
  selectionOutcome: 'selected' | 'no_orch' | 'unknown';
  completed: boolean;
  errorCount: number;
  explicitSwaps: number;
  inferredSwaps: number;
  loadingOnly: boolean;
  zeroOutput: boolean;
  /** Null when the first request does not say. */
  coldStart: boolean | null;
  gateway: PublicGateway;
  region: string | null;
  /**
   * On-chain addresses (lower case) of the segments in order: the truth, known or not to the observer; null where what
   * the observer saw cannot tell.
   */
  orchestrators: (string | null)[];
  /** False when a lost report or lost hints leave a segment's attribution to chance: do not compare it then. */
  attributionCertain: boolean;
  /** Of the last segment; null when nothing published names it. */
  pipeline: string | null;
  model: string | null;
  isSynthetic: boolean;
  /** The first request, else first seen. */
  startMs: number;
  firstSeenMs: number;
  lastSeenMs: number;
  statusCount: number;
  startupMs: number | null;
  e2eMs: number | null;
  promptToPlayableMs: number | null;
}

export interface ExpectedPayment {
  kind: 'payment';
  org: SimulatedOrg;
  eventId: string;
  paidAtMs: number;
  gateway: PublicGateway;
  /** The payer's session. */
  paymentSessionId: string;
  /** Null when it names none. */
  requestId: string | null;
  sender: string;
  /** Who is paid. */
  orchestrator: string;
  ticketCount: number;
  faceValueWei: string;
  expectedValueWei: string;
  /** Null when unlinked. */
  sessionKey: string | null;
  linkMethod: 'request' | 'earlier' | 'later' | 'none';
  isSynthetic: boolean;
  /** Of its session, else what its manifest says; null when neither tells. */
  pipeline: string | null;
  model: string | null;
  /** False when its session's is: do not compare pipeline and model then. */
  attributionCertain: boolean;
}

/** The signed tickets of one signer's session. Decimals have no zeros at their end. */
export interface ExpectedTickets {
  kind: 'tickets';
  org: SimulatedOrg;
  ticketSessionId: string;
  requestIds: string[];
  firstSignedMs: number;
  lastSignedMs: number;
  ticketCount: number;
  /** Numbers between the first and the last that no published ticket has. */
  missingCount: number;
  /** Tickets whose number another has too: only where two signers drew one id. */
  repeatedCount: number;
  firstSequence: string;
  lastSequence: string;
  billableSeconds: string;
  pixels: string;
  computedFeeWei: string;
}

export interface ExpectedJob {
  kind: 'job';
  org: SimulatedOrg;
  /** Of its completion. */
  eventId: string;
  jobKind: 'ai_batch' | 'byoc';
  requestId: string | null;
  /** Received, if that was published, else completed. */
  atMs: number;
  /** Null for BYOC. */
  receivedMs: number | null;
  completedMs: number;
  outcome: 'selected' | 'no_orch' | 'unknown';
  isSuccess: boolean;
  errorType: string | null;
  durationMs: number;
  tries: number | null;
  gateway: PublicGateway;
  orchestrator: string | null;
  pipeline: string | null;
  model: string | null;
  /** False when lost reports leave it to chance: do not compare orchestrator, pipeline and model then. */
  attributionCertain: boolean;
  /** What its LLM event says; null without one. */
  llm: { isStreamed: boolean; promptTokens: number; completionTokens: number; ttftMs: number } | null;
}

/** Messages that are counted by themselves: signed tickets, authorisations of BYOC jobs, events of BYOC workers. */
export type CountedFamily = 'ticket' | 'byocAuth' | 'byocWorker';

/** Sums by name; those of tickets are as in `ExpectedTickets`, a gap counting at the ticket after it. */
export type Figures = Readonly<Record<string, number>>;

/** Sums of a gateway's messages in an hour; all private gateways of an organisation are one. */
export interface ExpectedHour {
  kind: `${CountedFamily}Hour`;
  org: SimulatedOrg;
  gateway: PublicGateway;
  /** Start of the UTC hour. */
  hourMs: number;
  figures: Figures;
}

/** Sums of the messages about one identity, over everything. */
export interface ExpectedIdentity {
  kind: `${CountedFamily}Identity`;
  org: SimulatedOrg;
  /** On-chain address, lower case; null where nobody is named, or no report of the organisation had named it yet. */
  orchestrator: string | null;
  pipeline: string | null;
  model: string | null;
  /** Start of the UTC hour of its first message. */
  firstHourMs: number;
  figures: Figures;
}

export type ExpectedRow =
  | ExpectedSession
  | ExpectedPayment
  | ExpectedTickets
  | ExpectedJob
  | ExpectedHour
  | ExpectedIdentity;

const privateHost = /^10\./;

/** A host as the public sees it. */
export function publicGateway(host: string): PublicGateway {
  if (host === '') return null;
  return privateHost.test(host) ? 'gw_*' : host;
}
