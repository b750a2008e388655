import { decisionSightings, type Sighting } from '../resolvers/session-detail.js';
import type { Builder } from './builder.js';
import type { SessionEnums } from './session-enums.js';

/** What decisions about segments and about jobs have in common; text is `''` where nothing is known. */
interface StoredDecision {
  readonly org: string;
  readonly outcome: string;
  readonly method: string;
  readonly reason: string;
  readonly confidence: string;
  readonly orchestratorAddress: string;
  readonly pipeline: string;
  readonly model: string;
  readonly gpuId: string;
  readonly decidedAt: Date;
  readonly supersededAt: Date | null;
  readonly sightings: unknown;
}

export type DecisionInterface = ReturnType<typeof defineAttributionDecision>['Decision'];

/** The interface of attribution decisions, whatever they are about, and the reports they rest on. */
export function defineAttributionDecision(builder: Builder, { Attribution, Method, Reason, Confidence }: SessionEnums) {
  const SightingRef = defineSighting(builder);
  const Decision = builder.interfaceRef<StoredDecision>('AttributionDecision').implement({
    description: 'Who was decided to have served, in force or superseded.',
    fields: (t) => {
      const text = (description: string, of: (decision: StoredDecision) => string) =>
        t.string({ nullable: true, description, resolve: (decision) => of(decision) || null });
      return {
        outcome: t.field({
          type: Attribution.type,
          description: 'Whether it is known who served.',
          resolve: ({ outcome }) => Attribution.of(outcome),
        }),
        method: t.field({
          type: Method.type,
          description: 'What capability reports were matched by.',
          resolve: ({ method }) => Method.of(method),
        }),
        reason: t.field({
          type: Reason.type,
          description: 'Why the outcome is what it is.',
          resolve: ({ reason }) => Reason.of(reason),
        }),
        confidence: t.field({
          type: Confidence.type,
          description: 'How far to trust it.',
          resolve: ({ confidence }) => Confidence.of(confidence),
        }),
        orchestratorAddress: text(
          'Canonical on-chain address; null when attribution was not safe.',
          (decision) => decision.orchestratorAddress,
        ),
        pipeline: text(
          'Canonical pipeline, or the capability of a BYOC job; null when unknown.',
          (decision) => decision.pipeline,
        ),
        model: text('Model; null when unknown.', (decision) => decision.model),
        gpuId: text('Public GPU id; null when unknown or one of several.', (decision) => decision.gpuId),
        sightings: t.field({
          type: [SightingRef],
          description: 'Capability reports it rests on.',
          resolve: decisionSightings,
        }),
        isCurrent: t.boolean({
          description: 'Whether it is in force.',
          resolve: ({ supersededAt }) => supersededAt === null,
        }),
        decidedAt: t.expose('decidedAt', { type: 'DateTime', description: 'When it was made.' }),
        supersededAt: t.expose('supersededAt', {
          type: 'DateTime',
          nullable: true,
          description: 'When another replaced it; null while in force.',
        }),
      };
    },
  });
  return { Decision, Sighting: SightingRef };
}

function defineSighting(builder: Builder) {
  return builder.objectRef<Sighting>('Sighting').implement({
    description: 'A stretch of equal capability reports that a decision rests on.',
    fields: (t) => ({
      orchestratorAddress: t.exposeString('address', { description: 'Canonical on-chain address reported.' }),
      orchestratorUri: t.exposeString('uri', {
        nullable: true,
        description: 'Service URI reported; null when its host is private.',
      }),
      firstSeenAt: t.expose('firstAt', { type: 'DateTime', description: 'First report of the stretch.' }),
      lastSeenAt: t.expose('lastAt', {
        type: 'DateTime',
        description: 'Newest report of it that the decision may know.',
      }),
      contentHash: t.exposeString('contentHash', { description: 'Hash of what was reported.' }),
      eventId: t.exposeString('eventId', { description: 'Event of the first report.' }),
    }),
  });
}
