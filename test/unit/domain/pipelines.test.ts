import { describe, expect, it } from 'vitest';
import {
  canonicalModel,
  canonicalPipeline,
  impliedPipeline,
  isExternalCapability,
  isStreamingPipeline,
  offerOf,
} from '../../../src/domain/pipelines.js';

describe('pipelines and models [ATTRIBUTION-002]', () => {
  it('knows a pipeline in any case, and what is none is a model hint', () => {
    expect(['LLM', ' noop ', 'Text-To-Video'].map(canonicalPipeline)).toEqual(['llm', 'noop', 'text-to-video']);
    expect(canonicalPipeline('streamdiffusion')).toBeNull();
  });
  it.each([
    ['pip_sd-turbo', 'streamdiffusion-sdxl'],
    ['PIP_SDXL-turbo', 'streamdiffusion-sdxl'],
    ['pip_sdxl-turbo-v2v', 'streamdiffusion-sdxl-v2v'],
    ['pip_sdxl-turbo-faceid', 'streamdiffusion-sdxl-faceid'],
    ['Meta/Llama', 'Meta/Llama'],
  ])('takes %s for %s', (text, model) => {
    expect(canonicalModel(text)).toBe(model);
  });
  it('implies live video from streamdiffusion alone', () => {
    expect(['streamdiffusion', 'StreamDiffusion-anything', 'pip_sd-turbo'].map(impliedPipeline)).toEqual(
      Array(3).fill('live-video-to-video'),
    );
    expect(impliedPipeline('llama')).toBeNull();
  });
  it('names capabilities 27 to 37; 37 by its external name', () => {
    expect([27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 38].map((id) => offerOf(id, 'm').pipeline)).toEqual([
      ...['text-to-image', 'image-to-image', 'image-to-video', 'upscale', 'audio-to-text', 'segment-anything-2', 'llm'],
      ...['image-to-text', 'live-video-to-video', 'text-to-speech', ''],
    ]);
    expect(offerOf(37, 'Cap')).toEqual({ pipeline: 'Cap', model: '' });
  });
  it('streams 35 and BYOC only', () => {
    expect(['live-video-to-video', 'byoc', 'my-capability'].every(isStreamingPipeline)).toBe(true);
    expect(['llm', 'noop', ''].some(isStreamingPipeline)).toBe(false);
    expect([isExternalCapability('Mine'), isExternalCapability('LLM'), isExternalCapability('')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
