/** What people say about loss scaling, each measured: a statement, its figures, a verdict. */
import * as z from 'zod/mini'
import { loadProfile } from '../data/profile.js'
import { FpsimError } from '../errors.js'
import type { Block, Tone } from '../result/result.js'
import { choice, number, text } from './params.js'
import { defineRunner } from './runner.js'
import { recordedGradients } from './scaling-myths/gradients.js'
import { type Evidence, label, type Measure, type Setting, type Verdict } from './scaling-myths/myth.js'
import { updateOrder } from './scaling-myths/order.js'
import { afterBackward, clipFirst, lossOverflow, unscaleInFp16, zeroThreshold } from './scaling-myths/places.js'
import { forwardOverflow, prevention } from './scaling-myths/scalers.js'
import { doubling, magnitude } from './scaling-myths/scales.js'

/** The myths in the order of the screen. */
const myths = {
  magnitude,
  prevention,
  forward: forwardOverflow,
  doubling,
  'after-backward': afterBackward,
  'unscale-fp16': unscaleInFp16,
  'clip-first': clipFirst,
  'update-first': updateOrder,
  'fp16-loss': lossOverflow,
  zero: zeroThreshold,
} as const satisfies Readonly<Record<string, Measure>>

type MythName = keyof typeof myths
const mythNames = Object.keys(myths) as MythName[]

const params = {
  myth: z._default(choice(['all', ...mythNames]), 'all'),
  scale: z._default(number({ min: 1, max: 16_777_216 }), 65536),
  growth: z._default(number({ min: 2, max: 1e6 }), 1000),
  profile: z._default(text(), 'digits-cnn'),
}

const metrics = {
  statements: 'count',
  wrong: 'count',
  halfTrue: 'count',
  gradientsGrew: 'number',
  gradScalerMoved: 'number',
  logmaxMoved: 'number',
  delayedMoved: 'number',
  spikeSkipped: 'count',
  spikeSteps: 'count',
  spikeScaleMoved: 'number',
  forwardStepsTaken: 'count',
  forwardStepsToZero: 'count',
  naiveSkipped: 'percent',
  pytorchSkipped: 'percent',
  lostScaledBefore: 'percent',
  lostScaledAfter: 'percent',
  lostUnscaledFp32: 'percent',
  lostUnscaledFp16: 'percent',
  lostByFp16Scale: 'percent',
  clipThreshold: 'number',
  clipRightNorm: 'number',
  clipFirstNorm: 'number',
  earlyUpdateNorm: 'number',
  lateUpdateNorm: 'number',
  lossLimit: 'number',
  scaledLossFp16: 'number',
  scaledLossFp32: 'number',
  belowQuantum: 'percent',
  belowQuantumLost: 'percent',
  becomesZeroUpTo: 'power',
} as const

const toneOf: Readonly<Record<Verdict, Tone>> = { wrong: 'bad', half: 'note', true: 'good' }

/** Every statement, what was measured, and whether it holds. */
function overview(evidence: Readonly<Record<MythName, Evidence>>): Block {
  return {
    kind: 'table',
    columns: [
      { label: { name: '--myth' }, as: 'text' },
      { label: label('myths-said'), as: 'text' },
      { label: label('myths-measured'), as: 'text' },
      { label: { name: '' }, as: 'text' },
    ],
    rows: mythNames.map((name) => [
      name,
      label(`myth-${name}`),
      label(`myth-${name}-measured`, evidence[name].values),
      label(`verdict-${evidence[name].verdict}`),
    ]),
    tones: mythNames.map((name) => toneOf[evidence[name].verdict]),
  }
}

export const scalingMyths = defineRunner({
  name: 'scaling-myths',
  params,
  exclusive: [],
  metrics,
  parts: ['statements'],
  async run(p, { seed, host, given }) {
    if (given?.has('growth') && p.myth !== 'all' && p.myth !== 'magnitude')
      throw new FpsimError('wrong-usage', {
        problem: 'needs-option',
        option: 'growth',
        other: 'myth',
        value: 'magnitude',
      })
    const gradients = await recordedGradients(await loadProfile(p.profile, { seed }))
    const setting: Setting = { scale: p.scale, growth: p.growth, gradients }
    const evidence = {} as Record<MythName, Evidence>
    for (const [i, name] of mythNames.entries()) {
      evidence[name] = myths[name](setting)
      await host.progress?.(i + 1, mythNames.length)
    }
    const counted = (verdict: Verdict): number => mythNames.filter((name) => evidence[name].verdict === verdict).length
    const totals = { statements: mythNames.length, wrong: counted('wrong'), halfTrue: counted('half') }
    const measured = Object.assign({}, ...mythNames.map((name) => evidence[name].metrics)) as Record<
      Exclude<keyof typeof metrics, keyof typeof totals>,
      number
    >
    const opened = mythNames.find((name) => name === p.myth)
    return {
      metrics: { ...totals, ...measured },
      findings: opened
        ? [
            {
              code: `myth-${opened}`,
              tone: toneOf[evidence[opened].verdict],
              values: { ...evidence[opened].values, verdict: evidence[opened].verdict },
            },
          ]
        : [{ code: 'mythsCounted', tone: totals.wrong > 0 ? 'bad' : 'good', values: totals }],
      blocks: opened ? evidence[opened].pictures() : [overview(evidence)],
    }
  },
})
