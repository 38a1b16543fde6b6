/** One training step in FP32, TF32 and autocast on a device: its parameters, its time, its memory. */
import * as z from 'zod/mini'
import { type Device, devices } from '../../data/devices.js'
import type { Architecture } from '../../data/models.js'
import { activations, bytesPerParameter, type MemoryRecipe, memoryRecipes } from '../../train/memory.js'
import { attentionWays, stepKernels, stepTime } from '../../train/roofline.js'
import { oneOf } from '../cost-params.js'
import { choice, number } from '../params.js'
import type { ParamsOf } from '../runner.js'
import { batchParams, shapeParams } from '../shape.js'

const { params: _, ...shape } = shapeParams

export const params = {
  ...shape,
  device: z._default(oneOf(devices), 'a100'),
  ...batchParams,
  attention: z._default(choice(attentionWays), 'plain'),
  /** Seconds that starting a kernel takes. */
  launch: z._default(number({ min: 0, max: 1 }), 5e-6),
}

export type Params = ParamsOf<typeof params>

export type Row = 'fp32' | 'tf32' | 'amp'
export const rows: readonly Row[] = ['fp32', 'tf32', 'amp']

const recipeOf = (name: string): MemoryRecipe => memoryRecipes.find((r) => r.name === name) as MemoryRecipe

/** Bytes of a whole training: model, optimizer, copies, activations without recomputing. */
export function memoryOf(a: Architecture, parameters: number, p: Params, row: Row): number {
  const r = recipeOf(row === 'amp' ? 'autocast' : 'fp32')
  const fused = a.kind === 'transformer' && p.attention === 'fused'
  const kept = activations(a, p, r.activation, fused ? 'selective' : 'none') ?? 0
  return (bytesPerParameter(r, p.optimizer).total + r.copies) * parameters + kept
}

/** The step on the device; undefined where a figure of it is missing. */
export function timesOf(a: Architecture, parameters: number, device: Device, p: Params) {
  const bandwidth = device.bandwidth
  return rows.map((row) => {
    const peak = device.peak[row === 'amp' ? 'fp16' : row]
    if (!peak || !bandwidth) return undefined
    const kernels = stepKernels(a, { ...p, parameters, recipe: row === 'amp' ? 'amp' : 'fp32' })
    return stepTime(kernels, { flops: peak.value * 1e12, bandwidth: bandwidth.value * 1e9, launch: p.launch })
  })
}

export type Times = ReturnType<typeof timesOf>
