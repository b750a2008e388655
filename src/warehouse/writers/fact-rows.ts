import type {
  CapabilitySighting,
  IngestMetricsFact,
  OtherFactRow,
  OtherFactTable,
  PaymentFact,
  SessionEvent,
  TelemetryEvent,
  TransportSample,
} from '../../domain/event.js';
import type { RawMessage } from '../../domain/verdict.js';
import type { CopyColumn } from '../copy-binary.js';
import type { CopyValue } from '../copy-encoder.js';
import {
  OTHER_FACT_COLUMNS,
  PAYMENT_COLUMNS,
  RAW_EVENT_COLUMNS,
  SESSION_EVENT_COLUMNS,
  SIGHTING_COLUMNS,
  TRANSPORT_SAMPLE_COLUMNS,
  USAGE_COLUMNS,
} from './fact-tables.js';

/** A new event with the place it was read from. */
export interface PlacedEvent {
  readonly event: TelemetryEvent;
  readonly message: RawMessage;
  readonly sourceId: number;
}

export type CopyRow = readonly CopyValue[];

export interface TableRows {
  readonly table: string;
  readonly columns: readonly CopyColumn[];
  readonly rows: CopyRow[];
}

/** The rows of new events by table, raw first; tables without rows are left out [TYPED_RAW-001]. */
export function factRowsOf(events: readonly PlacedEvent[]): readonly TableRows[] {
  const tables = new Map<string, TableRows>();
  const add = (table: string, columns: readonly CopyColumn[], row: CopyRow): void => {
    const known = tables.get(table);
    if (known === undefined) {
      tables.set(table, { table, columns, rows: [row] });
    } else {
      known.rows.push(row);
    }
  };
  for (const placed of events) {
    const { event } = placed;
    const { fact } = event;
    add('raw.event', RAW_EVENT_COLUMNS, rawRow(placed));
    switch (fact.kind) {
      case 'session':
        add('fact.session_event', SESSION_EVENT_COLUMNS, sessionRow(event.org, fact.event, fact.ingest));
        if (fact.transport !== null) {
          add('fact.transport_sample', TRANSPORT_SAMPLE_COLUMNS, transportRow(event.org, fact.event, fact.transport));
        }
        break;
      case 'capabilities':
        for (const sighting of fact.sightings) {
          add('fact.capability_sighting', SIGHTING_COLUMNS, sightingRow(event, sighting));
          for (const row of usageRows(event, sighting)) add('fact.capability_usage', USAGE_COLUMNS, row);
        }
        break;
      case 'payment':
        add('fact.payment', PAYMENT_COLUMNS, paymentRow(event, fact.payment));
        break;
      case 'other':
        add(`fact.${fact.table}`, OTHER_FACT_COLUMNS[fact.table], otherRow(event, fact.table, fact.row));
        break;
    }
  }
  return [...tables.values()];
}

function rawRow({ event, message, sourceId }: PlacedEvent): CopyRow {
  return [
    event.eventAtMs,
    event.org,
    event.eventId,
    event.family,
    event.envelopeAtMs,
    message.receivedAtMs,
    sourceId,
    message.offset,
    event.rawText,
  ];
}

function sessionRow(org: string, event: SessionEvent, ingest: IngestMetricsFact | null): CopyRow {
  return [
    event.eventAtMs,
    org,
    event.sessionKey,
    event.eventId,
    event.familyRank,
    event.name,
    event.streamId,
    event.requestId,
    event.gateway,
    event.region,
    event.isSynthetic,
    event.milestones,
    event.ownAtMs,
    event.orchUrl,
    event.orchAddress,
    event.showsIdentity,
    event.pipelineText,
    event.modelText,
    event.isSwap,
    event.swapToUrl,
    event.swapToAddress,
    event.swapReason,
    event.isError,
    event.message,
    event.isRestart,
    event.isColdStart,
    event.isSample,
    event.state,
    event.fpsMicro,
    event.inputFpsMicro,
    event.hasLastError,
    event.restartCount,
    event.startTimeMs,
    ingest?.connQuality ?? null,
    ingest?.bytesReceived ?? null,
    ingest?.bytesSent ?? null,
    ingest?.videoJitterMs ?? null,
    ingest?.videoPacketsLost ?? null,
    ingest?.videoPacketsReceived ?? null,
    ingest?.audioJitterMs ?? null,
    ingest?.audioPacketsLost ?? null,
    ingest?.audioPacketsReceived ?? null,
    ingest?.rttMs ?? null,
  ];
}

function transportRow(org: string, event: SessionEvent, sample: TransportSample): CopyRow {
  return [
    event.eventAtMs,
    org,
    event.sessionKey,
    event.eventId,
    sample.publisherId,
    event.orchAddress,
    event.isSynthetic,
    sample.gpuUuid,
    sample.gpuModel,
    sample.gpuMemoryBytes,
    sample.gpuUtilisation,
    sample.cudaVersion,
    sample.txBytes,
    sample.rxBytes,
    sample.txMbps,
    sample.rxMbps,
    sample.samplingIntervalMs,
    sample.achievedFlops,
    sample.peakFlops,
  ];
}

function sightingRow(event: TelemetryEvent, sighting: CapabilitySighting): CopyRow {
  return [
    event.org,
    sighting.address,
    sighting.uri,
    event.eventAtMs,
    event.eventId,
    sighting.localAddress,
    event.gateway,
    sighting.contentHash,
  ];
}

function usageRows(event: TelemetryEvent, sighting: CapabilitySighting): readonly CopyRow[] {
  return sighting.usage.map((usage) => [
    event.eventAtMs,
    event.org,
    sighting.address,
    sighting.uri,
    event.eventId,
    usage.pipeline,
    usage.model,
    usage.gpuUuid,
    usage.capacityInUse,
    usage.memoryFreeBytes,
  ]);
}

function paymentRow(event: TelemetryEvent, payment: PaymentFact): CopyRow {
  return [
    event.eventAtMs,
    event.org,
    event.eventId,
    event.gateway,
    payment.requestId,
    payment.sessionId,
    payment.manifestId,
    payment.sender,
    payment.recipient,
    payment.orchUrl,
    payment.capability,
    payment.faceValueWei,
    payment.expectedValueWei,
    payment.ticketCount,
    payment.price,
    payment.winProb,
  ];
}

function otherRow(event: TelemetryEvent, table: OtherFactTable, row: OtherFactRow): CopyRow {
  const envelope: OtherFactRow = {
    event_at: event.eventAtMs,
    org: event.org,
    event_id: event.eventId,
    gateway: event.gateway,
  };
  return OTHER_FACT_COLUMNS[table].map(({ name }) => envelope[name] ?? row[name] ?? null);
}
