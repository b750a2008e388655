import { type Candidate, type ServiceOffer, selectionPage } from '../resolvers/selection.js';
import { type Builder, connectionCost } from './builder.js';
import type { Entities } from './entities.js';
import type { SlaScoreType } from './scores.js';
import type { Values } from './values.js';

interface Parts {
  readonly values: Values;
  readonly entities: Entities;
  readonly SlaScore: SlaScoreType;
}

/** `orchestratorSelection`: whom a gateway can send work to now. */
export function defineSelection(builder: Builder, parts: Parts): void {
  const Selected = defineCandidate(builder, parts);
  builder.queryField('orchestratorSelection', (t) =>
    t.connection(
      {
        type: Selected,
        nullable: true,
        description:
          'Whom a gateway can send work to now: orchestrators with a public service that offers it in a report that stands for now, best score first. Of equal scores more warm capacity left comes first. Who has no score comes last, since unknown is neither bad nor good.',
        complexity: connectionCost,
        args: selectionArguments(builder, parts.values),
        resolve: (_root, args, context) => selectionPage(context, args),
      },
      {
        name: 'OrchestratorSelectionConnection',
        description: 'A page of orchestrators to choose from.',
        fields: (c) => ({
          totalCount: c.field({
            type: 'Count',
            description: 'Orchestrators in the whole list.',
            resolve: (page) => page.totalCount(),
          }),
          rangeUsed: c.field({
            type: parts.values.RangeUsed,
            description: 'The range of the scores.',
            resolve: ({ range }) => range,
          }),
        }),
      },
      { name: 'OrchestratorSelectionEdge', description: 'An orchestrator to choose and its position.' },
    ),
  );
}

function selectionArguments(builder: Builder, { TimeRangeInput }: Values) {
  return builder.args((t) => ({
    pipeline: t.string({ required: false, description: 'Canonical pipeline it must offer; any by default.' }),
    model: t.string({ required: false, description: 'Model it must offer; any by default.' }),
    region: t.string({
      required: false,
      description: 'Region of the gateways whose sessions are scored; all by default. It does not limit who is listed.',
    }),
    minScore: t.float({
      required: false,
      description: 'Least score in points from 0 to 100. Leaves out who has none.',
    }),
    maxWeiPerPixel: t.field({
      type: 'Decimal',
      required: false,
      description: 'Highest price in wei for one pixel, 0 or more. Leaves out offers without a price.',
    }),
    minMemoryBytes: t.field({
      type: 'Count',
      required: false,
      description: 'Least memory in bytes of every GPU that serves the offer. Leaves out offers that do not say.',
    }),
    isWarm: t.boolean({ required: false, description: 'True: only where the model is loaded; false by default.' }),
    hasCapacity: t.boolean({
      required: false,
      description:
        'True, the default, leaves out who was full in its newest report; who does not say stays. Reports are up to an hour old.',
    }),
    range: t.field({
      type: TimeRangeInput,
      required: false,
      description: 'What is scored; by default the 24 hourly buckets that end with the open one.',
    }),
  }));
}

function defineCandidate(builder: Builder, { values, entities, SlaScore }: Parts) {
  const Offer = builder.objectRef<ServiceOffer>('ServiceOffer').implement({
    description: 'A pipeline and model that a public service of an orchestrator offers now.',
    fields: (t) => ({
      uri: t.exposeString('uri', { description: 'Service URI; private hosts are never among them.' }),
      pipeline: t.exposeString('pipeline', { description: 'Canonical pipeline, or an external capability.' }),
      model: t.string({
        nullable: true,
        description: 'Model; null for an external capability.',
        resolve: ({ model }) => model || null,
      }),
      isWarm: t.exposeBoolean('isWarm', { description: 'Whether the model is loaded.' }),
      capacity: t.expose('capacity', {
        type: 'Count',
        description: 'Streams or jobs it offers to run at once, those in use included; 0 when it does not say.',
      }),
      capacityAvailable: t.expose('capacityAvailable', {
        type: 'Count',
        nullable: true,
        description: 'Of these free in the report; null when it never says what is in use.',
      }),
      price: t.field({
        type: entities.Price,
        nullable: true,
        description: 'Price in the report; null when it names none.',
        resolve: ({ pricePerUnitWei, pixelsPerUnit }) =>
          pricePerUnitWei === null || pixelsPerUnit === null ? null : { pricePerUnitWei, pixelsPerUnit },
      }),
      lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'Newest report with the offer.' }),
    }),
  });
  return builder.objectRef<Candidate>('SelectedOrchestrator').implement({
    description: 'An orchestrator that can be sent work now, with the reasons for its place.',
    fields: (t) => ({
      orchestratorAddress: t.exposeString('address', { description: 'Canonical on-chain address, lower-case.' }),
      orchestrator: t.field({
        type: entities.Orchestrator,
        nullable: true,
        description: 'The orchestrator; null when no report names it any more.',
        resolve: ({ address }, _args, { loaders }) => loaders.orchestrator.load(address),
      }),
      score: t.field({
        type: SlaScore,
        nullable: true,
        description:
          'Its score over the range, with the samples it rests on, for the pipeline, model and region asked for; null when nothing was recorded.',
        resolve: ({ score }) => score,
      }),
      isWarm: t.exposeBoolean('isWarm', { description: 'Whether one of its offers is loaded.' }),
      warmCapacityAvailable: t.expose('warmCapacityAvailable', {
        type: values.Metric,
        description: 'Free capacity of its loaded offers; null when one of them never says what is in use.',
      }),
      capacityAvailable: t.expose('capacityAvailable', {
        type: values.Metric,
        description: 'Free capacity of all its offers, loaded or not; null when one never says what is in use.',
      }),
      lastSeenAt: t.expose('lastSeenAt', {
        type: 'DateTime',
        description: 'Newest report with one of its offers; capacity and price are of then.',
      }),
      offers: t.field({
        type: [Offer],
        description: 'Its offers that agree with the arguments, by service, pipeline and model: URI, capacity, price.',
        resolve: ({ offers }) => [...offers],
      }),
    }),
  });
}
