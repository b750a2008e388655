import { decodeGlobalID } from '@pothos/plugin-relay';
import { type GraphQLResolveInfo, isObjectType } from 'graphql';
import { AppError } from '../errors.js';

/** What a global id is made of. */
export interface NodeId {
  readonly typename: string;
  readonly id: string;
}

/** The parts of a global id; fails with INVALID_ARGUMENT when the text is none. */
export function parseNodeId(text: string): NodeId {
  try {
    return decodeGlobalID(text);
  } catch (cause) {
    throw new AppError('INVALID_ARGUMENT', `id ${JSON.stringify(text)} is no global id`, { cause });
  }
}

/** Fails with INVALID_ARGUMENT when the id names a type whose rows cannot be asked for by id. */
export function checkNodeType({ typename }: NodeId, { schema }: GraphQLResolveInfo): void {
  const type = schema.getType(typename);
  if (isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node')) return;
  throw new AppError('INVALID_ARGUMENT', `id is of ${JSON.stringify(typename)}, which is no type with global ids`);
}
