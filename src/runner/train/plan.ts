/** Which trainings a run is made of: recipes by name or from files, each loop, and the twin all are compared with. */
import { FpsimError } from '../../errors.js'
import { type Recipe, recipeNames, type Schedule, scheduleNamed, scheduleWritten } from '../../train/recipe.js'
import type { TaskDefaults } from '../../train/task.js'
import type { Host } from '../runner.js'
import type { Job } from './job.js'
import { hyperOf, type Params, taskOf, taskOptions } from './params.js'
import type { LoopName, Way } from './run.js'

/** What a file of recipes holds; what is wrong in it is told with its place. */
async function schedulesIn(file: string, host: Host): Promise<Schedule[]> {
  if (!host.recipesIn) throw new FpsimError('missing-file', { file })
  const { entries, place } = await host.recipesIn(file)
  const own = new Map<string, Recipe>()
  return entries.map((entry, i) => {
    try {
      return scheduleWritten(entry, own)
    } catch (error) {
      if (!(error instanceof FpsimError)) throw error
      const { key, option } = error.values
      const at = typeof key === 'string' ? key : typeof option === 'string' ? option : undefined
      const where = place(i, at, error.code === 'unknown-key' ? 'key' : 'value')
      throw new FpsimError(error.code, { ...error.values, file, path: at ?? '', ...where })
    }
  })
}

/** Names and files of recipes; the FP32 twin always, and first. Throws 'wrong-recipe', 'wrong-usage' and what a file has wrong. */
export async function schedulesOf(wanted: string, host: Host): Promise<Schedule[]> {
  const words = wanted
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  if (words.length === 0)
    throw new FpsimError('invalid-value', {
      option: 'recipes',
      value: wanted,
      problem: 'not-allowed',
      allowed: [...recipeNames, 'all'],
    })
  const found: Schedule[] = []
  for (const word of words) {
    if (word === 'all') found.push(...recipeNames.map(scheduleNamed))
    else if (!/\.ya?ml$/i.test(word)) found.push(scheduleNamed(word))
    else found.push(...(await schedulesIn(word, host)))
  }
  const unique = new Map([scheduleNamed('fp32'), ...found].map((schedule) => [schedule.name, schedule]))
  return [...unique.values()]
}

export interface Planned {
  readonly way: Way
  readonly schedule: Schedule
  readonly job: Job
}

/** Techniques that come on top of a recipe. */
export const hasTechniques = (p: Params): boolean =>
  p.clip !== undefined || p.accumulate > 1 || p.workers > 1 || p.compress !== undefined

/** Clipping, accumulation and exchange, as the trainer wants them. */
const techniques = (p: Params) => ({
  clip: p.clip === undefined ? undefined : ({ max: p.clip, method: 'norm' } as const),
  accumulate: p.accumulate,
  workers: p.workers,
  compress: p.compress,
})

export interface PlanOptions {
  readonly seed: number
  readonly defaults: TaskDefaults
  readonly batch: number
  readonly steps: number
}

/** The trainings in their order, recipe by recipe; the twin among them: FP32, repaired, without any technique. */
export function planOf(p: Params, schedules: readonly Schedule[], o: PlanOptions): Planned[] {
  const { seed, defaults, batch, steps } = o
  const scaling = Object.fromEntries(
    (['initScale', 'growthInterval'] as const).flatMap((key) => (p[key] === undefined ? [] : [[key, p[key]]])),
  )
  const every = p.every ?? (p.record === undefined ? 0 : Math.max(1, Math.floor(steps / 50)))
  const planned = (way: Way, schedule: Schedule): Planned => ({
    way,
    schedule,
    job: {
      task: taskOf(p),
      taskOptions: taskOptions(p),
      schedule,
      options: {
        seed,
        steps,
        batch,
        optimizer: p.optimizer ?? defaults.optimizer,
        hyper: hyperOf(p, defaults),
        lossWeight: p.lossWeight,
        ...(way === 'plain' ? {} : techniques(p)),
        clear: way !== 'written',
        every,
        scaling,
      },
    },
  })
  const loops = p.loops.split(',') as LoopName[]
  const runs = schedules.flatMap((schedule) => loops.map((loop) => planned(loop, schedule)))
  if (hasTechniques(p)) return [planned('plain', scheduleNamed('fp32')), ...runs]
  return loops.includes('repaired') ? runs : [planned('repaired', scheduleNamed('fp32')), ...runs]
}
