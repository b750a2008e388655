import { type OrgCapabilities, SIGHTING_GRACE_MS } from './capability-index.js';
import { type Grain, grainOf } from './grain.js';
import type { Naming } from './segment-attribution.js';
import { sliceStartMs } from './time.js';

/** Facts that stand for themselves: each accepted message has its own rows, one message's rows depend on no session. */
export const MESSAGE_KINDS = ['discovery', 'ticket', 'byoc_auth', 'byoc_worker'] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** What every such message says of itself. */
export interface MessageEvent {
  readonly org: string;
  readonly eventId: string;
  readonly eventAtMs: number;
  /** Host of the gateway, `''` when unknown. */
  readonly gateway: string;
}

export interface MessageRules {
  readonly capabilities: OrgCapabilities;
  readonly naming: Naming;
}

/** The rows of a message, and the dimensions that they point to. */
export interface ResolvedMessage<Row extends object = object> {
  readonly rows: readonly Row[];
  readonly grains: readonly Grain[];
}

/** What the rows of every kind begin with. */
export interface MessageRow {
  readonly bucketStart: Date;
  readonly org: string;
  readonly eventId: string;
  readonly grainId: string;
}

/** The columns that a message's rows share, but for the grain. */
export function messageColumns({ org, eventId, eventAtMs }: MessageEvent): Omit<MessageRow, 'grainId'> {
  return { bucketStart: new Date(sliceStartMs(eventAtMs)), org, eventId };
}

/**
 * The one on-chain address that a URL, else an address leads to, as known 30 s after the message; null when neither
 * leads to one [ATTRIBUTION-001].
 */
export function ownerOf(
  identity: { readonly url: string; readonly address: string },
  { eventAtMs }: MessageEvent,
  { capabilities }: MessageRules,
): string | null {
  return capabilities.canonicalOf(identity, eventAtMs + SIGHTING_GRACE_MS);
}

/** What a message is about, `''` where unknown. Messages name no GPU, and do not say whether they are test traffic. */
export interface MessageSubject {
  readonly orchestratorAddress: string;
  readonly pipeline: string;
  readonly model: string;
}

/** The dimensions of a message: its gateway, and what it is about. */
export function messageGrain(
  { org, gateway: host }: MessageEvent,
  { orchestratorAddress, pipeline, model }: MessageSubject,
  { naming }: MessageRules,
): Grain {
  return grainOf({
    org,
    gateway: host === '' ? '' : naming.publicGateway(host),
    orchestratorAddress,
    pipeline,
    model,
    gpuId: '',
    region: host === '' ? '' : naming.regionOf(host),
    isSynthetic: false,
  });
}
