/** Gradient compression: one exchange by every method, and what it sends. */
import { compressionHomes } from '../../data/frameworks.js'
import { uniform } from '../../data/rng.js'
import { compressor } from '../../train/compress.js'
import { ringTraffic } from '../../train/ring.js'
import { column, type Topic, text } from './topic.js'

export function compression(seed: number): Topic {
  const [workers, side] = [8, 128]
  const length = side * side
  const gradients = Array.from({ length: workers }, (_, worker) =>
    Float32Array.from({ length }, (_, i) => uniform(seed, worker * length + i) - 0.5),
  )
  const whole = 4 * length
  const rows = compressionHomes.map(({ method, home, source }) => {
    const machine = compressor(method, { workers, length, seed, shape: [side, side], start: 0 })
    const { transfers } = machine.exchange(machine.init(), gradients)
    const bytes = transfers.reduce((sum, transfer) => sum + transfer.bytes, 0)
    const traffic = transfers.reduce((sum, transfer) => sum + ringTraffic(transfer, workers), 0)
    const collective = [...new Set(transfers.map((t) => t.collective.replace('all-', '')))].join(', ')
    return { name: machine.name, feedback: machine.spec.feedback, home, source, bytes, traffic, collective }
  })
  const traffic = (rows.find(({ name }) => name === 'none') ?? { traffic: Number.NaN }).traffic
  const ratios = rows.map(({ bytes }) => whole / bytes)
  const best = Math.max(...ratios)
  return {
    metrics: { rows: rows.length, largestRatio: best },
    findings: [
      {
        code: 'frameworksCompressed',
        tone: 'good',
        values: { workers, length, ratio: best, name: rows[ratios.indexOf(best)]?.name ?? '' },
      },
      { code: 'frameworksGather', tone: 'note', values: { workers } },
    ],
    blocks: [
      {
        kind: 'table',
        columns: [
          text('frameworksMethod'),
          column('frameworksSmaller', 'number'),
          text('frameworksCollective'),
          column('frameworksRing', 'number'),
          text('frameworksFeedback'),
          text('frameworksHome'),
        ],
        rows: rows.map((row) => [
          row.name,
          whole / row.bytes,
          row.collective,
          traffic / row.traffic,
          { code: row.feedback ? 'yes' : 'no' },
          row.home,
        ]),
      },
    ],
    sources: rows.map((row): [string, string] => [row.name, row.source]),
  }
}
