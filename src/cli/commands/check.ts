/** `fpsim check [FILE…] [--from DIR]`: the linter of lessons, claims, exercises, cards and terms; of all that is shipped. */
import { join } from 'node:path'
import { FpsimError } from '../../errors.js'
import { type ContentKind, checkContent, contentKindOf, contentKinds } from '../../learn/check-content.js'
import { contentDirectory, type Place, yamlFiles } from '../../learn/content.js'
import { checkScenario } from '../../scenario/check.js'
import { scenarioNames } from '../../scenario/load.js'
import { globalOptions, type OptionSpec } from '../arguments.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import { examples } from '../examples.js'
import { emit } from '../output.js'
import { progressLine } from '../progress.js'
import { exitCodeOf, sentenceOf } from '../report.js'

const options: readonly (OptionSpec & { readonly runner: string })[] = [
  { key: 'from', kind: 'value', takes: 'DIR', runner: 'check' },
]

/** What was judged: a lesson with its expectations, or content of a kind with its entries. */
interface Judged {
  readonly file: string
  readonly kind?: ContentKind
  readonly problems: readonly FpsimError[]
  readonly count: number
}

type Progress = () => void | Promise<void> | undefined
type Job = (progress: Progress) => Promise<Judged>

/** What cannot be read is a problem of its own, and the other files are judged all the same. */
async function careful(file: string, work: () => Promise<Judged>): Promise<Judged> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof FpsimError)) throw error
    return { file, problems: [error], count: 0 }
  }
}

const lessonJob =
  (name: string): Job =>
  () =>
    careful(name, async () => {
      const { file, problems, failures, expectations } = await checkScenario(name)
      return { file, problems: [...problems, ...failures], count: expectations }
    })

const contentJob =
  (file: string, kind: ContentKind, place: Place): Job =>
  (progress) =>
    careful(file, async () => {
      const { problems, entries } = await checkContent(kind, place, { progress, host: { progress } })
      return { file, kind, problems, count: entries }
    })

/** A file as its keys say: a lesson, or content of a kind. A name without an ending is a shipped lesson. */
const fileJob =
  (file: string): Job =>
  (progress) =>
    careful(file, async () => {
      const kind = /\.ya?ml$/.test(file) ? await contentKindOf(file) : undefined
      return (kind ? contentJob(file, kind, [file]) : lessonJob(file))(progress)
    })

/** A folder of one's own: its YAML files and those of its folders claims, exercises, cards and terms. */
async function folderJobs(folder: string): Promise<Job[]> {
  const inside = await Promise.all(contentKinds.map((kind) => yamlFiles(join(folder, kind)).catch(() => [])))
  const files = [...(await yamlFiles(folder)), ...inside.flat()]
  if (files.length === 0) throw new FpsimError('missing-file', { file: join(folder, '*.yaml') })
  const kinds = await Promise.all(files.map((file) => contentKindOf(file).catch(() => undefined)))
  return [
    ...files.filter((_, i) => kinds[i] === undefined).map(fileJob),
    ...contentKinds.flatMap((kind) => {
      const own = files.filter((_, i) => kinds[i] === kind)
      return own.length === 0
        ? []
        : [contentJob(own.length === 1 ? (own[0] as string) : join(folder, `(${kind})`), kind, own)]
    }),
  ]
}

/** All that is shipped. */
const shippedJobs = async (): Promise<Job[]> => [
  ...contentKinds.map((kind) => contentJob(kind, kind, contentDirectory(kind))),
  ...(await scenarioNames()).map(lessonJob),
]

async function jobsFor({ positionals, values }: Context): Promise<Job[]> {
  const folder = values['from']
  const files = positionals.map(fileJob)
  if (folder !== undefined) return [...files, ...(await folderJobs(folder))]
  return files.length > 0 ? files : shippedJobs()
}

async function report(all: readonly Judged[], context: Context): Promise<void> {
  const { text, to } = context
  const bad = all.filter(({ problems }) => problems.length > 0)
  if (to === 'json') {
    const files = all.map(({ file, kind, problems, count }) => ({
      file,
      ...(kind === undefined ? {} : { kind }),
      sound: problems.length === 0,
      [kind === undefined ? 'expectations' : 'entries']: count,
      problems: problems.map((error) => ({ code: error.code, ...error.values, sentence: sentenceOf(error, text) })),
    }))
    return emit(`${JSON.stringify({ schema: 1, files }, null, 2)}\n`, context)
  }
  const lines = all.flatMap(({ file, kind, problems, count }) => {
    if (problems.length > 0) return problems.map((error) => sentenceOf(error, text))
    return [kind === undefined ? text.commands.passed(file, count) : text.commands.passedEntries(file, count)]
  })
  if (all.length > 1) lines.push(text.commands.checked(all.length, bad.length))
  return emit(`${lines.join('\n')}\n`, context)
}

export const check: Command = {
  async optionsFor() {
    return [...options, ...globalOptions]
  },
  async help({ text }) {
    const { usages, summaries } = text.commands
    return { usage: usages.check, about: [summaries.check, text.commands.checkAll], options, examples: examples.check }
  },
  async run(context) {
    const jobs = await jobsFor(context)
    const commands = { ...context.text.commands, progress: context.text.commands.progressRuns }
    const line = progressLine({ ...context, text: { ...context.text, commands } })
    const all: Judged[] = []
    try {
      for (const job of jobs) {
        await line.update(all.length, jobs.length)
        all.push(await job(() => line.update(all.length, jobs.length)))
      }
    } finally {
      line.end()
    }
    await report(all, context)
    return Math.max(0, ...all.flatMap(({ problems }) => problems.map(exitCodeOf)))
  },
}
