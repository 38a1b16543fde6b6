/** What the lesson of one training step says: each mistake with its figures, and what the right order gives. */
import { format } from '../../format/parse.js'
import type { Finding } from '../../result/result.js'
import type { Call, Problem, Setup, Trace } from '../../train/step.js'
import { halfStep } from '../lost-updates/lost.js'
import { callName } from './blocks.js'
import { softmax } from './loops/softmax.js'
import { type LoopRun, mistakesOf, type OrderRun } from './run.js'

const weightOf = (trace: Trace): number => trace.nets[0]?.w ?? Number.NaN
export const appliedOf = (trace: Trace): number => trace.iterations.at(-1)?.applied ?? Number.NaN

/** How much of the way to the exact weight was gone: 1 is right, 0 is no move. */
export function shareOf(after: number, setup: Setup, exact: number): number {
  const before = Math.fround(setup.nets[0]?.weight ?? Number.NaN)
  if (exact === before) return after === before ? 1 : Number.POSITIVE_INFINITY
  // No move at all is 0, not −0.
  return (after - before) / (exact - before) + 0
}

const startOf = ({ nets: [start] }: Setup) => ({ back: start?.gradient ?? 0, activation: start?.activation ?? 0 })

/** The gradient that a step should see. */
export const trueGradient = (setup: Setup): number =>
  (setup.nets[0]?.gradient ?? Number.NaN) * (setup.nets[0]?.activation ?? Number.NaN)

/** Which of the calls of its name a call is: 0 where it is the only one. */
function nthOf(calls: readonly Call[], { op, line }: Problem): number {
  const same = calls.filter((call) => callName(call.op) === callName(op))
  return same.length > 1 ? same.filter((call) => call.line <= line).length : 0
}

function mistake(problem: Problem, setup: Setup, { unscaled, calls }: OrderRun): Finding {
  const { code, op, iteration, values } = problem
  const nth = nthOf(calls, problem)
  const common = { ...values, call: callName(op), nth, iteration, format: setup.compute.name, start: setup.scale }
  if (code === 'adds-up')
    return {
      code: 'step-adds-up',
      tone: 'bad',
      values: {
        ...common,
        steps: unscaled.iterations.length,
        times: appliedOf(unscaled) / trueGradient(setup),
      },
    }
  return { code: `step-${code}`, tone: 'bad', values: common }
}

/** Findings of an order: what goes wrong in it, or what the right one gives. */
export function orderFindings(run: OrderRun, setup: Setup, scaleless: boolean): Finding[] {
  const { trace, right, plain, exact, missing } = run
  const { compute } = setup
  const gradient = trueGradient(setup)
  const before = Math.fround(setup.nets[0]?.weight ?? Number.NaN)
  const after = weightOf(trace)
  const applied = appliedOf(trace)
  const { skipped } = trace
  const common = { format: compute.name, gradient, scale: setup.scale, before, after, exact }
  const mistakes = mistakesOf(trace)
  // Where the right order keeps the gradient, losing it is the order's doing.
  const lost = trace.problems.filter(({ code }) => code === 'lost' && mistakes.length > 0 && appliedOf(right) !== 0)
  const found = [...lost, ...mistakes].map((problem) => mistake(problem, setup, run))
  const outcome = trace.iterations.at(-1)?.outcome
  const share = shareOf(after, setup, exact)
  if (skipped > 0 && !mistakes.some(({ code }) => code === 'stuck'))
    found.push({
      code: 'step-was-skipped',
      tone: 'bad',
      values: {
        ...common,
        // The loss may have been scaled more than once.
        scale: Number(trace.problems.find(({ code }) => code === 'skipped')?.values['first'] ?? setup.scale),
        skipped,
        steps: trace.attempts,
        isRight: mistakes.length === 0,
        scaleAfter: trace.scale,
        rest: setup.nets[0]?.rest ?? 0,
      },
    })
  if (outcome === 'none') found.push({ code: 'step-never', tone: 'bad', values: common })
  if (mistakes.length > 0 || outcome === 'none')
    found.push({
      code: outcome === 'error' ? 'step-compare-stopped' : 'step-compare',
      tone: outcome !== 'error' && share === shareOf(weightOf(right), setup, exact) ? 'note' : 'bad',
      values: { ...common, right: weightOf(right), share, rightShare: shareOf(weightOf(right), setup, exact) },
    })
  else if (outcome === 'stepped' && gradient === 0)
    found.unshift({ code: 'step-zero', tone: 'note', values: { ...common, ...startOf(setup) } })
  else if (outcome === 'stepped' && applied !== 0 && after === before && exact !== before)
    found.unshift({
      code: 'step-swallowed',
      tone: 'bad',
      values: {
        ...common,
        applied,
        scaleless,
        update: setup.lr * applied,
        half: halfStep(before, format('fp32'), applied > 0),
      },
    })
  else if (outcome === 'stepped' && applied !== 0)
    found.unshift({
      code: 'step-kept',
      tone: Math.abs(share / (1 - skipped / trace.attempts) - 1) <= 0.05 ? 'good' : 'note',
      values: { ...common, applied, share, scaleless, steps: trace.iterations.length },
    })
  else if (outcome === 'stepped' && gradient !== 0)
    found.unshift({ code: 'step-lost-anyway', tone: 'bad', values: { ...common, scaleless } })
  if (
    outcome !== 'none' &&
    mistakes.length === 0 &&
    !scaleless &&
    appliedOf(plain) === 0 &&
    gradient !== 0 &&
    applied !== 0
  )
    found.push({ code: 'step-lost-plain', tone: 'bad', values: common })
  if (missing.length > 0 && trace.iterations.length === 1 && outcome !== 'error')
    found.push({ code: 'step-missing', tone: 'note', values: { missing: missing.join(', '), count: missing.length } })
  return found
}

/** Two optimizers behind one scaler: each skips for itself, and the scale backs off once. */
function ganSkips({ iterations, scale }: Trace): Finding {
  const skippedOf = (network: number): number =>
    iterations.filter(({ outcomes }) => outcomes[network] === 'skipped').length
  const scales = [...iterations.map((it) => it.scale), scale]
  return {
    code: 'step-gan-skips',
    tone: 'good',
    values: {
      steps: iterations.length,
      d: skippedOf(0),
      g: skippedOf(1),
      backoffs: scales.filter((s, i) => s < (scales[i - 1] ?? 0)).length,
      scale: scales[0] as number,
      scaleAfter: scale,
    },
  }
}

/** Findings of a loop: its verdict as written, what the repair gives. */
export function loopFindings(run: LoopRun, setup: Setup): Finding[] {
  const { loop, written, repaired, unscaled, exact, errorLine } = run
  const steps = repaired.iterations.length
  const last = softmax(format(setup.compute.name)).at(-1)
  const values = {
    format: setup.compute.name,
    line: errorLine,
    steps,
    gradient: trueGradient(setup),
    rest: setup.nets[0]?.rest ?? 0,
    scale: setup.scale,
    scaleAfter: written.scale,
    after: weightOf(written),
    broken: written.nets[0]?.v ?? Number.NaN,
    share: shareOf(weightOf(written), setup, exact),
    right: weightOf(repaired),
    rightShare: shareOf(weightOf(repaired), setup, exact),
    skipped: written.skipped,
    attempts: written.attempts,
    rightSkipped: repaired.skipped,
    rightAttempts: repaired.attempts,
    optimizers: setup.nets.length,
    doubles: loop.half === true,
    times: appliedOf(unscaled) / trueGradient(setup),
    lost: softmax(setup.compute).filter(({ rounded }) => rounded === 0).length,
    probability: last?.exact ?? 0,
    loss: last?.exactLoss ?? 0,
    roundedLoss: last?.roundedLoss ?? 0,
  }
  const problems = written.problems.map(({ code }) => code)
  // The line that reads what no line has computed.
  const checkLine = run.lines.find(({ wrong }) => wrong)?.number ?? 0
  if (errorLine === 0) {
    const found: Finding[] = [{ code: `step-right-${loop.name}`, tone: 'good', values }]
    if (written.skipped > 0) found.push({ code: 'step-loop-skips', tone: 'note', values })
    else found.push({ code: 'step-loop-moves', tone: Math.abs(values.share - 1) < 0.02 ? 'good' : 'bad', values })
    return found
  }
  const bad = (code: string): Finding => ({ code, tone: 'bad', values })
  const wrong: Finding[] = []
  const error = written.problems.find(({ code }) => code === 'error')
  if (error) wrong.push({ code: 'step-loop-error', tone: 'bad', values: { ...values, ...error.values } })
  if (problems.includes('stuck')) wrong.push(bad('step-loop-stuck'))
  if (problems.includes('adds-up') && !problems.includes('stuck')) wrong.push(bad('step-loop-leftover'))
  if (loop.name !== 'nlp' && (problems.includes('stuck') || problems.includes('adds-up')))
    wrong.push(bad('step-loop-adds-up'))
  if (problems.includes('divided-to-zero'))
    wrong.push({
      code: 'step-loop-divided',
      tone: 'bad',
      values: { ...values, ...written.problems.find(({ code }) => code === 'divided-to-zero')?.values },
    })
  if (loop.half)
    wrong.push({
      ...bad('step-loop-inf'),
      values: { ...values, checkLine, applied: problems.includes('not-finite-applied') },
    })
  if (loop.softmax) wrong.push(bad('step-loop-softmax'))
  if (loop.name === 'performance-comparison') wrong.push(bad('step-loop-no-step'))
  if (loop.name === 'nlp') wrong.push({ code: 'step-loop-dtype', tone: 'note', values })
  if (loop.networks && repaired.skipped > 0) wrong.push(ganSkips(repaired))
  if (loop.networks && repaired.skipped > 0 && steps === 1) return wrong
  return [
    ...wrong,
    {
      code: loop.softmax ? 'step-loop-softmax-repaired' : 'step-loop-repaired',
      tone:
        Math.abs(values.rightShare - 1) < 0.02 || (repaired.skipped > 0 && repaired.skipped < repaired.attempts)
          ? 'good'
          : 'bad',
      values,
    },
  ]
}
