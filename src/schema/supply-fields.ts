import { capacityAvailable, capacityInUse, type Supply } from '../resolvers/supply.js';
import type { Builder } from './builder.js';
import type { Values } from './values.js';

type Fields<Shape> = PothosSchemaTypes.ObjectFieldBuilder<Builder['$inferSchemaTypes'], Shape>;

/** Types that the numbers of supply are made of. */
export interface SupplyFields {
  readonly Metric: Values['Metric'];
  readonly PriceSpread: ReturnType<typeof definePriceSpread>;
}

export function defineSupplyFields(builder: Builder, { Metric }: Values): SupplyFields {
  return { Metric, PriceSpread: definePriceSpread(builder) };
}

/** Fields of everything that sums up offers; numbers are of the newest reports that stand for now. */
export function supplyFields<Shape extends Supply>(t: Fields<Shape>, { Metric, PriceSpread }: SupplyFields) {
  const count = (description: string, of: (supply: Supply) => number) =>
    t.field({ type: 'Count', description, resolve: of });
  return {
    orchestratorCount: count('Orchestrators that offer it.', (supply) => supply.orchestratorCount),
    warmOrchestratorCount: count('Of these, those that have it loaded.', (supply) => supply.warmOrchestratorCount),
    gpuCount: count('GPUs that serve it, as far as hardware is reported.', (supply) => supply.gpuCount),
    capacity: count('Streams or jobs offered at once, those in use included.', (supply) => supply.capacity),
    capacityInUse: t.field({
      type: Metric,
      description: 'Of the capacity in use, over the orchestrators that report it; null when none does.',
      resolve: capacityInUse,
    }),
    capacityAvailable: t.field({
      type: Metric,
      description: 'Free capacity of the orchestrators that report what is in use; null when none does.',
      resolve: capacityAvailable,
    }),
    price: t.field({
      type: PriceSpread,
      nullable: true,
      description: 'Prices now, one of each orchestrator; null when none names one.',
      resolve: (supply) => (supply.priceCount > 0 ? supply : null),
    }),
  };
}

function definePriceSpread(builder: Builder) {
  return builder.objectRef<Supply>('PriceSpread').implement({
    description: 'Prices of several orchestrators in wei for one pixel.',
    fields: (t) => ({
      priceCount: t.field({ type: 'Count', description: 'Offers with a price.', resolve: (s) => s.priceCount }),
      minWeiPerPixel: t.field({ type: 'Decimal', description: 'The lowest.', resolve: (s) => s.minPriceWei ?? '0' }),
      medianWeiPerPixel: t.field({
        type: 'Decimal',
        description: 'The median: the lowest that at least half of the offers do not exceed.',
        resolve: (s) => s.medianPriceWei ?? '0',
      }),
      maxWeiPerPixel: t.field({ type: 'Decimal', description: 'The highest.', resolve: (s) => s.maxPriceWei ?? '0' }),
    }),
  });
}
