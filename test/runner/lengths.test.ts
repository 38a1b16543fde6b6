/** A lesson's own screen fits without scrolling: at 80 columns 26 lines at most, in both languages. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from '../../src/render/render.js'
import { runScenario } from '../../src/scenario/library.js'

const lessons = [
  ['fine-tuning'],
  ['adam-epsilon'],
  ['master-weights'],
  ['stochastic-rounding'],
  ['weight-decay'],
  ['lost-updates'],
  ['fp8-scaling'],
  ['saturation'],
  ['mx-blocks'],
  ['mx-blocks', { format: 'nvfp4' }],
  ['monitor'],
  ['clipping'],
  ['cures'],
  ['training-step'],
  ['gradient-accumulation'],
  ['gradient-accumulation', { about: 'memory' }],
  ['gradient-pipeline'],
  ['gradient-pipeline', { problem: 'precision' }],
  // How long the screens of trainings are does not depend on their steps, but for a sentence or two that few steps add.
  ['train-simple', { steps: 100 }],
  ['train-image', { steps: 20 }],
  ['train-text', { steps: 4, units: 16, depth: 1 }],
  ['train-series', { steps: 20, units: 8 }],
  ['train-gan', { steps: 4, units: 16 }],
] as const

for (const [name, params] of lessons)
  test(`${name} ${params ? Object.values(params) : ''} is 26 lines high at most`, async () => {
    const result = await runScenario(name, params ?? {})
    for (const lang of ['en', 'zh'] as const) {
      const lines = render(result, { lang }).trimEnd().split('\n')
      assert.ok(lines.length <= 26, `${lang}: ${lines.length}\n${lines.join('\n')}`)
    }
  })
