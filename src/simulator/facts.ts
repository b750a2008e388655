/** What one session message shows an observer; the ledger works from these, never from the bytes. */
export type SessionFact =
  | { family: 'trace'; type: string; eventMs: number; ownMs: number; orchestrator: number | null }
  | {
      family: 'status';
      eventMs: number;
      orchestrator: number | null;
      isRunning: boolean;
      hasOutput: boolean;
      startTimeMs: number;
      namesModel: boolean;
    }
  | {
      family: 'event';
      eventMs: number;
      orchestrator: number | null;
      isError: boolean;
      isExcusable: boolean;
      namesModel: boolean;
    }
  | { family: 'metrics'; eventMs: number }
  | V1Fact;

/** What a message of the spec dialect shows. */
export interface V1Fact {
  family: 'v1';
  type: string;
  eventMs: number;
  orchestrator: number | null;
  /** Not null in a request that says it. */
  request: { isColdStart: boolean; promptMs: number } | null;
  /** Output frames; only a sample and a first frame have any. */
  hasOutput: boolean;
  isError: boolean;
  isExcusable: boolean;
  /** Index of the orchestrator that a swap names as left. */
  swapFrom: number | null;
}

export interface PaymentFact {
  family: 'payment';
  eventId: string;
  eventMs: number;
  paymentSessionId: string;
  requestId: string;
  sender: string;
  recipient: string;
  ticketCount: number;
  /** Pipeline and model are in the manifest of a first payment only. */
  namesModel: boolean;
}

export interface TicketFact {
  family: 'ticket';
  eventId: string;
  eventMs: number;
  /** Whom its URL names. */
  orchestrator: string;
  ticketSessionId: string;
  requestId: string;
  sequence: number;
  billableSeconds: number;
  pixels: number;
  computedFeeWei: number;
}

export type JobFact =
  | { family: 'job'; step: 'received'; eventId: string; eventMs: number }
  | {
      family: 'job';
      step: 'llm';
      eventId: string;
      eventMs: number;
      isStreamed: boolean;
      promptTokens: number;
      completionTokens: number;
      ttftMs: number;
    }
  | {
      family: 'job';
      step: 'completed';
      eventId: string;
      eventMs: number;
      isSuccess: boolean;
      errorType: string;
      durationMs: number;
      tries: number | null;
      namesOrchestrator: boolean;
    };

/** A BYOC job is let in or not; null when the message does not say. */
export interface AuthFact {
  family: 'auth';
  eventMs: number;
  isGranted: boolean | null;
}

/** A BYOC worker says what it costs. */
export interface WorkerFact {
  family: 'worker';
  eventMs: number;
  /** Whom its URL names. */
  orchestrator: string;
  priceWei: number;
}

export type RequestFact = JobFact | AuthFact | WorkerFact;

export type Fact = SessionFact | PaymentFact | TicketFact | RequestFact;
