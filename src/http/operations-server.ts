import { createServer } from 'node:http';
import type { Registry } from 'prom-client';
import { AppError } from '../errors.js';
import { closeServer, listen } from './listening.js';
import { reply, replyJson, replyProblem } from './reply.js';
import type { HttpServer } from './server.js';

/** `/livez`, `/readyz` and `/metrics` of a process that serves nothing else. */
export function createOperationsServer({
  metrics,
  isReady,
}: {
  readonly metrics: Registry;
  /** Whether the process does its work now. */
  readonly isReady: () => boolean;
}): HttpServer {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/livez') return replyJson(response, 200, { status: 'ok' });
    if (path === '/readyz' || path === '/healthz') {
      return replyJson(response, isReady() ? 200 : 503, { status: isReady() ? 'ok' : 'unavailable' });
    }
    if (path === '/metrics') {
      metrics.metrics().then(
        (body) => reply(response, 200, metrics.contentType, body),
        (error: unknown) => replyProblem(response, error, ''),
      );
      return;
    }
    replyProblem(response, new AppError('NOT_FOUND', 'there is nothing at this path'), '');
  });
  return { listen: (port, host) => listen(server, port, host), close: () => closeServer(server) };
}
