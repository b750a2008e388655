import type { Pool, PoolClient } from 'pg';

const KILL = 'select pg_terminate_backend(pg_backend_pid())';

/** A pool of which now and then a connection dies: its server process ends before the statement that is due. */
export function crashingPool(pool: Pool, isDue: () => boolean): Pool {
  const statement = async (client: PoolClient, args: Parameters<PoolClient['query']>): Promise<unknown> => {
    if (isDue()) await client.query(KILL);
    return client.query(...args);
  };
  const crashing = (client: PoolClient): PoolClient =>
    new Proxy(client, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        if (property !== 'query') return value.bind(target);
        return (...args: Parameters<PoolClient['query']>) => {
          // a COPY is a stream and no promise
          const [first] = args as readonly unknown[];
          const isStream = typeof first === 'object' && first !== null && 'submit' in first;
          return isStream ? target.query(...args) : statement(target, args);
        };
      },
    });
  return new Proxy(pool, {
    get(target, property) {
      if (property === 'connect') return async () => crashing(await target.connect());
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
