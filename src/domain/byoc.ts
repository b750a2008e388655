import { workerModel } from './job.js';
import {
  type MessageEvent,
  type MessageRow,
  type MessageRules,
  messageColumns,
  messageGrain,
  ownerOf,
  type ResolvedMessage,
} from './message.js';
import { canonicalModel, canonicalPipeline } from './pipelines.js';
import { publicName } from './public-name.js';

/** What the messages around BYOC jobs share; texts are `''` when missing. */
interface ByocMessage extends MessageEvent {
  /** As the gateway says it. */
  readonly name: string;
  readonly capability: string;
  readonly orchAddress: string;
  readonly orchUrl: string;
}

/** An accepted job_auth message. */
export interface ByocAuthEvent extends ByocMessage {
  readonly requestId: string;
  /** Null when not said. */
  readonly isSuccess: boolean | null;
  readonly error: string;
}

/** An accepted worker_lifecycle message. */
export interface ByocWorkerEvent extends ByocMessage {
  readonly workerUrl: string;
  /** Wei as decimal text; null when not said. */
  readonly pricePerUnit: string | null;
  readonly models: readonly string[];
}

interface ByocRow extends MessageRow {
  readonly eventAt: Date;
  readonly name: string;
  readonly capability: string;
}

/** A row of `core.byoc_auth`. */
export interface ByocAuthRow extends ByocRow {
  readonly requestId: string;
  readonly isSuccess: boolean | null;
  readonly error: string;
}

/** A row of `core.byoc_worker`. */
export interface ByocWorkerRow extends ByocRow {
  readonly orchUrl: string;
  readonly workerUrl: string;
  readonly pricePerUnit: string | null;
  readonly models: readonly string[];
}

/** The row of an authorisation; its pipeline is the capability, as a job's is [domain 4.2]. */
export function resolveByocAuth(event: ByocAuthEvent, rules: MessageRules): ResolvedMessage<ByocAuthRow> {
  const { requestId, isSuccess, error } = event;
  return resolved(event, { model: '', own: { requestId, isSuccess, error } }, rules);
}

/** The row of a worker event; its model is the one that the worker offers, as a job's is [domain 4.2]. */
export function resolveByocWorker(event: ByocWorkerEvent, rules: MessageRules): ResolvedMessage<ByocWorkerRow> {
  const { orchUrl, workerUrl, pricePerUnit, models } = event;
  const model = canonicalModel(publicName(workerModel(event)));
  return resolved(event, { model, own: { orchUrl, workerUrl, pricePerUnit, models } }, rules);
}

function resolved<Own extends object>(
  event: ByocMessage,
  { model, own }: { readonly model: string; readonly own: Own },
  rules: MessageRules,
): ResolvedMessage<ByocRow & Own> {
  const { name, capability, orchUrl: url, orchAddress: address } = event;
  const orchestratorAddress = ownerOf({ url, address }, event, rules) ?? '';
  const pipeline = canonicalPipeline(capability) ?? publicName(capability);
  const grain = messageGrain(event, { orchestratorAddress, pipeline, model }, rules);
  const eventAt = new Date(event.eventAtMs);
  return {
    rows: [{ ...messageColumns(event), eventAt, grainId: grain.grainId, name, capability, ...own }],
    grains: [grain],
  };
}
