/** The task `image`: a small CNN that tells handwritten digits or pieces of clothing apart. */

import type { ImageSplit } from '../../data/dataset/images.js'
import { loadDataset } from '../../data/dataset.js'
import { cnn } from '../models/cnn.js'
import type { TaskKind } from '../task.js'
import { type Classifier, classLoss, classMeasure, classMeasures, type Labelled } from './classify.js'

const labelled = (split: ImageSplit): Labelled => ({ ...split, size: split.values.length / split.count })

const names = ['digits', 'fashion'] as const

export const image: TaskKind = {
  name: 'image',
  data: names,
  fixedDepth: true,
  defaults: () => ({ optimizer: 'adamw', lr: 0.002, batch: 32, steps: 300 }),
  async load({ data = 'digits', width: channels = 16 }) {
    const { name, width, height, classes, train: trainSplit, test: testSplit } = await loadDataset(data as 'digits')
    const [train, test] = [labelled(trainSplit), labelled(testSplit)]
    return {
      name: 'image',
      data: name,
      samples: train.count,
      measures: classMeasures(test, classes.length),
      build(make, seed) {
        const network = cnn(make, seed, { width, height, classes: classes.length, channels: [channels, 2 * channels] })
        const shape = [height, width, 1]
        const classifier: Classifier = { train, test, classes: classes.length, shape, forward: network.forward }
        return {
          phases: [{ name: '', parameters: network.parameters, loss: classLoss(classifier) }],
          evaluate: (tape) => classMeasure(classifier, tape),
        }
      },
    }
  },
}
