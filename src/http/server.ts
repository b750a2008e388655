import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { printSchema } from 'graphql';
import type { Pool } from 'pg';
import { Gauge, type Registry } from 'prom-client';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import { createApi } from '../resolvers/api.js';
import { buildSchema } from '../schema/schema.js';
import { replyCached } from './cached-reply.js';
import { createGraphqlEndpoint } from './graphql-endpoint.js';
import { createHealth } from './health.js';
import { landingPage } from './landing-page.js';
import { closeServer, listen } from './listening.js';
import { OPEN_CORS, reply, replyJson, replyProblem } from './reply.js';
import { createRequestMetrics, ROUTES, type Route } from './request-metrics.js';
import { isRestPath, REST_ROUTES, type RestPath } from './rest-routes.js';

export interface HttpServerOptions {
  /** Connections of the reader role; the server does not close them. */
  readonly db: Pool;
  readonly log: Log;
  /** Milliseconds since the epoch; every "now" of an answer comes from here. */
  readonly clock: () => number;
  readonly metrics: Registry;
  /** Whether the broker answered lately; absent when the process has none. */
  readonly isBrokerReady?: () => boolean | Promise<boolean>;
}

export interface HttpServer {
  /** Starts listening and answers the base URL, `http://host:port`. */
  readonly listen: (port: number, host: string) => Promise<string>;
  /** Stops accepting, lets running requests end for a while, then closes what is left. */
  readonly close: () => Promise<void>;
}

const REQUEST_ID = /^[\w.-]{8,64}$/;

type Handler = (request: IncomingMessage, response: ServerResponse, scope: Scope) => void | Promise<void>;
interface Scope {
  readonly requestId: string;
  readonly url: URL;
}

/** The public HTTP surface. Nothing listens until `listen`. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { db, log, clock, metrics: registry } = options;
  const api = createApi({ db, log, clock });
  const schema = buildSchema();
  const metrics = createRequestMetrics(registry);
  const health = createHealth(options);
  const yoga = createGraphqlEndpoint({ schema, api, log, metrics });
  observePool(registry, db);

  const ready: Handler = async (_request, response) => {
    const isReady = await health.isReady();
    replyJson(response, isReady ? 200 : 503, { status: isReady ? 'ok' : 'unavailable' });
  };
  const handlers: Record<Exclude<Route, RestPath>, Handler> = {
    '/': (_request, response) => reply(response, 200, 'text/html; charset=utf-8', landingPage()),
    '/graphql': (request, response, { requestId }) => yoga(request, response, { requestId }),
    '/schema.graphql': (_request, response) => reply(response, 200, 'text/plain; charset=utf-8', printSchema(schema)),
    '/livez': (_request, response) => replyJson(response, 200, { status: 'ok' }),
    '/readyz': ready,
    '/healthz': ready,
    '/metrics': async (_request, response) => reply(response, 200, registry.contentType, await registry.metrics()),
    other: (_request, response, { requestId, url }) =>
      replyProblem(response, new AppError('NOT_FOUND', `there is nothing at ${url.pathname}`), requestId),
  };

  const handlerOf = (route: Route): Handler =>
    isRestPath(route)
      ? async (request, response, { requestId, url }) =>
          replyCached(
            request,
            response,
            await REST_ROUTES[route].answer(api.createContext(requestId), url.searchParams),
          )
      : handlers[route];

  const server = createServer((request, response) => {
    void handle(request, response);
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    const requestId = requestIdOf(request);
    response.setHeader('x-request-id', requestId);
    const url = urlOf(request);
    const route = url === null ? 'other' : routeOf(url.pathname);
    response.once('close', () => {
      metrics.observeRequest(route, response.statusCode, (performance.now() - startedMs) / 1000);
    });
    try {
      if (url === null) throw new AppError('NOT_FOUND', 'the request target is no path');
      if (route !== '/graphql' && !isReading(request)) return answerOtherMethod(request, response, requestId);
      await handlerOf(route)(request, response, { requestId, url });
    } catch (cause) {
      const error = api.translateError(cause);
      if (!(error instanceof AppError && error.actor === 'caller'))
        log.error({ requestId, route, err: error }, 'request failed');
      if (response.headersSent) response.destroy();
      else replyProblem(response, error, requestId);
    }
  }

  return {
    listen: (port, host) => listen(server, port, host),
    close: async () => {
      await closeServer(server);
      await yoga.dispose();
      await api.close();
    },
  };
}

/** The URL asked for; null for a target that is none, such as `//`. */
function urlOf({ url = '/' }: IncomingMessage): URL | null {
  return URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : null;
}

function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

function routeOf(path: string): Route {
  return ROUTES.find((route) => route === path) ?? 'other';
}

function isReading({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function answerOtherMethod(request: IncomingMessage, response: ServerResponse, requestId: string): void {
  if (request.method === 'OPTIONS') {
    response.writeHead(204, {
      ...OPEN_CORS,
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      'access-control-allow-headers': '*',
      'access-control-max-age': '86400',
    });
    response.end();
  } else {
    replyProblem(response, new AppError('NOT_FOUND', `method ${request.method} is not offered, wanted GET`), requestId);
  }
}

function observePool(registry: Registry, db: Pool): void {
  new Gauge({
    name: 'naap_reader_connections',
    help: 'Connections of the reader role by what they do.',
    labelNames: ['state'] as const,
    registers: [registry],
    collect() {
      this.set({ state: 'idle' }, db.idleCount);
      this.set({ state: 'busy' }, db.totalCount - db.idleCount);
      this.set({ state: 'waited_for' }, db.waitingCount);
    },
  });
}
