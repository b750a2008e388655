import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { OPEN_CORS, replyJson } from './reply.js';
import type { RestAnswer } from './rest-route.js';

/** Buckets stay open and reports are taken in all the time, so an answer stands for seconds. */
const CACHE_CONTROL = 'public, max-age=30';

/** An answer with an ETag; 304 without a body when the caller has it. */
export function replyCached(request: IncomingMessage, response: ServerResponse, { body, tagged }: RestAnswer): void {
  const digest = createHash('sha256').update(JSON.stringify(tagged)).digest('base64url').slice(0, 27);
  // weak: two bodies of one tag may differ in the time and id of their request
  const etag = body === tagged ? `"${digest}"` : `W/"${digest}"`;
  response.setHeader('etag', etag);
  response.setHeader('cache-control', CACHE_CONTROL);
  if (isHeld(request.headers['if-none-match'], digest)) {
    response.writeHead(304, OPEN_CORS);
    response.end();
  } else {
    replyJson(response, 200, body);
  }
}

function isHeld(ifNoneMatch: string | undefined, digest: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(`"${digest}"`);
}
