import { type JobPage, job, jobs, type ListedJob } from '../resolvers/jobs.js';
import { metric } from '../resolvers/metric.js';
import type { DecisionInterface } from './attribution-decision.js';
import { type Builder, connectionCost, pageArguments } from './builder.js';
import { defineConnection } from './connection.js';
import type { Entities } from './entities.js';
import type { JobEnums } from './job-enums.js';
import { defineJobDecision, defineJobLlm } from './job-parts.js';
import type { SessionEnums } from './session-enums.js';
import type { Values } from './values.js';

interface Dependencies {
  readonly values: Values;
  readonly entities: Entities;
  readonly jobEnums: JobEnums;
  readonly sessionEnums: SessionEnums;
  readonly decision: DecisionInterface;
}

/** Jobs: AI batch requests and BYOC jobs, one by one. */
export function defineJobs(builder: Builder, dependencies: Dependencies) {
  const JobRef = defineJob(builder, dependencies);
  builder.queryField('job', (t) =>
    t.field({
      type: JobRef,
      nullable: true,
      description: 'The job with a public id; null when there is none.',
      args: { jobId: t.arg.string({ required: true, description: 'Public id, j_ and 24 hex digits.' }) },
      resolve: (_root, { jobId }, context) => job(context, jobId),
    }),
  );
  return { Job: JobRef, JobConnection: defineJobList(builder, JobRef, dependencies) };
}

export type JobType = ReturnType<typeof defineJob>;

function defineJob(
  builder: Builder,
  { values, entities: { Orchestrator }, jobEnums, sessionEnums, decision }: Dependencies,
) {
  const { Attribution, Method, Reason, Confidence } = sessionEnums;
  const Decision = defineJobDecision(builder, decision);
  const Llm = defineJobLlm(builder, values);
  return builder.objectRef<ListedJob>('Job').implement({
    description: 'One AI batch request or BYOC job.',
    fields: (t) => {
      const text = (description: string, of: (row: ListedJob) => string) =>
        t.string({ nullable: true, description, resolve: (row) => of(row) || null });
      return {
        jobId: t.exposeString('id', { description: 'Public id, j_ and 24 hex digits.' }),
        kind: t.expose('kind', { type: jobEnums.Kind.type, description: 'What kind of job it is.' }),
        at: t.expose('jobAt', { type: 'DateTime', description: 'The instant it counts at: received, else completed.' }),
        receivedAt: t.expose('receivedAt', {
          type: 'DateTime',
          nullable: true,
          description: 'When the gateway received it; null when it did not say, and for BYOC.',
        }),
        completedAt: t.expose('completedAt', { type: 'DateTime', description: 'When it completed, well or not.' }),
        org: t.exposeString('org', { description: 'Organisation whose gateway ran it.' }),
        eventId: t.exposeString('eventId', { description: 'The event of its completion.' }),
        requestId: text('Request id of the gateway; null when unknown.', (row) => row.requestId),
        gateway: text('Public gateway name; null when unknown.', (row) => row.gateway),
        region: text('Region of the gateway; null when not configured.', (row) => row.region),
        pipeline: text(
          'Canonical pipeline of an AI batch job, the capability of a BYOC job; null when unknown.',
          (row) => row.pipeline,
        ),
        model: text('Model; null when unknown.', (row) => row.model),
        gpuId: text('Public GPU id; null when unknown or one of several.', (row) => row.gpuId),
        outcome: t.expose('outcome', {
          type: jobEnums.Outcome.type,
          description: 'Whether an orchestrator was selected.',
        }),
        isSuccess: t.exposeBoolean('isSuccess', {
          nullable: true,
          description: 'Whether it succeeded; null when its event does not say.',
        }),
        durationMs: t.field({
          type: values.Metric,
          description: 'Milliseconds it took; null when not said.',
          resolve: ({ durationMs }) => metric('MILLISECONDS', durationMs, durationMs === null ? 0 : 1),
        }),
        tries: t.expose('tries', {
          type: 'Count',
          nullable: true,
          description: 'Orchestrators tried; null when not said.',
        }),
        httpStatus: t.exposeInt('httpStatus', {
          nullable: true,
          description: 'HTTP status of a BYOC job; null when not said.',
        }),
        failureClass: t.field({
          type: jobEnums.FailureClass.type,
          nullable: true,
          description: 'How it failed; null when it did not.',
          resolve: ({ failureClass }) => (failureClass === '' ? null : failureClass),
        }),
        failureReason: t.field({
          type: jobEnums.FailureReason.type,
          nullable: true,
          description:
            'What went wrong, from `errorType`, `error`, `llm { error }` and `httpStatus`; null when it did not fail.',
          resolve: ({ failureReason }) => (failureReason === '' ? null : failureReason),
        }),
        errorType: text(
          'Class of error as the gateway says it, addresses masked; null for none.',
          (row) => row.errorType,
        ),
        error: text('What went wrong, addresses masked; null for none.', (row) => row.error),
        latencyScore: t.exposeFloat('latencyScore', {
          nullable: true,
          description: 'The gateway’s latency score of the orchestrator, no unit; null when not said.',
        }),
        pricePerUnitWei: t.expose('pricePerUnit', {
          type: 'Decimal',
          nullable: true,
          description: 'Price per unit in wei, fractions possible; null when not said.',
        }),
        orchestratorAddress: text(
          'Canonical on-chain address; null when attribution was not safe.',
          (row) => row.orchestratorAddress,
        ),
        orchestrator: t.field({
          type: Orchestrator,
          nullable: true,
          description: 'The orchestrator; null when attribution was not safe.',
          resolve: ({ orchestratorAddress }, _args, { loaders }) =>
            orchestratorAddress ? loaders.orchestrator.load(orchestratorAddress) : null,
        }),
        orchestratorUri: t.exposeString('orchestratorUri', {
          nullable: true,
          description: 'Service URI it ran at; null when none is named or its host is private.',
        }),
        workerUri: t.exposeString('workerUri', {
          nullable: true,
          description: 'URI of a BYOC job’s worker; null when none is named or its host is private.',
        }),
        llm: t.field({
          type: Llm,
          nullable: true,
          description: 'What the LLM event of its request says; null without one.',
          resolve: (row) => (row.llmEventId === null ? null : row),
        }),
        attributionOutcome: t.expose('attributionOutcome', {
          type: Attribution.type,
          description: 'Whether it is known who served.',
        }),
        attributionMethod: t.expose('attributionMethod', {
          type: Method.type,
          description: 'What the orchestrator was matched by.',
        }),
        attributionReason: t.expose('attributionReason', {
          type: Reason.type,
          description: 'Why the outcome is what it is.',
        }),
        attributionConfidence: t.expose('attributionConfidence', {
          type: Confidence.type,
          description: 'How far to trust it.',
        }),
        decisions: t.field({
          type: [Decision],
          description: 'Every attribution decision about it by time, superseded ones too; none unless selected.',
          resolve: async ({ id }, _args, { loaders }) => [...(await loaders.jobDecisions.load(id))],
        }),
      };
    },
  });
}

function defineJobList(builder: Builder, Job: JobType, { values, jobEnums }: Dependencies) {
  const Connection = defineConnection<ListedJob, JobPage>(builder, {
    name: 'Job',
    Node: Job,
    words: { page: 'A page of jobs.', edge: 'A job and its position.', node: 'The job.' },
    fields: (t) => ({
      totalCount: t.field({
        type: 'Count',
        description: 'Jobs in the whole list.',
        resolve: (page) => page.totalCount(),
      }),
    }),
  });
  builder.queryField('jobs', (t) =>
    t.field({
      type: Connection,
      nullable: true,
      description: 'AI batch requests and BYOC jobs, newest first.',
      complexity: connectionCost,
      args: {
        jobIn: t.arg({
          type: values.TimeRangeInput,
          required: false,
          description: 'Half-open range of the instant a job counts at, not snapped; any by default.',
        }),
        where: t.arg({
          type: values.GrainFilter,
          required: false,
          description: 'What to keep; the pipeline of a BYOC job is its capability. Everything by default.',
        }),
        kind: t.arg({ type: jobEnums.Kind.type, required: false, description: 'Only jobs of this kind.' }),
        outcome: t.arg({ type: jobEnums.Outcome.type, required: false, description: 'Only jobs with this outcome.' }),
        isSuccess: t.arg.boolean({
          required: false,
          description: 'Only jobs that say they succeeded, or that they failed; all by default.',
        }),
        failureClasses: t.arg({
          type: [jobEnums.FailureClass.type],
          required: false,
          description: 'Only jobs that failed in one of these ways; all by default.',
        }),
        failureReasons: t.arg({
          type: [jobEnums.FailureReason.type],
          required: false,
          description: 'Only jobs that failed for one of these reasons; all by default.',
        }),
        capability: t.arg.string({
          required: false,
          description: 'Only BYOC jobs of this capability, any case. Not with kind AI_BATCH.',
        }),
        requestId: t.arg.string({ required: false, description: 'Only jobs of this request.' }),
        ascending: t.arg.boolean({ required: false, description: 'Oldest first; false by default.' }),
        ...pageArguments(builder),
      },
      resolve: (_root, args, context) => jobs(context, args),
    }),
  );
  return Connection;
}
