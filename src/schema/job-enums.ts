import type { JobKind, JobOutcome } from '../resolvers/jobs.js';
import type { JobFailureClass, JobFailureReason } from '../resolvers/reasons.js';
import type { Builder } from './builder.js';
import { storedEnum } from './enums.js';

export type JobEnums = ReturnType<typeof defineJobEnums>;

export function defineJobEnums(builder: Builder) {
  return {
    Kind: storedEnum<JobKind>(builder, 'JobKind', 'What kind of request-style work a job is.', {
      ai_batch: 'A request to one of the network’s own pipelines, LLMs among them.',
      byoc: 'Bring your own container: a job of an external capability.',
    }),
    Outcome: storedEnum<JobOutcome>(builder, 'JobOutcome', 'Whether an orchestrator was selected for a job.', {
      selected: 'Its completion names an orchestrator.',
      no_orch: 'It failed because no orchestrator was found. AI batch only.',
      unknown: 'It names no orchestrator and does not say why.',
    }),
    FailureClass: storedEnum<JobFailureClass>(
      builder,
      'JobFailureClass',
      'How a job failed: the first that holds of NO_ORCH, FAILED, LLM_FAILED and UNSAID.',
      {
        no_orch: 'The gateway found no orchestrator. AI batch only.',
        failed: 'It says that it failed.',
        llm_failed: 'It does not say so, and the LLM event of its request has an error. AI batch only.',
        unsaid: 'It does not say whether it succeeded, and there is an error or an HTTP status from 400 up.',
      },
    ),
    FailureReason: storedEnum<JobFailureReason>(
      builder,
      'JobFailureReason',
      'What a failed job says went wrong: its gateway’s own word where that says anything definite, else the words of its texts, else its HTTP status.',
      {
        no_orchestrators: 'Nobody was found to do it.',
        bad_request:
          'The request itself was refused: too large, malformed or not allowed; HTTP 4xx but for those below.',
        timeout: 'It took too long; HTTP 408 and 504.',
        overload: 'No capacity was left; HTTP 429 and 503.',
        price: 'The price, or its payment; HTTP 402.',
        user: 'The user or client, who cancelled it for instance; HTTP 499.',
        transport_disconnect: 'A connection was lost or never made.',
        model_error: 'The model failed. Only where the gateway says so.',
        error: 'Another failure, by its text or HTTP 5xx.',
        other: 'The gateway says: none of its reasons.',
        unknown: 'There was an error, and its text says none of these.',
        none: 'No error was sent.',
      },
    ),
  };
}
