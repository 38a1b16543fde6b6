/** The lesson of one training step: its figures by hand, each loop's verdict, and what a person may type. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { FpsimError } from '../../src/errors.js'
import { render } from '../../src/render/render.js'
import type { Result } from '../../src/result/result.js'
import { loopNames, loops } from '../../src/runner/training-step/loops/loops.js'
import { numbered } from '../../src/runner/training-step/run.js'
import { runScenario } from '../../src/scenario/library.js'
import { fpsim } from '../support.js'

type Params = Record<string, string | number>

const lesson = (params: Params = {}): Promise<Result> => runScenario('training-step', params)
const metric = async (name: string, params: Params = {}): Promise<number> =>
  (await lesson(params)).metrics[name] as number
const codes = ({ findings }: Result): string[] => findings.map(({ code }) => code)

const f32 = Math.fround
/** What scaling, FP16 and unscaling leave of 2e-8. */
const survived = f32(f16round(f32(65536 * f32(2e-8))) / 65536)

test('the default: lost without scaling, kept with it', async () => {
  const { metrics, findings } = await lesson()
  assert.equal(metrics['weightWithoutScaling'], f32(0.001))
  assert.equal(metrics['gradientApplied'], survived)
  assert.equal(metrics['weightAfter'], f32(f32(0.001) - survived))
  // 1/1000 as fp32 is 8589935 · 2^-33; minus 2e-8 exactly, as a fraction over 2^33 · 10^8.
  const exact = Number((8589935n * 100000000n - 2n * 2n ** 33n) * 10n ** 6n) / Number(2n ** 33n * 100000000n) / 1e6
  assert.ok(Math.abs((metrics['weightExact'] as number) - exact) < 1e-18, `${metrics['weightExact']}`)
  assert.deepEqual(
    findings.map(({ code, tone }) => [code, tone]),
    [
      ['step-kept', 'good'],
      ['step-lost-plain', 'bad'],
    ],
  )
  assert.equal(metrics['errorLine'], 0)
  assert.equal(metrics['lostAt'], 0)
})

test('clip before unscale, as the issue types it', async () => {
  const result = await lesson({ order: 'scale backward clip unscale step' })
  assert.equal(result.metrics['errorLine'], 3)
  assert.equal(result.metrics['clipThreshold'], 1 / 65536)
  assert.equal(result.metrics['weightAfter'], f32(0.001))
  assert.equal(result.metrics['relativeError'], 1)
  assert.ok((result.metrics['relativeErrorRight'] as number) < 0.005)
  assert.deepEqual(codes(result), ['step-clipped-scaled', 'step-compare', 'step-missing'])
})

test('wrong orders are findings at their call, never crashes', async () => {
  for (const [order, line] of [
    ['forward scale backward unscale unscale step update', 5],
    ['forward scale backward step unscale update', 5],
    ['forward scale backward step step update', 5],
    ['zero_grad forward backward step update', 4],
    ['zero_grad forward scale backward update step', 5],
    ['zero_grad forward scale backward unscale update step update', 7],
    ['zero_grad forward scale backward unscale_ zero_grad step', 7],
    ['update', 1],
  ] as const) {
    const result = await lesson({ order })
    assert.equal(result.metrics['errorLine'], line, order)
    assert.equal(result.findings[0]?.tone, 'bad', order)
  }
})

test('no zero_grad over three steps: three times the gradient in fp32', async () => {
  const order = 'forward scale backward step update'
  const result = await lesson({ order, steps: 3 })
  assert.ok(Math.abs((result.metrics['gradientAccumulated'] as number) - 3) < 1e-6)
  assert.ok(codes(result).includes('step-adds-up'))
  assert.equal(await metric('gradientAccumulated', { order: `zero_grad ${order}`, steps: 3 }), f32(2e-8) / 2e-8)
  assert.ok(codes(await lesson({ order, steps: 3, rest: 1.5 })).includes('step-stuck'))
})

test('what a person may type: aliases, and what is refused', async () => {
  const plain = await lesson({ order: 'zero_grad forward scale backward unscale clip step update' })
  const typed = await lesson({
    order: 'Zero-Grad, forward(), scale, backward(), unscale_, clip_grad_norm_, step() update',
  })
  assert.deepEqual(typed.metrics, plain.metrics)
  const refused = async (params: Params): Promise<Record<string, unknown>> => {
    try {
      await lesson(params)
    } catch (error) {
      assert.ok(error instanceof FpsimError, String(error))
      return { code: error.code, ...error.values }
    }
    assert.fail('not refused')
  }
  assert.equal((await refused({ order: 'forward scael backward' }))['suggestion'], 'scale')
  assert.equal((await refused({ order: 'forward unscael_ step' }))['suggestion'], 'unscale')
  assert.equal((await refused({ order: ' , ' }))['problem'], 'missing')
  assert.equal((await refused({ order: 'step '.repeat(41) }))['limit'], 40)
  assert.equal((await refused({ loop: 'gam' }))['suggestion'], 'gan')
  assert.equal((await refused({ loop: 'gan', order: 'step' }))['code'], 'conflicting-sources')
  for (const params of [
    { steps: 0 },
    { steps: 1e9 },
    { scale: 0 },
    { scale: -1 },
    { lr: -1 },
    { maxNorm: 0 },
    { gradient: 'x' },
  ])
    assert.equal((await refused(params as Params))['code'], 'invalid-value', JSON.stringify(params))
})

/** The line that is wrong in each loop of the course, 0 where it is right as it stands. */
const verdicts: Record<string, [line: number, code: string]> = {
  'simple-10-20-10': [4, 'backward()'],
  'mixed-precision-training': [0, ''],
  'loss-scaling': [3, '/= self.scale'],
  'train-with-amp': [0, ''],
  'large-model': [0, ''],
  'computer-vision': [0, ''],
  'performance-comparison': [5, 'step(self.model.parameters())'],
  'nlp-with-amp': [0, ''],
  gan: [2, 'BCELoss()'],
  nlp: [5, 'backward()'],
  tensorflow: [3, "activation='softmax'"],
}

test('each loop of the course: where it goes wrong, and that the repair holds', async () => {
  assert.deepEqual([...loopNames].sort(), Object.keys(verdicts).sort())
  for (const loop of loops) {
    const [line, code] = verdicts[loop.name] as [number, string]
    const { metrics, findings, blocks } = await lesson({ loop: loop.name })
    assert.equal(metrics['errorLine'], line, loop.name)
    assert.equal(findings[0]?.tone, line === 0 ? 'good' : 'bad', loop.name)
    if (line > 0)
      assert.ok(
        numbered(loop)
          .find(({ number }) => number === line)
          ?.code.includes(code),
        loop.name,
      )
    // Every step that the repaired loop takes is right; a skipped one moves nothing.
    const steps = 3 * (loop.iterations / 3)
    const taken = 1 - (metrics['skippedRight'] as number) / steps
    assert.ok(Math.abs((metrics['relativeErrorRight'] as number) - (1 - taken)) < 0.005, loop.name)
    const marked = blocks
      .flatMap((block) => (block.kind === 'listing' ? block.lines : []))
      .filter(({ tone }) => tone === 'bad')
    assert.equal(marked.length > 0, line > 0, loop.name)
  }
})

test('the loops that are wrong: their figures', async () => {
  const simple = (await lesson({ loop: 'simple-10-20-10' })).metrics
  // 1.5 × 65536 is Inf in FP16, and it stays: six steps of six, six halvings.
  assert.deepEqual([simple['skipped'], simple['scaleAfter'], simple['weightAfter']], [6, 1024, f32(0.001)])
  assert.equal(simple['skippedRight'], 1)
  assert.ok(Math.abs((simple['gradientAccumulated'] as number) - 6) < 1e-5)
  const scaling = (await lesson({ loop: 'loss-scaling' })).metrics
  assert.deepEqual([scaling['lostAt'], scaling['weightAfter'], scaling['scaleAfter']], [3, f32(0.001), 2 ** 19])
  const gan = await lesson({ loop: 'gan' })
  assert.equal(gan.findings[0]?.values['problem'], 'bce-autocast')
  // Two losses reach the discriminator, each in FP16, unscaled once in fp32.
  const both = f32(f32(2 * f16round(f32(65536 * f32(2e-8)))) / 65536)
  const [one, two] = [f32(f32(0.001) - both), 0].map((w) => f32(w - both))
  assert.ok(two !== undefined)
  assert.equal(gan.metrics['weightRight'], f32((one as number) - both))
  const softmax = (await lesson({ loop: 'tensorflow' })).metrics
  // e^-18 = 1.523e-8 and e^-20 = 2.061e-9 are at or below 2^-25, e^-16 = 1.125e-7 is not.
  assert.equal(softmax['lostProbabilities'], 2)
  assert.equal(await metric('errorLine', { loop: 'tensorflow', format: 'fp32' }), 0)
  assert.equal(await metric('loopsWrong', { loop: 'all' }), 6)
})

test('the GAN: each optimizer skips for itself, the one scale backs off once (S7)', async () => {
  const skips = async (params: Params) => {
    const { findings } = await lesson({ loop: 'gan', ...params })
    const { d, g, backoffs, scaleAfter } = findings.find(({ code }) => code === 'step-gan-skips')?.values ?? {}
    return [d, g, backoffs, scaleAfter]
  }
  assert.deepEqual(await skips({ inf: 'd' }), [1, 0, 1, 32768])
  assert.deepEqual(await skips({ inf: 'g' }), [0, 1, 1, 32768])
  assert.deepEqual(await skips({ inf: 'both' }), [1, 1, 1, 32768])
  assert.deepEqual(await skips({ inf: 'd', steps: 3 }), [1, 0, 1, 32768])
  assert.deepEqual(await skips({}), [undefined, undefined, undefined, undefined])
  const screen = render(await lesson({ loop: 'gan', inf: 'd' }))
  assert.match(screen, /scaler\.step\(optimizer_d\) +skipped\n/)
  assert.match(screen, /scaler\.step\(optimizer_g\) +w_g = 0\.00099998\n/)
  // Skipped steps are counted against steps of an optimizer, not iterations.
  const { values } = (await lesson({ loop: 'gan', rest: 1.5 })).findings.find(
    ({ code }) => code === 'step-loop-repaired',
  ) as Result['findings'][number]
  assert.deepEqual([values['rightSkipped'], values['rightAttempts']], [2, 6])
  for (const line of render(await lesson({ loop: 'gan' })).split('\n'))
    if (line.includes(' BCELoss()(')) assert.match(line, /^✗/)
  await assert.rejects(lesson({ loop: 'nlp', inf: 'd' }), FpsimError)
  await assert.rejects(lesson({ inf: 'd' }), FpsimError)
})

test('the class LossScaling has its backoff, and lacks the check', async () => {
  const result = await lesson({ loop: 'loss-scaling' })
  const text = result.blocks.flatMap((block) => (block.kind === 'listing' ? block.lines : []))
  const backoff = text.find((line) => line.text.includes('max(self.scale * 0.5, 1.0)'))
  assert.deepEqual([backoff?.number, backoff?.tone], [5, 'bad'])
  assert.equal(text.find((line) => line.text.startsWith('has_overflow ='))?.number, null)
  assert.equal(result.findings.find(({ code }) => code === 'step-loop-inf')?.values['checkLine'], 5)
  // Repaired it still doubles after every clean step: 65536, 131072 (0.5 × 2^17 is Inf), 65536.
  assert.equal(result.metrics['skippedRight'], 1)
  assert.equal(await metric('errorLine', { loop: 'loss-scaling', format: 'bf16' }), 5)
})

test('a loss scaled twice, and what each of its harms comes from', async () => {
  const order = 'scale scale backward step update'
  const inf = await lesson({ order })
  assert.deepEqual(codes(inf), ['step-scaled-twice', 'step-was-skipped', 'step-compare', 'step-missing'])
  assert.equal(inf.findings[0]?.values['factor'], 2 ** 32)
  assert.equal(inf.findings[1]?.values['scale'], 2 ** 32)
  const small = await lesson({ order, scale: 16 })
  assert.equal(small.findings[1]?.code, 'step-wrong-factor')
  assert.deepEqual([small.findings[1]?.values['factor'], small.findings[1]?.values['multiplied']], [16, 256])
  assert.match(render(small).replace(/\s+/g, ' '), /multiplied by 256, divided by 16 only/)
})

test('a swallowed update, a gradient of 0 and two backward passes are what they are', async () => {
  const swallowed = await lesson({ weight: 1 })
  assert.deepEqual([swallowed.findings[0]?.code, swallowed.findings[0]?.tone], ['step-swallowed', 'bad'])
  assert.equal(swallowed.findings[0]?.values['half'], 2 ** -25)
  assert.match(render(swallowed), /^step\(\) .* swallowed /m)
  assert.equal((await lesson()).findings[0]?.tone, 'good')
  assert.equal((await lesson({ weight: 0.3 })).findings[0]?.tone, 'note')
  for (const params of [{ activation: 0 }, { gradient: 0 }]) {
    const zero = await lesson(params)
    assert.deepEqual(codes(zero), ['step-zero'])
    assert.ok(!/w\.grad .*lost/.test(render(zero)))
  }
  const order = 'zero_grad forward scale backward forward scale backward unscale clip step update'
  const twice = await lesson({ order })
  assert.deepEqual(codes(twice), ['step-accumulated', 'step-compare'])
  assert.equal(twice.findings[0]?.values['parts'], 2)
  assert.ok(Math.abs((twice.metrics['gradientAccumulated'] as number) - 2) < 1e-6)
})

test('a run that stops is compared with the same iteration, and clipping hides nothing that is left over', async () => {
  const result = await lesson({ order: 'scale backward clip unscale step', steps: 3 })
  const times = result.findings.find(({ code }) => code === 'step-adds-up')?.values['times']
  assert.ok(Math.abs((times as number) - 3) < 1e-6, `${times}`)
  const screen = render(result)
  // v starts at 8 and loses 0.5 a step: in its second iteration the loss is 0.5 · 7.5.
  assert.match(screen, /loss +fp32 .* 3\.75\n/)
  assert.match(screen, /^iteration 2; w:/m)
  assert.match(screen, /^✗ clip before unscale_\(\)/m)
  assert.ok(!screen.includes('Call '))
})

test('a threshold without a clip is named, and the CSV holds the rows', async () => {
  const order = 'zero_grad forward scale backward step update'
  assert.ok(codes(await lesson({ order, maxNorm: 3 })).includes('step-no-clip'))
  assert.ok(codes(await lesson({ loop: 'gan', maxNorm: 3 })).includes('step-no-clip'))
  assert.ok(!codes(await lesson({ order })).includes('step-no-clip'))
  assert.ok(!codes(await lesson({ maxNorm: 3 })).includes('step-no-clip'))
  const lines = render(await lesson(), { to: 'csv' })
    .trimEnd()
    .split('\n')
  assert.equal(lines[0], 'iteration,call,tensor,dtype,code,value,fate,unscaled')
  assert.equal(lines.length, 14)
  assert.ok(lines.includes(`1,unscale_(),w.grad,fp32,0x32abc000,${survived},,`))
})

test('the AttributeError of step(model.parameters()) is shown, and the program ends well', () => {
  const { code, out, err } = fpsim(['training-step', '--loop', 'performance-comparison'])
  assert.deepEqual([code, err], [0, ''])
  assert.match(out.replace(/\s+/g, ' '), /AttributeError: 'generator' object has no attribute 'param_groups'/)
  assert.match(out, /✗ 5 {6}scaler\.step\(self\.model\.parameters\(\)\)/)
})

test('every screen fits, in both languages and in every output', async () => {
  const variants: Params[] = [
    {},
    { order: 'scale backward clip unscale step' },
    { order: 'forward scale backward step update', steps: 3, rest: 1.5 },
    { order: 'update' },
    { format: 'fp64' },
    { format: 'e8m0' },
    { format: 'e4m3fn', scale: 2 ** 40 },
    { scale: 2 ** 18, steps: 12 },
    { gradient: 0, rest: 0 },
    { lr: 0 },
    { loop: 'all' },
    ...loopNames.map((loop) => ({ loop })),
    ...loopNames.map((loop) => ({ loop, format: 'bf16', steps: 1 })),
  ]
  for (const params of variants) {
    const result = await lesson(params)
    for (const lang of ['en', 'zh'] as const) {
      const screen = render(result, { lang })
      const lines = screen.split('\n').length - 1
      assert.ok(!/undefined|NaN %|\[object/.test(screen), `${JSON.stringify(params)}\n${screen}`)
      if (params['steps'] === undefined) assert.ok(lines <= 28, `${lines} lines: ${JSON.stringify(params)}`)
      assert.match(render(result, { lang, to: 'markdown' }), /^# /)
      if (lang === 'en') assert.match(render(result, { lang, charset: 'ascii' }), /^[\n -~]*$/)
    }
    JSON.parse(render(result, { to: 'json' }))
  }
})
