/** The lesson of block formats against NumPy's figures on the same gradients, and against plain loops. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { uniform } from '../../src/data/rng.js'
import type { FpsimError } from '../../src/errors.js'
import { encodeBlock } from '../../src/format/block.js'
import { blockFormat } from '../../src/format/block-catalog.js'
import { runScenario } from '../../src/scenario/library.js'
import { root } from '../support.js'

interface Loss {
  readonly error: number
  readonly lost: number
  readonly cut: number
  readonly bias: number
}
type Answer = { readonly beside16: number; readonly alone: number } & Readonly<Record<string, Loss>>
const recorded = JSON.parse(readFileSync(join(root, 'test/vectors/blocks/lesson.json'), 'utf8')) as Record<
  string,
  Answer
>

const lossIn = (name: string, rule: string): Loss => (recorded[name] as Answer)[rule] as Loss

const near = (got: number | undefined, wanted: number, message: string): void =>
  assert.ok(Math.abs((got as number) - wanted) <= 1e-9 * Math.abs(wanted), `${message}: ${got}, not ${wanted}`)

const metricOf: Readonly<Record<string, string>> = {
  'mxfp8-e4m3fn': 'errorMxfp8E4m3fn',
  'mxfp8-e5m2': 'errorMxfp8E5m2',
  mxint8: 'errorMxint8',
  'mxfp6-e3m2': 'errorMxfp6E3m2',
  'mxfp6-e2m3': 'errorMxfp6E2m3',
  mxfp4: 'errorMxfp4',
  nvfp4: 'errorNvfp4',
  'nvfp4-1': 'errorNvfp41',
}

test('every format and rule: errors, lost values, cut blocks, bias, outliers as NumPy has them', async () => {
  for (const [name, answer] of Object.entries(recorded)) {
    const { metrics } = await runScenario('mx-blocks', { format: name, draws: 1 })
    const floor = answer['floor'] as Loss
    near(metrics['relativeError'], floor.error, name)
    near(metrics['lost'], floor.lost, name)
    near(metrics['blocksCut'], floor.cut, name)
    near(metrics['biasNearest'], floor.bias, name)
    near(metrics['lostBesideOutlier'], answer.beside16, name)
    near(metrics['lostAlone'], answer.alone, name)
    for (const [other, metric] of Object.entries(metricOf)) near(metrics[metric], lossIn(other, 'floor').error, metric)
    for (const rule of ['Floor', 'Ceil', 'Even', 'Rceil']) {
      const loss = answer[rule.toLowerCase()]
      if (loss && name.startsWith('mx')) near(metrics[`error${rule}`], loss.error, `${name} ${rule}`)
      else assert.ok(Number.isNaN(metrics[`error${rule}`]), `${name} ${rule}`)
    }
  }
  const { metrics } = await runScenario('mx-blocks', { scale: 'rceil', draws: 1 })
  near(metrics['blocksCut'], 0, 'rceil')
  near(metrics['lost'], lossIn('mxfp4', 'rceil').lost, 'rceil')
})

/** A folder for files of one test. */
function withFile(text: string, work: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fpsim-blocks-'))
  const file = join(folder, 'values.txt')
  writeFileSync(file, text)
  return work(file).finally(() => rmSync(folder, { recursive: true, force: true }))
}

test('stochastic roundings: the draws of the seed, one and the mean', async () => {
  const values = Array.from({ length: 75 }, (_, i) => Math.fround((uniform(9, i) - 0.5) * 2 ** (i % 7)))
  await withFile(values.join('\n'), async (input) => {
    const { metrics } = await runScenario('mx-blocks', { input, draws: 3, seed: 5, scale: 'rceil' })
    const f = blockFormat('mxfp4')
    const sums = values.map(() => 0)
    let once = 0
    for (let d = 0; d < 3; d++) {
      const seed = Math.floor(uniform(5, d) * 2 ** 32)
      for (let start = 0; start < values.length; start += 32) {
        const part = values.slice(start, start + 32)
        const block = encodeBlock(part, f, { rule: 'rceil', random: (i) => uniform(seed, start + i) })
        for (const [i, x] of block.values.entries()) {
          sums[start + i] = (sums[start + i] as number) + x
          if (d === 0) once += (x - (part[i] as number)) ** 2
        }
      }
    }
    const energy = values.reduce((sum, x) => sum + x * x, 0)
    const rest = values.reduce((sum, x, i) => sum + ((sums[i] as number) / 3 - x) ** 2, 0)
    near(metrics['errorOnce'], Math.sqrt(once / energy), 'once')
    near(metrics['errorOfMean'], Math.sqrt(rest / energy), 'mean')
  })
})

test('the mean of n stochastic roundings errs by 1/√n where nothing is cut', async () => {
  const { metrics } = await runScenario('mx-blocks', { scale: 'rceil', draws: 256 })
  const ratio = ((metrics['errorOfMean'] as number) * 16) / (metrics['errorOnce'] as number)
  assert.ok(ratio > 0.8 && ratio < 1.2, `${ratio}`)
  assert.ok(Math.abs(metrics['biasOfMean'] as number) < 0.002)
})

test('odd input: nothing, zeros, NaN, one value, no values of float32', async () => {
  await withFile('0 0 0 -0', async (input) => {
    const { findings, blocks, metrics } = await runScenario('mx-blocks', { input, draws: 1 })
    assert.equal(findings[0]?.code, 'nothingToReplay')
    assert.equal(blocks.length, 0)
    assert.equal(metrics['values'], 4)
  })
  await withFile('1 NaN Inf 2', async (input) => {
    const { findings, metrics } = await runScenario('mx-blocks', { input, draws: 1 })
    assert.equal(metrics['nonfinite'], 2)
    assert.equal(metrics['relativeError'], 0)
    assert.ok(findings.some(({ code, values }) => code === 'blocks-nonfinite' && values['nonfinite'] === 2))
  })
  await withFile('0.1', async (input) => {
    for (const format of Object.keys(metricOf)) {
      const { metrics } = await runScenario('mx-blocks', { input, format, draws: 1 })
      assert.ok((metrics['relativeError'] as number) < 0.26, format)
      assert.ok(Number.isNaN(metrics['lostBesideOutlier']), format)
    }
  })
})

test('what the scale cuts off is told; a value alone has no picture of its neighbours', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'fpsim-cut-')), 'x.txt')
  try {
    // The scale of 7 is 1 by floor, and 6 is the largest: 1 of it is cut off, whatever the rounding.
    writeFileSync(path, '7 1')
    const { findings } = await runScenario('mx-blocks', { input: path, format: 'mxfp4', scale: 'floor', draws: 2 })
    const chance = findings.find(({ code }) => code === 'blocks-chance')
    assert.ok(Math.abs((chance?.values['cutOff'] as number) - Math.sqrt(1 / 50)) < 1e-12)
    const whole = await runScenario('mx-blocks', { input: path, format: 'mxfp4', scale: 'ceil', draws: 2 })
    assert.equal(whole.findings.find(({ code }) => code === 'blocks-chance')?.values['cutOff'], 0)
    writeFileSync(path, '5')
    const { blocks } = await runScenario('mx-blocks', { input: path, draws: 1 })
    assert.deepEqual(
      blocks.flatMap((block) => (block.kind === 'note' ? [block.code] : block.kind === 'line-chart' ? ['chart'] : [])),
      ['blocks-alone'],
    )
  } finally {
    rmSync(dirname(path), { recursive: true })
  }
})

test('what is refused', async () => {
  const code = (params: Record<string, string | number>): Promise<string> =>
    runScenario('mx-blocks', params).then(
      () => 'nothing',
      (e: FpsimError) => e.code,
    )
  assert.equal(await code({ format: 'mxfp8' }), 'ambiguous-format')
  assert.equal(await code({ format: 'fp16' }), 'unknown-format')
  assert.equal(await code({ scale: 'up' }), 'invalid-value')
  assert.equal(await code({ outlier: 0.5 }), 'invalid-value')
  assert.equal(await code({ input: 'nowhere.npy' }), 'missing-file')
  assert.equal(await code({ tensor: 'nothing-like-it' }), 'no-match')
})
