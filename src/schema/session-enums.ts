import type { SessionMilestone } from '../resolvers/session-detail.js';
import type { SessionState } from '../resolvers/session-state.js';
import type { SessionOrder, StartupOutcome } from '../resolvers/sessions.js';
import type { Builder } from './builder.js';
import { describedEnum } from './enums.js';

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
    Startup: describedEnum<StartupOutcome>(builder, 'StartupOutcome', 'How a session started.', {
      SUCCESS: 'It became playable.',
      FAILED: 'It was requested and did not become playable.',
      UNKNOWN: 'No request was seen.',
    }),
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
