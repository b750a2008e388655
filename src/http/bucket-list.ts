import { z } from 'zod';
import { AppError } from '../errors.js';
import type { BucketRow, BucketRowsArgs } from '../resolvers/bucket-rows.js';
import type { ApiContext } from '../resolvers/context.js';
import { MAX_PAGE_SIZE, type Page } from '../resolvers/page.js';
import {
  addressParameter,
  cursorParameter,
  instantParameter,
  numberParameter,
  type ParametersOf,
  textParameter,
} from './parameters.js';
import { dataAnswer, type RestAnswer } from './rest-route.js';

const BUCKET_OF_WINDOW = { '1m': 'MINUTE_1', '5m': 'MINUTE_5', '1h': 'HOUR_1', '1d': 'DAY_1' } as const;
type Window = keyof typeof BUCKET_OF_WINDOW;

/** The width of the buckets of a list. */
export function widthParameter<Widths extends readonly [Window, ...Window[]]>(widths: Widths) {
  return z.enum(widths, { error: `one of ${widths.join(', ')}` }).prefault('1h');
}

/** Parameters of lists with a row per bucket and group; `since` and `until` are other names of `start` and `end`. */
export const bucketListParameters = {
  start: instantParameter.optional(),
  end: instantParameter.optional(),
  since: instantParameter.optional(),
  until: instantParameter.optional(),
  org: textParameter.optional(),
  region: textParameter.optional(),
  orchestrator_address: addressParameter.optional(),
  gateway: textParameter.optional(),
  pipeline_id: textParameter.optional(),
  model_id: textParameter.optional(),
  gpu_id: textParameter.optional(),
  limit: numberParameter({ min: 1, max: MAX_PAGE_SIZE, isWhole: true }).prefault('50'),
  cursor: cursorParameter.optional(),
} as const;

type BucketListParameters = ParametersOf<typeof bucketListParameters> & { readonly window: Window };

/** The question behind the parameters; fails with INVALID_RANGE when one end of the range is given. */
export function bucketQuestion(parameters: BucketListParameters): BucketRowsArgs {
  const start = oneOf('start', parameters.start, 'since', parameters.since);
  const end = oneOf('end', parameters.end, 'until', parameters.until);
  if ((start === undefined) !== (end === undefined)) {
    throw new AppError(
      'INVALID_RANGE',
      `${start ? 'start' : 'end'} was given without ${start ? 'end' : 'start'}, wanted both or neither`,
    );
  }
  const { org, region, orchestrator_address, gateway, pipeline_id, model_id, gpu_id } = parameters;
  return {
    range: start && end ? { start, end } : null,
    bucket: BUCKET_OF_WINDOW[parameters.window],
    where: {
      ...(org && { orgs: [org] }),
      ...(region && { regions: [region] }),
      ...(orchestrator_address && { orchestrators: [orchestrator_address] }),
      ...(gateway && { gateways: [gateway] }),
      ...(pipeline_id && { pipelines: [pipeline_id] }),
      ...(model_id && { models: [model_id] }),
      ...(gpu_id && { gpus: [gpu_id] }),
    },
    first: parameters.limit,
    after: parameters.cursor,
  };
}

/** A page of rows, each with the start of its bucket before what the path says of it. */
export function bucketListAnswer<Sums>(
  context: ApiContext,
  { edges, pageInfo }: Page<BucketRow<Sums>>,
  rowOf: (row: BucketRow<Sums>) => object,
): RestAnswer {
  return dataAnswer(context, {
    data: edges.map(({ node }) => ({ window_start: new Date(node.startMs).toISOString(), ...rowOf(node) })),
    pagination: {
      next_cursor: pageInfo.hasNextPage ? pageInfo.endCursor : null,
      has_more: pageInfo.hasNextPage,
      page_size: edges.length,
    },
  });
}

/** A value that may be given under either of two names; fails with INVALID_ARGUMENT when it is given under both. */
export function oneOf<Value>(
  name: string,
  value: Value | undefined,
  other: string,
  otherValue: Value | undefined,
): Value | undefined {
  if (value !== undefined && otherValue !== undefined) {
    throw new AppError('INVALID_ARGUMENT', `parameters ${name} and ${other} were both given, wanted one`);
  }
  return value ?? otherValue;
}
