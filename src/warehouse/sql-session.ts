/** One connection: all that migrating and the engines need of a driver. Without values a text may hold many statements. */
export interface SqlSession {
  query<Row = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ readonly rows: readonly Row[] }>;
}

/** Runs `work` in one transaction of the session. */
export async function inTransaction<Result>(session: SqlSession, work: () => Promise<Result>): Promise<Result> {
  await session.query('begin');
  try {
    const result = await work();
    await session.query('commit');
    return result;
  } catch (error) {
    // The first failure is the one to report; a connection that cannot roll back has lost its transaction anyway.
    await session.query('rollback').catch(() => undefined);
    throw error;
  }
}
