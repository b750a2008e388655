import type { Answer } from '../../../e2e/naap.js';
import { numbersOf } from './numeric-fields.js';
import { type Ask, allRows, EVENT, PAGE, type Recount, ratioOf, sumOf } from './recount.js';

type Rows = readonly Answer[];

/** gateways, liveSessions and every liveSessionCount: the sessions themselves. */
export async function walkLiveAndGateways(ask: Ask, recount: Recount, range: string): Promise<void> {
  const gateways: Rows = await allRows(async (page) => {
    const answer = await ask(`{ gateways(${page}) { ${PAGE} edges { node { name org liveSessionCount } } } }`);
    return answer.gateways;
  });
  recount.stated('GatewayConnection.totalCount', gateways.length);
  for (const { name, org } of gateways) {
    const { gateway } =
      await ask(`{ gateway(org: "${org}", name: "${name}") { demand(${range}) { ${numbersOf('GatewayDemand')}
      contributions(first: 100) { totalCount edges { node { orchestratorAddress
        metrics { requestedCount startupSuccessCount } session { events(first: 1) { edges { node { ${EVENT} } } } } } } }
      orchestrators(first: 100) { orchestratorAddress ${numbersOf('GatewayOrchestrator')} contributions(first: 1) { totalCount } } } } }`);
    recountGatewayDemand(recount, gateway.demand);
  }
  await walkLive(ask, recount, gateways);
}

function recountGatewayDemand(recount: Recount, demand: Answer): void {
  const parts: Rows = demand.contributions.edges.map((edge: Answer) => edge.node);
  for (const { session } of parts) recount.event(session.events.edges[0].node);
  const served = sumOf(parts.map(({ metrics }) => metrics.startupSuccessCount));
  const requested = sumOf(parts.map(({ metrics }) => metrics.requestedCount));
  recount.same('GatewayDemand.servedCount', demand.servedCount, served);
  recount.same('GatewayDemand.unservedCount', demand.unservedCount, requested - served);
  const known = parts.filter(({ orchestratorAddress }) => orchestratorAddress !== null);
  const addresses = new Set(known.map(({ orchestratorAddress }) => orchestratorAddress));
  recount.same('GatewayDemand.orchestratorCount', demand.orchestratorCount, addresses.size);
  for (const used of demand.orchestrators) {
    const own = known.filter(({ orchestratorAddress }) => orchestratorAddress === used.orchestratorAddress);
    recount.same('DemandContributionConnection.totalCount', used.contributions.totalCount, own.length);
    recount.same('GatewayOrchestrator.share', used.share, ratioOf(own.length, known.length));
  }
}

async function walkLive(ask: Ask, recount: Recount, gateways: Rows): Promise<void> {
  const inState = async (state: string): Promise<Rows> =>
    allRows(async (page) => {
      const { sessions } =
        await ask(`{ sessions(state: ${state}, ${page}) { ${PAGE} edges { node { org gateway pipeline model orchestratorAddress
        events(last: 1) { edges { node { ${EVENT} } } } } } } }`);
      return sessions;
    });
  const [live, idle, lost] = [await inState('LIVE'), await inState('IDLE'), await inState('LOST')];
  for (const { events } of [...live, ...idle]) recount.event(events.edges[0].node);
  const groups = '{ gateway liveCount idleCount lostCount }';
  const { liveSessions, networkKpis, models, pipelines, orchestrators } = await ask(`{
    liveSessions(groupBy: [GATEWAY], first: 100) { ${numbersOf('LiveSessionConnection')} edges { node ${groups} } }
    networkKpis { liveSessionCount }
    models(first: 100) { edges { node { pipeline model liveSessionCount } } } pipelines { pipeline liveSessionCount }
    orchestrators(first: 100) { edges { node { address offers { pipeline model liveSessionCount } } } } }`);
  recount.same('LiveSessionConnection.totalCount', liveSessions.totalCount, liveSessions.edges.length);
  for (const [field, rows] of Object.entries({ liveCount: live, idleCount: idle })) {
    recount.same(`LiveSessionConnection.${field}`, liveSessions[field], rows.length);
    for (const { node } of liveSessions.edges) {
      recount.same(
        `LiveSessionGroup.${field}`,
        node[field],
        rows.filter(({ gateway }) => gateway === node.gateway).length,
      );
    }
  }
  // lost ones are counted for a day, and listed for ever
  recount.between('LiveSessionConnection.lostCount', liveSessions.lostCount, [0, lost.length]);
  for (const { node } of liveSessions.edges)
    recount.between('LiveSessionGroup.lostCount', node.lostCount, [0, lost.length]);
  const count = (wanted: (session: Answer) => boolean): number => live.filter(wanted).length;
  recount.same('NetworkKpis.liveSessionCount', networkKpis.liveSessionCount, live.length);
  for (const { name, org, liveSessionCount } of gateways) {
    recount.same(
      'Gateway.liveSessionCount',
      liveSessionCount,
      count((s) => s.gateway === name && s.org === org),
    );
  }
  for (const { node } of models.edges) {
    recount.same(
      'ModelOffering.liveSessionCount',
      node.liveSessionCount,
      count((s) => s.pipeline === node.pipeline && s.model === node.model),
    );
  }
  for (const row of pipelines) {
    recount.same(
      'PipelineOffering.liveSessionCount',
      row.liveSessionCount,
      count((s) => s.pipeline === row.pipeline),
    );
  }
  for (const { node } of orchestrators.edges) {
    for (const offer of node.offers) {
      recount.same(
        'OrchestratorOffer.liveSessionCount',
        offer.liveSessionCount,
        count(
          (s) => s.orchestratorAddress === node.address && s.pipeline === offer.pipeline && s.model === offer.model,
        ),
      );
    }
  }
}
