/** How far a consumer is in its life; its parts ask before each step. */
export interface Lifetime {
  /** True from the first call of `stop` or `fail`. */
  readonly isStopping: boolean;
  readonly hasFailed: boolean;
  /** Aborted when waiting for the database must end. */
  readonly drained: AbortSignal;
  /** Resolved by `end`, rejected by `fail`. */
  readonly finished: Promise<void>;
  stop(): void;
  giveUpDraining(): void;
  end(): void;
  /** Ends the consumer for a reason that an operator must settle; only the first one counts. */
  fail(error: unknown): void;
}

/** `onFail` runs once, before `finished` is rejected. */
export function createLifetime(onFail: () => Promise<void>): Lifetime {
  const draining = new AbortController();
  let isStopping = false;
  let hasFailed = false;
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const finished = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  finished.catch(() => undefined);
  return {
    get isStopping() {
      return isStopping;
    },
    get hasFailed() {
      return hasFailed;
    },
    drained: draining.signal,
    finished,
    stop() {
      isStopping = true;
    },
    giveUpDraining: () => draining.abort(),
    end: () => resolve(),
    fail(error) {
      if (hasFailed) {
        return;
      }
      hasFailed = true;
      isStopping = true;
      draining.abort();
      void onFail().then(() => reject(error));
    },
  };
}
