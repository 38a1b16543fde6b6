/** Weights moved all at once in the kernels' memory: the bits of `optimizer` and `weightKeeper`, in one pass each. */
import type { Format } from '../../format/format.js'
import { newArena, type Slab, valuesOf } from '../../kernel/arena.js'
import { adam, canOptimizeIn, descend, move, moveByChance, type RuleFormats } from '../../kernel/optimize.js'
import { slabRounder } from '../../kernel/slab-rounding.js'
import { nearest } from '../optimizer/nearest.js'
import { adaptiveScalars, descentScalars, type Optimizer } from '../optimizer.js'
import type { Keeping } from '../weights.js'
import type { Kept, Moved, Mover } from './mover.js'

/** How weights are moved, every format resolved. */
export interface SlabMoverOptions {
  readonly rule: Optimizer
  readonly keeping: Keeping
  /** Of the weights as seen. */
  readonly param: Format
  /** What updates are added in. */
  readonly master: Format
  readonly formats: Required<RuleFormats>
  /** Of stochastic rounding: move t of weight i of n takes `uniform(seed, t·n + i)`. */
  readonly seed: number
}

/** Whether the kernels have all the formats. */
export const canMoveSlabs = ({
  param,
  master,
  formats,
}: Omit<SlabMoverOptions, 'rule' | 'seed' | 'keeping'>): boolean =>
  [param, master, formats.compute, formats.state].every(canOptimizeIn)

/** What is kept, in slabs. */
interface Slabs {
  /** Gradients, and then what is made of them. */
  readonly delta: Slab
  readonly held: Slab
  readonly seen: Slab
  readonly rest: Slab | undefined
  readonly momentum: Slab | undefined
  readonly variance: Slab | undefined
}

/** The optimizer's part of step t, the first being 0: `delta` holds the gradients, then the updates. */
function ruleOf({ rule, formats }: SlabMoverOptions, s: Slabs): (t: number) => void {
  const { name, hyper, slots } = rule
  const r = nearest(formats.compute)
  const { delta, held: weights, momentum, variance } = s
  if (slots.includes('variance')) {
    const { at, ...scalars } = adaptiveScalars(name, hyper, r)
    const all = { weights, gradients: delta, first: momentum as Slab, second: variance as Slab }
    return (t) => adam(delta, all, { ...scalars, ...at(t + 1) }, formats)
  }
  const scalars = descentScalars(name, hyper, r)
  const buffer = scalars.keeps ? momentum : undefined
  return (t) => descend(delta, { weights, gradients: delta, buffer, first: t === 0 }, scalars, formats)
}

/** The weights' part: `delta` holds the updates. */
function keeperOf(o: SlabMoverOptions, { delta, held, seen, rest }: Slabs): (t: number) => Moved {
  const { rule, keeping, param, master, seed } = o
  const decay = adaptiveScalars(rule.name, rule.hyper, nearest(o.formats.compute)).decay
  switch (keeping) {
    case 'plain':
      return () => move(held, delta, { decay, format: param })
    case 'kahan':
      return () => move(held, delta, { decay, format: param, rest })
    case 'stochastic': {
      const how = { decay, master, format: param, seed }
      return (t) => ({ ...moveByChance(held, delta, { ...how, first: t * held.length }), lost: Number.NaN })
    }
    case 'master': {
      const round = slabRounder(param)
      return () => {
        const moved = move(held, delta, { decay, format: master })
        round(seen, { from: held })
        return moved
      }
    }
  }
}

/** Equal to plainMover bit for bit, counts too. `start` is copied. */
export function slabMover(o: SlabMoverOptions, { weights, state }: Kept): Mover {
  const arena = newArena()
  const n = weights.held.length
  const slot = (name: 'momentum' | 'variance', wanted: boolean): Slab | undefined =>
    wanted ? arena.of(state.slots[name] ?? new Float64Array(n)) : undefined
  const { name, hyper, slots } = o.rule
  const held = arena.of(weights.held)
  const s: Slabs = {
    delta: arena.zeros(n),
    held,
    seen: o.keeping === 'master' ? arena.of(weights.seen) : held,
    rest: o.keeping === 'kahan' ? arena.of(weights.rest ?? new Float64Array(n)) : undefined,
    momentum: slot('momentum', slots.includes('variance') || descentScalars(name, hyper, (x) => x).keeps),
    variance: slot('variance', slots.includes('variance')),
  }
  const [update, keep] = [ruleOf(o, s), keeperOf(o, s)]
  let t = state.t
  const copied = (slab: Slab): Float64Array => Float64Array.from(valuesOf(slab))
  const named = (key: 'rest' | 'momentum' | 'variance') => (s[key] ? { [key]: copied(s[key]) } : {})
  return {
    length: n,
    seen: () => valuesOf(s.seen),
    next(gradients) {
      valuesOf(s.delta).set(gradients)
      update(t)
      const moved = keep(t)
      t++
      return moved
    },
    kept() {
      const now = copied(s.held)
      return {
        weights: { t, seen: s.seen === s.held ? now : copied(s.seen), held: now, ...named('rest') },
        state: { t, slots: { ...named('momentum'), ...named('variance') } },
      }
    },
    close: () => arena.close(),
  }
}
