import type { ObjectRef } from '@pothos/core';
import type { Builder } from './builder.js';
import type { Entities } from './entities.js';

type Types = Builder['$inferSchemaTypes'];

/** Where an event was and whom it is about; `''` is unknown. */
interface Placed {
  readonly gateway: string;
  readonly region: string;
  readonly orchestratorAddress: string;
}

/** Adds the dimensions of its grain to a type whose rows are one event each. */
export function placeEvents(builder: Builder, Row: ObjectRef<Types, Placed>, { Orchestrator }: Entities): void {
  builder.objectFields(Row, (t) => {
    const text = (description: string, of: (row: Placed) => string) =>
      t.string({ nullable: true, description, resolve: (row) => of(row) || null });
    return {
      gateway: text('Public gateway name; null when unknown.', ({ gateway }) => gateway),
      region: text('Region of the gateway; null when not configured.', ({ region }) => region),
      orchestratorAddress: text(
        'Canonical on-chain address; null when URL and key lead to no one address.',
        ({ orchestratorAddress }) => orchestratorAddress,
      ),
      orchestrator: t.field({
        type: Orchestrator,
        nullable: true,
        description: 'The orchestrator it is about; null when URL and key lead to no one address.',
        resolve: ({ orchestratorAddress }, _args, { loaders }) =>
          orchestratorAddress ? loaders.orchestrator.load(orchestratorAddress) : null,
      }),
    };
  });
}
