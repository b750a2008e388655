import type { DecodeRules } from '../ingest/decode.js';
import type { Config } from './config.js';

/** What the environment says about messages: their largest size and the publishers trusted. */
export function decodeRules({ ingest }: Config): DecodeRules {
  return {
    maxMessageBytes: ingest.maxMessageBytes,
    trustedPublishers: ingest.trustedPublishers === null ? null : new Set(ingest.trustedPublishers),
  };
}
