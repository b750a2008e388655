/**
 * The session an event belongs to inside its org [LIFECYCLE-001]: its own stream and request ids, and where it has
 * neither its trace id (v1), else its event id, so that it is a session of its own.
 */
export function sessionKeyOf(ids: {
  readonly streamId: string;
  readonly requestId: string;
  readonly traceId?: string;
  readonly eventId: string;
}): string {
  if (ids.streamId !== '' || ids.requestId !== '') {
    return `${ids.streamId || '_missing_stream'}|${ids.requestId || '_missing_request'}`;
  }
  return ids.traceId ? `_trace|${ids.traceId}` : `_missing_stream|_missing_request|${ids.eventId}`;
}
