import type { PlacedEvent, TableRows } from './copy-table.js';
import { PAYMENT, RAW_EVENT, SESSION_EVENT, SIGHTING, TRANSPORT_SAMPLE, USAGE } from './fact-tables.js';
import { OTHER_FACTS } from './other-fact-tables.js';

/** Adds the row of a new event in raw: the message as it came, without client addresses. */
export function addMessageRow(rows: TableRows, placed: PlacedEvent): void {
  rows.add(RAW_EVENT, placed.event, placed);
}

/** Adds the typed rows of a new event: one in its family's table, more only for capabilities [TYPED_RAW-001, 002]. */
export function addFactRows(rows: TableRows, placed: PlacedEvent): void {
  const { fact } = placed.event;
  switch (fact.kind) {
    case 'session':
      rows.add(SESSION_EVENT, fact, placed);
      if (fact.event.transport !== null) {
        rows.add(TRANSPORT_SAMPLE, { event: fact.event, transport: fact.event.transport }, placed);
      }
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
