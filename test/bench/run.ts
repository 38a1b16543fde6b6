/** Start-up, size and codec speed, printed: `npm run bench`. Times are compared with an empty Node, run in turn. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { f16round } from '@petamoriken/float16'
import { rounder } from '../../src/format/round.js'
import { root } from '../support.js'

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

/** The scalar codec against @petamoriken/float16 on the same values, only after they agree on all of them. */
function codec(): void {
  const values = Float64Array.from({ length: 1 << 20 }, (_, i) => ((i % 4096) - 2048.37) * 2 ** ((i % 61) - 44))
  const ours = rounder('fp16')
  for (const x of values) if (!Object.is(ours(x), f16round(x))) throw new Error(`disagreement at ${x}`)
  const time = (round: (x: number) => number): number => {
    let sum = 0
    const start = process.hrtime.bigint()
    for (const x of values) sum += round(x)
    const elapsed = Number(process.hrtime.bigint() - start)
    // The sum is used, so that the loop cannot be left out.
    return sum === 0.5 ? 0 : elapsed / values.length
  }
  const [mine, theirs]: [number[], number[]] = [[], []]
  for (let i = 0; i < 9; i++) {
    mine.push(time(ours))
    theirs.push(time(f16round))
  }
  console.log('\nOne rounding to fp16, scalar, agreeing on all values first')
  console.log(`  format/round      ${median(mine).toFixed(1)} ns`)
  console.log(`  @petamoriken      ${median(theirs).toFixed(1)} ns`)
}

startUp()
installedSize()
codec()
