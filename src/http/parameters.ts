import { z } from 'zod';
import { AppError } from '../errors.js';
import { parseEnd } from '../resolvers/range.js';

/** Query parameters of a route by name; each is checked from its text. */
export type ParameterShape = Readonly<Record<string, z.ZodType>>;
export type ParametersOf<Shape extends ParameterShape> = z.output<z.ZodObject<Shape>>;

/** Reads query parameters; fails with INVALID_ARGUMENT, naming the first that is unknown, repeated or unusable. */
export function readParameters<Shape extends ParameterShape>(
  shape: Shape,
  parameters: URLSearchParams,
): ParametersOf<Shape> {
  for (const name of parameters.keys()) {
    if (!Object.hasOwn(shape, name)) {
      const known = Object.keys(shape).join(', ');
      throw new AppError('INVALID_ARGUMENT', `parameter ${JSON.stringify(name)} is not known, wanted ${known}`);
    }
    if (parameters.getAll(name).length > 1) throw new AppError('INVALID_ARGUMENT', `parameter ${name} was given twice`);
  }
  const result = z.object(shape).safeParse(Object.fromEntries(parameters));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const name = String(issue?.path[0]);
  throw new AppError('INVALID_ARGUMENT', `${name} ${JSON.stringify(parameters.get(name))} is not ${issue?.message}`);
}

/** A parameter's own words for what it wants stand after "is not". */
export const textParameter = z.string().min(1, 'a text that is not blank').max(200, 'a text of at most 200 characters');

/** A cursor holds the whole key of a row, whatever the length of its names. */
export const cursorParameter = z
  .string()
  .min(1, 'a text that is not blank')
  .max(8000, 'a text of at most 8000 characters');

export const addressParameter = z.string().regex(/^0x[0-9a-f]{40}$/i, '0x and 40 hex digits');

/** A number within bounds, as decimal text without an exponent. */
export function numberParameter({ min, max, isWhole }: { min: number; max: number; isWhole: boolean }) {
  const wanted = `a ${isWhole ? 'whole number' : 'number'} from ${min} to ${max}`;
  return z
    .string()
    .regex(isWhole ? /^\d{1,15}$/ : /^\d{1,15}(\.\d{1,20})?$/, wanted)
    .transform(Number)
    .refine((value) => value >= min && value <= max, wanted);
}

/** An instant as RFC 3339 text, or the start of a UTC day. */
export const instantParameter = z.string().transform((text, context) => {
  const instant = parseEnd(text);
  if (instant !== null) return instant;
  context.addIssue({ code: 'custom', message: 'an instant like 2026-01-08T21:43:00Z or a day like 2026-01-08' });
  return z.NEVER;
});

const HOURS = /^([1-9]\d{0,3})(h|d)$/;
const MAX_WINDOW_HOURS = 90 * 24;

/** A trailing window such as 24h or 7d: its text and its hours. */
export const windowParameter = z
  .string()
  .transform((text) => {
    const [, count, unit] = HOURS.exec(text) ?? [];
    return { text, hours: Number(count) * (unit === 'd' ? 24 : 1) };
  })
  .refine(({ hours }) => hours <= MAX_WINDOW_HOURS, '1h to 2160h or 1d to 90d');
