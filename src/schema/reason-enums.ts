import type { FailureClass, FailureReason, SwapKind, SwapReasonClass } from '../resolvers/reasons.js';
import type { Builder } from './builder.js';
import { storedEnum } from './enums.js';

/** Why a session failed or changed its orchestrator. */
export function defineReasonEnums(builder: Builder) {
  return {
    SwapReason: storedEnum<SwapReasonClass>(builder, 'SwapReasonClass', 'Class of the reason given for a swap.', {
      timeout: 'It took too long.',
      overload: 'No capacity was left.',
      price: 'The price.',
      user: 'The user or client.',
      error: 'A failure.',
      unknown: 'None was given, or none of these.',
    }),
    SwapKind: storedEnum<SwapKind>(builder, 'SwapKind', 'How a swap is known.', {
      explicit: 'The gateway announced it.',
      inferred: 'Only its effect was seen: another orchestrator served. Its reason is never known.',
    }),
    FailureClass: storedEnum<FailureClass>(
      builder,
      'FailureClass',
      'How a requested session failed: the first that holds of STARTUP_FAILED, LOADING_ONLY, ZERO_OUTPUT, NO_ORCH and EXCUSABLE_ERROR. The first three are held against somebody and sum to the effectively failed, the last two are excused.',
      {
        startup_failed: 'It did not become playable, and nothing excuses it.',
        loading_only: 'It has status samples, and none of them was running.',
        zero_output: 'It has status samples, and none of them had output.',
        no_orch: 'The gateway found no orchestrator.',
        excusable_error: 'All its errors are excusable ones, such as a user who went away.',
      },
    ),
    FailureReason: storedEnum<FailureReason>(
      builder,
      'FailureReason',
      'What the first error of a failed session says, errors that excuse nothing first: the word of the spec dialect where given, else by the words of its text.',
      {
        timeout: 'It took too long.',
        overload: 'No capacity was left.',
        price: 'The price.',
        user: 'The user or client.',
        transport_disconnect: 'A connection was lost or never made.',
        model_error: 'The model failed. Only where the gateway says so.',
        error: 'Another failure, by its text.',
        other: 'The gateway says: none of its reasons.',
        unknown: 'There was an error, and its text says none of these.',
        none: 'No error was sent.',
      },
    ),
  };
}
