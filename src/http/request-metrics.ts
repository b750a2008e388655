import { Counter, Histogram, type Registry } from 'prom-client';

/** Routes as metric labels; whatever else is asked for is `other`, so that labels stay bounded. */
export const ROUTES = [
  '/',
  '/graphql',
  '/schema.graphql',
  '/v1/sla/score',
  '/v1/sla/compliance',
  '/v1/gpu/metrics',
  '/v1/network/demand',
  '/v1/feeds/orch-perf-stats',
  '/v1/feeds/orch-webhook',
  '/livez',
  '/readyz',
  '/healthz',
  '/metrics',
] as const;
export type Route = (typeof ROUTES)[number] | 'other';

export interface RequestMetrics {
  readonly observeRequest: (route: Route, status: number, seconds: number) => void;
  readonly countGraphqlError: (code: string) => void;
}

export function createRequestMetrics(registry: Registry): RequestMetrics {
  const durations = new Histogram({
    name: 'naap_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['route', 'status_class'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const errors = new Counter({
    name: 'naap_graphql_errors_total',
    help: 'Errors in GraphQL answers, by code.',
    labelNames: ['code'] as const,
    registers: [registry],
  });
  return {
    observeRequest: (route, status, seconds) => {
      durations.observe({ route, status_class: `${Math.floor(status / 100)}xx` }, seconds);
    },
    countGraphqlError: (code) => errors.inc({ code }),
  };
}
