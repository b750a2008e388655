import { metric } from '../resolvers/metric.js';
import { meanFps, type SessionMilestone, sessionLatency } from '../resolvers/session-detail.js';
import type { Session } from '../resolvers/sessions.js';
import { defineAttributionDecision } from './attribution-decision.js';
import type { Builder } from './builder.js';
import type { Entities } from './entities.js';
import type { SessionEnums } from './session-enums.js';
import type { Values } from './values.js';

export type SessionParts = ReturnType<typeof defineSessionParts>;

/** What a session is made of: milestones, segments, decisions, swaps, latencies. */
export function defineSessionParts(builder: Builder, enums: SessionEnums, values: Values, { Orchestrator }: Entities) {
  const { Clock, Milestone: MilestoneName, Attribution, Method, Reason, Confidence, SwapReason } = enums;
  const orchestratorText = 'null when attribution was not safe';

  const Milestone = builder.objectRef<SessionMilestone>('SessionMilestone').implement({
    description: 'A step in a session’s life, the first of its kind.',
    fields: (t) => ({
      milestone: t.field({
        type: MilestoneName.type,
        description: 'What happened.',
        resolve: ({ milestone }) => MilestoneName.of(milestone),
      }),
      at: t.expose('at', { type: 'DateTime', description: 'When, on the gateway’s clock, which orders events.' }),
      ownAt: t.expose('ownAt', {
        type: 'DateTime',
        nullable: true,
        description:
          'When, on the runner’s own clock; of a frame that the gateway showed (v1), the frame’s own time, which no latency takes; null for all else that the gateway saw itself.',
      }),
      clock: t.expose('clock', { type: Clock, description: 'Whose clock latencies take for this milestone.' }),
      eventId: t.exposeString('eventId', { description: 'The event that says so.' }),
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
      attributionOutcome: t.field({
        type: Attribution.type,
        description: 'Whether it is known who served.',
        resolve: ({ outcome }) => Attribution.of(outcome),
      }),
      attributionMethod: t.field({
        type: Method.type,
        description: 'What capability reports were matched by.',
        resolve: ({ method }) => Method.of(method),
      }),
      attributionReason: t.field({
        type: Reason.type,
        description: 'Why the outcome is what it is.',
        resolve: ({ reason }) => Reason.of(reason),
      }),
      attributionConfidence: t.field({
        type: Confidence.type,
        description: 'How far to trust it.',
        resolve: ({ confidence }) => Confidence.of(confidence),
      }),
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
  const { Decision, Sighting } = defineAttributionDecision(builder, enums);
  builder.prismaObject('SessionDecision', {
    description: 'An attribution decision about a segment, in force or superseded.',
    interfaces: [Decision],
    fields: (t) => ({
      segmentOrdinal: t.expose('ordinal', { type: 'Count', description: 'Ordinal of the segment; 0 is the first.' }),
    }),
  });
  const Swap = builder.prismaObject('SessionSwap', {
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
      reasonClass: t.field({
        type: SwapReason.type,
        description: 'Class of what the gateway said.',
        resolve: ({ reasonClass }) => SwapReason.of(reasonClass),
      }),
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
        startupMs: latency('Request to first processed segment at the gateway', (session) => session.startupMs),
        loadingImageMs: latency(
          'Request to first loading image, which is no output',
          (session) => session.loadingImageMs,
        ),
        ptffMs: latency(
          'PTFF, prompt to first frame: the prompt’s start time to playable',
          (session) => session.ptffMs,
        ),
        e2eMs: latency(
          'End to end: first segment sent to first one processed by the runner (two clocks)',
          (session) => session.e2eMs,
        ),
        gatewayRoundTripMs: latency(
          'First segment sent to first processed one received (one clock)',
          (session) => session.gatewayRoundTripMs,
        ),
        gatewayToRunnerMs: latency('Hop from gateway to runner (two clocks)', (session) => session.hopGatewayRunnerMs),
        runnerProcessingMs: latency('First segment inside the runner', (session) => session.hopRunnerMs),
        runnerToGatewayMs: latency('Hop from runner to gateway (two clocks)', (session) => session.hopRunnerGatewayMs),
      };
    },
  });

  return { Milestone, Latencies, Sighting, Decision, Swap };
}
