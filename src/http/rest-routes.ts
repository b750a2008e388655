import { gpuMetricsRoute } from './gpu-metrics-route.js';
import { networkDemandRoute } from './network-demand-route.js';
import { orchPerfStatsRoute } from './orch-perf-stats-route.js';
import { orchWebhookRoute } from './orch-webhook-route.js';
import type { Route } from './request-metrics.js';
import type { RestRoute } from './rest-route.js';
import { slaComplianceRoute } from './sla-compliance-route.js';
import { slaScoreRoute } from './sla-score-route.js';

export type RestPath = Extract<Route, `/v1/${string}`>;

/** Everything below `/v1`. */
export const REST_ROUTES: Readonly<Record<RestPath, RestRoute>> = {
  '/v1/sla/score': slaScoreRoute,
  '/v1/sla/compliance': slaComplianceRoute,
  '/v1/gpu/metrics': gpuMetricsRoute,
  '/v1/network/demand': networkDemandRoute,
  '/v1/feeds/orch-perf-stats': orchPerfStatsRoute,
  '/v1/feeds/orch-webhook': orchWebhookRoute,
};

export function isRestPath(route: Route): route is RestPath {
  return Object.hasOwn(REST_ROUTES, route);
}
