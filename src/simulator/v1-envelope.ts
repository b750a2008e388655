import type { Emission } from './emission.js';
import type { V1Fact } from './facts.js';
import type { SimulatedOrchestrator } from './network.js';
import type { Random } from './random.js';
import type { SessionPlan } from './session-plan.js';

type FactDetails = Partial<Omit<V1Fact, 'family' | 'type' | 'eventMs'>>;

/** Writes one v1 message of a session; without details it is one that no outcome depends on. */
export type SendV1 = (
  type: string,
  atMs: number,
  orchestrator: SimulatedOrchestrator | null,
  payload: object,
  details: FactDetails | null,
) => Emission;

/** How v1 messages of a session name an orchestrator. */
export function nodeOf({ namesNodeByUrl }: SessionPlan, orchestrator: SimulatedOrchestrator): string {
  return namesNodeByUrl ? orchestrator.live.uri : orchestrator.address;
}

/** The gateway and the runner of one session as publishers of v1 messages. */
export function createV1Sender(plan: SessionPlan, random: Random): SendV1 {
  const { topic, region, host, index } = plan.gateway;
  const runner = `runner-${random.hex(6)}`;
  const ids = { ...idsOf(plan), is_synthetic: plan.isSynthetic };
  return (type, atMs, orchestrator, payload, details) => {
    const [publisher = ''] = type.split('.');
    const isGateway = publisher === 'gateway';
    const node = orchestrator === null ? {} : { node_addr: nodeOf(plan, orchestrator) };
    const message = {
      event_id: random.uuid(),
      schema_version: 'v1',
      event_type: type,
      timestamp_ms: atMs,
      publisher_id: isGateway ? host : runner,
      publisher_type: publisher,
      nodes_uuid: `node-${index}`,
      ...(isGateway ? { region } : {}),
      payload: { ...ids, ...node, ...payload },
    };
    const fact = details === null ? null : { ...blankFact(type, atMs, orchestrator), ...details };
    return { topic, atMs, json: JSON.stringify(message), fact };
  };
}

function blankFact(type: string, eventMs: number, orchestrator: SimulatedOrchestrator | null): V1Fact {
  return {
    family: 'v1',
    type,
    eventMs,
    orchestrator: orchestrator?.index ?? null,
    request: null,
    hasOutput: false,
    isError: false,
    isExcusable: false,
    swapFrom: null,
  };
}

/** Blank ids are left out. A session that has lost its request id has lost the stream's too: its trace alone is known. */
function idsOf({ streamId, requestId, traceId }: SessionPlan): object {
  if (requestId === '') return { trace_id: traceId };
  return { trace_id: traceId, request_id: requestId, ...(streamId === '' ? {} : { stream_id: streamId }) };
}
