import type { PlacedEvent, TableRows } from './copy-table.js';
import {
  PAYMENT,
  RAW_EVENT,
  SESSION_EVENT,
  type SessionFact,
  SIGHTING,
  TRANSPORT_SAMPLE,
  type TransportFact,
  USAGE,
} from './fact-tables.js';
import { OTHER_FACTS } from './other-fact-tables.js';

/** Adds the rows of a new event: one in raw and one in its family's table, more only for capabilities [TYPED_RAW-001]. */
export function addEventRows(rows: TableRows, placed: PlacedEvent): void {
  const { event } = placed;
  const { fact } = event;
  rows.add(RAW_EVENT, event, placed);
  switch (fact.kind) {
    case 'session':
      rows.add(SESSION_EVENT, fact, placed);
      if (hasTransport(fact)) rows.add(TRANSPORT_SAMPLE, fact, placed);
      break;
    case 'capabilities':
      for (const sighting of fact.sightings) {
        rows.add(SIGHTING, sighting, placed);
        for (const usage of sighting.usage) rows.add(USAGE, { sighting, usage }, placed);
      }
      break;
    case 'payment':
      rows.add(PAYMENT, fact.payment, placed);
      break;
    case 'other':
      rows.add(OTHER_FACTS[fact.table], fact.row, placed);
      break;
  }
}

function hasTransport(fact: SessionFact): fact is TransportFact {
  return fact.transport !== null;
}
