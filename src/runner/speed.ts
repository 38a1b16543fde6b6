/** How much faster and smaller mixed precision makes a step: a roofline of FP32, TF32 and autocast on one device. */
import { type Device, devices, speedRatio } from '../data/devices.js'
import type { Architecture } from '../data/models.js'
import type { Block, Finding } from '../result/result.js'
import type { Bound } from '../train/roofline.js'
import { defineRunner } from './runner.js'
import { lengthFindings, shapeBeside, shapeOf } from './shape.js'
import { parts, whole } from './speed/blocks.js'
import { memoryOf, params, timesOf } from './speed/step.js'

const metrics = {
  parameters: 'count',
  flops: 'number',
  timeFp32: 'number',
  timeTf32: 'number',
  timeMixed: 'number',
  gain: 'number',
  gainTf32: 'number',
  peakRatio: 'number',
  throughputFp32: 'number',
  throughputMixed: 'number',
  memoryFp32: 'number',
  memoryMixed: 'number',
  memorySaved: 'percent',
  energyFp32: 'number',
  energyMixed: 'number',
  arithmeticShare: 'percent',
  memoryShare: 'percent',
  launchShare: 'percent',
  launchesFp32: 'count',
  launchesMixed: 'count',
} as const

/** Sizes of layers that matrix units of 16-bit formats do not like. */
function oddSizes(a: Architecture): string {
  const sizes =
    a.kind === 'transformer' ? [a.hidden, a.hidden / a.heads] : a.layers.flatMap((l) => [l.from / l.groups, l.to])
  // The three channels of a picture, and depthwise layers, are their own case in every library.
  const odd = sizes.filter((size) => size > 3 && size % 8 !== 0)
  return [...new Set(odd)]
    .sort((x, y) => x - y)
    .slice(0, 4)
    .join(', ')
}

export const speed = defineRunner({
  name: 'speed',
  params,
  positionals: ['model', 'device'],
  exclusive: [['model', 'layers']],
  beside: shapeBeside,
  metrics,
  parts: ['whole', 'parts', 'try'],
  async run(p, { show }) {
    const shape = shapeOf(p)
    const { name, parameters, architecture } = shape
    const device = devices.find((d) => d.name === p.device) as Device
    // Without --params there is always a shape.
    const a = architecture as Architecture
    const times = timesOf(a, parameters, device, p)
    const [fp32, tf32, amp] = times
    const [before, after] = [memoryOf(a, parameters, p, 'fp32'), memoryOf(a, parameters, p, 'amp')]
    const gain = (fp32?.seconds ?? Number.NaN) / (amp?.seconds ?? Number.NaN)
    const saved = 1 - after / before
    const share = (bound: Bound): number => (amp ? amp.bounds[bound] / amp.seconds : Number.NaN)
    const unit = a.kind === 'transformer' ? p.batch * p.sequence : p.batch
    const gib = 1 << 30
    const power = device.power?.value ?? Number.NaN
    const odd = oddSizes(a)
    const memoryLine: Finding = {
      code: 'costMemoryLine',
      tone: saved > 0 ? 'good' : 'bad',
      values: { saved, before, after },
    }
    const room = (device.memory?.value ?? Number.NaN) * 1e9
    const findings: Finding[] =
      fp32 && amp
        ? [
            {
              code: 'costTimeLine',
              tone: gain > 1 ? 'good' : 'bad',
              values: { gain, before: fp32.seconds, after: amp.seconds, ratio: speedRatio(device) },
            },
            memoryLine,
            {
              code: amp.bound === 'launch' ? 'costLaunchBound' : 'costBoundShares',
              tone: amp.bound === 'launch' ? 'bad' : 'note',
              values: {
                arithmetic: share('arithmetic'),
                memory: share('memory'),
                launch: share('launch'),
                each: p.launch,
                fp32: fp32.launches,
                amp: amp.launches,
              },
            },
            ...lengthFindings(shape, p.sequence),
            ...(odd === '' ? [] : [{ code: 'costOddSizes', tone: 'note' as const, values: { sizes: odd } }]),
            ...(after > room
              ? [{ code: 'costDoesNotFit', tone: 'bad' as const, values: { device: device.name, after, room } }]
              : []),
          ]
        : [{ code: 'costNoPeaks', tone: 'bad', values: { device: device.title } }, memoryLine]
    const draw: Record<string, () => Block[]> = {
      whole: () =>
        amp
          ? [
              whole(a, parameters, device, p, times),
              {
                kind: 'note',
                code: 'costEstimate',
                tone: 'note',
                values: {
                  watts: device.power?.value ?? 0,
                  status: device.power?.status ?? 'absent',
                  source: device.source,
                },
              },
            ]
          : [],
      parts: () => (fp32 && amp ? [parts(times)] : []),
      try: () => [{ kind: 'note', code: 'costTrySpeed', tone: 'note', values: {} }],
    }
    return {
      subject: { code: 'costOn', values: { model: name, device: device.title, batch: p.batch } },
      metrics: {
        parameters,
        flops: amp?.flops ?? Number.NaN,
        timeFp32: fp32?.seconds ?? Number.NaN,
        timeTf32: tf32?.seconds ?? Number.NaN,
        timeMixed: amp?.seconds ?? Number.NaN,
        gain,
        gainTf32: (tf32?.seconds ?? Number.NaN) / (amp?.seconds ?? Number.NaN),
        peakRatio: speedRatio(device),
        throughputFp32: unit / (fp32?.seconds ?? Number.NaN),
        throughputMixed: unit / (amp?.seconds ?? Number.NaN),
        memoryFp32: before / gib,
        memoryMixed: after / gib,
        memorySaved: saved,
        energyFp32: power * (fp32?.seconds ?? Number.NaN),
        energyMixed: power * (amp?.seconds ?? Number.NaN),
        arithmeticShare: share('arithmetic'),
        memoryShare: share('memory'),
        launchShare: share('launch'),
        launchesFp32: fp32?.launches ?? Number.NaN,
        launchesMixed: amp?.launches ?? Number.NaN,
      },
      findings,
      blocks: (show.length > 0 ? show : ['whole', 'parts', 'try']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
