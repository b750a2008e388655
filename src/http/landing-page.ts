const LINKS: readonly (readonly [path: string, about: string])[] = [
  ['/graphql', 'GraphQL, with GraphiQL in the browser'],
  ['/schema.graphql', 'the schema'],
  ['/v1/sla/score', 'SLA score of the network, or of ?orchestrator_address=0x…, over ?window=24h'],
  ['/v1/sla/compliance', 'the targets of the network beside what was seen, over ?period=24h'],
  ['/v1/network/demand', 'demand by hour, gateway, pipeline and model'],
  ['/v1/gpu/metrics', 'what known GPUs served by hour'],
  ['/v1/feeds/orch-perf-stats', 'scores by region, as go-livepeer reads them from -orchPerfStatsUrl'],
  ['/v1/feeds/orch-webhook', 'service URIs, as go-livepeer reads them from -orchWebhookUrl'],
  ['/readyz', 'readiness'],
  ['/metrics', 'Prometheus metrics'],
];

/** A page that says what this is and where its doors are. */
export function landingPage(): string {
  const items = LINKS.map(([path, about]) => `<li><a href="${path}"><code>${path}</code></a> ${about}</li>`).join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>naap-data-api</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }</style>
<h1>naap-data-api</h1>
<p>Public data of the Livepeer compute network: sessions, demand, service and SLA scores. Read-only, no login.</p>
<ul>
${items}
</ul>
</html>
`;
}
