/** Logs of trainings: the lines of each program, whatever stands around them; chunks, line ends, ranks, size, bad files. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type LogLine, readLogLine } from '../../src/data/training-log/lines.js'
import { logSource } from '../../src/data/training-log/source.js'
import { LINE_LIMIT, readTrainingLog } from '../../src/data/training-log.js'
import { FpsimError } from '../../src/errors.js'
import { root } from '../support.js'

const folder = mkdtempSync(join(tmpdir(), 'fpsim-log-'))
after(() => rmSync(folder, { recursive: true }))
const logs = join(root, 'test/vectors/logs')

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
}

/** Every line of a stream that was understood, with its number. */
async function linesOf(bytes: Uint8Array, size = 65_536) {
  const found: [number, LogLine][] = []
  const summary = await readTrainingLog({ path: '-', stdin: pieces(bytes, size) }, (line, number) => {
    found.push([number, line])
  })
  return { found, summary }
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'nothing'
  } catch (error) {
    assert.ok(error instanceof FpsimError, String(error))
    return `${error.code} ${error.values['problem'] ?? ''}`.trim()
  }
}

const bar = '  1%|▉         | 6/1184 [00:21<1:09:10,  3.52s/it]'
const known: readonly (readonly [string, LogLine])[] = [
  [
    'Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to 32768.0',
    { format: 'apex', kind: 'lowered', scaler: '0', from: 65536, to: 32768 },
  ],
  [
    'Gradient overflow.  Skipping step, loss scaler 2 reducing loss scale to 0.00048828125',
    { format: 'apex', kind: 'lowered', scaler: '2', from: 2 ** -10, to: 2 ** -11 },
  ],
  [
    'Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to 2.0237e-320',
    { format: 'apex', kind: 'lowered', scaler: '0', from: 4.0474e-320, to: 2.0237e-320 },
  ],
  [
    'OVERFLOW! Skipping step. Attempted loss scale: 4294967296, reducing to 2147483648',
    { format: 'deepspeed', kind: 'lowered', from: 2 ** 32, to: 2 ** 31 },
  ],
  [
    '[2023-06-07 22:16:00,018] [INFO] [loss_scaler.py:181:update_scale] [deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 64, reducing to 32',
    { format: 'deepspeed', kind: 'lowered', from: 64, to: 32, rank: '0' },
  ],
  [
    `${bar}[2021-02-04 15:06:19,825] [INFO] [stage2.py:1357:step] [deepscale] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 134217728.0, reducing to 67108864.0`,
    { format: 'deepspeed', kind: 'lowered', from: 2 ** 27, to: 2 ** 26, rank: '0', iteration: 6 },
  ],
  [
    '[deepspeed] OVERFLOW! Rank 3 Skipping step. Attempted loss scale: 65536, but hysteresis is 2. Reducing hysteresis to 1',
    { format: 'deepspeed', kind: 'held', from: 65536, to: 65536, rank: '3' },
  ],
  [
    '[deepscale] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 1, reducing to 1',
    { format: 'deepspeed', kind: 'held', from: 1, to: 1, rank: '0' },
  ],
  // A terminal broke the line.
  [
    '[deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scal                e: 8192, reducing to 4096',
    { format: 'deepspeed', kind: 'lowered', from: 8192, to: 4096, rank: '0' },
  ],
  [
    '[unfused_optimizer.py:207:step] [deepspeed] fp16 dynamic loss scale overflow! Skipping step. Attempted loss scale: 65536.0, reducing to 32768.0',
    { format: 'deepspeed', kind: 'lowered', from: 65536, to: 32768 },
  ],
  [
    '[Rank 0] Overflow detected. Skipping step. Attempted loss scale: 32768.0, reducing to 16384.0',
    { format: 'deepspeed', kind: 'lowered', from: 32768, to: 16384 },
  ],
  [
    '[fused_optimizer.py:345:_update_scale] Reducing dynamic loss scale from 32768.0 to 16384.0',
    { format: 'deepspeed', kind: 'lowered', verbose: true, from: 32768, to: 16384 },
  ],
  [
    'Increasing dynamic loss scale from 8192.0 to 16384.0',
    { format: 'deepspeed', kind: 'raised', verbose: true, from: 8192, to: 16384 },
  ],
  [
    '[logging.py:96:log_dist] [Rank 0] step=510, skipped=8, lr=[0.001], mom=[[0.8, 0.999]]',
    { format: 'deepspeed', kind: 'sample', iteration: 510 },
  ],
  [
    'Exception: Current loss scale already at minimum - cannot decrease scale anymore. Exiting run.',
    { format: 'deepspeed', kind: 'stopped' },
  ],
  [
    ' iteration    17062/  159576 | consumed samples: 1 | elapsed time per iteration (ms): 1.0 | learning rate: 6.0E-05 | global batch size: 2048 | lm loss: 4.374000E+00 | loss scale: 1048576.0 | grad norm: 453082.000 | num zeros: 0.0 | number of skipped iterations:   1 | number of nan iterations:   0 |',
    { format: 'megatron', kind: 'sample', iteration: 17062, to: 2 ** 20, loss: 4.374, norm: 453082, skipped: 1 },
  ],
  [
    ' iteration       10/ 1000000 | consumed samples:           40 | elapsed time per iteration (ms): 356.2 | learning rate: 0.000E+00 | global batch size:     4 | loss scale: 8388608.0 | grad norm: nan | number of skipped iterations:  10 | number of nan iterations:   0 |',
    { format: 'megatron', kind: 'sample', iteration: 10, to: 2 ** 23, norm: Number.NaN, skipped: 10 },
  ],
  [
    '2022-10-18 04:37:45 | INFO | fairseq.trainer | NOTE: gradient overflow detected, ignoring gradient, setting loss scale to: 64.0',
    { format: 'fairseq', kind: 'lowered', from: 128, to: 64 },
  ],
  [
    '| WARNING: overflow detected, setting loss scale to: 0.0001220703125',
    { format: 'fairseq', kind: 'lowered', from: 2 ** -12, to: 2 ** -13 },
  ],
  [
    'FloatingPointError: Minimum loss scale reached (0.0001). Your loss is probably exploding.',
    { format: 'fairseq', kind: 'stopped' },
  ],
  [
    'train_inner | {"epoch": 1, "loss": "16.446", "num_updates": "2", "lr": "4e-05", "gnorm": "19.777", "loss_scale": "4", "wall": "161"}',
    { format: 'fairseq', kind: 'sample', iteration: 2, to: 4, loss: 16.446, norm: 19.777 },
  ],
  [
    '| epoch 027 | loss 6.343 | nll_loss 4.984 | num_updates 10198 | lr 0.000626286 | gnorm 0.390 | oom 0 | loss_scale 0.500 | wall 23080',
    { format: 'fairseq', kind: 'sample', iteration: 10198, to: 0.5, loss: 6.343, norm: 0.39 },
  ],
  [
    'Train: [0/300][4050/5004] loss 3.2572 (3.3279) grad_norm 1.0323 (nan) loss_scale 65536.0000 (41234.0) mem 4814MB',
    { format: 'other', kind: 'sample', to: 65536, loss: 3.2572, norm: 1.0323 },
  ],
  [
    '{"global_step": 12, "loss": NaN, "loss_scale": 512}',
    { format: 'other', kind: 'sample', iteration: 12, to: 512, loss: Number.NaN },
  ],
]

test('the lines of each program, alone and with what terminals and launchers put around them', () => {
  for (const [line, wanted] of known) {
    assert.deepEqual(readLogLine(line), wanted, line)
    assert.deepEqual(readLogLine(`\u001b[2m\u001b[1;31m${line}\u001b[0m\u001b]0;title\u0007`), wanted, line)
    if (wanted.rank === undefined) {
      assert.deepEqual(readLogLine(`[default7]:${line}`), { ...wanted, rank: '7' })
      assert.deepEqual(readLogLine(`12: ${line}`), { ...wanted, rank: '12' })
      assert.deepEqual(readLogLine(`[1,5]<stdout>:${line}`), { ...wanted, rank: '5' })
    }
  }
})

test('lines that say nothing of a loss scale', () => {
  for (const line of [
    '',
    'Epoch 3: loss 0.5',
    'optimization options are: loss_scale             : dynamic',
    'parser.add_argument("--loss-scale", default=None)',
    'loss_scale: -1',
    'loss scale: 65,53',
    'loss scale info: 3 lines',
    'scale = 3',
    '    "loss_scale": 0, ',
    '    "loss_scale_window": 1000,',
    '[config.py:1000:print]   loss_scale ................... 0',
    '  initial_loss_scale .............................. 4294967296',
    'Namespace(fp16_init_scale=128, min_loss_scale=0.0001, threshold_loss_scale=None)',
    'upsample(scale_factor=2)',
    'iteration 3/ 10 | no scale here |',
  ])
    assert.equal(readLogLine(line), undefined, line)
})

test('a scale that is NaN or Inf, and thousands with commas', () => {
  const nan = readLogLine('Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to nan')
  assert.deepEqual(nan, { format: 'apex', kind: 'dead', scaler: '0', to: Number.NaN })
  assert.deepEqual(readLogLine('step 3 loss_scale inf'), { format: 'other', kind: 'dead', iteration: 3, to: Infinity })
  for (const [written, value] of [
    ['65,536', 65536],
    ['1,048,576.0', 1048576],
    ['128', 128],
    ['6.5536e+4,', 65536],
  ] as const)
    assert.equal(readLogLine(`step 3 loss_scale ${written}`)?.to, value, written)
})

test('any bytes: never an error, never a scale that is none', () => {
  let state = 99
  const random = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 4294967296) * n)
  }
  for (let i = 0; i < 20_000; i++) {
    const [line] = known[random(known.length)] as readonly [string, LogLine]
    const characters = [...line]
    for (let k = random(4); k >= 0; k--)
      characters.splice(random(characters.length), random(3), String.fromCharCode(random(256)), line.slice(random(9)))
    const found = readLogLine(characters.join(''))
    for (const scale of [found?.from, found?.to]) assert.ok(scale === undefined || (scale >= 0 && scale < Infinity))
  }
})

test('the same lines for any chunks, line ends and byte order mark', async () => {
  const text = readFileSync(join(logs, 'deepspeed-stuck.log'), 'utf8')
  const bytes = Buffer.from(text)
  const whole = await linesOf(bytes)
  assert.ok(whole.found.length > 10)
  for (const size of [1, 2, 7, 100, 4096, 4097]) assert.deepEqual(await linesOf(bytes, size), whole, `${size}`)
  const plain = text.replaceAll(/\r\n?|\n/g, '\n')
  for (const end of ['\n', '\r\n', '\r'])
    for (const size of [3, 65_536]) {
      const other = await linesOf(Buffer.from(plain.replaceAll('\n', end)), size)
      assert.deepEqual(other, await linesOf(Buffer.from(plain), size), JSON.stringify(end))
    }
  const marked = await linesOf(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(known[0]?.[0] ?? '')]))
  assert.deepEqual(marked.found, [[1, known[0]?.[1]]])
})

test('a line that does not end, and one that is very long', async () => {
  const line = known[0]?.[0] ?? ''
  assert.equal((await linesOf(Buffer.from(line))).found.length, 1)
  const long = await linesOf(Buffer.from(`${line}${'x'.repeat(5_000_000)}\n${line}\n`), 1000)
  assert.deepEqual(
    long.found.map(([number]) => number),
    [1, 2],
  )
  const behind = await linesOf(Buffer.from(`${'x'.repeat(2 * LINE_LIMIT)}${line}\n${line}`))
  assert.deepEqual(
    behind.found.map(([number]) => number),
    [2],
  )
})

test('events once, however many processes write', () => {
  const events = (lines: readonly LogLine[]) => {
    const out: LogLine[] = []
    const source = logSource((line) => out.push(line))
    lines.forEach((line, i) => {
      source.push(line, i)
    })
    return { out, ...source.end() }
  }
  const fall = (from: number): LogLine => ({ format: 'apex', kind: 'lowered', from, to: from / 2 })
  const times = (line: LogLine, n: number) => Array<LogLine>(n).fill(line)
  const chain = [65536, 32768, 16384].map(fall)
  for (const copies of [1, 2, 3, 8]) {
    const many = events(chain.flatMap((line) => times(line, copies)))
    assert.deepEqual(many.out, chain)
    assert.equal(many.copies, copies)
  }
  // The limit met three times in a row: growth in between is not written.
  assert.equal(events([...chain, ...times(fall(16384), 3)]).out.length, 6)
  assert.equal(events(times(fall(65536), 7)).out.length, 7)
  // The same with two processes.
  assert.equal(events([...chain, ...times(fall(16384), 3)].flatMap((line) => times(line, 2))).out.length, 6)
  // Named ranks need no counting.
  const ranked = chain.flatMap((line) => ['1', '0', '2'].map((rank) => ({ ...line, rank })))
  assert.deepEqual(events(ranked).out.length, 3)
  assert.equal(events(ranked).dropped, 6)
  // Where growth is written, a second telling of the same change is one.
  const up: LogLine = { format: 'deepspeed', kind: 'raised', verbose: true, from: 1, to: 2 }
  const down: LogLine = { format: 'deepspeed', kind: 'lowered', verbose: true, from: 2, to: 1 }
  assert.deepEqual(events([up, up, up, down, down, down, up, up, up]).out, [up, down, up])
  // Many runs: settled on the way, the rest follows.
  const long = Array.from({ length: 3000 }, (_, i) => fall(i % 2 === 0 ? 65536 : 32768))
  assert.equal(events(long.flatMap((line) => times(line, 4))).out.length, 3000)
})

test('200 MB as a stream: flat memory, every line seen', async () => {
  const block = Buffer.from(
    `${' iteration        7/      10 | lm loss: 2.5E+00 | loss scale: 4096.0 | grad norm: 0.4 |\n'}${'time (ms) | forward-compute: 193.77\n'.repeat(40)}`,
  )
  const chunk = Buffer.concat(Array<Buffer>(44).fill(block))
  const chunks = Math.ceil(2e8 / chunk.length)
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < chunks; i++) yield chunk
  }
  let seen = 0
  const before = process.memoryUsage().rss
  const summary = await readTrainingLog({ path: '-', stdin: stream() }, () => {
    seen++
  })
  assert.equal(seen, chunks * 44)
  assert.deepEqual(summary, { name: 'stdin', lines: chunks * 44 * 41, recognized: seen })
  const grown = (process.memoryUsage().rss - before) / 1e6
  assert.ok(grown < 150, `${grown} MB more`)
})

test('what is no log', async () => {
  const read = (path: string) => codeOf(readTrainingLog({ path }, () => {}))
  assert.equal(await read(file('empty.log', '')), 'bad-data log-empty')
  assert.equal(await read(file('blank.log', '\n\n\n')), 'bad-data log-unknown')
  assert.equal(await read(file('other.log', 'Epoch 1\nEpoch 2\n')), 'bad-data log-unknown')
  assert.equal(
    await read(file('steps.log', '[Rank 0] step=10, skipped=6, lr=[0.1]\n'.repeat(9))),
    'bad-data log-unknown',
  )
  assert.equal(await read(file('a.log.gz', gzipSync(readFileSync(join(logs, 'mmcv.log'))))), 'bad-data log-binary')
  assert.equal(await read(file('nul.log', new Uint8Array(5000))), 'bad-data log-binary')
  assert.equal(await read(join(root, 'test/vectors/replay/ties.npy')), 'bad-data log-binary')
  assert.equal(await read(file('utf16.log', Buffer.from('\ufeffloss_scale: 1', 'utf16le'))), 'bad-data text-utf16')
  assert.equal(await read(folder), 'is-a-directory')
  assert.equal(await read(join(folder, 'none.log')), 'missing-file')
  assert.equal(await read('-'), 'bad-data no-stdin')
  assert.equal(
    await codeOf(readTrainingLog({ path: '-', stdin: pieces(new Uint8Array(0), 1) }, () => {})),
    'bad-data log-empty',
  )
  // A machine that crashed leaves NULs; the lines around them are still there.
  const crashed = Buffer.concat([
    Buffer.from(`${known[0]?.[0]}\n`.repeat(100)),
    new Uint8Array(100),
    Buffer.from(`\n${known[0]?.[0]}\n`),
  ])
  assert.equal((await linesOf(crashed)).found.length, 101)
})
