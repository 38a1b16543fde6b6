/** The optimizers' kernels against train/optimizer.ts and weights.ts, bit for bit over several steps. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { newArena, valuesOf } from '../../src/kernel/arena.js'
import { adam, descend, move } from '../../src/kernel/optimize.js'
import { wholePower } from '../../src/train/optimizer/power.js'
import { type Hyper, type OptimizerName, optimizer } from '../../src/train/optimizer.js'
import { weightKeeper } from '../../src/train/weights.js'
import { words } from './inputs.js'

const draw = words(31)
const real = (): number => (draw() / 2 ** 31 - 1) * 2 ** ((draw() % 60) - 40)

const cases: readonly [OptimizerName, Partial<Hyper>][] = [
  ['sgd', { lr: 0.1 }],
  ['sgd', { lr: 0.1, weightDecay: 0.01 }],
  ['momentum', { lr: 0.05, momentum: 0.9, dampening: 0.1 }],
  ['nesterov', { lr: 0.05, momentum: 0.9, weightDecay: 1e-4 }],
  ['adam', { lr: 1e-3, weightDecay: 0.1 }],
  ['adam', { lr: 1e-3, eps: 0 }],
  ['adamw', { lr: 3e-4, weightDecay: 0.05 }],
]

test('optimizers over slabs: the bits of train/, NaN and infinities too', () => {
  const arena = newArena()
  for (const n of [1, 3, 8, 37])
    for (const [name, given] of cases) {
      const recipe = optimizer(name, given)
      const keeper = weightKeeper('plain', { format: 'fp32' })
      const { lr, momentum, dampening, beta1, beta2, eps, weightDecay } = recipe.hyper
      const start = Float32Array.from({ length: n }, real)
      let state = recipe.init(n)
      let kept = keeper.init(start)
      const weights = arena.of(start)
      const [first, second, delta] = [arena.zeros(n), arena.zeros(n), arena.slab(n)]
      for (let t = 1; t <= 5; t++) {
        const g = Float32Array.from({ length: n }, real)
        if (t === 5) g.set([Number.NaN, Infinity, 0, -0].slice(0, n))
        const step = recipe.next(state, kept.held, g)
        const earlier = kept.held
        state = step.state
        kept = keeper.next(kept, step.move)
        const gradients = arena.of(g)
        if (recipe.slots.includes('variance')) {
          const rate = -(lr / (1 - wholePower(beta1, t)))
          const root = Math.sqrt(1 - wholePower(beta2, t))
          const l2 = name === 'adamw' ? 0 : weightDecay
          const [rest1, rest2] = [1 - beta1, 1 - beta2]
          adam(delta, { weights, gradients, first, second }, { beta1, rest1, beta2, rest2, eps, l2, rate, root })
        } else {
          const scalars = { momentum, damp: 1 - dampening, l2: weightDecay, rate: -lr, nesterov: name === 'nesterov' }
          const buffer = name === 'sgd' ? {} : { buffer: first, first: t === 1 }
          descend(delta, { weights, gradients, ...buffer }, scalars)
        }
        const moved = move(weights, delta, name === 'adamw' ? { decay: 1 - lr * weightDecay } : {})
        const before = earlier
        const due = Array.from(step.move.delta, (d, i) => (d === 0 ? -1 : i)).filter((i) => i >= 0)
        const lost = due.filter((i) => before[i] === kept.held[i]).length
        assert.deepEqual(moved, { updates: due.length, lost })
        const said = `${name} ${JSON.stringify(given)}, step ${t} of ${n}`
        const equal = (got: Float32Array, wanted: ArrayLike<number> | undefined, what: string): void => {
          for (let i = 0; i < n; i++)
            assert.ok(Object.is(got[i], wanted?.[i]), `${said}, ${what} ${i}: ${got[i]}, not ${wanted?.[i]}`)
        }
        equal(valuesOf(delta), step.move.delta, 'delta')
        equal(valuesOf(weights), kept.held, 'weight')
        if (state.slots.momentum) equal(valuesOf(first), state.slots.momentum, 'first')
        if (state.slots.variance) equal(valuesOf(second), state.slots.variance, 'second')
      }
    }
  arena.close()
})
