import { metric } from '../resolvers/metric.js';
import {
  decisionSightings,
  meanFps,
  type SessionMilestone,
  type Sighting,
  sessionLatency,
  sessionMilestones,
} from '../resolvers/session-detail.js';
import { type Session, type SessionOrder, type StartupOutcome, sessions } from '../resolvers/sessions.js';
import { type SessionState, sessionState } from '../resolvers/session-state.js';
import { type Builder, connectionCost } from './builder.js';
import type { Entities } from './entities.js';
import { describedEnum, type Enums } from './enums.js';
import { relationsAskedFor } from './listed-rows.js';
import type Relations from './pothos-types.js';
import type { Values } from './values.js';

/** Sessions: what happened to one stream or request, and every decision about it. */
export function defineSessions(builder: Builder, enums: Enums, values: Values, { Orchestrator }: Entities): void {
  const { State, Startup, Order, Clock } = defineSessionEnums(builder);
  const orchestratorText = 'null when attribution was not safe';

  const Milestone = builder.objectRef<SessionMilestone>('SessionMilestone').implement({
    description: 'A step in a session’s life, the first of its kind.',
    fields: (t) => ({
      milestone: t.exposeString('milestone', {
        description: 'What happened, such as receive_request or few_processed.',
      }),
      at: t.expose('at', { type: 'DateTime', description: 'When, on the gateway’s clock, which orders events.' }),
      ownAt: t.expose('ownAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When, on the runner’s own clock; null for what the gateway saw itself.',
      }),
      clock: t.expose('clock', { type: Clock, description: 'Whose clock latencies take for this milestone.' }),
      eventId: t.exposeString('eventId', { description: 'The event that says so.' }),
    }),
  });
  const SightingRef = builder.objectRef<Sighting>('Sighting').implement({
    description: 'A stretch of equal capability reports that a decision rests on.',
    fields: (t) => ({
      orchestratorAddress: t.exposeString('address', { description: 'Canonical on-chain address reported.' }),
      uri: t.exposeString('uri', {
        nullable: true,
        description: 'Service URI reported; null when its host is private.',
      }),
      firstAt: t.expose('firstAt', { type: 'DateTime', description: 'First report of the stretch.' }),
      lastAt: t.expose('lastAt', { type: 'DateTime', description: 'Newest report of it that the decision may know.' }),
      contentHash: t.exposeString('contentHash', { description: 'Hash of what was reported.' }),
      eventId: t.exposeString('eventId', { description: 'Event of the first report.' }),
    }),
  });

  builder.prismaObject('SessionSegment', {
    description: 'A stretch of a session with one orchestrator.',
    fields: (t) => ({
      ordinal: t.expose('ordinal', { type: 'Count', description: 'Position in the session; 0 is the first.' }),
      startedAt: t.expose('startedAt', { type: 'DateTime', description: 'Its first event.' }),
      endedAt: t.expose('endedAt', { type: 'DateTime', description: 'Its last event.' }),
      orchestratorAddress: t.string({
        nullable: true,
        description: `Canonical on-chain address; ${orchestratorText}.`,
        resolve: (segment) => segment.orchestratorAddress || null,
      }),
      orchestrator: t.field({
        type: Orchestrator,
        nullable: true,
        description: `The orchestrator; ${orchestratorText}.`,
        resolve: ({ orchestratorAddress }, _args, { loaders }) =>
          orchestratorAddress ? loaders.orchestrator.load(orchestratorAddress) : null,
      }),
      orchestratorUri: t.exposeString('orchestratorUri', {
        nullable: true,
        description: 'First service URI observed; null when none was or its host is private.',
      }),
      pipeline: t.string({
        nullable: true,
        description: 'Canonical pipeline; null when unknown.',
        resolve: (segment) => segment.pipeline || null,
      }),
      model: t.string({
        nullable: true,
        description: 'Model; null when unknown.',
        resolve: (segment) => segment.model || null,
      }),
      gpuId: t.string({
        nullable: true,
        description: 'Public GPU id; null when unknown or one of several.',
        resolve: (segment) => segment.gpuId || null,
      }),
      outcome: t.exposeString('outcome', { description: 'resolved, hardware_less, stale, ambiguous or unresolved.' }),
      method: t.exposeString('method', {
        description: 'How the orchestrator was matched: url, address, local_address or none.',
      }),
      reason: t.exposeString('reason', { description: 'Why the outcome is what it is.' }),
      confidence: t.exposeString('confidence', { description: 'high, medium, low or none.' }),
      statusSampleCount: t.expose('statusSampleCount', { type: 'Count', description: 'Status samples in it.' }),
      averageFps: t.field({
        type: values.Metric,
        description: 'Mean output frames per second; null without samples.',
        resolve: ({ fpsSum, fpsSampleCount }) => meanFps(fpsSum, fpsSampleCount),
      }),
      serviceMinutes: t.field({
        type: values.Metric,
        description: 'Minutes of service seen; silences over 2 minutes are not service.',
        resolve: ({ serviceMs, statusSampleCount }) => metric('MINUTES', Number(serviceMs) / 60_000, statusSampleCount),
      }),
    }),
  });
  builder.prismaObject('SessionDecision', {
    description: 'An attribution decision about a segment, in force or superseded.',
    fields: (t) => ({
      ordinal: t.expose('ordinal', { type: 'Count', description: 'The segment; 0 is the first.' }),
      outcome: t.exposeString('outcome', { description: 'resolved, hardware_less, stale, ambiguous or unresolved.' }),
      method: t.exposeString('method', {
        description: 'How the orchestrator was matched: url, address, local_address or none.',
      }),
      reason: t.exposeString('reason', { description: 'Why the outcome is what it is.' }),
      confidence: t.exposeString('confidence', { description: 'high, medium, low or none.' }),
      orchestratorAddress: t.string({
        nullable: true,
        description: `Canonical on-chain address; ${orchestratorText}.`,
        resolve: (decision) => decision.orchestratorAddress || null,
      }),
      pipeline: t.string({
        nullable: true,
        description: 'Canonical pipeline; null when unknown.',
        resolve: (decision) => decision.pipeline || null,
      }),
      model: t.string({
        nullable: true,
        description: 'Model; null when unknown.',
        resolve: (decision) => decision.model || null,
      }),
      gpuId: t.string({
        nullable: true,
        description: 'Public GPU id; null when unknown or one of several.',
        resolve: (decision) => decision.gpuId || null,
      }),
      sightings: t.field({
        type: [SightingRef],
        description: 'Capability reports it rests on.',
        resolve: decisionSightings,
      }),
      isCurrent: t.exposeBoolean('isCurrent', { description: 'Whether it is in force.' }),
      decidedAt: t.expose('decidedAt', { type: 'DateTime', description: 'When it was made.' }),
      supersededAt: t.expose('supersededAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When another replaced it; null while in force.',
      }),
    }),
  });
  builder.prismaObject('SessionSwap', {
    description: 'A change of orchestrator within a session.',
    fields: (t) => ({
      ordinal: t.expose('ordinal', { type: 'Count', description: 'Position among the swaps; 0 is the first.' }),
      swappedAt: t.expose('swappedAt', {
        type: 'DateTime',
        description: 'Time of the announcement, or of the change when inferred.',
      }),
      fromAddress: t.string({
        nullable: true,
        description: 'Canonical address swapped away from; null when unknown.',
        resolve: (swap) => swap.fromOrchestratorAddress || null,
      }),
      toAddress: t.string({
        nullable: true,
        description: 'Canonical address swapped to; null when unknown.',
        resolve: (swap) => swap.toOrchestratorAddress || null,
      }),
      reason: t.string({
        nullable: true,
        description: 'What the gateway said, addresses masked; null when nothing.',
        resolve: (swap) => swap.reason || null,
      }),
      reasonClass: t.exposeString('reasonClass', { description: 'timeout, overload, price, user, error or unknown.' }),
      isExplicit: t.exposeBoolean('isExplicit', {
        description: 'Whether the gateway announced it; else it was inferred.',
      }),
      eventId: t.exposeString('eventId', { nullable: true, description: 'The announcing event; null when inferred.' }),
    }),
  });

  const Latencies = builder.objectRef<Session>('SessionLatencies').implement({
    description: 'Latencies of one session, each measured once.',
    fields: (t) => {
      const latency = (description: string, msOf: (session: Session) => number | null) =>
        t.field({
          type: values.Metric,
          description: `${description}, milliseconds; null when an edge is missing or inverted.`,
          resolve: (session) => sessionLatency(msOf(session)),
        });
      return {
        startup: latency('Request to first processed segment at the gateway', (session) => session.startupMs),
        promptToPlayable: latency('Prompt to playable (PTFF)', (session) => session.ptffMs),
        e2e: latency(
          'First segment sent to first one processed by the runner (two clocks)',
          (session) => session.e2eMs,
        ),
        gatewayRoundTrip: latency(
          'First segment sent to first processed one received (one clock)',
          (session) => session.gatewayRoundTripMs,
        ),
        gatewayToRunner: latency('Hop from gateway to runner (two clocks)', (session) => session.hopGatewayRunnerMs),
        runnerProcessing: latency('First segment inside the runner', (session) => session.hopRunnerMs),
        runnerToGateway: latency('Hop from runner to gateway (two clocks)', (session) => session.hopRunnerGatewayMs),
      };
    },
  });

  const SessionRef = builder.prismaNode('Session', {
    description:
      'One stream or request of one organisation: a function of the set of its events, whatever their order.',
    id: { field: 'id', description: 'Opaque global id.' },
    fields: (t) => ({
      sessionId: t.exposeString('sessionId', { description: 'Public id, s_ and 24 hex digits.' }),
      org: t.exposeString('org', { description: 'Organisation whose gateway sent the events.' }),
      streamId: t.string({
        nullable: true,
        description: 'Stream id of the gateway; null when the events carry none.',
        resolve: (session) => session.streamId || null,
      }),
      requestId: t.string({
        nullable: true,
        description: 'Request id of the gateway; null when the events carry none.',
        resolve: (session) => session.requestId || null,
      }),
      gateway: t.string({
        nullable: true,
        description: 'Public gateway name; null when unknown.',
        resolve: (session) => session.gateway || null,
      }),
      region: t.string({
        nullable: true,
        description: 'Region of the gateway; null when not configured.',
        resolve: (session) => session.region || null,
      }),
      isSynthetic: t.exposeBoolean('isSynthetic', { description: 'Whether it is test traffic.' }),
      startedAt: t.expose('startedAt', { type: 'DateTime', description: 'The first request, else the first event.' }),
      lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'The newest event.' }),
      durationMinutes: t.field({
        type: values.Metric,
        description: 'Minutes from the first to the newest event.',
        resolve: ({ firstSeenAt, lastSeenAt }) =>
          metric('MINUTES', (lastSeenAt.getTime() - firstSeenAt.getTime()) / 60_000, 1),
      }),
      state: t.field({
        type: State,
        description: 'Live, idle, lost or completed, at the instant of the request.',
        resolve: ({ isCompleted, lastSeenAt }, _args, { nowMs }) =>
          sessionState({ isCompleted, lastSeenMs: lastSeenAt.getTime() }, nowMs),
      }),
      endedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'The newest event of a completed or lost session; null while it may go on.',
        resolve: ({ isCompleted, lastSeenAt }, _args, { nowMs }) =>
          ['COMPLETED', 'LOST'].includes(sessionState({ isCompleted, lastSeenMs: lastSeenAt.getTime() }, nowMs))
            ? lastSeenAt
            : null,
      }),
      isRequested: t.exposeBoolean('isRequested', { description: 'Whether a request for it was seen.' }),
      isPlayable: t.exposeBoolean('isPlayable', { description: 'Whether a few processed segments came back.' }),
      hasFirstOutput: t.exposeBoolean('hasFirstOutput', {
        description: 'Whether a first processed segment came back.',
      }),
      hasRestart: t.exposeBoolean('hasRestart', { description: 'Whether a restart was reported.' }),
      hasError: t.exposeBoolean('hasError', { description: 'Whether an error was reported.' }),
      isColdStart: t.exposeBoolean('isColdStart', {
        nullable: true,
        description: 'Whether it started cold; null when nobody said.',
      }),
      isLoadingOnly: t.exposeBoolean('isLoadingOnly', { description: 'It has samples, and none was running.' }),
      isZeroOutput: t.exposeBoolean('isZeroOutput', { description: 'It has samples, and none had output.' }),
      startupOutcome: t.exposeString('startupOutcome', {
        description: 'success, failed, or unknown when no request was seen.',
      }),
      excusal: t.exposeString('excusal', {
        nullable: true,
        description: 'none, no_orch or excusable_error; null unless the start failed.',
      }),
      selectionOutcome: t.exposeString('selectionOutcome', { description: 'selected, no_orch or unknown.' }),
      attributionOutcome: t.exposeString('attributionOutcome', {
        description: 'Outcome for the last segment: resolved, hardware_less, stale, ambiguous or unresolved.',
      }),
      orchestratorAddress: t.string({
        nullable: true,
        description: `Canonical address of the last segment; ${orchestratorText}.`,
        resolve: (session) => session.orchestratorAddress || null,
      }),
      orchestrator: t.field({
        type: Orchestrator,
        nullable: true,
        description: `Orchestrator of the last segment; ${orchestratorText}.`,
        resolve: ({ orchestratorAddress }, _args, { loaders }) =>
          orchestratorAddress ? loaders.orchestrator.load(orchestratorAddress) : null,
      }),
      pipeline: t.string({
        nullable: true,
        description: 'Canonical pipeline of the last segment; null when unknown.',
        resolve: (session) => session.pipeline || null,
      }),
      model: t.string({
        nullable: true,
        description: 'Model of the last segment; null when unknown.',
        resolve: (session) => session.model || null,
      }),
      gpuId: t.string({
        nullable: true,
        description: 'Public GPU id of the last segment; null when unknown.',
        resolve: (session) => session.gpuId || null,
      }),
      segmentCount: t.expose('segmentCount', { type: 'Count', description: 'Segments.' }),
      explicitSwapCount: t.expose('explicitSwapCount', {
        type: 'Count',
        description: 'Swaps that the gateway announced.',
      }),
      inferredSwapCount: t.expose('inferredSwapCount', {
        type: 'Count',
        description: 'Changes of orchestrator that nobody announced.',
      }),
      errorCount: t.expose('errorCount', { type: 'Count', description: 'Error events.' }),
      statusSampleCount: t.expose('statusSampleCount', { type: 'Count', description: 'Status samples.' }),
      averageFps: t.field({
        type: values.Metric,
        description: 'Mean output frames per second; null without samples.',
        resolve: ({ fpsSum, fpsSampleCount }) => meanFps(fpsSum, fpsSampleCount),
      }),
      averageInputFps: t.field({
        type: values.Metric,
        description: 'Mean input frames per second; null without samples.',
        resolve: ({ inputFpsSum, inputFpsSampleCount }) => meanFps(inputFpsSum, inputFpsSampleCount),
      }),
      lastStatus: t.exposeString('lastState', {
        nullable: true,
        description: 'State in the newest status sample; null without samples.',
      }),
      healthCoverageRatio: t.field({
        type: values.Metric,
        description: 'Share of the expected health signals that were seen, 0–1; 1 when none is expected.',
        resolve: ({ healthObserved, healthExpected }) =>
          metric('RATIO', healthExpected > 0 ? Math.min(1, healthObserved / healthExpected) : 1, healthExpected),
      }),
      latencies: t.field({ type: Latencies, description: 'Its latencies.', resolve: (session) => session }),
      milestones: t.field({ type: [Milestone], description: 'Its milestones, in order.', resolve: sessionMilestones }),
      segments: t.relation('segments', {
        description: 'Its segments, in order.',
        query: { orderBy: { ordinal: 'asc' } },
      }),
      decisions: t.relation('decisions', {
        description: 'Every attribution decision about it, by segment and time; superseded ones too.',
        query: { orderBy: [{ ordinal: 'asc' }, { decidedAt: 'asc' }] },
      }),
      swaps: t.relation('swaps', {
        description: 'Its changes of orchestrator, in order.',
        query: { orderBy: { ordinal: 'asc' } },
      }),
    }),
  });

  builder.queryFields((t) => ({
    session: t.prismaField({
      type: SessionRef,
      nullable: true,
      description: 'The session with a public id; null when there is none.',
      args: { id: t.arg.string({ required: true, description: 'Public id, s_ and 24 hex digits.' }) },
      resolve: (query, _root, { id }, { prisma }) => prisma.session.findUnique({ ...query, where: { id } }),
    }),
    sessions: t.connection(
      {
        type: SessionRef,
        nullable: true,
        description: 'Sessions, newest start first.',
        complexity: connectionCost,
        args: {
          startedIn: t.arg({
            type: values.TimeRangeInput,
            required: false,
            description: 'Half-open range of the start, not snapped; any by default.',
          }),
          where: t.arg({
            type: values.GrainFilter,
            required: false,
            description: 'What to keep; everything by default.',
          }),
          state: t.arg({ type: State, required: false, description: 'Only sessions in this state now.' }),
          startupOutcome: t.arg({
            type: Startup,
            required: false,
            description: 'Only sessions with this outcome of their start.',
          }),
          streamId: t.arg.string({ required: false, description: 'Only sessions of this stream.' }),
          requestId: t.arg.string({ required: false, description: 'Only sessions of this request.' }),
          synthetic: t.arg({
            type: enums.Synthetic,
            required: false,
            description: 'Which traffic counts; EXCLUDE by default.',
          }),
          orderBy: t.arg({ type: Order, required: false, description: 'Instant to order by; STARTED_AT by default.' }),
          ascending: t.arg.boolean({ required: false, description: 'Oldest first; false by default.' }),
        },
        resolve: (_root, args, context, info) =>
          sessions(context, args, (ids) =>
            context.prisma.session.findMany({
              include: relationsAskedFor<Relations['Session']['Include']>(context, info, 'Session'),
              where: { id: { in: ids } },
            }),
          ),
      },
      {
        name: 'SessionConnection',
        description: 'A page of sessions.',
        fields: (c) => ({
          totalCount: c.field({
            type: 'Count',
            description: 'Sessions in the whole list.',
            resolve: (page) => page.totalCount(),
          }),
        }),
      },
      { name: 'SessionEdge', description: 'A session and its position.' },
    ),
  }));
}

function defineSessionEnums(builder: Builder) {
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
