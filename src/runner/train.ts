/** Real small networks, trained in any recipe next to their FP32 twin on the same seed and the same batches. */
import { format } from '../format/parse.js'
import { round } from '../format/round.js'
import { log } from '../kernel/kernel.js'
import type { Block } from '../result/result.js'
import { hyperDefaults } from '../train/optimizer.js'
import { updateFormat } from '../train/training/updater.js'
import { defineRunner } from './runner.js'
import { gradientHistogram, lossChart, naiveNote, runsTable } from './train/blocks.js'
import { figureStyles, figuresOf } from './train/figures.js'
import { alarmFindings, type Epsilon, findingsOf } from './train/findings.js'
import { runJobs } from './train/job.js'
import { check, hyperOf, openTask, params, stepsOf } from './train/params.js'
import { phaseFindings } from './train/phases.js'
import { planOf, techniqueNames } from './train/plan.js'
import { recordFile } from './train/record-file.js'
import { isShown, type Judged, judge, type Run } from './train/run.js'
import { checkScaling, lateFindings, schedulesOf } from './train/schedules.js'
import { shownBlocks } from './train/shown.js'
import { techniqueFigures, techniqueFindings } from './train/techniques.js'

const parts = ['losses', 'runs', 'shown', 'histograms'] as const

const metrics = {
  steps: 'count',
  parameters: 'count',
  naive: 'number',
  runs: 'count',
  asGood: 'count',
  broken: 'count',
  /** Of FP32 without clipping, accumulation and exchange, where there are some; where several, with each alone. */
  plainLoss: 'number',
  plainMeasure: 'number',
  clipMeasure: 'number',
  accumulateMeasure: 'number',
  exchangeMeasure: 'number',
  ...figureStyles,
} as const

export const trainRunner = defineRunner({
  name: 'train',
  params,
  exclusive: [['steps', 'epochs']],
  beside: { format: 'every' },
  synonyms: { recipe: 'recipes', loop: 'loops', histograms: 'every' },
  metrics,
  parts,
  async run(p, { seed, show, host, given }) {
    const { task, defaults } = await openTask(p, seed)
    const schedules = await schedulesOf(p.recipes, host)
    check(p, defaults)
    checkScaling(schedules, given)
    // Every micro-batch of every worker needs a sample.
    const batch = p.batch ?? Math.max(defaults.batch, p.accumulate * p.workers)
    const steps = stepsOf(p, task, defaults, batch)
    const file = await recordFile(p, host)
    const all: Run[] = []
    try {
      const plan = planOf(p, schedules, { seed, defaults, batch, steps, draft: file?.path })
      const trained = await runJobs(
        plan.map(({ job }) => job),
        host,
      )
      for (const [i, { way, schedule }] of plan.entries()) {
        const held = updateFormat(schedule.stages[0].recipe)
        all.push({ recipe: schedule.name, loop: way, trained: trained[i] as Run['trained'], held })
      }
      await file?.complete(all)
    } finally {
      await file?.discard()
    }
    const twin = (all.find(({ recipe, loop }) => recipe === 'fp32' && loop === 'repaired') as Run).trained
    const [measure] = task.measures
    const everything = all.map((run) => judge(run, twin, measure))
    const judged = everything.filter(isShown)
    const plain = judged.find(({ loop }) => loop === 'plain')
    const { eps = hyperDefaults.adam.eps } = hyperOf(p, defaults)
    const epsilonOf = (run: Judged): Epsilon | undefined => {
      const recipe = schedules.find(({ name }) => name === run.recipe)?.stages[0].recipe
      if (!recipe || !(p.optimizer ?? defaults.optimizer).startsWith('adam')) return undefined
      return { given: eps, kept: round(eps, updateFormat(recipe)) }
    }
    const worst = judged.find(({ verdict }) => verdict === 'worse') ?? (judged.at(-1) as Judged)
    const draw: Record<(typeof parts)[number], () => Block[]> = {
      losses: () =>
        task.measures.length === 0
          ? []
          : twin.history.losses.map((_, phase) => lossChart(judged, { phase, log, name: twin.phases[phase] ?? '' })),
      runs: () => [runsTable(judged, measure), ...naiveNote(task)],
      shown: () => shownBlocks(judged, task),
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
        },
      },
      metrics: {
        steps,
        parameters: twin.parameters,
        ...(measure.naive === undefined ? {} : { naive: measure.naive }),
        runs: judged.length,
        asGood: judged.filter(({ verdict }) => verdict === 'same').length,
        broken: judged.filter(({ verdict }) => verdict === 'broken').length,
        ...(plain ? { plainLoss: plain.loss, plainMeasure: plain.measure } : {}),
        ...techniqueFigures(everything),
        ...figuresOf(judged),
        // The others are those of recipes that were not trained.
      } as Record<keyof typeof metrics, number>,
      findings: [
        ...techniqueFindings(everything, measure, { names: techniqueNames(p), clip: p.clip }),
        ...findingsOf(judged, measure, epsilonOf),
        ...phaseFindings(judged),
        ...(p.lossWeight === 1
          ? []
          : [{ code: 'train-weight', tone: 'note' as const, values: { weight: p.lossWeight } }]),
        ...alarmFindings(judged),
        ...lateFindings(schedules, steps),
      ],
      blocks: (show.length > 0 ? show : [...parts]).flatMap((part) => draw[part as (typeof parts)[number]]()),
    }
  },
})
