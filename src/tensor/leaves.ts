/** What a tape starts from: parameters, inputs, indices; and what is read from it. */
import type { Format } from '../format/format.js'
import { integersOf, type Slab, valuesOf } from '../kernel/arena.js'
import { fill } from '../kernel/elementwise.js'
import { fp32 } from './precision.js'
import { roundWith, see } from './rounds.js'
import type { Tape } from './tape.js'
import { demand, type Parameter, shapeText, sizeOf, type Tensor } from './tensor.js'

export interface ParameterFormats {
  /** Default fp32. */
  readonly format?: Format
  /** Of its gradient; default: the same. */
  readonly gradient?: Format
}

/** A parameter with these values, rounded to its format (nearest-even). */
export function parameter(
  tape: Tape,
  name: string,
  shape: readonly number[],
  values: ArrayLike<number>,
  { format = fp32, gradient = format }: ParameterFormats = {},
): Parameter {
  checkSize(name, shape, values)
  demand(!tape.parameters.some((each) => each.name === name), 'parameter', name, 'a name of its own')
  const made: Parameter = {
    name,
    shape,
    slab: tape.lasting.of(values),
    format,
    gradient,
    wants: true,
    total: tape.lasting.zeros(values.length),
    filled: false,
  }
  roundWith(tape, made.slab, format)
  ;(tape.parameters as Parameter[]).push(made)
  return made
}

/** New values for a parameter, taken as they are: what an optimizer made of it. */
export function setParameter(tape: Tape, target: Parameter, values: ArrayLike<number>): void {
  checkSize(target.name, target.shape, values)
  valuesOf(target.slab).set(values)
  tape.state.casts.delete(target)
}

/** The gradient summed up since it was cleared; good until the next slab is made. */
export const gradientOf = ({ total }: Parameter): Float32Array => valuesOf(total)

/** Clears the gradients of these parameters; without a list, of all. */
export function clearGradients(tape: Tape, which: readonly Parameter[] = tape.parameters): void {
  for (const each of which) {
    fill(each.total, 0)
    each.filled = false
  }
}

/** Values of this step, without a gradient, rounded to the format. */
export function input(tape: Tape, shape: readonly number[], values: ArrayLike<number>, format: Format = fp32): Tensor {
  checkSize('input', shape, values)
  const slab = tape.fleeting.of(values)
  roundWith(tape, slab, format)
  return { shape, slab, format, gradient: format, wants: false }
}

/** Indices or targets of this step. */
export function indices(tape: Tape, values: ArrayLike<number>, below: number): Slab {
  const slab = tape.fleeting.slab(values.length)
  const to = integersOf(slab)
  for (let i = 0; i < to.length; i++) {
    const at = values[i] as number
    if (!(Number.isInteger(at) && at >= 0 && at < below)) demand(false, 'index', at, `0 … ${below - 1}`)
    to[i] = at
  }
  return slab
}

/** The same values, through which no gradient goes. */
export const detach = ({ shape, slab, format, gradient }: Tensor): Tensor => ({
  shape,
  slab,
  format,
  gradient,
  wants: false,
})

/** Gives a tensor a name, by which a watcher sees its values now and its gradient later. */
export function named(tape: Tape, tensor: Tensor, name: string): Tensor {
  tensor.name = name
  see(tape, 'output', tensor, name, tensor.slab, tensor.format)
  tape.state.losses.delete(tensor)
  return tensor
}

/** The number in a tensor of one element. */
export const numberIn = (tensor: Tensor): number => valuesOf(tensor.slab)[0] as number

function checkSize(name: string, shape: readonly number[], values: ArrayLike<number>): void {
  demand(sizeOf(shape) === values.length, name, `${values.length} numbers`, shapeText(shape))
}
