import { describe, expect, it } from 'vitest';
import { publicUri } from '../../../src/domain/public-host.js';
import { PUBLIC_URI_CASES } from '../../support/public-uri-cases.js';

describe('the public sees [PRIVACY-001]', () => {
  it.each(PUBLIC_URI_CASES)('%s as %s', (uri, shown) => {
    expect(publicUri(uri)).toBe(shown);
  });
});
