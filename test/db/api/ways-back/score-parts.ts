import type { Answer } from '../../../e2e/naap.js';
import { numbersOf, numericFieldsOf } from './numeric-fields.js';
import { type Recount, ratioOf, sumOf } from './recount.js';

/** Of `SlaInputs`, what is no sum. */
export const NO_SUMS = ['fpsJitter', 'ptffP50Ms', 'ptffP95Ms', 'e2eP50Ms', 'e2eP95Ms'];

/** What a score was held against, as a selection of `SlaScore`. */
export const JUDGED = `targets { pipeline model name basis ${numbersOf('SlaTargetUsed')} }
  parts { day pipeline model inputs { ${numbersOf('SlaInputs')} } credits { subscore basis ${numbersOf('SlaPartCredit')} } }`;

/** The parts add up to the inputs; what each was held against is named beside; its credits make the subscores. */
export function recountParts(recount: Recount, score: Answer): void {
  const { parts, partCount, inputs, subscores } = score;
  recount.same('SlaScore.partCount', partCount, parts.length);
  for (const field of numericFieldsOf('SlaInputs').filter((name) => !NO_SUMS.includes(name))) {
    recount.same(`SlaInputs.${field}`, inputs[field], sumOf(parts.map((part: Answer) => part.inputs[field])));
  }
  for (const part of parts) {
    recount.same('SlaInputs.fpsJitter', part.inputs.fpsJitter, jitterOf(part.inputs), 1e-6);
    for (const credit of part.credits) recountCredit(recount, { score, part, credit });
  }
  const credits: readonly Answer[] = parts.flatMap((part: Answer) => part.credits);
  for (const { name, value, raw } of subscores) {
    const own = credits.filter(({ subscore }) => subscore === name);
    if (own.length === 0) continue;
    const points = sumOf(own.map(({ credit, measured }) => credit * measured.sampleCount));
    const mean = ratioOf(points, sumOf(own.map(({ measured }) => measured.sampleCount)));
    if (raw === null) recount.same('SlaSubscore.value', value, mean, 1e-6);
    else recount.same('SlaSubscore.raw', raw, mean, 1e-6);
  }
}

/** Population standard deviation by mean; null under 6 samples. */
export function jitterOf({ fpsSum, fpsSquareSum, fpsSampleCount }: Answer): number | null {
  if (fpsSampleCount < 6) return null;
  const mean = Number(fpsSum) / fpsSampleCount;
  return Math.sqrt(Math.max(0, Number(fpsSquareSum) / fpsSampleCount - mean ** 2)) / mean;
}

interface Judged {
  readonly score: Answer;
  readonly part: Answer;
  readonly credit: Answer;
}

function recountCredit(recount: Recount, { score, part, credit: row }: Judged): void {
  const { subscore, measured, fullAt, noneAt } = row;
  recount.same('SlaPartCredit.measured', measured, measuredOf(subscore, part.inputs), 1e-6);
  const [full, none] = boundsOf(recount, { score, part, credit: row });
  recount.same('SlaPartCredit.fullAt', fullAt, full, 1e-6);
  recount.same('SlaPartCredit.noneAt', noneAt, none, 1e-6);
  const sign = subscore === 'fps' ? -1 : 1;
  const value = Number(measured.value);
  const linear = fullAt === null || noneAt === null ? 0.5 : (noneAt - value) / (noneAt - fullAt);
  const isFull = fullAt !== null && sign * value <= sign * fullAt;
  const isNone = noneAt !== null && sign * value >= sign * noneAt;
  recount.same('SlaPartCredit.credit', row.credit, isFull ? 1 : isNone ? 0 : linear, 1e-6);
}

function measuredOf(subscore: string, inputs: Answer): number | null {
  const average: Readonly<Record<string, number | null>> = {
    ptff: ratioOf(Number(inputs.ptffMsSum), inputs.ptffSampleCount),
    e2e: ratioOf(Number(inputs.e2eMsSum), inputs.e2eSampleCount),
    fps: ratioOf(Number(inputs.fpsSum), inputs.fpsSampleCount),
    jitter: inputs.fpsJitter,
  };
  return average[subscore] ?? inputs[`${subscore}Ms`] ?? null;
}

/** Where the credit is 1 and 0, from what the score names beside its parts. */
function boundsOf(recount: Recount, { score, part, credit }: Judged): readonly [number | null, number | null] {
  const { subscore, basis } = credit;
  const parameter = (name: string): number =>
    score.parameters.find((row: Answer) => row.name === name)?.value ?? Number.NaN;
  const isOwn = (row: Answer): boolean => row.pipeline === part.pipeline && row.model === part.model;
  if (basis === 'BENCHMARK') {
    const benchmark = score.benchmarks.find(
      (row: Answer) => isOwn(row) && row.day === part.day && row.kind === subscore.toUpperCase(),
    );
    if (benchmark === undefined || !benchmark.isSufficient) return [null, null];
    const { low, high } = benchmark;
    return subscore === 'fps' ? [high, Math.min(low, high)] : [low, Math.max(low, high)];
  }
  if (subscore === 'jitter') return [parameter('jitterTarget'), parameter('jitterLimit')];
  const target = score.targets.find((row: Answer) => isOwn(row) && row.name === `${subscore}TargetMs`);
  if (target?.basis === 'PARAMETER') recount.same('SlaTargetUsed.targetMs', target.targetMs, parameter(target.name));
  else recount.stated('SlaTargetUsed.targetMs', target?.targetMs ?? null);
  const targetMs = target?.targetMs ?? Number.NaN;
  return [targetMs, targetMs * parameter('latencyLimitFactor')];
}
