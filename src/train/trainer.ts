/** Trains a task by a recipe: a pure function of (task, schedule, options), to the last bit. */

/*
 * One step, for each phase in turn, as torch.amp's loops have it: gradients cleared; for each worker, for each of its
 * micro-batches: forward, and backward of loss · weight · share · scale, the gradients added up in the format of `grad`;
 * the workers' gradients exchanged; unscaled in float32 and looked through; clipped; the optimizer's step, unless the
 * recipe has a scaler and a gradient is not finite. After the last phase the scaler learns whether any of them was not.
 * Without a scaler nothing is looked for, and an Inf goes into the weights. A run that broke is a result: once a weight is
 * not finite the rest of its history is NaN.
 */
import type { Gradient } from '../data/gradient-file.js'
import { FpsimError } from '../errors.js'
import { asFormat } from '../format/parse.js'
import { backward } from '../tensor/backward.js'
import { numberIn, parameter } from '../tensor/leaves.js'
import { closeTape, newTape, part, quietly, step, type Tape } from '../tensor/tape.js'
import { inverseScale } from './grad-scaler/state.js'
import { precisionsOf, type RunPrecisions } from './precisions.js'
import type { Recipe, Schedule } from './recipe.js'
import type { Make, Model, Task } from './task.js'
import { addUnnamed, type Counter, countsOf, newCounter, watcher } from './training/counter.js'
import type { Kept } from './training/mover.js'
import type { History, StepCounts, Trained, TrainOptions } from './training/options.js'
import { type Player, playerOf } from './training/player.js'
import { partsOf, sampler } from './training/samples.js'
import { amaxOf, scalingOf } from './training/scaling.js'

export type { History, StepCounts, TensorCounts, Trained, TrainOptions } from './training/options.js'

/** Called after a step; what it returns is awaited. */
export type Progress = (done: number) => void | Promise<void> | undefined

/** Given the gradients of each step that is counted; what it returns is awaited. */
export type Recorder = (step: number, gradients: readonly Gradient[]) => Promise<void>

/** A tape with the network of a stage, at work. */
interface Stage {
  readonly tape: Tape
  readonly precisions: RunPrecisions
  readonly model: Model
  readonly players: readonly Player[]
}

function openStage(task: Task, recipe: Recipe, o: TrainOptions, counter: Counter, before?: readonly Kept[]): Stage {
  const precisions = precisionsOf(recipe)
  const tape = newTape({ precisions: precisions.of, seed: o.seed, watch: watcher(counter) })
  const formats = { format: asFormat(recipe.param), gradient: asFormat(recipe.grad) }
  const make: Make = (name, shape, values) => parameter(tape, name, shape, values, formats)
  const model = task.build(make, o.seed)
  const players = model.phases.map((phase, i) =>
    playerOf(tape, phase, { recipe, options: o, before: before?.[i], seed: o.seed + i }),
  )
  return { tape, precisions, model, players }
}

const nans = (n: number): Float64Array => new Float64Array(n).fill(Number.NaN)

/** Gives the memory of a stage back. */
function closeStage({ tape, players }: Stage): void {
  for (const { mover } of players) mover.close()
  closeTape(tape)
}

const allFinite = (values: Float32Array | Float64Array): boolean => {
  for (const x of values) if (!Number.isFinite(x)) return false
  return true
}

/** The history so far, and what is counted over the run. */
function newRecord(steps: number, phases: number) {
  const history: History = {
    losses: Array.from({ length: phases }, () => nans(steps)),
    scale: nans(steps),
    skipped: new Uint8Array(steps),
    skippedBy: Array.from({ length: phases }, () => new Uint8Array(steps)),
    overflow: new Uint8Array(steps),
    lost: nans(steps),
    lostUpdates: nans(steps),
    norm: nans(steps),
  }
  return { history, totals: { gradients: 0, lost: 0, updates: 0, lostUpdates: 0 }, sent: 0 }
}

/** Throws 'invalid-value' for a batch that the data or the micro-batches do not allow. */
export async function train(
  task: Task,
  { name, stages }: Schedule,
  o: TrainOptions,
  progress?: Progress,
  recorder?: Recorder,
): Promise<Trained> {
  const { steps, batch, lossWeight = 1, accumulate = 1, workers = 1, clear = true, every = 0 } = o
  if (batch < accumulate * workers)
    throw new FpsimError('invalid-value', {
      option: 'batch',
      value: batch,
      problem: 'below-minimum',
      limit: accumulate * workers,
    })
  const samplesOf = sampler(task, batch, o.seed)
  const counter = newCounter()
  const first = stages[0]
  let recipe = first.recipe
  let stage = openStage(task, recipe, o, counter)
  let scaling = scalingOf(recipe, o)
  const record = newRecord(steps, stage.players.length)
  const { history, totals } = record
  const counts: StepCounts[] = []
  let brokenAt: number | undefined
  let gaveUpAt: number | undefined

  /** Forward and backward of some samples; their loss. */
  const pass = (player: Player, samples: readonly number[], scale: number): number => {
    const { tape } = stage
    const made = player.phase.loss(tape, samples)
    // Of the forward pass; what comes now is of gradients.
    tape.state.losses.clear()
    counter.backward = true
    const value = numberIn(made)
    backward(tape, made, scale)
    addUnnamed(tape, counter)
    counter.backward = false
    return value
  }

  /** One worker's share of a batch of `all` samples, micro-batch by micro-batch; the part of the loss that is its. */
  const share = (player: Player, samples: readonly number[], all: number, scale: number): number => {
    let loss = 0
    for (const micro of partsOf(samples, accumulate)) {
      if (micro.length === 0) continue
      // The exchange divides by the workers.
      const weight = micro.length / all
      const scaled = Math.fround(scale * lossWeight * weight * workers)
      loss += weight * part(stage.tape, () => pass(player, micro, scaled))
    }
    return loss
  }

  const oneStep = (at: number): void => {
    const { tape, players } = stage
    const { scale } = scaling.state
    const all = samplesOf(at)
    counter.values = 0
    counter.lost = 0
    counter.sizes = every > 0 && at % every === 0 ? new Map() : undefined
    counter.kept = recorder && counter.sizes ? [] : undefined
    let overflowed = false
    let squares = 0
    let amax = 0
    let [updates, lostUpdates] = [0, 0]
    for (const [k, player] of players.entries()) {
      const losses = history.losses[k] as Float64Array
      losses[at] = 0
      const gradients = partsOf(all, workers).map((samples) => {
        if (clear || workers > 1) player.clear(tape)
        losses[at] = (losses[at] as number) + share(player, samples, all.length, scale)
        return player.take()
      })
      const combined = player.combine(gradients, inverseScale(scale))
      record.sent += combined.sent
      if (!combined.finite) overflowed = true
      if (scaling.wantsAmax) amax = Math.max(amax, amaxOf(combined.gradients) * scale)
      const { gradients: clipped, norm } = player.clip(combined.gradients)
      squares += norm * norm
      if (!clear) player.leave(clipped)
      if (scaling.checks && !combined.finite) {
        const skips = history.skippedBy[k] as Uint8Array
        skips[at] = 1
        continue
      }
      const moved = player.move(clipped)
      updates += moved.updates
      lostUpdates += moved.lost
    }
    history.scale[at] = scale
    history.overflow[at] = overflowed ? 1 : 0
    history.skipped[at] = overflowed && scaling.checks ? 1 : 0
    history.norm[at] = Math.sqrt(squares)
    history.lost[at] = counter.values === 0 ? 0 : counter.lost / counter.values
    history.lostUpdates[at] = updates === 0 ? 0 : lostUpdates / updates
    totals.gradients += counter.values
    totals.lost += counter.lost
    totals.updates += updates
    totals.lostUpdates += lostUpdates
    if (counter.sizes) counts.push({ step: at, tensors: countsOf(counter, scale) })
    scaling.state = scaling.next(scaling.state, overflowed, amax)
  }

  const isBroken = (): boolean => stage.players.some(({ mover }) => !allFinite(mover.seen()))

  let done = 0
  try {
    for (; done < steps; done++) {
      const now = stages.findLast(({ from }) => from <= done) ?? first
      if (now.recipe !== recipe) {
        const kept = stage.players.map(({ mover }) => mover.kept())
        closeStage(stage)
        recipe = now.recipe
        stage = openStage(task, recipe, o, counter, kept)
        scaling = scalingOf(recipe, o)
      }
      try {
        step(stage.tape, done, () => oneStep(done))
      } catch (error) {
        if (!(error instanceof FpsimError && error.code === 'scale-at-minimum')) throw error
        gaveUpAt = done
        break
      }
      if (counter.kept) await recorder?.(done, counter.kept)
      if (history.losses.some((losses) => !Number.isFinite(losses[done])) && isBroken()) {
        brokenAt = done
        break
      }
      await progress?.(done + 1)
    }
    if (brokenAt === undefined && isBroken()) brokenAt = steps
    const { tape, model, players } = stage
    stage.precisions.learning = false
    const measures = step(tape, steps, () => quietly(tape, () => model.evaluate(tape)))
    const shown = step(tape, steps + 1, () => quietly(tape, () => model.show?.(tape) ?? []))
    const sizes = players.map(({ mover }) => mover.length)
    return {
      name,
      steps,
      phases: players.map(({ phase }) => phase.name),
      history,
      measures,
      shown,
      counts,
      parameters: sizes.reduce((sum, n) => sum + n, 0),
      bytes: (players[0] as Player).bytes,
      brokenAt,
      gaveUpAt,
      totals,
      finalScale: scaling.state.scale,
      sent: done === 0 ? 0 : record.sent / done,
    }
  } finally {
    closeStage(stage)
  }
}
