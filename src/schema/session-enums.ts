import type {
  AttributionConfidence,
  AttributionMethod,
  AttributionOutcome,
  AttributionReason,
  Excusal,
  Milestone,
  SelectionOutcome,
  SessionMilestone,
  StreamState,
} from '../resolvers/session-detail.js';
import type { SessionState } from '../resolvers/session-state.js';
import type { SessionOrder, StartupOutcome } from '../resolvers/sessions.js';
import type { Builder } from './builder.js';
import { describedEnum, storedEnum } from './enums.js';
import { defineReasonEnums } from './reason-enums.js';

export type SessionEnums = ReturnType<typeof defineSessionEnums>;

export function defineSessionEnums(builder: Builder) {
  return {
    State: describedEnum<SessionState>(
      builder,
      'SessionState',
      'Whether a session goes on, judged at the instant of the request.',
      {
        LIVE: 'An event came within the last 2 minutes.',
        IDLE: 'Nothing for 2 minutes.',
        LOST: 'Nothing for 30 minutes and no close; taken as ended at its newest event.',
        COMPLETED: 'The gateway closed it.',
      },
    ),
    Startup: storedEnum<StartupOutcome>(builder, 'StartupOutcome', 'How a session started [LIFECYCLE-003].', {
      success: 'It became playable.',
      failed: 'It was requested and did not become playable.',
      unknown: 'No request was seen.',
    }),
    Excusal: storedEnum<Excusal>(builder, 'Excusal', 'Why a failed start is not held against the network.', {
      none: 'It is held against it.',
      no_orch: 'No orchestrator was found for it.',
      excusable_error: 'All its errors are excusable ones, such as a user who went away [LIFECYCLE-004].',
    }),
    Selection: storedEnum<SelectionOutcome>(builder, 'SelectionOutcome', 'Whether an orchestrator was found.', {
      selected: 'At least one was observed.',
      no_orch: 'The gateway said that it found none.',
      unknown: 'Neither was seen.',
    }),
    StreamState: storedEnum<StreamState>(builder, 'StreamState', 'State that a status sample reports.', {
      LOADING: 'The model is being loaded.',
      OFFLINE: 'Nothing runs.',
      ONLINE: 'Running.',
      DEGRADED_INPUT: 'Running, on too few input frames.',
      DEGRADED_INFERENCE: 'Running, with too few output frames.',
      ERROR: 'Failed.',
    }),
    Milestone: storedEnum<Milestone>(builder, 'Milestone', 'A step in the life of a session [LIFECYCLE-002].', {
      receive_request: 'The gateway received the stream request.',
      send_first_ingest: 'The gateway sent the first segment to the runner.',
      runner_receive_request: 'The runner received the request.',
      runner_receive_first_ingest: 'The runner received the first segment.',
      runner_send_first_processed: 'The runner sent the first processed segment.',
      receive_first_processed: 'The gateway received the first processed segment: first output.',
      few_processed: 'The gateway received a few processed segments: playable.',
      first_data: 'The gateway received the first data segment; no sign of success.',
      no_orchestrators: 'The gateway found no orchestrator.',
      close: 'The gateway closed the stream.',
      loading_image: 'The gateway showed a loading image, which is no output.',
    }),
    Attribution: storedEnum<AttributionOutcome>(
      builder,
      'AttributionOutcome',
      'Whether it is known who served [ATTRIBUTION-004].',
      {
        resolved: 'Orchestrator, pipeline, model and hardware are known.',
        hardware_less: 'Orchestrator, pipeline and model are known; no hardware was reported.',
        stale: 'Only capability reports that are too old fit.',
        ambiguous: 'Several capability reports fit.',
        unresolved: 'None fits.',
      },
    ),
    Method: storedEnum<AttributionMethod>(builder, 'AttributionMethod', 'What capability reports were matched by.', {
      url: 'The first service URL observed.',
      address: 'The on-chain address observed.',
      local_address: 'A node’s own key with one owner.',
      none: 'Nothing.',
    }),
    Reason: storedEnum<AttributionReason>(builder, 'AttributionReason', 'Why an attribution came out as it did.', {
      matched: 'The report in force at the start fits.',
      matched_prior: 'The report replaced shortly before the start fits.',
      matched_later: 'The report first seen during it, or up to 30 s after, fits.',
      stale: 'Only reports that are too old fit.',
      ambiguous: 'Several reports fit equally.',
      no_orchestrator_observed: 'No event shows an orchestrator.',
      missing_candidate: 'No report is of the orchestrator observed.',
      incompatible_candidates: 'No report offers the pipeline and model that the events speak of.',
      missing_uri_snapshot_local_alias_present: 'No report is of the URL; one is of the node’s own key.',
      missing_uri_snapshot_address_match_present: 'No report is of the URL; one is of the on-chain address.',
    }),
    Confidence: storedEnum<AttributionConfidence>(builder, 'AttributionConfidence', 'How far to trust a decision.', {
      high: 'By URL, from the report in force.',
      medium: 'By address, or from the report before.',
      low: 'From a later report, without hardware, or with several GPUs.',
      none: 'Nobody was decided on.',
    }),
    ...defineReasonEnums(builder),
    Order: describedEnum<SessionOrder>(builder, 'SessionOrder', 'What sessions are ordered by.', {
      STARTED_AT: 'The start of the session.',
      LAST_SEEN_AT: 'Its newest event.',
    }),
    Clock: describedEnum<SessionMilestone['clock']>(builder, 'Clock', 'Whose clock an instant is on.', {
      GATEWAY: 'The gateway’s.',
      RUNNER: 'The runner’s.',
    }),
  };
}
