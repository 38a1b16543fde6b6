/** The task `simple`: the 10-20-10 network of the course, on points around ten centres. */

import { normalValues } from '../initial.js'
import { mlp } from '../models/mlp.js'
import type { TaskKind } from '../task.js'
import { type Classifier, classLoss, classMeasure, classMeasures, type Labelled } from './classify.js'

const size = 10
const classes = 10

/** Points around ten centres of ten coordinates; how far apart the centres lie is a matter of `spread`. */
function points(seed: number, name: string, count: number, spread: number): Labelled {
  const centres = normalValues(seed, 'centres', classes * size, spread)
  const values = normalValues(seed, name, count * size, 1)
  const labels = Array.from({ length: count }, (_, i) => i % classes)
  for (let i = 0; i < values.length; i++) {
    const at = (labels[Math.floor(i / size)] as number) * size + (i % size)
    values[i] = (values[i] as number) + (centres[at] as number)
  }
  return { count, size, values, labels }
}

const trainCount = 1280
const testCount = 1000
const spread = 0.9

export const simple: TaskKind = {
  name: 'simple',
  data: [],
  // The course's own: SGD with momentum 0.9, lr 0.01.
  defaults: () => ({ optimizer: 'momentum', lr: 0.01, batch: 32, steps: 400 }),
  load: async ({ width = 20, depth = 1 }, seed) => {
    const train = points(seed, 'train', trainCount, spread)
    const test = points(seed, 'test', testCount, spread)
    return {
      name: 'simple',
      data: 'simple',
      samples: trainCount,
      measures: classMeasures(test, classes),
      build(make, buildSeed) {
        const hidden = Array.from({ length: depth }, () => width)
        const network = mlp(make, buildSeed, [size, ...hidden, classes])
        const classifier: Classifier = { train, test, classes, shape: [size], forward: network.forward }
        return {
          phases: [{ name: '', parameters: network.parameters, loss: classLoss(classifier) }],
          evaluate: (tape) => classMeasure(classifier, tape),
        }
      },
    }
  },
}
