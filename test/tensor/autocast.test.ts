/** Training in FP16 autocast against PyTorch with x.half().float() around each operation: models.py --fp16. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asFormat } from '../../src/format/parse.js'
import { autocast } from './autocast.js'
import { fromHex, ulpsOfLargest } from './draws.js'
import { halfAnswers, train } from './training.js'

/** FP16 has 2^13 fewer units in the last place. */
const coarser = 8192
const steps = 20

// Sums in another order differ in float32's last bits, and then about one result in 2000 falls to FP16's other side: alone
// in a small network, everywhere a little in a deep one.
const bounds: Readonly<Record<string, { readonly equal: number; readonly loss: number }>> = {
  mlp: { equal: 1, loss: 1e-6 },
  cnn: { equal: 0.98, loss: 1e-4 },
  transformer: { equal: 0.35, loss: 1e-4 },
}

for (const [name, { gradients, losses }] of Object.entries(halfAnswers))
  test(`${name} in FP16 autocast, loss × 1024: gradients and losses as with PyTorch`, (context) => {
    const ours = train(name, steps, { precisions: autocast(asFormat('fp16')), scale: 1024 })
    const { equal, loss } = bounds[name] as { equal: number; loss: number }
    let [same, all, worst] = [0, 0, 0]
    for (const [key, { largest, stride, values }] of Object.entries(gradients)) {
      const own = (ours.gradients.get(key) as Float32Array).filter((_, i) => i % stride === 0)
      const theirs = fromHex(values)
      worst = Math.max(worst, ulpsOfLargest(own, theirs, largest) / coarser)
      all += own.length
      same += own.filter((x, i) => x === theirs[i]).length
    }
    assert.ok(worst <= 2, `${worst} ulps of FP16`)
    assert.ok(same >= equal * all, `${same} of ${all} gradients are equal`)
    const apart = losses
      .slice(0, steps)
      .map(([theirs], step) => Math.abs((ours.losses[step]?.[0] as number) / (theirs as number) - 1))
    context.diagnostic(`${same} of ${all} equal, ${worst} ulps of FP16, losses ${Math.max(...apart).toExponential(1)}`)
    assert.ok(Math.max(...apart) <= loss, `${Math.max(...apart)}`)
  })
