import { type Grain, grainOf } from './grain.js';
import type { LinkMethod, PaymentLink } from './payment-link.js';
import { canonicalModel, canonicalPipeline, offerOf } from './pipelines.js';
import { publicId } from './public-id.js';
import { publicName } from './public-name.js';
import type { Naming } from './segment-attribution.js';
import { sliceStartMs } from './time.js';

/** What an accepted payment event says; amounts are integer wei as text. */
export interface PaymentRecord {
  readonly paidAt: Date;
  readonly org: string;
  readonly eventId: string;
  readonly gateway: string;
  readonly requestId: string;
  readonly paymentSessionId: string;
  readonly manifestId: string;
  readonly sender: string;
  readonly recipient: string;
  readonly orchUrl: string;
  readonly capability: string;
  readonly faceValueWei: string;
  readonly expectedValueWei: string;
  readonly ticketCount: string;
  readonly price: string;
  readonly winProb: string;
}

/** A row of `core.payment`. */
export interface PaymentRow extends PaymentRecord {
  readonly bucketStart: Date;
  /** Public id, `p_` and 24 hex. */
  readonly paymentId: string;
  readonly grainId: string;
  readonly sessionKey: string;
  readonly linkMethod: LinkMethod;
}

/** What a payment takes over from its session. */
export interface PaidSession {
  readonly gateway: string;
  readonly region: string;
  readonly pipeline: string;
  readonly model: string;
  readonly isSynthetic: boolean;
}

/**
 * The row of a payment and its grain: the recipient is the orchestrator, pipeline and model are the session's, else what
 * the manifest says. `session` is null when unlinked, or when the session is no longer kept.
 */
export function paymentRow(
  record: PaymentRecord,
  link: PaymentLink,
  session: PaidSession | null,
  naming: Naming,
): { readonly row: PaymentRow; readonly grain: Grain } {
  const { org, eventId, gateway, recipient, paidAt } = record;
  const named = session !== null && (session.pipeline !== '' || session.model !== '') ? session : surfaceOf(record);
  const grain = grainOf({
    org,
    gateway: gateway === '' ? (session?.gateway ?? '') : naming.publicGateway(gateway),
    orchestratorAddress: recipient,
    pipeline: named.pipeline,
    model: named.model,
    gpuId: '',
    region: (gateway === '' ? '' : naming.regionOf(gateway)) || (session?.region ?? ''),
    isSynthetic: session?.isSynthetic ?? false,
  });
  const row: PaymentRow = {
    ...record,
    bucketStart: new Date(sliceStartMs(paidAt.getTime())),
    paymentId: publicId('p', [org, eventId]),
    grainId: grain.grainId,
    sessionKey: link.sessionKey,
    linkMethod: link.method,
  };
  return { row, grain };
}

const MANIFEST = /^(\d{1,3})_(.+)$/;

/** Pipeline and model of a first payment's manifest, such as `35_model`; later ones are random and say nothing. */
function surfaceOf({ manifestId, capability }: PaymentRecord): { readonly pipeline: string; readonly model: string } {
  const [, id, name] = MANIFEST.exec(manifestId) ?? [];
  if (id !== undefined && name !== undefined) {
    const offer = offerOf(Number(id), name);
    if (offer.pipeline !== '')
      return { pipeline: publicName(offer.pipeline), model: canonicalModel(publicName(offer.model)) };
  }
  return { pipeline: canonicalPipeline(capability) ?? publicName(capability), model: '' };
}
