import { type Candidate, selectOrchestratorsNow } from '../resolvers/selection.js';
import { numberParameter, textParameter } from './parameters.js';
import { defineRoute, feedAnswer } from './rest-route.js';

interface Entry {
  readonly address: string;
  readonly score?: number;
}

/**
 * `GET /v1/feeds/orch-webhook`, for go-livepeer's `-orchWebhookUrl`: service URIs, best score first.
 *
 * Those that are full stay in the list: the gateway asks each for its capacity now, and our report is older
 * (docs/decisions/gateway-feeds.md).
 */
export const orchWebhookRoute = defineRoute({
  parameters: {
    pipeline: textParameter.optional(),
    model: textParameter.optional(),
    min_score: numberParameter({ min: 0, max: 1, isWhole: false }).optional(),
    limit: numberParameter({ min: 1, max: 1000, isWhole: true }).prefault('100'),
  },
  answer: async (context, { pipeline, model, min_score, limit }) => {
    const { candidates } = await selectOrchestratorsNow(context, { pipeline, model, hasCapacity: false });
    const entries = candidates.flatMap(entriesOf);
    const wanted = min_score === undefined ? entries : entries.filter(({ score }) => (score ?? -1) >= min_score);
    const firsts = new Map(wanted.toReversed().map((entry) => [entry.address, entry]));
    return feedAnswer(wanted.filter((entry) => firsts.get(entry.address) === entry).slice(0, limit));
  },
});

/** The services of an orchestrator that a gateway can call. */
function entriesOf({ offers, score }: Candidate): readonly Entry[] {
  const uris = [...new Set(offers.map(({ uri }) => uri))].filter((uri) => /^https?:\/\//i.test(uri));
  const points = score?.value.value ?? null;
  return uris.map((address) => ({ address, ...(points !== null && { score: points / 100 }) }));
}
