import type { Pool } from 'pg';

const DATABASE_PATIENCE_MS = 2_000;
const ANSWER_KEPT_MS = 1_000;

export interface Health {
  /** Whether the database and the broker answered lately. */
  readonly isReady: () => Promise<boolean>;
}

export interface HealthDependencies {
  readonly db: Pool;
  /** Whether the broker answered lately; absent when this process has none. */
  readonly isBrokerReady?: () => boolean | Promise<boolean>;
  readonly clock: () => number;
}

/** Readiness by asking; one answer serves all who ask within a second. */
export function createHealth({ db, isBrokerReady, clock }: HealthDependencies): Health {
  let answer: { readonly atMs: number; readonly ready: Promise<boolean> } | undefined;
  const ask = async (): Promise<boolean> => {
    const answers = await Promise.all([answersInTime(db), isBrokerReady?.() ?? true]);
    return answers.every(Boolean);
  };
  return {
    isReady: () => {
      const nowMs = clock();
      if (answer === undefined || Math.abs(nowMs - answer.atMs) > ANSWER_KEPT_MS) {
        answer = { atMs: nowMs, ready: ask().catch(() => false) };
      }
      return answer.ready;
    },
  };
}

async function answersInTime(db: Pool): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), DATABASE_PATIENCE_MS);
  });
  const asked = db.query({ name: 'health/select-one', text: 'select 1' }).then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([asked, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
