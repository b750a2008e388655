import type { Pool, PoolClient } from 'pg';

type Before = (client: PoolClient, text: string) => Promise<unknown>;

/** A pool whose connections do `before` ahead of every statement, on the connection that runs it; a COPY goes at once. */
export function steppingPool(pool: Pool, before: Before): Pool {
  const stepping = (client: PoolClient): PoolClient =>
    new Proxy(client, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        if (property !== 'query') return value.bind(target);
        return (...args: Parameters<PoolClient['query']>) => {
          // a COPY is a stream and no promise
          const [first] = args as readonly unknown[];
          const isStream = typeof first === 'object' && first !== null && 'submit' in first;
          if (isStream) return target.query(...args);
          return before(target, textOf(first)).then(() => target.query(...args));
        };
      },
    });
  return new Proxy(pool, {
    get(target, property) {
      if (property === 'connect') return async () => stepping(await target.connect());
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement;
  return typeof statement === 'object' && statement !== null && 'text' in statement ? String(statement.text) : '';
}
