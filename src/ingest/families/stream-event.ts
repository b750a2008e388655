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
    return sessionFact(
      gatewaySessionEvent(input, data, ids, {
        familyRank: 2,
        name,
        isError: name === 'error',
        isRestart: name === 'restart',
        message: freeText(data.message),
      }),
    );
  },
};
