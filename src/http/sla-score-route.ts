import { AppError } from '../errors.js';
import type { ApiContext } from '../resolvers/context.js';
import { trailingSlaScore } from '../resolvers/scores.js';

const PARAMETERS = ['orchestrator_address', 'window'] as const;
const WINDOW = /^([1-9]\d{0,3})(h|d)$/;
const MAX_WINDOW_HOURS = 90 * 24;

/** `GET /v1/sla/score`: the score of an orchestrator, or of the network without one, over a trailing window. */
export async function answerSlaScore(context: ApiContext, parameters: URLSearchParams): Promise<unknown> {
  checkParameters(parameters);
  const window = parameters.get('window') ?? '24h';
  const answer = await trailingSlaScore(context, {
    orchestrator: parameters.get('orchestrator_address'),
    hours: windowHours(window),
  });
  const { score, range } = answer;
  return {
    data: {
      orchestrator_address: answer.orchestrator,
      window,
      window_start: new Date(range.startMs).toISOString(),
      window_end: new Date(range.endMs).toISOString(),
      score: score.value.value,
      null_reason: score.value.nullReason,
      subscores: Object.fromEntries(score.subscores.map(({ name, value }) => [snakeCase(name), value.value])),
      weights: Object.fromEntries(score.subscores.map(({ name, weight }) => [snakeCase(name), weight])),
      inputs: Object.fromEntries(Object.entries(score.inputs).map(([name, value]) => [snakeCase(name), value])),
      scoring_version: score.scoringVersion,
      computed_at: (await score.computedAt())?.toISOString() ?? null,
      is_final: await score.isFinal(),
    },
    meta: { generated_at: new Date(context.nowMs).toISOString(), request_id: context.requestId },
  };
}

function checkParameters(parameters: URLSearchParams): void {
  for (const name of parameters.keys()) {
    if (!PARAMETERS.some((known) => known === name)) {
      throw new AppError(
        'INVALID_ARGUMENT',
        `parameter ${JSON.stringify(name)} is not known, wanted ${PARAMETERS.join(', ')}`,
      );
    }
    if (parameters.getAll(name).length > 1) throw new AppError('INVALID_ARGUMENT', `parameter ${name} was given twice`);
  }
}

function windowHours(text: string): number {
  const [, count, unit] = WINDOW.exec(text) ?? [];
  const hours = Number(count) * (unit === 'd' ? 24 : 1);
  if (!(hours <= MAX_WINDOW_HOURS)) {
    throw new AppError('INVALID_ARGUMENT', `window ${JSON.stringify(text)} is not 1h to 2160h or 1d to 90d`);
  }
  return hours;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).toLowerCase();
}
