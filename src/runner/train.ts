/** Real small networks, trained in any recipe next to their FP32 twin on the same seed and the same batches. */
import { format } from '../format/parse.js'
import { round } from '../format/round.js'
import { log } from '../kernel/kernel.js'
import type { Block } from '../result/result.js'
import { hyperDefaults } from '../train/optimizer.js'
import { updateFormat } from '../train/training/updater.js'
import { defineRunner } from './runner.js'
import { gradientHistogram, lossChart, runsTable } from './train/blocks.js'
import { figureStyles, figuresOf } from './train/figures.js'
import { alarmFindings, type Epsilon, findingsOf } from './train/findings.js'
import { runJobs } from './train/job.js'
import { check, hyperOf, openTask, type Params, params, stepsOf, taskOf } from './train/params.js'
import { phaseFindings } from './train/phases.js'
import { hasTechniques, planOf, schedulesOf } from './train/plan.js'
import { profileOf } from './train/record.js'
import { type Judged, judge, type Run } from './train/run.js'
import { shownBlocks } from './train/shown.js'

const parts = ['losses', 'runs', 'shown', 'histograms'] as const

const metrics = {
  steps: 'count',
  parameters: 'count',
  naive: 'number',
  runs: 'count',
  asGood: 'count',
  broken: 'count',
  /** Of the twin without clipping, accumulation and exchange, where there are some. */
  plainLoss: 'number',
  plainMeasure: 'number',
  ...figureStyles,
} as const

/** Names of no language: `clip 1 · / 4 · 4 × topk:0.01`. */
const techniqueWords = ({ clip, accumulate, workers, compress }: Params): string =>
  [
    ...(clip === undefined ? [] : [`clip ${clip}`]),
    ...(accumulate > 1 ? [`accumulate ${accumulate}`] : []),
    ...(workers > 1 || compress !== undefined ? [`workers ${workers} ${compress ?? ''}`.trim()] : []),
  ].join(', ')

export const trainRunner = defineRunner({
  name: 'train',
  params,
  exclusive: [['steps', 'epochs']],
  synonyms: { recipe: 'recipes', loop: 'loops', histograms: 'every' },
  metrics,
  parts,
  async run(p, { seed, show, host }) {
    const { task, defaults } = await openTask(p, seed)
    const schedules = await schedulesOf(p.recipes, host)
    check(p, defaults)
    const batch = p.batch ?? defaults.batch
    const steps = stepsOf(p, task, defaults, batch)
    const plan = planOf(p, schedules, { seed, defaults, batch, steps })
    const trained = await runJobs(
      plan.map(({ job }) => job),
      host,
    )
    const all = plan.map(
      ({ way, schedule }, i): Run => ({ recipe: schedule.name, loop: way, trained: trained[i] as Run['trained'] }),
    )
    const twinWay = hasTechniques(p) ? 'plain' : 'repaired'
    const twin = (all.find(({ recipe, loop }) => recipe === 'fp32' && loop === twinWay) as Run).trained
    const [measure] = task.measures
    const judged = all.map((run) => judge(run, twin, measure))
    if (p.record !== undefined && host.save) await host.save(p.record, profileOf(p.record, taskOf(p), twin))
    const { eps = hyperDefaults.adam.eps } = hyperOf(p, defaults)
    const epsilonOf = (run: Judged): Epsilon | undefined => {
      const recipe = schedules.find(({ name }) => name === run.recipe)?.stages[0].recipe
      if (!recipe || !(p.optimizer ?? defaults.optimizer).startsWith('adam')) return undefined
      return { given: eps, kept: round(eps, updateFormat(recipe)) }
    }
    const plain = judged.find(({ loop }) => loop === 'plain')
    const worst = judged.find(({ verdict }) => verdict === 'worse') ?? (judged.at(-1) as Judged)
    const draw: Record<(typeof parts)[number], () => Block[]> = {
      losses: () =>
        task.measures.length === 0
          ? []
          : twin.history.losses.map((_, phase) => lossChart(judged, { phase, log, name: twin.phases[phase] ?? '' })),
      runs: () => [runsTable(judged, measure)],
      shown: () => shownBlocks(judged),
      histograms: () => (p.every === undefined ? [] : gradientHistogram(worst.trained, format(p.format).name)),
    }
    return {
      subject: {
        code: 'train-subject',
        values: {
          parameters: twin.parameters,
          data: task.data,
          steps,
          batch,
          optimizer: p.optimizer ?? defaults.optimizer,
          techniques: techniqueWords(p),
        },
      },
      metrics: {
        steps,
        parameters: twin.parameters,
        naive: measure.naive ?? Number.NaN,
        runs: judged.length,
        asGood: judged.filter(({ verdict }) => verdict === 'same').length,
        broken: judged.filter(({ verdict }) => verdict === 'broken').length,
        plainLoss: plain?.loss ?? Number.NaN,
        plainMeasure: plain?.measure ?? Number.NaN,
        ...figuresOf(judged),
      } as Record<keyof typeof metrics, number>,
      findings: [
        ...findingsOf(judged, measure, epsilonOf),
        ...phaseFindings(judged),
        ...(p.lossWeight === 1
          ? []
          : [{ code: 'train-weight', tone: 'note' as const, values: { weight: p.lossWeight } }]),
        ...alarmFindings(judged),
      ],
      blocks: (show.length > 0 ? show : [...parts]).flatMap((part) => draw[part as (typeof parts)[number]]()),
    }
  },
})
