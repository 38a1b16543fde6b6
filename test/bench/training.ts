/** Whole trainings of `train`, timed step by step side by side in several recipes: `node dist/test/bench/training.js`. */
import { valuesOf } from '../../src/kernel/arena.js'
import { indices, input } from '../../src/tensor/leaves.js'
import { crossEntropy } from '../../src/tensor/losses.js'
import { type Recipe, recipeNamed } from '../../src/train/recipe.js'
import type { Task } from '../../src/train/task.js'
import { train } from '../../src/train/trainer.js'
import { below, floats } from '../tensor/draws.js'
import { digitsNetwork, goals, initial, type Weights } from '../tensor/models.js'
import { answers, train as trainTested } from '../tensor/training.js'
import { productsOfStep } from './tensor.js'

/** The recipes side by side; the first is what the others are compared with. */
const recipes: readonly Recipe[] = [
  ...['fp32', 'fp16-amp', 'bf16-amp', 'fp16-master', 'pure-fp16', 'bf16', 'bf16-sr', 'bf16-kahan'].map(recipeNamed),
  { ...recipeNamed('fp16-amp'), name: 'fp16-amp, sums in fp16', accumulate: 'fp16' },
]

/** A network of test/vectors/tensor as a task that never ends. */
function taskOf(name: string): Task {
  const goal = goals[name]?.[0]
  if (goal === undefined) throw new Error(name)
  const images = { values: floats(1, 1437 * 64), labels: below(2, 1437, 10) }
  return {
    name,
    data: '',
    samples: undefined,
    measures: [{ name: 'none', better: 'lower', as: 'number' }],
    build(make) {
      const made = (answers[name]?.parameters ?? []).map((each, i) => make(each.name, each.shape, initial(each, i)))
      const p: Weights = (wanted) => made.find((each) => each.name === wanted) as (typeof made)[number]
      return {
        phases: [
          {
            name: '',
            parameters: made,
            loss(tape, samples) {
              const number = (samples[0] as number) / samples.length
              if (name !== 'cnn') return goal.loss(tape, p, number)
              const first = (number % 45) * 32
              const n = Math.min(32, 1437 - first)
              const shown = input(tape, [n, 8, 8, 1], images.values.subarray(first * 64, (first + n) * 64))
              const labels = indices(tape, images.labels.slice(first, first + n), 10)
              return crossEntropy(tape, digitsNetwork(tape, p, shown), labels)
            },
          },
        ],
        evaluate: () => ({ none: valuesOf(made[0]?.slab ?? { at: 0, length: 0 })[0] ?? 0 }),
      }
    },
  }
}

interface Runner {
  readonly name: string
  /** Trains so many steps and waits there. */
  run(steps: number): Promise<void>
  stop(): Promise<void>
}

/** A training that goes on only when it is told to. */
function runnerOf(network: string, recipe: Recipe): Runner {
  const goal = goals[network]?.[0]
  if (goal === undefined) throw new Error(network)
  let left = 0
  let arrived = () => {}
  let go = () => {}
  const { optimizer, hyper } = goal
  // 1e-8 is 0 in fp16, and pure-fp16 would break at once.
  const all = optimizer === 'adamw' ? { ...hyper, eps: 1e-4 } : hyper
  const schedule = { name: recipe.name, stages: [{ from: 0, recipe }] } as const
  let stopped = false
  const whole = (async () => {
    await new Promise<void>((resolve) => {
      go = resolve
    })
    await train(taskOf(network), schedule, { seed: 1, steps: 1e5, batch: 16, optimizer, hyper: all }, () => {
      if (stopped) throw new Error('stopped')
      left--
      if (left > 0) return
      arrived()
      return new Promise<void>((resolve) => {
        go = resolve
      })
    })
    throw new Error(`${recipe.name} broke`)
  })().catch((error) => {
    if (!stopped) throw error
  })
  return {
    name: recipe.name,
    run: (steps) =>
      new Promise((resolve) => {
        left = steps
        arrived = resolve
        go()
      }),
    stop: () => {
      stopped = true
      go()
      return whole
    },
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number

/** Nothing is timed that does not agree with PyTorch: the first loss of the transformer. */
function check(): void {
  const ours = trainTested('transformer', 1).losses[0]?.[0] ?? Number.NaN
  const theirs = answers['transformer']?.losses[0]?.[0] ?? Number.NaN
  if (!(Math.abs(ours / theirs - 1) < 1e-5)) throw new Error(`${ours}, not ${theirs}`)
}

interface Time {
  readonly wall: number
  /** Of all threads of this process: what a busy machine cannot lengthen much. */
  readonly cpu: number
}

async function timed(work: () => Promise<unknown> | unknown): Promise<Time> {
  const start = [performance.now(), process.cpuUsage()] as const
  await work()
  const { user, system } = process.cpuUsage(start[1])
  return { wall: performance.now() - start[0], cpu: (user + system) / 1000 }
}

/** The recipes in turn, many times: a machine that slows down slows them all. */
export async function trainingBench(rounds = 9): Promise<void> {
  check()
  const alone = productsOfStep()
  for (const { network, steps, what, targets } of [
    {
      network: 'transformer',
      steps: 1,
      what: 'a step of the transformer',
      targets: 'fp16-amp <= 45 ms and 1.5 x fp32, sums in fp16 <= 450 ms',
    },
    { network: 'cnn', steps: 45, what: 'an epoch of the digits CNN', targets: 'fp16-amp <= 250 ms' },
  ]) {
    console.log(`\nTraining: ${what}, median of ${rounds} in turn: wall, CPU (targets: ${targets})`)
    const runners = recipes.map((recipe) => runnerOf(network, recipe))
    const times = new Map<string, Time[]>()
    const note = (name: string, time: Time): void => {
      times.set(name, [...(times.get(name) ?? []), time])
    }
    for (const each of runners) await each.run(Math.max(3, steps))
    for (let round = 0; round < rounds; round++) {
      if (network === 'transformer') note('its products alone', await timed(alone))
      for (const each of runners) note(each.name, await timed(() => each.run(steps)))
    }
    for (const each of runners) await each.stop()
    const first = times.get('fp32') ?? []
    for (const [name, list] of times) {
      const of = (key: keyof Time): string =>
        median(list.map((time) => time[key]))
          .toFixed(1)
          .padStart(8)
      const ratio = median(list.map(({ cpu }, i) => cpu / (first[i]?.cpu ?? Number.NaN)))
      const best = Math.min(...list.map(({ cpu }) => cpu)).toFixed(1)
      console.log(`  ${name.padEnd(24)}${of('wall')} ms${of('cpu')} ms (best ${best})   ${ratio.toFixed(2)} x fp32`)
    }
  }
}

if (process.argv[1]?.endsWith('training.js')) await trainingBench()
