/** Loss scales that real trainings wrote to their logs. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FpsimError } from '../errors.js'
import { projectDirectory } from '../project.js'
import { suggest } from '../suggest.js'

export interface ScaleLog {
  readonly name: string
  /** Where the figures were read. */
  readonly source: string
  /** The scaler's settings of that training, as far as the source tells. */
  readonly config: Readonly<Record<string, number>>
  /** The first iteration, and how many lie between two entries. */
  readonly first: number
  readonly every: number
  /** One character an iteration: X overflowed, . did not. Absent where the log leaves iterations out. */
  readonly overflow?: string
  /** The scale after each of the iterations. */
  readonly scales: readonly number[]
  readonly loss: readonly number[]
}

const logDirectory = (): string => join(projectDirectory(), 'scenarios', 'logs')

/** The names that `loadScaleLog` knows, sorted. */
export async function scaleLogNames(): Promise<string[]> {
  const files = await readdir(logDirectory())
  return files.flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : [])).sort()
}

/** A log by name. Throws 'invalid-value' for another name, 'bad-data' where the file is not such a log. */
export async function loadScaleLog(name: string): Promise<ScaleLog> {
  const names = await scaleLogNames()
  if (!names.includes(name))
    throw new FpsimError('invalid-value', {
      option: 'log',
      value: name,
      problem: 'not-allowed',
      allowed: names,
      suggestion: suggest(name, names),
    })
  return parseScaleLog(await readFile(join(logDirectory(), `${name}.json`), 'utf8'), `${name}.json`)
}

/** The log in a file's text; 'bad-data' for anything else. */
export function parseScaleLog(text: string, file: string): ScaleLog {
  const refuse = (): never => {
    throw new FpsimError('bad-data', { file, problem: 'profile', reason: 'not-a-profile' })
  }
  let log: ScaleLog & { schema?: unknown }
  try {
    log = JSON.parse(text)
  } catch {
    throw new FpsimError('bad-data', { file, problem: 'profile', reason: 'not-json' })
  }
  const numbers = (list: unknown): boolean => Array.isArray(list) && list.every((x) => Number.isFinite(x))
  if (typeof log !== 'object' || log === null || log.schema !== 1) return refuse()
  const { scales, loss, overflow, first, every } = log
  if (!numbers(scales) || !numbers(loss) || scales.length !== loss.length || !numbers([first, every])) return refuse()
  if (overflow !== undefined && (!/^[.X]+$/.test(overflow) || overflow.length !== scales.length)) return refuse()
  return log
}
