import type { ServerResponse } from 'node:http';
import { publicError } from '../errors.js';

/** Every answer may be read by any page: the data are public and no cookie is used. */
export const OPEN_CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-request-id, etag',
} as const;

export function reply(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    ...OPEN_CORS,
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

export function replyJson(response: ServerResponse, status: number, body: unknown): void {
  reply(response, status, 'application/json; charset=utf-8', JSON.stringify(body));
}

/** An error as RFC 9457 problem details; `instance` carries the request id. */
export function replyProblem(response: ServerResponse, error: unknown, requestId: string): void {
  const { code, message, httpStatus } = publicError(error);
  const body = {
    type: `urn:naap:error:${code.toLowerCase()}`,
    title: code,
    status: httpStatus,
    detail: message,
    instance: `urn:request:${requestId}`,
  };
  reply(response, httpStatus, 'application/problem+json', JSON.stringify(body));
}
