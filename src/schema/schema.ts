import type { GraphQLSchema } from 'graphql';
import { createBuilder } from './builder.js';
import { defineByoc } from './byoc.js';
import { defineCapabilityReports } from './capability-reports.js';
import { defineContributions } from './contributions.js';
import { defineCountedLists } from './counted-lists.js';
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
import { defineStatusSamples } from './status-sample.js';
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
  const { Payment, PaymentConnection } = definePayments(builder, {
    enums,
    values,
    entities,
    session: sessions.Session,
  });
  const jobEnums = defineJobEnums(builder);
  const { Job, JobConnection } = defineJobs(builder, {
    values,
    entities,
    jobEnums,
    sessionEnums,
    decision: sessions.Decision,
  });
  const byoc = defineByoc(builder, { values, entities });
  const tickets = defineTickets(builder, { values, entities });
  const { Discovery, DiscoveryConnection } = defineDiscoveries(builder, { values, entities });
  const counted = defineCountedLists(builder, {
    ...{ PaymentConnection, JobConnection, DiscoveryConnection },
    ...{ ...tickets, ...byoc },
  });
  const reports = defineCapabilityReports(builder, values, entities);
  const PriceStretch = definePrices(builder, entities);
  const { StatusSample, StatusSamples } = defineStatusSamples(builder, sessions.Session);
  defineEventSources(builder, {
    ...{ ...sessions, ...byoc, ...tickets, ...reports, Payment, Job, Discovery, PriceStretch, StatusSample, enums },
    GpuReading: entities.GpuReading,
  });
  const inputs = defineSlaInputs(builder);
  const reasonMetrics = defineReasonMetrics(builder);
  const contributions = defineContributions(builder, {
    ...{ grouped, metrics, reasonMetrics, sessionEnums, inputs, IngestQuality },
    Session: sessions.Session,
  });
  const DiscoveryMetrics = defineDiscoveryMetrics(builder, metrics);
  defineOrchestratorDiscovery(builder, { enums, values, entities, DiscoveryMetrics });
  const rollups = {
    ...{ enums, values, grouped, metrics, contributions, counted, jobEnums },
    ...{ IngestQuality, DiscoveryMetrics },
  };
  defineRollupFields(builder, rollups);
  defineReasonFields(builder, { ...rollups, sessionEnums, reasonMetrics });
  const SlaScore = defineScores(builder, { enums, values, grouped, entities, inputs, contributions });
  defineSelection(builder, { values, entities, SlaScore });
  defineNetworkKpis(builder, { enums, values });
  defineStatusSeries(builder, { enums, values, metrics, contributions, StatusSamples });
  const supply = defineSupplyFields(builder, values);
  defineSupply(builder, supply);
  defineGpus(builder, { enums, values, entities, supply });
  defineGateways(builder, { enums, values, metrics, entities, contributions });
  defineLiveSessions(builder, { enums, values, grouped });
  defineMeta(builder, enums, values, sessionEnums);
  return builder.toSchema();
}
