import type { Hint } from './cell.js';
import { canonicalModel, canonicalPipeline, impliedPipeline, isExternalCapability } from './pipelines.js';

/** What the events say was asked for; `''` for nothing. A pipeline outside the list is a BYOC capability. */
export interface SurfaceHints {
  readonly pipeline: string;
  readonly model: string;
}

/** A pipeline and model that an orchestrator offers; `''` is blank and agrees with any hint but a BYOC capability. */
export interface Surface {
  readonly pipeline: string;
  readonly model: string;
}

/** Both a pipeline and a model; without a candidate to tell, a model. */
const NOOP = 'noop';

/**
 * Pipeline and model hints of some events against a candidate's model, null without a candidate [ATTRIBUTION-002].
 *
 * A text equal to the candidate's model is a model, else a known pipeline is a pipeline, else it is a model. Each is
 * the earliest of its kind; without a pipeline the one that the model implies, `''` when it implies none.
 */
export function readHints(hints: readonly Hint[], candidateModel: string | null): SurfaceHints {
  const ownModel = canonicalModel(candidateModel ?? NOOP);
  let pipeline = '';
  let model = '';
  for (const hint of hints) {
    const isModel = hint.kind === 'model' || isSameText(canonicalModel(hint.text), ownModel);
    const asPipeline = isModel ? null : canonicalPipeline(hint.text);
    if (asPipeline !== null) pipeline ||= asPipeline;
    else model ||= canonicalModel(hint.text);
  }
  return { pipeline: pipeline || (impliedPipeline(model) ?? ''), model };
}

/** Whether a candidate's surface agrees with the hints, any case [ATTRIBUTION-003]. */
export function agrees(surface: Surface, hints: SurfaceHints): boolean {
  return pipelineAgrees(surface.pipeline, hints.pipeline) && modelAgrees(surface.model, hints.model);
}

function pipelineAgrees(offered: string, hint: string): boolean {
  if (hint === '') return true;
  return offered === '' ? !isExternalCapability(hint) : isSameText(offered, hint);
}

function modelAgrees(offered: string, hint: string): boolean {
  return hint === '' || offered === '' || isSameText(canonicalModel(offered), canonicalModel(hint));
}

function isSameText(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}
