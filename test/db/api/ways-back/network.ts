import type { Answer } from '../../../e2e/naap.js';
import { numbersOf, numericFieldsOf } from './numeric-fields.js';
import { type Ask, allRows, EVENT, PAGE, type Recount, sumOf } from './recount.js';

const REPORT = `orchestratorUri isReported lastSeenAt firstEvent { ${EVENT} } lastEvent { ${EVENT} }
  offers { pipeline model isWarm ${numbersOf('ReportedOffer')} } prices { pipeline model price { ${numbersOf('Price')} } }
  gpus { gpuId gpuModel pipeline model memoryBytes }`;
const OFFER = `pipeline model isWarm lastSeenAt ${numbersOf('OrchestratorOffer')} price { ${numbersOf('Price')} }`;

type Rows = readonly Answer[];

/** Capacity, prices and GPUs of now: from the newest report of each service, which an event carries. */
export async function walkReports(ask: Ask, recount: Recount): Promise<void> {
  const orchestrators: Rows = await allRows(async (page) => {
    const answer =
      await ask(`{ orchestrators(${page}) { ${PAGE} edges { node { address isReported ${numbersOf('Orchestrator')}
      aliases { event { ${EVENT} } } reports { ${REPORT} } offers { ${OFFER} } } } } }`);
    return answer.orchestrators;
  });
  recount.stated('OrchestratorConnection.totalCount', orchestrators.length);
  for (const orchestrator of orchestrators) recountOrchestrator(recount, orchestrator);
  const fresh = orchestrators.flatMap(({ address, offers, reports }) => {
    const isFresh = (offer: Answer): boolean =>
      reports.some((r: Answer) => r.isReported && offersOf([r], offer).length > 0);
    return offers.filter(isFresh).map((offer: Answer) => ({ ...offer, address }));
  });
  const gpus = orchestrators.flatMap(({ address, reports }) =>
    reports
      .filter((r: Answer) => r.isReported)
      .flatMap((r: Answer) => r.gpus.map((gpu: Answer) => ({ ...gpu, address }))),
  );
  await walkSampledGpus(ask, recount);
  await walkSupply(ask, recount, fresh, gpus);
  await walkPrices(ask, recount, orchestrators);
  await walkSelection(ask, recount, fresh);
}

/** GPUs that only samples name: these, each with its newest reading. */
async function walkSampledGpus(ask: Ask, recount: Recount): Promise<void> {
  const { orchestrators } = await ask(`{ orchestrators(first: 100) { edges { node { address sampledGpuCount } } } }`);
  for (const { node } of orchestrators.edges) {
    const { gpus } =
      await ask(`{ gpus(where: { orchestrators: ["${node.address}"], sources: [SAMPLE], isInstalled: null }, first: 100) {
      edges { node { newestReading { event { ${EVENT} } } } } } }`);
    for (const { node: gpu } of gpus.edges) if (gpu.newestReading !== null) recount.event(gpu.newestReading.event);
    recount.same('Orchestrator.sampledGpuCount', node.sampledGpuCount, gpus.edges.length);
  }
}

const offersOf = (reports: Rows, { pipeline, model }: Answer): Rows =>
  reports.flatMap(({ offers }) =>
    offers.filter((offer: Answer) => offer.pipeline === pipeline && offer.model === model),
  );
const keysOf = (gpus: Rows): number => new Set(gpus.map(({ address = '', gpuId }) => `${address}|${gpuId}`)).size;
/** A sum that is unknown when one of its parts is. */
const wholeOf = (metrics: Rows): number | null =>
  metrics.some(({ value }) => value === null) ? null : sumOf(metrics.map(({ value }) => value));

function recountOrchestrator(recount: Recount, { reports, offers, aliases, ...numbers }: Answer): void {
  for (const report of reports) {
    recount.event(report.firstEvent);
    recount.event(report.lastEvent);
    for (const offer of report.offers) {
      for (const field of numericFieldsOf('ReportedOffer')) recount.stated(`ReportedOffer.${field}`, offer[field]);
    }
    for (const { memoryBytes } of report.gpus) recount.stated('ReportedGpu.memoryBytes', memoryBytes);
  }
  for (const { event } of aliases) recount.event(event);
  recount.same('Orchestrator.aliasCount', numbers.aliasCount, aliases.length);
  recount.same('Orchestrator.gpuCount', numbers.gpuCount, keysOf(reports.flatMap((r: Answer) => r.gpus)) || null);
  for (const offer of offers) {
    const parts = offersOf(reports, offer);
    recount.same('OrchestratorOffer.capacity', offer.capacity, sumOf(parts.map(({ capacity }) => capacity)));
    for (const field of ['capacityInUse', 'capacityAvailable']) {
      // what is known of an old report is not said of now
      const known = offer[field].nullReason === 'STALE' ? null : wholeOf(parts.map((part) => part[field]));
      recount.same(`OrchestratorOffer.${field}`, offer[field], known);
    }
    const gpus = reports.flatMap((r: Answer) =>
      r.gpus.filter((gpu: Answer) => gpu.pipeline === offer.pipeline && gpu.model === offer.model),
    );
    recount.same('OrchestratorOffer.gpuCount', offer.gpuCount, keysOf(gpus) || null);
    recountPrice(recount, offer, reports);
  }
}

/** The dearest per pixel of the prices that its services name for the model, else for the whole pipeline. */
function recountPrice(recount: Recount, offer: Answer, reports: Rows): void {
  const named = reports.flatMap((report) => {
    if (offersOf([report], offer).length === 0) return [];
    const own = report.prices.filter((price: Answer) => price.pipeline === offer.pipeline);
    const ofModel = own.filter((price: Answer) => price.model === offer.model);
    return (ofModel.length > 0 ? ofModel : own.filter((price: Answer) => price.model === null)).map(
      (p: Answer) => p.price,
    );
  });
  const perPixel = (price: Answer): number => Number(price.pricePerUnitWei) / Number(price.pixelsPerUnit);
  const dearest = [...named].sort((a, b) => perPixel(b) - perPixel(a))[0];
  recount.same('Price.pricePerUnitWei', offer.price?.pricePerUnitWei ?? null, dearest?.pricePerUnitWei ?? null);
  recount.same('Price.pixelsPerUnit', offer.price?.pixelsPerUnit ?? null, dearest?.pixelsPerUnit ?? null);
}

/** models, pipelines, gpuMarket: sums over the orchestrators' offers that stand for now. */
async function walkSupply(ask: Ask, recount: Recount, fresh: Rows, gpus: Rows): Promise<void> {
  const spread = `price { ${numbersOf('PriceSpread')} }`;
  const { models, pipelines, gpuMarket } = await ask(`{
    models(first: 100) { totalCount edges { node { pipeline model ${numbersOf('ModelOffering')} ${spread} } } }
    pipelines { pipeline ${numbersOf('PipelineOffering')} ${spread} }
    gpuMarket(first: 100) { totalCount edges { node { gpuModel pipeline model ${numbersOf('GpuMarketRow')} ${spread} } } } }`);
  recount.same('ModelOfferingConnection.totalCount', models.totalCount, models.edges.length);
  recount.same('GpuMarketConnection.totalCount', gpuMarket.totalCount, gpuMarket.edges.length);
  for (const { node } of models.edges) {
    const isOwn = (row: Answer): boolean => row.pipeline === node.pipeline && row.model === node.model;
    recountOffering(recount, 'ModelOffering', node, fresh.filter(isOwn), gpus.filter(isOwn));
  }
  for (const row of pipelines) {
    const isOwn = ({ pipeline }: Answer): boolean => pipeline === row.pipeline;
    recountOffering(recount, 'PipelineOffering', row, fresh.filter(isOwn), gpus.filter(isOwn));
  }
  for (const { node } of gpuMarket.edges) {
    const isOwn = (row: Answer): boolean => row.pipeline === node.pipeline && row.model === node.model;
    const hardwareOf = (address: string): string | null => {
      const names = new Set(
        gpus.filter((gpu) => gpu.address === address && isOwn(gpu)).map(({ gpuModel }) => gpuModel),
      );
      return names.size === 1 ? [...names][0] : null;
    };
    const offers = fresh.filter((offer) => isOwn(offer) && hardwareOf(offer.address) === node.gpuModel);
    const own = gpus.filter((gpu) => isOwn(gpu) && gpu.gpuModel === node.gpuModel);
    recountOffering(recount, 'GpuMarketRow', node, offers, own);
    const memory = own.flatMap(({ memoryBytes }) => memoryBytes ?? []);
    recount.same('GpuMarketRow.minMemoryBytes', node.minMemoryBytes, memory.length > 0 ? Math.min(...memory) : null);
    recount.same('GpuMarketRow.maxMemoryBytes', node.maxMemoryBytes, memory.length > 0 ? Math.max(...memory) : null);
    recount.same(
      'GpuMarketRow.fpsEfficiency',
      node.fpsEfficiency,
      node.targetFps === null || node.achievedFps.value === null ? null : node.achievedFps.value / node.targetFps,
    );
    recount.stated('GpuMarketRow.targetFps', node.targetFps);
    await walkAchievedFps(ask, recount, node, own);
  }
}

/** Frames of the GPUs of a model are those of `serviceMetrics` of these GPUs, which lead to their sessions. */
async function walkAchievedFps(ask: Ask, recount: Recount, row: Answer, gpus: Rows): Promise<void> {
  if (row.achievedFps.value === null || row.gpuModel === null) return;
  const all = await ask(
    `{ gpus(where: { gpuModels: ${JSON.stringify([row.gpuModel])}, isInstalled: null }, first: 100) { edges { node { gpuId } } } }`,
  );
  const ids = [...new Set([...gpus, ...all.gpus.edges.map(({ node }: Answer) => node)].map(({ gpuId }) => gpuId))];
  const where = `{ gpus: ${JSON.stringify(ids)}, pipelines: ["${row.pipeline}"], models: ["${row.model ?? ''}"] }`;
  const { serviceMetrics } = await ask(
    `{ serviceMetrics(where: ${where}) { total { averageFps { value } } contributions(first: 1) { totalCount } } }`,
  );
  recount.same('GpuMarketRow.achievedFps', row.achievedFps, serviceMetrics.total?.averageFps.value ?? null, 1e-6);
}

function recountOffering(recount: Recount, type: string, row: Answer, offers: Rows, gpus: Rows): void {
  const same = (field: string, value: number | null): void => recount.same(`${type}.${field}`, row[field], value);
  const addresses = (rows: Rows): number => new Set(rows.map(({ address }) => address)).size;
  same('capacity', sumOf(offers.map(({ capacity }) => capacity)));
  same('orchestratorCount', addresses(offers));
  same('warmOrchestratorCount', addresses(offers.filter(({ isWarm }) => isWarm)));
  same('gpuCount', keysOf(gpus));
  for (const field of ['capacityInUse', 'capacityAvailable']) {
    const known = offers.filter((offer) => offer[field].value !== null);
    same(field, known.length > 0 ? sumOf(known.map((offer) => offer[field].value)) : null);
  }
  const prices = offers
    .flatMap(({ price }) => (price === null ? [] : Number(price.pricePerUnitWei) / Number(price.pixelsPerUnit)))
    .sort((a, b) => a - b);
  recount.same('PriceSpread.priceCount', row.price?.priceCount ?? 0, prices.length);
  if (row.price === null) return;
  recount.same('PriceSpread.minWeiPerPixel', row.price.minWeiPerPixel, prices[0] ?? null);
  recount.same('PriceSpread.maxWeiPerPixel', row.price.maxWeiPerPixel, prices.at(-1) ?? null);
  recount.same(
    'PriceSpread.medianWeiPerPixel',
    row.price.medianWeiPerPixel,
    prices[Math.ceil(prices.length / 2) - 1] ?? null,
  );
}

/** Price history: each stretch by the events of its first and newest report. */
async function walkPrices(ask: Ask, recount: Recount, orchestrators: Rows): Promise<void> {
  for (const { address } of orchestrators.slice(0, 5)) {
    const { prices } = await ask(`{ prices(orchestratorAddress: "${address}", first: 100) { totalCount edges { node {
      price { ${numbersOf('Price')} } firstEvent { ${EVENT} } lastEvent { ${EVENT} } } } } }`);
    recount.same('PriceConnection.totalCount', prices.totalCount, prices.edges.length);
    for (const { node } of prices.edges) {
      recount.event(node.firstEvent);
      recount.event(node.lastEvent);
    }
  }
}

/** Who may be chosen: the offers beside it, which are those of the orchestrator's reports. */
async function walkSelection(ask: Ask, recount: Recount, fresh: Rows): Promise<void> {
  const { orchestratorSelection } =
    await ask(`{ orchestratorSelection(first: 100, hasCapacity: false) { totalCount edges { node {
    orchestratorAddress ${numbersOf('SelectedOrchestrator')} offers { pipeline model isWarm ${numbersOf('ServiceOffer')} }
    orchestrator { reports { ${REPORT} } } } } } }`);
  recount.same(
    'OrchestratorSelectionConnection.totalCount',
    orchestratorSelection.totalCount,
    new Set(fresh.map((o) => o.address)).size,
  );
  for (const { node } of orchestratorSelection.edges) {
    const warm = node.offers.filter(({ isWarm }: Answer) => isWarm);
    for (const [field, offers] of [
      ['capacityAvailable', node.offers],
      ['warmCapacityAvailable', warm],
    ] as const) {
      const free = offers.map(({ capacityAvailable: value }: Answer) => ({ value }));
      recount.same(`SelectedOrchestrator.${field}`, node[field], wholeOf(free));
    }
    for (const offer of node.offers) {
      const parts = offersOf(
        node.orchestrator.reports.filter((r: Answer) => r.isReported),
        offer,
      );
      // one service of several may offer the same
      recount.between('ServiceOffer.capacity', offer.capacity, [0, sumOf(parts.map(({ capacity }) => capacity))]);
      recount.between('ServiceOffer.capacityAvailable', offer.capacityAvailable, [
        0,
        sumOf(parts.map((p) => p.capacityAvailable.value)),
      ]);
    }
  }
}

/** GPUs: the report that shows them, and the sample of their newest reading. */
export async function walkGpus(ask: Ask, recount: Recount): Promise<void> {
  const gpus: Rows = await allRows(async (page) => {
    const answer =
      await ask(`{ gpus(where: { isInstalled: null, sources: [REPORT, SAMPLE] }, ${page}) { ${PAGE} edges { node { gpuId memoryBytes
      report { gpus { gpuId memoryBytes } lastEvent { ${EVENT} } } newestReading { ${numbersOf('GpuReading')} event { ${EVENT} } } } } } }`);
    return answer.gpus;
  });
  recount.stated('GpuConnection.totalCount', gpus.length);
  for (const { gpuId, memoryBytes, report, newestReading } of gpus) {
    if (report !== null) recount.event(report.lastEvent);
    const shown = report?.gpus.find((gpu: Answer) => gpu.gpuId === gpuId);
    recount.same(
      'Gpu.memoryBytes',
      memoryBytes,
      report === null ? newestReading?.memoryBytes : (shown?.memoryBytes ?? null),
    );
    if (newestReading === null) continue;
    recount.event(newestReading.event);
    for (const field of numericFieldsOf('GpuReading')) recount.stated(`GpuReading.${field}`, newestReading[field]);
  }
}
