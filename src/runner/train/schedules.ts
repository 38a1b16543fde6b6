/** Recipes and schedules by name or from files, and what contradicts them. */
import { FpsimError } from '../../errors.js'
import type { Finding } from '../../result/result.js'
import { keysOf } from '../../train/loss-scale/config.js'
import { policyOf } from '../../train/loss-scale.js'
import { type Recipe, recipeNames, type Schedule, scheduleNamed, scheduleWritten } from '../../train/recipe.js'
import type { Host, RecipeFile } from '../runner.js'

type Entry = RecipeFile['entries'][number]

/** The key of an entry under which something is wrong: named by the error, or the one that holds what it names. */
function keyOf(entry: Entry, { code, values }: FpsimError): string | undefined {
  const named = [values['key'], values['option']].filter((name) => typeof name === 'string')
  const own = named.find((name) => Object.hasOwn(entry, name))
  if (own !== undefined) return own
  if (code === 'unknown-policy') return 'scaler'
  if ('schedule' in entry) return 'schedule'
  const { scaling } = entry
  if (typeof scaling === 'object' && scaling !== null && named.some((name) => Object.hasOwn(scaling, name)))
    return 'scaling'
  const wrong = values['value'] ?? values['name'] ?? values['recipe']
  return Object.keys(entry).find((key) => key !== 'name' && String(entry[key]).includes(String(wrong))) ?? named[0]
}

/** A name of one's own stands for nothing else: neither for the FP32 that all is compared with, nor for another recipe. */
function checkName({ name }: Entry, taken: ReadonlySet<string>): void {
  if (name === undefined) return
  if (typeof name !== 'string')
    throw new FpsimError('invalid-value', { option: 'name', value: name, problem: 'wrong-type', expected: 'string' })
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._ -]*$/u.test(name))
    throw new FpsimError('wrong-recipe', { recipe: name, problem: 'name', option: 'name' })
  if (recipeNames.includes(name) || taken.has(name))
    throw new FpsimError('wrong-recipe', { recipe: name, problem: 'taken', option: 'name' })
}

/** What a file of recipes holds; what is wrong in it is told with its place. */
async function schedulesIn(file: string, host: Host, taken: Set<string>): Promise<Schedule[]> {
  if (!host.recipesIn) throw new FpsimError('missing-file', { file })
  const { entries, place } = await host.recipesIn(file)
  const own = new Map<string, Recipe>()
  return entries.map((entry, i) => {
    try {
      checkName(entry, taken)
      const schedule = scheduleWritten(entry, own)
      taken.add(schedule.name)
      return schedule
    } catch (error) {
      if (!(error instanceof FpsimError)) throw error
      const key = keyOf(entry, error)
      const isKey = error.code === 'unknown-key' && key === error.values['key']
      const at = key !== undefined && Object.hasOwn(entry, key) ? key : undefined
      const isPolicy = error.code === 'unknown-policy'
      throw new FpsimError(isPolicy ? 'invalid-value' : error.code, {
        ...error.values,
        ...(isPolicy ? { value: error.values['name'], problem: 'not-allowed' } : {}),
        file,
        path: key ?? '',
        ...place(i, at, isKey ? 'key' : 'value'),
      })
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
  const taken = new Set<string>()
  for (const word of words) {
    if (word === 'all') found.push(...recipeNames.map(scheduleNamed))
    else if (!/\.ya?ml$/i.test(word)) found.push(scheduleNamed(word))
    else found.push(...(await schedulesIn(word, host, taken)))
  }
  const unique = new Map([scheduleNamed('fp32'), ...found].map((schedule) => [schedule.name, schedule]))
  return [...unique.values()]
}

/** Of schedules whose last recipe would begin after the last step. */
export const lateFindings = (schedules: readonly Schedule[], steps: number): Finding[] =>
  schedules.flatMap(({ name, stages }): Finding[] => {
    const late = stages.find(({ from }) => from >= steps)
    return late
      ? [
          {
            code: 'train-late',
            tone: 'note',
            values: { recipe: name, stage: late.recipe.name, from: late.from, steps },
          },
        ]
      : []
  })

/** What a scaler may be told. */
export const scalingKeys = ['initScale', 'growthInterval'] as const

/** Throws 'wrong-usage' where the user tells it to recipes none of which listens. */
export function checkScaling(schedules: readonly Schedule[], given: ReadonlySet<string> | undefined): void {
  const policies = schedules.flatMap(({ stages }) => stages.map(({ recipe }) => policyOf(recipe.scaler)))
  const known = new Set(policies.flatMap((policy) => keysOf(policy).filter((key) => !(key in policy.fixed))))
  for (const option of scalingKeys)
    if (given?.has(option) && !known.has(option))
      throw new FpsimError('wrong-usage', { problem: 'needs-option', option, other: 'recipes', value: 'fp16-amp' })
}
