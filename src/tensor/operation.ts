/** What every operation does before and after its own work: its precision, the casts of its inputs, the rounding of its result. */
import type { Format } from '../format/format.js'
import { type Slab, valuesOf } from '../kernel/arena.js'
import { newLosses } from '../kernel/slab-rounding.js'
import { type Given, give } from './backward.js'
import { fp32, holds, type OpName, type Precision, type ScaledPlace, widest } from './precision.js'
import { gradientWay, lossesOf, rounded, roundWith } from './rounds.js'
import type { Tape } from './tape.js'
import type { Tensor } from './tensor.js'

/** An operation at work: its inputs as cast, and how it is to be computed. */
export interface Opened {
  readonly tape: Tape
  readonly op: OpName
  readonly precision: Precision
  readonly inputs: readonly Tensor[]
  readonly index: number
  readonly output: Format
}

/** Begins an operation: looks up its precision and casts its inputs; those from `added` on to the format of the result. */
export function open(tape: Tape, op: OpName, inputs: readonly Tensor[], added = inputs.length): Opened {
  const precision = tape.precisions(
    op,
    inputs.map(({ format }) => format),
  )
  const index = tape.operations++
  const compute = precision.compute ?? widest(inputs.map(({ format }) => format))
  const output = precision.output ?? compute
  const cast = inputs.map((each, i) =>
    castTo(tape, each, i < added ? compute : output, precision, { op, index, input: i, role: 'input' }),
  )
  return { tape, op, precision, inputs: cast, index, output }
}

export const room = ({ tape }: Opened, length: number): Slab => tape.fleeting.slab(length)

export interface Finished {
  readonly shape: readonly number[]
  readonly slab: Slab
}

export interface Closing {
  /** The results hold values of the inputs and no others: nothing is rounded where the format has not changed. */
  readonly exact?: boolean
  /** The gradients that arrive at the outputs, cast to `incoming`. Called only when one arrived. */
  readonly backward: (gradients: readonly (Slab | undefined)[], give: Giver) => void
}

/** Gives input `i` of the operation its gradient. */
export type Giver = (i: number, slab: Slab, given?: Omit<Given, 'way'>) => void

/** Ends an operation: rounds its results and records how to go back. */
export function closeMany(opened: Opened, results: readonly Finished[], closing: Closing): Tensor[] {
  const { tape, precision, inputs, output, op, index } = opened
  const wants = tape.recording && inputs.some((each) => each.wants)
  const source = closing.exact ? widest(inputs.map(({ format }) => format)) : fp32
  const outputs = results.map(({ shape, slab }): Tensor => {
    const made = { shape, slab, format: output, gradient: output, wants }
    if (closing.exact && holds(output, source)) tape.roundings++
    else roundWith(tape, slab, output, precision, lossesOf(tape, made))
    return made
  })
  if (!wants) return outputs
  const { incoming } = precision
  const giver: Giver = (i, slab, given = {}) => give(tape, inputs[i] as Tensor, slab, { ...given, way: precision })
  const place = { op, index, input: 0, role: 'gradient' } as const
  const receive = (gradient: Slab, from: Tensor): Slab =>
    incoming === undefined || holds(incoming, output)
      ? gradient
      : rounded(tape, gradient, incoming, gradientWay(precision), precision, place, lossesOf(tape, from))
  tape.state.nodes.push({ outputs, receive, backward: (gradients) => closing.backward(gradients, giver) })
  return outputs
}

/** Ends an operation of one result. Its backward is called with the gradient that arrived. */
export function close(
  opened: Opened,
  result: Finished,
  backward: (gradient: Slab, give: Giver) => void,
  exact = false,
): Tensor {
  const closing: Closing = { exact, backward: ([gradient], giver) => backward(gradient as Slab, giver) }
  return closeMany(opened, [result], closing)[0] as Tensor
}

/**
 * The tensor in another format. A parameter is cast once in a step, and what reads it shares the cast, whose gradients are
 * summed in its own format before they go on (autocast's cache); of other tensors each reader has a cast of its own.
 */
function castTo(tape: Tape, of: Tensor, format: Format, precision: Precision, place: ScaledPlace): Tensor {
  const gradient = precision.gradient ?? format
  if (of.format === format && of.gradient === gradient) return of
  const wants = of.wants && tape.recording
  const casts = tape.state.casts.get(of) ?? []
  const earlier = casts.filter((each) => each.format === format)
  const same = earlier.find((each) => each.gradient === gradient && each.wants === wants)
  if (same && ('total' in of || !wants)) return same
  const slab = earlier[0]?.slab ?? (holds(format, of.format) ? of.slab : castValues(tape, of, format, precision, place))
  const made: Tensor = { shape: of.shape, slab, format, gradient, wants, root: of.root ?? of }
  tape.state.casts.set(of, [...casts, made])
  if (wants)
    tape.state.nodes.push({
      outputs: [made],
      backward: ([arrived]) =>
        give(tape, of, arrived as Slab, { of: gradient, borrowed: made.gradOwned !== true, way: precision }),
    })
  return made
}

function castValues(tape: Tape, of: Tensor, format: Format, precision: Precision, place: ScaledPlace): Slab {
  const losses = tape.watch && of.name !== undefined ? newLosses() : undefined
  const slab = rounded(tape, of.slab, format, precision, precision, place, losses)
  if (tape.watch && losses && of.name !== undefined)
    tape.watch({ kind: 'cast', name: of.name, shape: of.shape, values: valuesOf(slab), format, losses })
  return slab
}
