import type { Answer } from '../../../e2e/naap.js';
import { numbersOf, numericFieldsOf } from './numeric-fields.js';
import { type Ask, allRows, EVENT, meanOf, PAGE, type Recount, rankOf, ratioOf, sumOf } from './recount.js';

const METRIC = '{ value sampleCount nullReason }';
const PROMPT_WINDOW_MS = 600_000;
/** Latencies between two milestones, each on the clock that counts for it. */
const EDGES = {
  startupMs: ['RECEIVE_REQUEST', 'RECEIVE_FIRST_PROCESSED'],
  loadingImageMs: ['RECEIVE_REQUEST', 'LOADING_IMAGE'],
  e2eMs: ['SEND_FIRST_INGEST', 'RUNNER_SEND_FIRST_PROCESSED'],
  gatewayRoundTripMs: ['SEND_FIRST_INGEST', 'RECEIVE_FIRST_PROCESSED'],
  gatewayToRunnerMs: ['SEND_FIRST_INGEST', 'RUNNER_RECEIVE_FIRST_INGEST'],
  runnerProcessingMs: ['RUNNER_RECEIVE_FIRST_INGEST', 'RUNNER_SEND_FIRST_PROCESSED'],
  runnerToGatewayMs: ['RUNNER_SEND_FIRST_PROCESSED', 'RECEIVE_FIRST_PROCESSED'],
} as const;

const SESSION = `sessionId startedAt lastSeenAt ${numbersOf('Session')} latencies { ${numbersOf('SessionLatencies')} }
  milestones { milestone at ownAt clock event { ${EVENT} } }
  segments { ${numbersOf('SessionSegment')} startedAt endedAt } swaps { ordinal isExplicit event { ${EVENT} } }
  decisions { segmentOrdinal sightings { event { ${EVENT} } } }`;

/** Sessions of a range: latencies from their two milestones, counts and frames from their events. */
export async function walkSessions(ask: Ask, recount: Recount, range: string): Promise<void> {
  const listed = await allRows(async (page) => {
    const { sessions } = await ask(
      `{ sessions(startedIn: ${range.replace('range: ', '')}, ${page}) { ${PAGE} edges { node { ${SESSION} } } } }`,
    );
    return sessions;
  });
  recount.stated('SessionConnection.totalCount', listed.length);
  for (const session of listed) {
    const events = await allRows(async (page) => {
      const answer = await ask(`{ session(sessionId: "${session.sessionId}") { events(${page}) { ${PAGE} edges { node {
        at name family ${EVENT} measured { outputFps inputFps promptAt ${numbersOf('EventMeasurement')} } } } } } }`);
      return answer.session.events;
    });
    recount.stated('TelemetryEventConnection.totalCount', events.length);
    for (const event of events) {
      recount.event(event);
      recount.stated('EventSource.offset', event.source.offset);
      recount.stated('EventSource.partition', event.source.partition);
      for (const field of numericFieldsOf('EventMeasurement')) {
        recount.stated(`EventMeasurement.${field}`, event.measured?.[field] ?? null);
      }
    }
    recountLatencies(recount, session, events);
    recountLife(recount, session, events);
  }
}

function recountLatencies(recount: Recount, { latencies, milestones }: Answer, events: readonly Answer[]): void {
  const at = new Map<string, number>(
    milestones.map(({ milestone, at: seenAt, ownAt, clock, event }: Answer) => {
      recount.event(event);
      return [milestone, Date.parse(clock === 'RUNNER' ? ownAt : seenAt)];
    }),
  );
  const between = (from: number | undefined, until: number | undefined): number | null =>
    from === undefined || until === undefined || until < from ? null : until - from;
  for (const [field, [from, until]] of Object.entries(EDGES)) {
    recount.same(`SessionLatencies.${field}`, latencies[field], between(at.get(from), at.get(until)));
  }
  const playableMs = at.get('FEW_PROCESSED');
  const prompts = events
    .filter(
      (event) =>
        event.measured?.promptAt && playableMs !== undefined && Date.parse(event.at) <= playableMs + PROMPT_WINDOW_MS,
    )
    .map(({ measured }) => Date.parse(measured.promptAt));
  recount.same(
    'SessionLatencies.ptffMs',
    latencies.ptffMs,
    between(prompts.length === 0 ? undefined : Math.min(...prompts), playableMs),
  );
}

function recountLife(recount: Recount, session: Answer, events: readonly Answer[]): void {
  const same = (field: string, value: number | null): void =>
    recount.same(`Session.${field}`, session[field], value, 1e-6);
  const samples = events.filter(({ measured }) => measured !== null);
  const fps = samples.flatMap(({ measured }) => measured.outputFps ?? []);
  const input = samples.flatMap(({ measured }) => measured.inputFps ?? []);
  same('averageFps', ratioOf(sumOf(fps), fps.length));
  same('averageInputFps', ratioOf(sumOf(input), input.length));
  same('durationMinutes', (Date.parse(events.at(-1)?.at) - Date.parse(events[0]?.at)) / 60_000);
  same('segmentCount', session.segments.length);
  same('explicitSwapCount', session.swaps.filter(({ isExplicit }: Answer) => isExplicit).length);
  same('inferredSwapCount', session.swaps.filter(({ isExplicit }: Answer) => !isExplicit).length);
  same('statusSampleCount', sumOf(session.segments.map((segment: Answer) => segment.statusSampleCount)));
  same('parameterUpdateCount', events.filter(({ name }) => name === 'params_update').length);
  for (const field of ['errorCount', 'restartCount', 'healthCoverageRatio'])
    recount.stated(`Session.${field}`, session[field]);
  for (const { ordinal, isExplicit, event } of session.swaps) {
    recount.stated('SessionSwap.ordinal', ordinal);
    if (isExplicit) recount.event(event);
  }
  for (const { segmentOrdinal, sightings } of session.decisions) {
    recount.stated('SessionDecision.segmentOrdinal', segmentOrdinal);
    for (const { event } of sightings) recount.event(event);
  }
  recount.same(
    'SessionSegment.averageFps',
    { ...session.averageFps },
    meanOf(session.segments.map((s: Answer) => s.averageFps)),
    1e-6,
  );
  for (const segment of session.segments) {
    recount.stated('SessionSegment.ordinal', segment.ordinal);
    recount.stated('SessionSegment.statusSampleCount', segment.statusSampleCount);
    const lengthMs = Date.parse(segment.endedAt) - Date.parse(segment.startedAt);
    recount.between('SessionSegment.serviceMinutes', segment.serviceMinutes, [0, lengthMs / 60_000]);
  }
}

/** statusSeries: minutes from the samples in them, hours from parts of service. */
export async function walkStatusSeries(ask: Ask, recount: Recount, range: string): Promise<void> {
  const NUMBERS = `${numbersOf('StatusMetrics')} states { ${numbersOf('StateSampleCounts')} }`;
  const same = (field: string, metrics: Answer, value: number | null): void =>
    recount.same(`StatusMetrics.${field}`, metrics[field], value, 1e-6);
  const minutes = `statusSeries(${range}, bucket: MINUTE_1)`;
  const { statusSeries } = await ask(`{ ${minutes} { points { start metrics { ${NUMBERS} } } } }`);
  const samples = await allRows(async (page) => {
    const answer = await ask(`{ ${minutes} { samples(${page}) { ${PAGE} edges { node {
      at ${numbersOf('StatusSample')} isError event { ${EVENT} } } } } } }`);
    return answer.statusSeries.samples;
  });
  recount.stated('StatusSampleConnection.totalCount', samples.length);
  for (const row of samples) {
    recount.event(row.event);
    for (const field of numericFieldsOf('StatusSample')) recount.stated(`StatusSample.${field}`, row[field]);
  }
  for (const { start, metrics } of statusSeries.points.filter((point: Answer) => point.metrics !== null)) {
    const rows = samples.filter(({ at }) => Math.floor(Date.parse(at) / 60_000) === Date.parse(start) / 60_000);
    same('statusSampleCount', metrics, rows.length);
    same('errorSampleCount', metrics, rows.filter(({ isError }) => isError).length);
    for (const [field, name] of [
      ['averageFps', 'outputFps'],
      ['averageInputFps', 'inputFps'],
    ] as const) {
      const values = rows.flatMap((row) => row[name] ?? []);
      same(field, metrics, ratioOf(sumOf(values), values.length));
    }
  }
  const hours =
    await ask(`{ statusSeries(${range}, bucket: HOUR_1) { points { metrics { ${NUMBERS} } contributions(first: 100) {
    edges { node { isTerminalTail metrics { statusSampleCount errorSampleCount averageFps ${METRIC} } } } } } } }`);
  for (const { metrics, contributions } of hours.statusSeries.points.filter(
    (point: Answer) => point.metrics !== null,
  )) {
    const parts = contributions.edges.flatMap(({ node }: Answer) => (node.isTerminalTail ? [] : [node.metrics]));
    same('statusSampleCount', metrics, sumOf(parts.map((part: Answer) => part.statusSampleCount)));
    same('errorSampleCount', metrics, sumOf(parts.map((part: Answer) => part.errorSampleCount)));
    same('averageFps', metrics, meanOf(parts.map((part: Answer) => part.averageFps)));
  }
}

/** ingestQuality: sums from the sessions in them, delays from the samples of these. */
export async function walkIngest(ask: Ask, recount: Recount, range: string): Promise<void> {
  const DELAYS = ['videoJitter', 'audioJitter', 'roundTrip'];
  const PACKETS = ['videoPackets', 'audioPackets'];
  const NUMBERS = `${numbersOf('IngestQuality')} ${DELAYS.map((name) => `${name} { ${numbersOf('IngestDelay')} }`).join(' ')}
    ${PACKETS.map((name) => `${name} { ${numbersOf('IngestPackets')} }`).join(' ')}`;
  const { ingestQuality } = await ask(
    `{ ingestQuality(${range}, groupBy: [GATEWAY], first: 100) { totalCount total { ${NUMBERS} } edges { node { gateway } } } }`,
  );
  const { total } = ingestQuality;
  recount.same('IngestQualityConnection.totalCount', ingestQuality.totalCount, ingestQuality.edges.length);
  const rows = await allRows(async (page) => {
    const answer =
      await ask(`{ ingestQuality(${range}, first: 1) { contributions(${page}) { ${PAGE} edges { node { sessionId bucketStart
      metrics { ${numbersOf('IngestQuality')} ${DELAYS.map((name) => `${name} { averageMs ${METRIC} }`).join(' ')} ${PACKETS.map((name) => `${name} { lostCount receivedCount }`).join(' ')} } } } } } }`);
    return answer.ingestQuality.contributions;
  });
  recount.stated('IngestContributionConnection.totalCount', rows.length);
  const parts = rows.map(({ metrics }) => metrics);
  for (const field of numericFieldsOf('IngestQuality').filter((name) => /Count$|Bytes$/.test(name))) {
    recount.same(`IngestQuality.${field}`, total[field], sumOf(parts.map((part) => part[field])));
  }
  recount.same(
    'IngestQuality.goodRatio',
    total.goodRatio,
    ratioOf(total.goodCount, total.sampleCount - total.otherQualityCount) === null ? null : total.goodRatio.value,
  );
  recount.same(
    'IngestQuality.badRatio',
    total.badRatio,
    ratioOf(total.badCount, total.sampleCount) === null ? null : total.badRatio.value,
  );
  for (const field of ['receivedMbps', 'sentMbps']) {
    recount.between(
      `IngestQuality.${field}`,
      total[field],
      parts.flatMap((part) => part[field].value ?? []),
    );
  }
  for (const name of PACKETS) {
    const lost = sumOf(parts.map((part) => part[name].lostCount));
    const received = sumOf(parts.map((part) => part[name].receivedCount));
    recount.same('IngestPackets.lostCount', total[name].lostCount, lost);
    recount.same('IngestPackets.receivedCount', total[name].receivedCount, received);
    recount.same('IngestPackets.lossRatio', total[name].lossRatio, ratioOf(lost, lost + received), 1e-6);
  }
  const samples = await ingestSamplesOf(ask, recount, rows);
  for (const name of DELAYS) {
    recount.same(
      'IngestDelay.averageMs',
      total[name].averageMs,
      meanOf(parts.map((part) => part[name].averageMs)),
      1e-4,
    );
    const values = samples.flatMap((measured) => measured[`${name}Ms`] ?? []);
    for (const [field, quantile] of [
      ['p50Ms', 0.5],
      ['p95Ms', 0.95],
      ['p99Ms', 0.99],
    ] as const) {
      recount.same(`IngestDelay.${field}`, total[name][field], rankOf(values, quantile), 0.0101);
    }
  }
}

/** What the ingest samples in some rows measured, each in the hour of its row. */
async function ingestSamplesOf(ask: Ask, recount: Recount, rows: readonly Answer[]): Promise<readonly Answer[]> {
  const samples: Answer[] = [];
  for (const sessionId of new Set(rows.map((row) => row.sessionId))) {
    const hours = rows.filter((row) => row.sessionId === sessionId).map((row) => Date.parse(row.bucketStart));
    const events = await allRows(async (page) => {
      const { session } = await ask(`{ session(sessionId: "${sessionId}") { events(${page}) { ${PAGE} edges { node {
        at name ${EVENT} measured { ${numbersOf('EventMeasurement')} } } } } } }`);
      return session.events;
    });
    for (const event of events.filter(({ name }) => name === 'ingest_metrics')) {
      recount.event(event);
      for (const field of numericFieldsOf('EventMeasurement')) {
        recount.stated(`EventMeasurement.${field}`, event.measured[field]);
      }
      if (hours.includes(Math.floor(Date.parse(event.at) / 3_600_000) * 3_600_000)) samples.push(event.measured);
    }
  }
  return samples;
}
