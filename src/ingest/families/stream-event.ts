import { isObject } from '../../domain/json-fields.js';
import { freeText, label } from '../../domain/text.js';
import { type FamilyDecoder, gatewaySessionEvent, mismatch, readSessionIds, sessionFact } from './family.js';

export const STREAM_EVENT: FamilyDecoder = {
  decode: (input) => {
    const { data } = input;
    if (!isObject(data)) {
      return mismatch('data is not an object');
    }
    const name = label(data.type);
    if (name === '') {
      return mismatch('data.type is missing');
    }
    const ids = readSessionIds(data);
    if (ids === null) {
      return mismatch('data has neither stream_id nor request_id');
    }
    const event = gatewaySessionEvent(input, data, ids, { familyRank: 2, name });
    event.isError = name === 'error';
    event.isRestart = name === 'restart';
    event.message = freeText(data.message);
    return sessionFact(event);
  },
};
