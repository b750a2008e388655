import type { JobKind, JobOutcome } from '../resolvers/jobs.js';
import type { Builder } from './builder.js';
import { storedEnum } from './enums.js';

export type JobEnums = ReturnType<typeof defineJobEnums>;

export function defineJobEnums(builder: Builder) {
  return {
    Kind: storedEnum<JobKind>(builder, 'JobKind', 'What kind of request-style work a job is.', {
      ai_batch: 'A request to one of the network’s own pipelines, LLMs among them.',
      byoc: 'Bring your own container: a job of an external capability.',
    }),
    Outcome: storedEnum<JobOutcome>(builder, 'JobOutcome', 'Whether an orchestrator was selected for a job.', {
      selected: 'Its completion names an orchestrator.',
      no_orch: 'It failed because no orchestrator was found. AI batch only.',
      unknown: 'It names no orchestrator and does not say why.',
    }),
  };
}
