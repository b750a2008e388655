import { z } from 'zod';
import { AppError } from '../errors.js';
import type { Resolver } from './resolver.js';
import { defineTask, handleTask, type TaskDefinition } from './task.js';

export const resolveTask = defineTask({ name: 'resolve', schema: z.object({}) });

/**
 * Drains the dirty marks. Ingest asks for it with each batch; the minute's tick picks up what a killed worker left,
 * since the marks, not the jobs, say what is to be done.
 */
export function createResolveJob(resolver: Resolver): TaskDefinition {
  return handleTask(
    resolveTask,
    async (_payload, { signal, log }) => {
      // Not the tick's instant: a decision is made when it is made, however late the tick runs.
      const report = await resolver.drain({ decidedAt: new Date(), signal });
      if (report.sessionCount + report.sightingCount > 0) log.debug(report, 'marks resolved');
      // everything else is done; the failure has the marks that are left tried again, and is there to be seen
      if (report.leftCount > 0) throw marksLeft(report.leftCount);
    },
    { cron: '* * * * *', jobKey: 'resolve' },
  );
}

/** What a run ends with that had to leave marks of jobs, payments, messages or capability reports. */
export function marksLeft(leftCount: number): AppError {
  return new AppError(
    'MARKS_LEFT',
    `${leftCount} jobs, payments, discoveries, tickets, BYOC messages or capability reports could not be resolved and keep their marks: see the log`,
  );
}
