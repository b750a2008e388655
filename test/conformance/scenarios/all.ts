import type { Awaited, Scenario } from '../scenario.js';
import { ambiguous, hardwareLess } from './attribution.js';
import { benchmarks } from './benchmarks.js';
import { byocEvents } from './byoc-events.js';
import { cleanSuccess } from './clean-success.js';
import { discovery } from './discovery.js';
import { edges } from './edges.js';
import { everyWay } from './every-way.js';
import { failedStarts } from './failed-starts.js';
import { ingestQuality } from './ingest-quality.js';
import { jobFailures } from './job-failures.js';
import { jobs } from './jobs.js';
import { late } from './late.js';
import { lists } from './lists.js';
import { activeNoOutput, rolloverTail, sameHourNoOutput } from './no-output.js';
import { tooLate, trustedPublishers } from './operator-verdicts.js';
import { parameterUpdates } from './parameter-updates.js';
import { payments } from './payments.js';
import { reasons } from './reasons.js';
import { recordedSession } from './recorded-session.js';
import { runnerReadings } from './runner-readings.js';
import { specDialect } from './spec-dialect.js';
import { swaps } from './swaps.js';
import { tickets } from './tickets.js';
import { duplicates, ignoredNoise, snapshots } from './verdicts.js';

/** Every scenario of the contract, each on days and streams of its own, so that one database serves them all. */
export const SCENARIOS: readonly Scenario[] = [
  // first: its retention drops what there is
  tooLate,
  recordedSession,
  cleanSuccess,
  failedStarts,
  edges,
  swaps,
  reasons,
  parameterUpdates,
  sameHourNoOutput,
  activeNoOutput,
  rolloverTail,
  hardwareLess,
  ambiguous,
  ignoredNoise,
  trustedPublishers,
  duplicates,
  late,
  specDialect,
  runnerReadings,
  snapshots,
  payments,
  jobs,
  jobFailures,
  tickets,
  byocEvents,
  discovery,
  ingestQuality,
  benchmarks,
  everyWay,
  lists,
];

/** The scenarios by the names that the contract gives them (docs/domain.md, section 7). */
const NAMED_BY_CONTRACT: readonly string[] = [
  'clean success',
  'no orchestrator',
  'success with swap',
  'success with parameter updates',
  'same-hour no-output failure kept',
  'active no-output kept',
  'rollover tail dropped',
  'hardware-less',
  'several models, ambiguous',
  'ignored noise',
  'duplicates in one and in later batches',
  'late and out of order',
  'payments linked and unlinked',
  'AI batch, LLM and BYOC end to end',
];

/** What the contract names and nothing here proves yet. */
export const AWAITED: readonly Awaited[] = [
  ...NAMED_BY_CONTRACT.filter((named) => !SCENARIOS.some(({ name }) => name === named)).map((named): Awaited => {
    return { what: `the scenario “${named}”`, rules: ['QUALITY-002'] };
  }),
];
