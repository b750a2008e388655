import {
  type BacklogLog,
  type BacklogRow,
  type Meta,
  meta,
  type OutcomeShare,
  type Source,
  sourceKind,
  sourceLag,
  type VerdictKind,
  type VerdictRow,
} from '../resolvers/meta.js';
import { type Builder, SHORT_LIST_COST, WHOLE_COST } from './builder.js';
import { type Enums, storedEnum } from './enums.js';
import type { SessionEnums } from './session-enums.js';
import type { Values } from './values.js';

/** How fresh and complete the answers are. */
export function defineMeta(builder: Builder, enums: Enums, values: Values, { Attribution }: SessionEnums): void {
  const SourceRef = defineSource(builder, enums, values);
  const Log = storedEnum<BacklogLog>(builder, 'BacklogLog', 'What changes that wait are of.', {
    session: 'Sessions with new events, to be resolved.',
    sighting: 'Instants of late capability reports, whose sessions and jobs are to be attributed again.',
    payment: 'Payments to be linked to sessions.',
    job: 'Jobs to be resolved.',
    discovery: 'Discovery messages whose orchestrators are to be found.',
    ticket: 'Signed tickets to be resolved.',
    byoc_auth: 'Authorisations of BYOC jobs to be resolved.',
    byoc_worker: 'Events of BYOC workers to be resolved.',
    rollup: 'Buckets of rollups to be summed again.',
    score: 'Buckets to be scored.',
    benchmark: 'Days whose benchmarks are to be computed.',
  });
  const Backlog = builder.objectRef<BacklogRow>('Backlog').implement({
    description: 'Changes that wait to be worked on.',
    fields: (t) => ({
      log: t.field({ type: Log.type, description: 'What the changes are of.', resolve: ({ id }) => Log.of(id) }),
      markCount: t.expose('markCount', { type: 'Count', description: 'Changes that wait.' }),
    }),
  });
  const Coverage = builder.objectRef<OutcomeShare>('AttributionCoverage').implement({
    description: 'Sessions for which an orchestrator was selected, by the outcome of their attribution.',
    fields: (t) => ({
      outcome: t.field({
        type: Attribution.type,
        description: 'Whether it is known who served.',
        resolve: ({ outcome }) => Attribution.of(outcome),
      }),
      sessionCount: t.expose('sessionCount', { type: 'Count', description: 'Sessions.' }),
      share: t.expose('share', { type: values.Metric, description: 'Their share of all selected sessions, 0–1.' }),
    }),
  });
  const MetaRef = builder.objectRef<Meta>('Meta').implement({
    description: 'How fresh and complete the answers are.',
    fields: (t) => ({
      asOf: t.expose('asOf', { type: 'DateTime', description: 'The instant this request is answered at.' }),
      lagSeconds: t.field({
        type: values.Metric,
        description: 'Seconds between the newest watermark and now; null before the first event.',
        resolve: (parent) => parent.lagSeconds(),
      }),
      sources: t.field({
        type: [SourceRef],
        complexity: SHORT_LIST_COST,
        description: 'Every source with its watermark.',
        resolve: async (parent) => [...(await parent.sources())],
      }),
      backlog: t.field({
        type: [Backlog],
        description: 'Work that waits.',
        resolve: async (parent) => [...(await parent.backlog())],
      }),
      attributionCoverage: t.field({
        type: [Coverage],
        description:
          'Attribution of the sessions that started in the 24 hourly buckets that end with the open one, of those with an orchestrator; `sessions` with `attributionOutcome`, `selectionOutcome: SELECTED` and these hours lists them.',
        resolve: async (parent) => [...(await parent.attributionCoverage())],
      }),
    }),
  });
  builder.queryField('meta', (t) =>
    t.field({
      type: MetaRef,
      nullable: true,
      complexity: WHOLE_COST,
      description: 'How fresh and complete the answers are.',
      resolve: (_root, _args, context) => meta(context),
    }),
  );
}

function defineSource(builder: Builder, { SourceKind }: Enums, values: Values) {
  const Kind = storedEnum<VerdictKind>(builder, 'VerdictKind', 'What became of a message [INGEST-004].', {
    accepted: 'It is an event.',
    ignored: 'It is of no interest here.',
    rejected: 'It cannot be used.',
    duplicate: 'Its event was accepted before.',
  });
  const Verdict = builder.objectRef<VerdictRow>('Verdict').implement({
    description: 'Messages of a source with one family, verdict and reason.',
    fields: (t) => ({
      family: t.string({
        nullable: true,
        description: 'Family the messages name; null when none can be read.',
        resolve: ({ family }) => family || null,
      }),
      verdict: t.field({
        type: Kind.type,
        description: 'What became of them.',
        resolve: ({ verdict }) => Kind.of(verdict),
      }),
      reason: t.string({
        nullable: true,
        description: 'Why, such as schema_mismatch or too_late; null when accepted.',
        resolve: ({ reason }) => reason || null,
      }),
      messageCount: t.expose('messageCount', { type: 'Count', description: 'Messages.' }),
      firstReceivedAt: t.expose('firstAt', { type: 'DateTime', description: 'When the first of them was received.' }),
      lastReceivedAt: t.expose('lastAt', { type: 'DateTime', description: 'When the newest of them was received.' }),
    }),
  });
  return builder.objectRef<Source>('Source').implement({
    description:
      'What events come from: a partition of a topic, or a file. consumed = accepted + ignored + rejected + duplicate.',
    fields: (t) => ({
      kind: t.field({ type: SourceKind, description: 'What it is.', resolve: sourceKind }),
      topic: t.exposeString('topic', { description: 'Topic, or hash of the file’s content.' }),
      partition: t.expose('partition', { type: 'Count', description: 'Partition; 0 for a file.' }),
      org: t.exposeString('org', { description: 'Organisation its messages belong to.' }),
      nextOffset: t.expose('nextOffset', { type: 'Count', description: 'Offset, or line, that is read next.' }),
      consumedCount: t.expose('consumedCount', { type: 'Count', description: 'Messages read.' }),
      acceptedCount: t.expose('acceptedCount', { type: 'Count', description: 'Messages accepted.' }),
      ignoredCount: t.expose('ignoredCount', { type: 'Count', description: 'Messages ignored.' }),
      rejectedCount: t.expose('rejectedCount', { type: 'Count', description: 'Messages rejected.' }),
      duplicateCount: t.expose('duplicateCount', {
        type: 'Count',
        description: 'Messages whose event was accepted before.',
      }),
      conflictCount: t.expose('conflictCount', {
        type: 'Count',
        description: 'Of the duplicates, those with other content than the accepted event; the first stays.',
      }),
      unchangedCount: t.expose('unchangedCount', {
        type: 'Count',
        description: 'Elements of accepted capability reports that say what was in force already.',
      }),
      gapCount: t.expose('gapCount', {
        type: 'Count',
        description: 'Stretches of offsets that the broker no longer had.',
      }),
      missedCount: t.expose('missedCount', { type: 'Count', description: 'Offsets in those stretches.' }),
      verdicts: t.field({
        type: [Verdict],
        description: 'Messages by family, verdict and reason, most first; they sum to consumedCount.',
        resolve: async (source) => [...(await source.verdicts())],
      }),
      newestEventAt: t.expose('newestEventAt', {
        type: 'DateTime',
        nullable: true,
        description: 'Watermark: newest accepted event time; null before the first.',
      }),
      updatedAt: t.expose('updatedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'Last batch committed; null before the first.',
      }),
      lagSeconds: t.field({
        type: values.Metric,
        description: 'Seconds between the watermark and now; null before the first event.',
        resolve: (source, _args, { nowMs }) => sourceLag(source, nowMs),
      }),
    }),
  });
}
