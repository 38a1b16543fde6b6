/** `inspect --as`: the table that libraries.test.ts proves, as people see it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { libraries } from '../../src/data/libraries.js'
import { FpsimError } from '../../src/errors.js'
import { format } from '../../src/format/parse.js'
import { render } from '../../src/render/render.js'
import { inspectLibraries } from '../../src/runner/inspect/libraries.js'
import { fpsim } from '../support.js'

test('E4M3 in all libraries: 448, 480, 240, NaN and Inf, and what nobody checked says so', () => {
  const result = inspectLibraries({ values: ['465'], formats: [format('e4m3')], libraries })
  assert.deepEqual(result.metrics, {
    'ml_dtypes.float8_e4m3fn': Number.NaN,
    'ml_dtypes.float8_e4m3': Number.POSITIVE_INFINITY,
    'onnx.FLOAT8E4M3FN': 448,
    'onnx.FLOAT8E4M3FN saturate=0': Number.NaN,
    'cpfloat.E4M3': 480,
    'chop.q43': Number.POSITIVE_INFINITY,
  })
  const screen = render(result)
  assert.match(screen, /torch +float8_e4m3fn +unverified/)
  assert.match(screen, /ocp +E4M3 +NaN \/ 448/)
  assert.match(screen, /saturates at 448/)
  assert.match(render(result, { lang: 'zh' }), /torch +float8_e4m3fn +未核实/)
})

test('several formats: one line an answer, with all who give it', () => {
  const result = inspectLibraries({ values: ['8.940696716308592e-8'], formats: 'usual', libraries })
  const screen = render(result)
  assert.match(screen, /fp16 +1\.1920928955078125e-7 +twice: float32 first +torch\n/)
  assert.match(screen, /fp16 +5\.960464477539063e-8 +nearest +fpsim, numpy, onnx,\n +cpfloat, chop\n/)
  assert.match(screen, /e5m2 +0 +nearest +fpsim, ml_dtypes, onnx,\n +ocp, chop\n/)
  assert.equal(result.findings[0]?.values['families'], 'fp16 2')
  assert.ok(screen.trimEnd().split('\n').length <= 24)
})

test('one answer alone is no agreement, and fpsim stands beside it', () => {
  const result = inspectLibraries({ values: ['5.9e-39'], formats: [format('e8m0')], libraries })
  assert.deepEqual(
    result.findings.map(({ code, tone, values }) => [code, tone, values['types']]),
    [['librariesAlone', 'note', 1]],
  )
  // The nearest power of two, 2^-127; ml_dtypes goes up.
  assert.match(render(result), /^fpsim +e8m0 +5\.877471754111438e-39$/m)
  assert.match(render(result), /^ml_dtypes .* 1\.1754943508222875e-38 .* ran$/m)
  const nobody = inspectLibraries({ values: ['465'], formats: [format('e4m3fn')], libraries: ['torch'] })
  assert.deepEqual([nobody.findings[0]?.code, nobody.findings[0]?.values['types']], ['librariesAlone', 0])
})

test('CSV and JSON: no word of one language', () => {
  const result = inspectLibraries({ values: ['465'], formats: 'usual', libraries })
  const csv = render(result, { to: 'csv', lang: 'zh' })
  assert.match(csv, /e4m3fn,NaN \/ 448,librariesWhy-beyond,ocp/)
  assert.match(csv, /e4m3fn,480,librariesWhy-range,cpfloat/)
  assert.equal(csv, render(result, { to: 'csv' }))
  assert.equal(render(result, { to: 'json', lang: 'zh' }), render(result, { to: 'json' }))
})

test('several values, all formats, one library', () => {
  const result = inspectLibraries({ values: ['1e-40', '1'], formats: 'all', libraries: ['chop'] })
  assert.equal(result.metrics['1e-40 chop.bf16'], 0)
  assert.equal(result.metrics['1 chop.tf32'], 1)
  assert.equal(result.findings.length, 2)
})

test('refusals', () => {
  assert.throws(
    () => inspectLibraries({ values: ['1'], formats: [format('fp16')], libraries: ['ocp'] }),
    (e: FpsimError) => e instanceof FpsimError && (e.values['allowed'] as string[]).includes('e4m3fn'),
  )
  for (const [args, message] of [
    [['inspect', '1', '--as', 'tourch'], /did you mean torch/],
    [['inspect', '1', '--as', 'torch', '--code'], /--as, --code/],
    [['inspect', 'abc', '--as', 'all'], /"abc" is not a number/],
  ] as const) {
    const { code, err } = fpsim([...args])
    assert.equal(code, 2)
    assert.match(err, message)
  }
})
