import type { ApiContext } from '../resolvers/context.js';
import type { Metric } from '../resolvers/metric.js';
import { type ParameterShape, type ParametersOf, readParameters } from './parameters.js';

/** An answer of `/v1`. */
export interface RestAnswer {
  readonly body: unknown;
  /** What of the body makes it another answer: all but the time and number of the request. */
  readonly tagged: unknown;
}

/** A path of `/v1`: reads its parameters, asks a resolver, and says its answer in the words of the path. */
export interface RestRoute {
  readonly answer: (context: ApiContext, parameters: URLSearchParams) => Promise<RestAnswer>;
}

export function defineRoute<Shape extends ParameterShape>(route: {
  readonly parameters: Shape;
  readonly answer: (context: ApiContext, parameters: ParametersOf<Shape>) => Promise<RestAnswer>;
}): RestRoute {
  return { answer: (context, parameters) => route.answer(context, readParameters(route.parameters, parameters)) };
}

/** A body that existing software reads as it is. */
export function feedAnswer(body: unknown): RestAnswer {
  return { body, tagged: body };
}

/** Data with the time and the id of the request beside them. */
export function dataAnswer(
  { nowMs, requestId }: ApiContext,
  content: { readonly data: unknown; readonly pagination?: object },
): RestAnswer {
  const meta = { generated_at: new Date(nowMs).toISOString(), request_id: requestId };
  return { body: { ...content, meta }, tagged: content };
}

/** Values of metrics by field name; `null_reasons` says of each that is null why it is. */
export function metricFields(metrics: Readonly<Record<string, Metric>>): object {
  const entries = Object.entries(metrics);
  const missing = entries.filter(([, { value }]) => value === null);
  return {
    ...Object.fromEntries(entries.map(([name, { value }]) => [name, value])),
    null_reasons: Object.fromEntries(missing.map(([name, { nullReason }]) => [name, nullReason])),
  };
}

/** The name of a field in `/v1`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).toLowerCase();
}
