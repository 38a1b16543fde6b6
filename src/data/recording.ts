/** Recorded gradients themselves, in their order; the profiles are histograms of them. */
import { join } from 'node:path'
import { projectDirectory } from '../project.js'
import { openInput } from './input.js'
import type { Source } from './source.js'

/** The gradients of one step of a small network, as PyTorch gave them: scenarios/profiles/README.md. */
export async function openRecording(name: 'digits-cnn-400', tensor?: string): Promise<Source> {
  const source = await openInput(join(projectDirectory(), 'scenarios', 'profiles', `${name}.safetensors`), { tensor })
  return { ...source, name }
}
