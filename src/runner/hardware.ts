/** What the hardware gives: dense peaks, how much faster FP16 is, and from how many operations a byte it counts. */
import * as z from 'zod/mini'
import { type Device, devices, peakNames, ridgePoint, speedRatio } from '../data/devices.js'
import { type Figure, weakest } from '../data/figure.js'
import type { Block, Cell, Finding } from '../result/result.js'
import { oneOf } from './cost-params.js'
import { number } from './params.js'
import { defineRunner } from './runner.js'

const params = {
  device: z._default(oneOf(devices, ['all']), 'all'),
  /** The claim that is looked at: so many times faster than FP32. */
  times: z._default(number({ above: 0, max: 1e6 }), 16),
}

const metrics = {
  devices: 'count',
  compared: 'count',
  asClaimed: 'count',
  lowestRatio: 'number',
  highestRatio: 'number',
  fp16Ratio: 'number',
  tf32Ratio: 'number',
  ridge: 'number',
} as const

const figuresOf = (d: Device): Figure[] =>
  [...Object.values(d.peak), d.memory, d.bandwidth].filter((f): f is Figure => f !== undefined)

const status = (d: Device): Cell => ({ code: `costStatus-${weakest(figuresOf(d).map((f) => f.status))}` })

const known = (x: number): Cell => (Number.isFinite(x) ? x : null)

/** 7.98, 16, 28.1: as the claim is written. */
const times = (x: number): Cell => (Number.isFinite(x) ? { code: 'costTimes', values: { times: x } } : null)

/** One row a device; ✓ where the claim holds. */
function table(list: readonly Device[], claim: number): Block {
  return {
    kind: 'table',
    title: { code: 'costPeaks' },
    columns: [
      { label: { code: 'costDevice' }, as: 'text' },
      ...(['fp32', 'tf32', 'fp16', 'bf16', 'fp8'] as const).map((name) => ({
        label: { name: name.toUpperCase() },
        as: 'number' as const,
      })),
      { label: { name: 'FP16:32' }, as: 'text' },
      { label: { name: 'GB/s' }, as: 'number' },
      { label: { code: 'costRidge' }, as: 'number' },
      { label: { code: 'costChecked' }, as: 'text' },
    ],
    rows: list.map((d) => [
      d.name,
      ...(['fp32', 'tf32', 'fp16', 'bf16', 'fp8'] as const).map((name): Cell => d.peak[name]?.value ?? null),
      times(speedRatio(d)),
      d.bandwidth?.value ?? null,
      known(Math.round(ridgePoint(d))),
      status(d),
    ]),
    tones: list.map((d) => (holds(d, claim) ? 'good' : null)),
  }
}

/** Whether a device's ratio is the claimed one, to the nearest whole number. */
const holds = (d: Device, claim: number): boolean => Math.round(speedRatio(d)) === Math.round(claim)

/** One row a figure of one device, with what it is known from. */
function detail(d: Device): Block {
  const rows: [Cell, Figure | undefined, string][] = [
    ...peakNames.map((name): [Cell, Figure | undefined, string] => [name.toUpperCase(), d.peak[name], 'TFLOPS']),
    [{ code: 'costFp16Accumulate' }, d.fp16Accumulate, 'TFLOPS'],
    [{ code: 'costAchieved' }, d.achieved, 'TFLOPS'],
    [{ code: 'costMemory' }, d.memory, 'GB'],
    [{ code: 'costBandwidth' }, d.bandwidth, 'GB/s'],
    [{ code: 'costPower' }, d.power, 'W'],
  ]
  return {
    kind: 'table',
    columns: [
      { label: { code: 'costFigure' }, as: 'text' },
      { label: { code: 'value' }, as: 'exact' },
      { label: { code: 'costUnit' }, as: 'text' },
      { label: { code: 'costChecked' }, as: 'text' },
    ],
    rows: [
      ...rows.flatMap(([label, f, unit]): Cell[][] =>
        f ? [[label, f.value, unit, { code: `costStatus-${f.status}` }]] : [],
      ),
      ...(Number.isFinite(speedRatio(d))
        ? [['FP16:FP32', Math.round(speedRatio(d) * 100) / 100, '×', { code: 'costStatus-computed' }]]
        : []),
      ...(Number.isFinite(ridgePoint(d))
        ? [[{ code: 'costRidge' }, Math.round(ridgePoint(d)), 'flop/byte', { code: 'costStatus-computed' }]]
        : []),
    ],
  }
}

const tf32Ratio = ({ peak }: Device): number => (peak.fp16?.value ?? Number.NaN) / (peak.tf32?.value ?? Number.NaN)

/** What the devices say of the claim. */
function verdict(claim: number): Finding {
  const compared = devices.filter((d) => Number.isFinite(speedRatio(d)))
  const right = compared.filter((d) => holds(d, claim)).map(({ name }) => name)
  const sorted = [...compared].sort((a, b) => speedRatio(a) - speedRatio(b))
  const [low, high] = [sorted[0] as Device, sorted.at(-1) as Device]
  const overTf32 = compared.map(tf32Ratio).filter(Number.isFinite)
  return {
    code: 'costClaim',
    tone: right.length === compared.length ? 'good' : 'bad',
    values: {
      times: claim,
      right: right.join(', '),
      count: right.length,
      compared: compared.length,
      low: speedRatio(low),
      lowName: low.name,
      high: speedRatio(high),
      highName: high.name,
      tf32Low: Math.min(...overTf32),
      tf32High: Math.max(...overTf32),
    },
  }
}

function findingsOf(chosen: Device | undefined, claim: number): Finding[] {
  if (!chosen) {
    const nothing = devices.filter((d) => figuresOf(d).length === 0).map(({ name }) => name)
    const a100 = devices.find(({ name }) => name === 'a100') as Device
    return [
      verdict(claim),
      { code: 'costRidgeMeans', tone: 'note', values: { device: a100.name, ridge: ridgePoint(a100) } },
      { code: 'costNotChecked', tone: 'note', values: { devices: nothing.join(', ') } },
    ]
  }
  if (figuresOf(chosen).length === 0)
    return [{ code: 'costNotChecked', tone: 'bad', values: { devices: chosen.title } }]
  const formats = peakNames.filter((name) => chosen.peak[name]).map((name) => name.toUpperCase())
  const ratio = speedRatio(chosen)
  const tf32 = tf32Ratio(chosen)
  return [
    ...(Number.isFinite(ratio)
      ? [
          {
            code: 'costDeviceRatio',
            tone: 'note' as const,
            values: { device: chosen.title, ratio, tf32, hasTf32: Number.isFinite(tf32) },
          },
        ]
      : []),
    {
      code: 'costDeviceFormats',
      tone: 'note',
      values: { device: chosen.title, formats: formats.join(', '), bf16: chosen.peak.bf16 !== undefined },
    },
    ...(chosen.achieved
      ? [
          {
            code: 'costDeviceAchieved',
            tone: 'note' as const,
            values: {
              achieved: chosen.achieved.value,
              share: chosen.achieved.value / (chosen.peak.bf16?.value ?? Number.NaN),
            },
          },
        ]
      : []),
    { code: 'costRidgeMeans', tone: 'note', values: { device: chosen.name, ridge: ridgePoint(chosen) } },
  ]
}

export const hardware = defineRunner({
  name: 'hardware',
  params,
  exclusive: [],
  positionals: ['device'],
  metrics,
  parts: ['peaks', 'sources', 'try'],
  async run(p, { show }) {
    const chosen = devices.find(({ name }) => name === p.device)
    const list = chosen ? [chosen] : devices
    const compared = devices.filter((d) => Number.isFinite(speedRatio(d)))
    const draw: Record<string, () => Block[]> = {
      peaks: () => (chosen ? (figuresOf(chosen).length > 0 ? [detail(chosen)] : []) : [table(devices, p.times)]),
      try: () => [{ kind: 'note', code: 'costTryHardware', tone: 'note', values: {} }],
      sources: () => [
        {
          kind: 'table',
          columns: [
            { label: { code: 'costDevice' }, as: 'text' },
            { label: { code: 'costSource' }, as: 'text' },
          ],
          rows: list.map((d) => [d.title, d.source]),
        },
      ],
    }
    const shown = show.length > 0 ? show : ['peaks', 'sources', 'try']
    return {
      subject: chosen ? { name: chosen.title } : { code: 'costDevices', values: { count: devices.length } },
      metrics: {
        devices: devices.length,
        compared: compared.length,
        asClaimed: compared.filter((d) => holds(d, p.times)).length,
        lowestRatio: Math.min(...compared.map(speedRatio)),
        highestRatio: Math.max(...compared.map(speedRatio)),
        fp16Ratio: chosen ? speedRatio(chosen) : Number.NaN,
        tf32Ratio: chosen ? tf32Ratio(chosen) : Number.NaN,
        ridge: chosen ? ridgePoint(chosen) : Number.NaN,
      },
      findings: findingsOf(chosen, p.times),
      // One device has room for its source.
      blocks: (chosen ? ['peaks', 'sources'] : shown).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
