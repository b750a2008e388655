import { isObject, type JsonObject } from '../../domain/json-fields.js';
import { isPrice, valuePayment } from '../../domain/money.js';
import { isBlank, label, lowerLabel } from '../../domain/text.js';
import { type FamilyDecoder, mismatch } from './family.js';

const REQUIRED = [
  'sessionID',
  'manifestID',
  'sender',
  'recipient',
  'orchestrator',
  'faceValue',
  'numTickets',
  'price',
  'winProb',
] as const;

export const PAYMENT: FamilyDecoder = {
  decode: ({ data }) => {
    if (!isObject(data)) {
      return mismatch('data is not an object');
    }
    const missing = REQUIRED.find((field) => isUnusable(data, field));
    if (missing !== undefined) {
      return mismatch(`data.${missing} is missing`);
    }
    const value = valuePayment(data.faceValue, data.numTickets, data.winProb);
    if (value === null || !isPrice(data.price)) {
      return mismatch('faceValue, numTickets, winProb or price is no usable amount');
    }
    return {
      kind: 'payment',
      payment: {
        requestId: label(data.requestID),
        sessionId: label(data.sessionID),
        manifestId: label(data.manifestID),
        sender: lowerLabel(data.sender),
        recipient: lowerLabel(data.recipient),
        orchUrl: lowerLabel(data.orchestrator),
        capability: label(data.capability),
        faceValueWei: value.faceValueWei.toString(),
        expectedValueWei: value.expectedValueWei.toString(),
        ticketCount: value.ticketCount,
        price: label(data.price),
        winProb: label(data.winProb),
      },
    };
  },
};

function isUnusable(data: JsonObject, field: (typeof REQUIRED)[number]): boolean {
  return isBlank(data[field]) || label(data[field]) === '';
}
