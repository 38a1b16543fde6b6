/** What the tests of format/ share: float64 as bits, its neighbours, equality by bits, the answer files. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { FpsimError } from '../../src/errors.js'
import type { Rounding } from '../../src/format/format.js'

/** Typed here again, so that a mode lost in src/ is missed. */
export const deterministicModes: readonly Rounding[] = [
  'nearest-even',
  'nearest-away',
  'toward-zero',
  'up',
  'down',
  'to-odd',
]
export const policies = ['ieee', 'saturate'] as const

/** Formats whose every code is tried: the catalog's of 16 bits or fewer, and some eXmY. */
export const smallFormats = [
  'fp16',
  'bf16',
  'e4m3fn',
  'e5m2',
  'e4m3',
  'e3m4',
  'e4m3fnuz',
  'e5m2fnuz',
  'e4m3b11fnuz',
  'e3m2',
  'e2m3',
  'e2m1',
  'e8m0',
  'e2m2',
  'e2m5',
  'e3m1',
  'e4m7',
  'e6m9',
  'e11m1',
] as const

const view = new DataView(new ArrayBuffer(8))

export function bitsOf(x: number): bigint {
  view.setFloat64(0, x)
  return view.getBigUint64(0)
}

export function float64(bits: bigint): number {
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}

export const hexOf = (x: number): string => bitsOf(x).toString(16).padStart(16, '0')
export const ofHex = (hex: string): number => float64(BigInt(`0x${hex}`))

/** The float64 after x, away from zero; x finite. */
export function outward(x: number): number {
  view.setFloat64(0, x)
  const low = view.getUint32(4)
  view.setUint32(4, (low + 1) >>> 0)
  if (low === 0xffffffff) view.setUint32(0, (view.getUint32(0) + 1) >>> 0)
  return view.getFloat64(0)
}

/** The float64 before x, toward zero; x nonzero. */
export function inward(x: number): number {
  view.setFloat64(0, x)
  const low = view.getUint32(4)
  view.setUint32(4, (low - 1) >>> 0)
  if (low === 0) view.setUint32(0, (view.getUint32(0) - 1) >>> 0)
  return view.getFloat64(0)
}

/** Equal bits, any NaN for any NaN. */
export const same = (a: number, b: number): boolean => Object.is(a, b)

export function expectCode(code: string, run: () => unknown): FpsimError {
  let thrown: unknown
  try {
    run()
  } catch (error) {
    thrown = error
  }
  assert.ok(
    thrown instanceof FpsimError,
    `expected '${code}', got ${thrown === undefined ? 'no error' : String(thrown)}`,
  )
  assert.equal(thrown.code, code)
  return thrown
}

/** The rows of an answer file under test/vectors/format, without its comment lines. */
export function rows(name: string): string[][] {
  const raw = readFileSync(join(process.cwd(), 'test', 'vectors', 'format', name))
  const text = (name.endsWith('.gz') ? gunzipSync(raw) : raw).toString('latin1')
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'))
}

/** A small generator for tests (mulberry32), so that every run tries the same numbers. */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

/** A float64 of random sign and significand, with an exponent field between two powers of two. */
export function randomFloat64(draw: () => number, lowest: number, highest: number): number {
  const field = 1023 + lowest + (draw() % (highest - lowest + 1))
  view.setUint32(0, (((draw() & 1) << 31) | (field << 20) | (draw() & 0xfffff)) >>> 0)
  view.setUint32(4, draw())
  return view.getFloat64(0)
}
