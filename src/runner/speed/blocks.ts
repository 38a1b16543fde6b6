/** The two tables of the lesson on speed: each way to train as a whole, and where its time goes. */
import type { Device } from '../../data/devices.js'
import type { Architecture } from '../../data/models.js'
import type { Block, Cell } from '../../result/result.js'
import { stepParts } from '../../train/roofline.js'
import { memoryOf, type Params, rows, type Times } from './step.js'

const duration = (seconds: number): Cell => ({ code: 'costSeconds', values: { seconds } })
const gainOf = (times: number): Cell => ({ code: 'costTimes', values: { times } })

/** Time, speed, memory and energy of each way to train. */
export function whole(a: Architecture, parameters: number, device: Device, p: Params, times: Times): Block {
  const unit = a.kind === 'transformer' ? p.batch * p.sequence : p.batch
  const first = times[0]?.seconds ?? Number.NaN
  return {
    kind: 'table',
    columns: [
      { label: { code: 'costWay' }, as: 'text' },
      { label: { code: 'costStep' }, as: 'text' },
      { label: { code: 'costGain' }, as: 'text' },
      { label: { code: a.kind === 'transformer' ? 'costTokensSecond' : 'costExamplesSecond' }, as: 'number' },
      { label: { code: 'costMemory' }, as: 'text' },
      { label: { code: 'costEnergy' }, as: 'text' },
    ],
    rows: rows.flatMap((row, i): Cell[][] => {
      const time = times[i]
      if (!time) return []
      const energy: Cell = device.power
        ? { code: 'costJoules', values: { joules: device.power.value * time.seconds } }
        : { code: 'costStatus-absent' }
      const bytes = memoryOf(a, parameters, p, row)
      return [
        [
          { code: `costWay-${row}` },
          duration(time.seconds),
          gainOf(first / time.seconds),
          Math.round(unit / time.seconds),
          { code: 'costSize', values: { bytes } },
          energy,
        ],
      ]
    }),
  }
}

/** Where the time goes, part by part. */
export function parts(times: Times): Block {
  const [fp32, , amp] = times
  return {
    kind: 'table',
    columns: [
      { label: { code: 'costPart' }, as: 'text' },
      { label: { name: 'FP32' }, as: 'text' },
      { label: { code: 'costWay-amp' }, as: 'text' },
      { label: { code: 'costGain' }, as: 'text' },
      { label: { code: 'costBoundBy' }, as: 'text' },
    ],
    rows: stepParts.flatMap((part): Cell[][] => {
      const [before, after] = [fp32?.parts[part], amp?.parts[part]]
      if (!after) return []
      return [
        [
          { code: `costPart-${part}` },
          before ? duration(before.seconds) : null,
          duration(after.seconds),
          before ? gainOf(before.seconds / after.seconds) : null,
          { code: `costBound-${after.bound}` },
        ],
      ]
    }),
  }
}
