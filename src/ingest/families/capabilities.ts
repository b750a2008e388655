import { readSightings } from '../../domain/capability-content.js';
import { isObject } from '../../domain/json-fields.js';
import { type FamilyDecoder, mismatch } from './family.js';

export const CAPABILITIES: FamilyDecoder = {
  decode: ({ data }) => {
    if (!Array.isArray(data) && !isObject(data)) {
      return mismatch('data is neither a list nor an object');
    }
    return { kind: 'capabilities', sightings: readSightings(Array.isArray(data) ? data : [data]) };
  },
};
