/** Canonical pipelines, capability ids and model aliases [ATTRIBUTION-002]. */

const PIPELINE_BY_CAPABILITY: ReadonlyMap<number, string> = new Map([
  [27, 'text-to-image'],
  [28, 'image-to-image'],
  [29, 'image-to-video'],
  [30, 'upscale'],
  [31, 'audio-to-text'],
  [32, 'segment-anything-2'],
  [33, 'llm'],
  [34, 'image-to-text'],
  [35, 'live-video-to-video'],
  [36, 'text-to-speech'],
  [37, 'byoc'],
]);

const BYOC_CAPABILITY = 37;
const LIVE_PIPELINE = 'live-video-to-video';

const PIPELINES: ReadonlySet<string> = new Set([...PIPELINE_BY_CAPABILITY.values(), 'text-to-video', 'noop']);

const MODEL_ALIASES: ReadonlyMap<string, string> = new Map([
  ['pip_sd-turbo', 'streamdiffusion-sdxl'],
  ['pip_sdxl-turbo', 'streamdiffusion-sdxl'],
  ['pip_sdxl-turbo-v2v', 'streamdiffusion-sdxl-v2v'],
  ['pip_sdxl-turbo-faceid', 'streamdiffusion-sdxl-faceid'],
]);

/** The canonical name of a known pipeline, any case; null when the text is none and so a model hint. */
export function canonicalPipeline(text: string): string | null {
  const lower = text.trim().toLowerCase();
  return PIPELINES.has(lower) ? lower : null;
}

/** The model a text means: its alias' target, else the text as it is, trimmed. */
export function canonicalModel(text: string): string {
  const trimmed = text.trim();
  return MODEL_ALIASES.get(trimmed.toLowerCase()) ?? trimmed;
}

/** The pipeline that a model alone implies: live-video-to-video for all of streamdiffusion, else null. */
export function impliedPipeline(model: string): string | null {
  return canonicalModel(model).toLowerCase().startsWith('streamdiffusion') ? LIVE_PIPELINE : null;
}

/**
 * Pipeline and model of what an orchestrator offers under a capability id. The name under `byoc` is the external
 * capability, kept as it is, and has no model. Pipeline `''` for an id without a name.
 */
export function offerOf(capability: number, name: string): { readonly pipeline: string; readonly model: string } {
  return capability === BYOC_CAPABILITY
    ? { pipeline: name, model: '' }
    : { pipeline: PIPELINE_BY_CAPABILITY.get(capability) ?? '', model: name };
}

/** True for a BYOC capability's own name: a pipeline text outside the list. */
export function isExternalCapability(pipeline: string): boolean {
  return pipeline !== '' && canonicalPipeline(pipeline) === null;
}

/** 35 is the only streaming pipeline; byoc is both; all others are request-style. */
export function isStreamingPipeline(pipeline: string): boolean {
  const canonical = canonicalPipeline(pipeline);
  return canonical === LIVE_PIPELINE || canonical === 'byoc' || isExternalCapability(pipeline);
}
