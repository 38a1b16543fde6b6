/** The task `gan`: a generator learns to make points of a ring of eight clusters, against a discriminator. */
import { mixture } from '../../data/dataset/mixture.js'
import { uniform } from '../../data/rng.js'
import { valuesOf } from '../../kernel/arena.js'
import { add } from '../../tensor/activations.js'
import { detach, input } from '../../tensor/leaves.js'
import { bceWithLogits } from '../../tensor/losses.js'
import { quietly, type Tape } from '../../tensor/tape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { seedOfName } from '../initial.js'
import { gan as networks } from '../models/gan.js'
import type { Model, TaskKind } from '../task.js'
import { shareError } from './classify.js'

export const clusters = 8
const std = 0.05
/** Points by which the generator is judged, and points drawn. */
const tested = 1000
const pictured = 200
/** Numbers of noise a point. */
const noise = 8

/** A point belongs to a cluster within this many standard deviations of its centre. */
const near = 3

/**
 * How many clusters are met, each by at least a quarter of the points that would be its share, and the share of points that
 * belong to any.
 */
export function coverage(points: ArrayLike<number>, centres: ArrayLike<number>): { modes: number; quality: number } {
  const count = points.length / 2
  const met = new Array<number>(centres.length / 2).fill(0)
  for (let i = 0; i < count; i++)
    for (let k = 0; k < met.length; k++) {
      const x = (points[2 * i] as number) - (centres[2 * k] as number)
      const y = (points[2 * i + 1] as number) - (centres[2 * k + 1] as number)
      if (x * x + y * y <= near * near * std * std) met[k] = (met[k] as number) + 1
    }
  return {
    modes: met.filter((n) => n >= count / met.length / 4).length,
    quality: met.reduce((a, b) => a + b, 0) / count,
  }
}

interface Points {
  readonly name: string
  readonly x: readonly number[]
  readonly y: readonly number[]
}

const asPoints = (name: string, values: ArrayLike<number>): Points => ({
  name,
  x: Array.from({ length: values.length / 2 }, (_, i) => values[2 * i] as number),
  y: Array.from({ length: values.length / 2 }, (_, i) => values[2 * i + 1] as number),
})

export const gan: TaskKind = {
  name: 'gan',
  data: [],
  // The β1 of DCGAN.
  defaults: () => ({ optimizer: 'adam', lr: 5e-4, batch: 64, steps: 1500, hyper: { beta1: 0.5 } }),
  load: async ({ width = 64, depth = 2 }, seed) => ({
    name: 'gan',
    data: 'ring',
    samples: undefined,
    measures: [
      { name: 'modes', better: 'higher', as: 'number' },
      { name: 'quality', better: 'higher', as: 'percent' },
    ],
    build(make, buildSeed): Model {
      const { generator, discriminator } = networks(make, buildSeed, { noise, width, layers: depth })
      const real = mixture({ centres: clusters, std, seed })
      const own = seedOfName(buildSeed, 'noise')
      const test = seedOfName(buildSeed, 'test noise')

      const noiseOf = (tape: Tape, from: number, samples: readonly number[]): Tensor =>
        input(
          tape,
          [samples.length, noise],
          samples.flatMap((i) => Array.from({ length: noise }, (_, j) => 2 * uniform(from, i * noise + j) - 1)),
        )
      const made = (tape: Tape, samples: readonly number[]): Tensor =>
        generator.forward(tape, noiseOf(tape, own, samples))
      const judged = (tape: Tape, points: Tensor, target: 0 | 1): Tensor => {
        const logits = discriminator.forward(tape, points)
        return bceWithLogits(tape, logits, input(tape, logits.shape, new Float32Array(logits.slab.length).fill(target)))
      }
      const points = (tape: Tape, count: number): Float32Array =>
        valuesOf(
          generator.forward(
            tape,
            noiseOf(
              tape,
              test,
              Array.from({ length: count }, (_, i) => i),
            ),
          ).slab,
        )
      return {
        phases: [
          {
            name: 'discriminator',
            parameters: discriminator.parameters,
            loss(tape, samples) {
              const truth = input(
                tape,
                [samples.length, 2],
                samples.flatMap((i) => [...real.points(i, 1)]),
              )
              const fake = detach(quietly(tape, () => made(tape, samples)))
              return add(tape, judged(tape, truth, 1), judged(tape, fake, 0))
            },
          },
          {
            name: 'generator',
            parameters: generator.parameters,
            loss: (tape, samples) => judged(tape, made(tape, samples), 1),
          },
        ],
        evaluate(tape) {
          const found = coverage(points(tape, tested), real.centres)
          return { ...found, qualityError: shareError(found.quality, tested) }
        },
        show: (tape) => [
          {
            kind: 'points',
            sets: [asPoints('real', real.points(0, pictured)), asPoints('generated', points(tape, pictured))],
          },
        ],
      }
    },
  }),
}
