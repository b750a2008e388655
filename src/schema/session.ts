import { metric } from '../resolvers/metric.js';
import { meanFps, sessionMilestones } from '../resolvers/session-detail.js';
import { sessionState } from '../resolvers/session-state.js';
import type { Builder } from './builder.js';
import type { Entities } from './entities.js';
import type { SessionEnums } from './session-enums.js';
import { defineSessionParts, type SessionParts } from './session-parts.js';
import type { Values } from './values.js';

interface SessionDependencies {
  readonly sessionEnums: SessionEnums;
  readonly values: Values;
  readonly entities: Entities;
}

/** Sessions: what happened to one stream or request, and every decision about it. */
export function defineSessions(builder: Builder, dependencies: SessionDependencies) {
  const { sessionEnums, values, entities } = dependencies;
  const parts = defineSessionParts(builder, sessionEnums, values, entities);
  const Session = defineSession(builder, dependencies, parts);
  return { Session, Milestone: parts.Milestone, Sighting: parts.Sighting, Decision: parts.Decision, Swap: parts.Swap };
}

export type SessionTypes = ReturnType<typeof defineSessions>;
export type SessionType = SessionTypes['Session'];

function defineSession(
  builder: Builder,
  { sessionEnums, values, entities }: SessionDependencies,
  { Milestone, Latencies }: SessionParts,
) {
  const { State, Startup, Excusal, Selection, Attribution, StreamState, FailureClass, FailureReason } = sessionEnums;
  const { Orchestrator } = entities;
  const orchestratorText = 'null when attribution was not safe';
  return builder.prismaNode('Session', {
    nullable: true,
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
      loadingImageAt: t.expose('loadingImageAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the first loading image was shown; null when none was seen.',
      }),
      isLoadingOnly: t.exposeBoolean('isLoadingOnly', { description: 'It has samples, and none was running.' }),
      isZeroOutput: t.exposeBoolean('isZeroOutput', { description: 'It has samples, and none had output.' }),
      startupOutcome: t.field({
        type: Startup.type,
        description: 'How it started.',
        resolve: ({ startupOutcome }) => Startup.of(startupOutcome),
      }),
      excusal: t.field({
        type: Excusal.type,
        nullable: true,
        description: 'What excuses the failed start; null unless it failed.',
        resolve: ({ excusal }) => (excusal === null ? null : Excusal.of(excusal)),
      }),
      failureClass: t.field({
        type: FailureClass.type,
        nullable: true,
        description: 'How it failed, whether excused or not; null when it did not, or was not requested.',
        resolve: ({ failureClass }) => (failureClass === null ? null : FailureClass.of(failureClass)),
      }),
      failureReason: t.field({
        type: FailureReason.type,
        nullable: true,
        description: 'What its errors say about it; null without a failureClass.',
        resolve: ({ failureReason }) => (failureReason === null ? null : FailureReason.of(failureReason)),
      }),
      failureEventId: t.exposeString('failureEventId', {
        nullable: true,
        description: 'The error event that failureReason is of; null without one.',
      }),
      selectionOutcome: t.field({
        type: Selection.type,
        description: 'Whether an orchestrator was found.',
        resolve: ({ selectionOutcome }) => Selection.of(selectionOutcome),
      }),
      attributionOutcome: t.field({
        type: Attribution.type,
        description: 'Whether it is known who served the last segment.',
        resolve: ({ attributionOutcome }) => Attribution.of(attributionOutcome),
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
      restartCount: t.field({
        type: 'Count',
        description: 'Restarts of its runners; one that was both announced and counted counts once.',
        resolve: ({ restartCount }) => Number(restartCount),
      }),
      parameterUpdateCount: t.expose('parameterUpdateCount', {
        type: 'Count',
        description: 'Updates of its parameters.',
      }),
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
      lastStatus: t.field({
        type: StreamState.type,
        nullable: true,
        description: 'State in the newest status sample; null without samples.',
        resolve: ({ lastState }) => (lastState === null ? null : StreamState.of(lastState)),
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
}
