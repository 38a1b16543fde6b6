/** Start-up, size and codec speed, printed: `npm run bench`. Times are compared with an empty Node, run in turn. */
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { f16round } from '@petamoriken/float16'
import { uniform } from '../../src/data/rng.js'
import { rounder } from '../../src/format/round.js'
import { quantize } from '../../src/kernel/quantize.js'
import { root } from '../support.js'
import { blocksBench } from './blocks.js'
import { kernelBench } from './kernel.js'
import { tensorBench } from './tensor.js'
import { tensorCoreBench } from './tensor-core.js'
import { trainingBench } from './training.js'
import { verifyBench } from './verify.js'

const runs = 21
const door = join(root, 'bin', 'fpsim.js')

const commands: readonly { readonly name: string; readonly args: readonly string[]; readonly target?: number }[] = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'fpsim --version', args: [door, '--version'], target: 1.6 },
  { name: 'fpsim inspect 0.1', args: [door, 'inspect', '0.1'], target: 2.5 },
  { name: 'fpsim underflow --scale 65536', args: [door, 'underflow', '--scale', '65536'], target: 4 },
]

function milliseconds(args: readonly string[]): number {
  const start = process.hrtime.bigint()
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
  if (status !== 0) throw new Error(`${args.join(' ')} failed`)
  return Number(process.hrtime.bigint() - start) / 1e6
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number

/** All commands in turn, many times: a machine that slows down slows them all. */
function startUp(): void {
  const times = commands.map(() => [] as number[])
  for (const { args } of commands) milliseconds(args)
  for (let i = 0; i < runs; i++) for (const [c, { args }] of commands.entries()) times[c]?.push(milliseconds(args))
  const empty = times[0] as number[]
  console.log(`Start-up: median of ${runs} runs in turn, Node ${process.versions.node}`)
  for (const [c, { name, target }] of commands.entries()) {
    const own = times[c] as number[]
    const ratio = median(own.map((time, i) => time / (empty[i] as number)))
    const verdict = target === undefined ? '' : `  ${ratio.toFixed(2)} x  (target <= ${target} x)`
    console.log(`  ${name.padEnd(32)}${median(own).toFixed(0).padStart(5)} ms${verdict}`)
  }
}

function bytesBelow(path: string): number {
  const info = statSync(path)
  return info.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0) : info.size
}

/** What `npm ci --omit=dev` installs. */
function installedSize(): void {
  const folder = mkdtempSync(join(tmpdir(), 'fpsim-bench-'))
  try {
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(root, file), join(folder, file))
    const { status } = spawnSync('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: 'ignore',
      shell: process.platform === 'win32',
    })
    if (status !== 0) console.log('\nInstalled size: not measured, npm ci failed (no registry?)')
    else {
      const megabytes = bytesBelow(join(folder, 'node_modules')) / 1e6
      console.log(`\nRuntime dependencies: ${megabytes.toFixed(1)} MB  (target < 15 MB)`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Rounder = (x: number) => number

/** @stdlib's converter, installed for this run alone: it would bring dozens of packages into every clone. */
async function stdlibRounder(): Promise<Rounder | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'fpsim-bench-'))
  const name = '@stdlib/number-float64-base-to-float16'
  const { status } = spawnSync('npm', ['i', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder, name], {
    stdio: 'ignore',
    shell: process.platform === 'win32',
  })
  try {
    if (status !== 0) return undefined
    return createRequire(join(folder, 'node_modules', 'x.js'))(name) as Rounder
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The scalar codec, the kernel and other libraries on the same values, only after they agree on all of them. */
async function codec(): Promise<void> {
  const values = Float64Array.from({ length: 1 << 20 }, (_, i) => ((i % 4096) - 2048.37) * 2 ** ((i % 61) - 44))
  const single = Float32Array.from(values)
  const stdlib = await stdlibRounder()
  const scalars: [string, Rounder][] = [
    ['format/round', rounder('fp16')],
    ['@petamoriken/float16', f16round],
    ...(stdlib ? [['@stdlib/number-float64-base-to-float16', stdlib] as [string, Rounder]] : []),
  ]
  const wanted = Float32Array.from(single, (x) => f16round(x))
  const check = (name: string, got: (i: number) => number): void => {
    for (let i = 0; i < wanted.length; i++)
      if (!Object.is(got(i), wanted[i])) throw new Error(`${name} disagrees at ${single[i]}`)
  }
  for (const [name, round] of scalars) check(name, (i) => round(single[i] as number))
  const quantized = quantize(single, 'fp16')
  check('quantize', (i) => quantized[i] as number)
  let sink = 0
  const perValue = (work: () => void): number => {
    const start = process.hrtime.bigint()
    work()
    return Number(process.hrtime.bigint() - start) / single.length
  }
  const rows: [string, () => void][] = [
    ['kernel quantize, in place', () => quantize(wanted, 'fp16', { inPlace: true })],
    ...scalars.map(([name, round]): [string, () => void] => [
      name,
      () => {
        let sum = 0
        for (const x of single) sum += round(x)
        // Kept, so that the loop cannot be left out.
        sink += sum
      },
    ]),
  ]
  const times = rows.map(() => [] as number[])
  for (let i = 0; i < 11; i++) for (const [r, [, work]] of rows.entries()) times[r]?.push(perValue(work))
  console.log('\nOne rounding of a float32 to fp16, in turn, agreeing on all values first')
  for (const [r, [name]] of rows.entries())
    console.log(
      `  ${name.padEnd(42)}${median(times[r] as number[])
        .toFixed(2)
        .padStart(7)} ns`,
    )
  if (!stdlib) console.log('  @stdlib was not measured: npm could not install it')
  if (Number.isNaN(sink)) console.log('')
}

/** Whole commands on large files, made for the purpose: values of all sizes from a fixed sequence. */
function files(): void {
  const folder = mkdtempSync(join(tmpdir(), 'fpsim-bench-'))
  try {
    const count = 1 << 26
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${count},), }`.padEnd(117)
    const npy = join(folder, 'gradients.npy')
    const handle = openSync(npy, 'w')
    writeSync(
      handle,
      Buffer.concat([Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]), Buffer.from(`${header}\n`)]),
    )
    const block = Float32Array.from({ length: 1 << 20 }, (_, i) => uniform(3, i) * 2 ** -Math.floor(uniform(4, i) * 40))
    for (let i = 0; i < count; i += block.length) writeSync(handle, new Uint8Array(block.buffer))
    closeSync(handle)
    const csv = join(folder, 'gradients.csv')
    writeFileSync(
      csv,
      Array.from({ length: 1e6 }, (_, i) => uniform(5, i) * 2 ** -Math.floor(uniform(6, i) * 40)).join('\n'),
    )
    console.log('\nfpsim underflow --input, whole command, median of 5')
    for (const { name, file, target } of [
      { name: 'a million numbers as CSV', file: csv, target: 1 },
      { name: '2^26 float32 as .npy (256 MB)', file: npy, target: 1.5 },
    ]) {
      const times = Array.from({ length: 5 }, () => milliseconds([door, 'underflow', '--input', file]))
      console.log(`  ${name.padEnd(42)}${(median(times) / 1000).toFixed(2).padStart(7)} s   (target <= ${target} s)`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

startUp()
installedSize()
files()
await codec()
await kernelBench()
blocksBench()
tensorBench()
await trainingBench()
tensorCoreBench()
verifyBench()
