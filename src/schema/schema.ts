import type { GraphQLSchema } from 'graphql';
import { createBuilder } from './builder.js';
import { defineByoc } from './byoc.js';
import { defineContributions } from './contributions.js';
import { defineDiscoveries } from './discovery.js';
import { defineDiscoveryMetrics } from './discovery-metrics.js';
import { defineEntities } from './entities.js';
import { defineEnums } from './enums.js';
import { defineEventSources } from './event-sources.js';
import { defineGateways } from './gateways.js';
import { defineGpus } from './gpus.js';
import { defineGrouped } from './grouped.js';
import { defineIngestQuality } from './ingest-quality.js';
import { defineJobs } from './job.js';
import { defineJobEnums } from './job-enums.js';
import { defineLiveSessions } from './live-sessions.js';
import { defineMeta } from './meta.js';
import { defineMetrics } from './metrics.js';
import { defineNetworkKpis } from './network-kpis.js';
import { defineOrchestratorDiscovery } from './orchestrator-discovery.js';
import { definePayments } from './payment.js';
import { definePrices } from './prices.js';
import { defineReasonFields } from './reason-fields.js';
import { defineReasonMetrics } from './reason-metrics.js';
import { defineRollupFields } from './rollup-fields.js';
import { defineScores } from './scores.js';
import { defineSelection } from './selection.js';
import { defineSessions } from './session.js';
import { defineSessionEnums } from './session-enums.js';
import { defineSessionFields } from './session-fields.js';
import { defineSlaInputs } from './sla-inputs.js';
import { defineStatusSeries } from './status-series.js';
import { defineSupply } from './supply.js';
import { defineSupplyFields } from './supply-fields.js';
import { defineTickets } from './ticket.js';
import { defineValues } from './values.js';

/** The public schema; `schema.graphql` is its printed form. */
export function buildSchema(): GraphQLSchema {
  const builder = createBuilder();
  builder.queryType({
    description: 'Everything that can be asked. A field that fails is null and says why in `errors`.',
  });
  const enums = defineEnums(builder);
  const values = defineValues(builder, enums);
  const metrics = defineMetrics(builder, values);
  const entities = defineEntities(builder, values);
  const grouped = defineGrouped(builder, enums, entities);
  const sessionEnums = defineSessionEnums(builder);
  const IngestQuality = defineIngestQuality(builder, values);
  const sessions = defineSessions(builder, { sessionEnums, values, entities });
  defineSessionFields(builder, { enums, sessionEnums, values, Session: sessions.Session, IngestQuality });
  const Payment = definePayments(builder, { enums, values, entities, session: sessions.Session });
  const jobEnums = defineJobEnums(builder);
  const { Job, JobConnection } = defineJobs(builder, {
    values,
    entities,
    jobEnums,
    sessionEnums,
    decision: sessions.Decision,
  });
  defineByoc(builder, values);
  defineTickets(builder, values);
  const Discovery = defineDiscoveries(builder, { values, entities });
  defineEventSources(builder, { ...sessions, Payment, Job, Discovery, enums });
  const inputs = defineSlaInputs(builder);
  const reasonMetrics = defineReasonMetrics(builder);
  const contributions = defineContributions(builder, {
    ...{ grouped, metrics, reasonMetrics, sessionEnums, inputs, IngestQuality },
    Session: sessions.Session,
  });
  const DiscoveryMetrics = defineDiscoveryMetrics(builder, metrics);
  defineOrchestratorDiscovery(builder, { enums, values, entities, DiscoveryMetrics });
  const rollups = {
    ...{ enums, values, grouped, metrics, contributions, jobEnums },
    ...{ IngestQuality, DiscoveryMetrics },
  };
  defineRollupFields(builder, rollups);
  defineReasonFields(builder, { ...rollups, sessionEnums, reasonMetrics, JobConnection });
  const SlaScore = defineScores(builder, { enums, values, grouped, entities, inputs, contributions });
  defineSelection(builder, { values, entities, SlaScore });
  defineNetworkKpis(builder, { enums, values });
  defineStatusSeries(builder, enums, values, metrics);
  const supply = defineSupplyFields(builder, values);
  defineSupply(builder, supply);
  defineGpus(builder, { enums, values, entities, supply });
  definePrices(builder, entities);
  defineGateways(builder, { enums, values, metrics, entities });
  defineLiveSessions(builder, { enums, values, grouped });
  defineMeta(builder, enums, values, sessionEnums);
  return builder.toSchema();
}
