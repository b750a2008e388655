import { models, type Offering, type PipelineOffering, pipelines } from '../resolvers/supply.js';
import { type Builder, connectionCost, SHORT_LIST_COST } from './builder.js';
import { type SupplyFields, supplyFields } from './supply-fields.js';

/** `pipelines` and `models`: what the network offers now. */
export function defineSupply(builder: Builder, supply: SupplyFields): void {
  const ACTIVE = 'Live sessions that show it: without a close, seen in the last 2 minutes. No test traffic.';
  const Model = builder.objectRef<Offering>('ModelOffering').implement({
    description: 'A model of a pipeline that orchestrators offer now.',
    fields: (t) => ({
      pipeline: t.exposeString('pipeline', { description: 'Canonical pipeline, or an external capability.' }),
      model: t.exposeString('model', { nullable: true, description: 'Model; null for an external capability.' }),
      liveSessionCount: t.field({ type: 'Count', description: ACTIVE, resolve: (row) => row.liveSessionCount() }),
      ...supplyFields(t, supply),
    }),
  });
  const Pipeline = builder.objectRef<PipelineOffering>('PipelineOffering').implement({
    description: 'A pipeline that orchestrators offer now, over all its models.',
    fields: (t) => ({
      pipeline: t.exposeString('pipeline', { description: 'Canonical pipeline, or an external capability.' }),
      isStreaming: t.exposeBoolean('isStreaming', {
        description: 'Whether it serves streams; the others answer single requests.',
      }),
      liveSessionCount: t.field({ type: 'Count', description: ACTIVE, resolve: (row) => row.liveSessionCount() }),
      ...supplyFields(t, supply),
      models: t.field({ type: [Model], description: 'Its models by name.', resolve: (row) => [...row.models] }),
    }),
  });
  const Filter = builder.inputType('ModelFilter', {
    description: 'Keeps models that match every given list.',
    fields: (t) => ({
      pipelines: t.stringList({ required: false, description: 'Canonical pipelines, or external capabilities.' }),
      models: t.stringList({ required: false, description: 'Models.' }),
    }),
  });
  builder.queryFields((t) => ({
    pipelines: t.field({
      type: [Pipeline],
      nullable: true,
      description: 'Pipelines offered by reports that stand for now, by name.',
      complexity: SHORT_LIST_COST,
      resolve: async (_root, _args, context) => [...(await pipelines(context))],
    }),
    models: t.connection(
      {
        type: Model,
        nullable: true,
        description: 'Models offered by reports that stand for now, most warm orchestrators first.',
        complexity: connectionCost,
        args: {
          where: t.arg({ type: Filter, required: false, description: 'What to keep; everything by default.' }),
        },
        resolve: (_root, args, context) => models(context, args),
      },
      {
        name: 'ModelOfferingConnection',
        description: 'A page of models.',
        fields: (c) => ({
          totalCount: c.field({
            type: 'Count',
            description: 'Models in the whole list.',
            resolve: (page) => page.totalCount(),
          }),
        }),
      },
      { name: 'ModelOfferingEdge', description: 'A model and its position.' },
    ),
  }));
}
