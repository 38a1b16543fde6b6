/** Every format as data, in teaching order, each with its specification. */
import type { Format, Specials } from './format.js'

/** A signed format with subnormals and −0: all of the catalog but the fnuz family and e8m0. */
const signed = (
  name: string,
  [width, precision, emin, emax]: readonly [number, number, number, number],
  specials: Specials,
  spec: string,
): Format =>
  Object.freeze({
    name,
    width,
    precision,
    emin,
    emax,
    signed: true,
    subnormals: true,
    negativeZero: specials !== 'fnuz',
    specials,
    spec,
  })

/** The IEEE-like format with x exponent bits and y fraction bits. */
export const ieeeLike = (name: string, x: number, y: number, spec: string): Format => {
  // 2^(x−1) by shift: x is at most 11.
  const emax = (1 << (x - 1)) - 1
  return signed(name, [1 + x + y, y + 1, 1 - emax, emax], 'ieee', spec)
}

const fp32 = ieeeLike('fp32', 8, 23, 'IEEE 754-2019 binary32')
const tf32 = ieeeLike('tf32', 8, 10, 'NVIDIA A100 architecture whitepaper (2020): 8 exponent and 10 fraction bits')
const bf16 = ieeeLike(
  'bf16',
  8,
  7,
  'bfloat16: upper half of binary32, with subnormals as in PyTorch, JAX and ml_dtypes',
)
const fp16 = ieeeLike('fp16', 5, 10, 'IEEE 754-2019 binary16')
const e4m3fn = signed('e4m3fn', [8, 4, -6, 8], 'nan-only', 'OCP OFP8 1.0, table 1 (E4M3)')
const e5m2 = ieeeLike('e5m2', 5, 2, 'OCP OFP8 1.0, table 1 (E5M2)')
const fp64 = ieeeLike('fp64', 11, 52, 'IEEE 754-2019 binary64')
const e4m3 = ieeeLike('e4m3', 4, 3, 'ml_dtypes float8_e4m3: IEEE-like, maximum 240 (OCP E4M3 is e4m3fn, maximum 448)')
const e3m4 = ieeeLike('e3m4', 3, 4, 'ml_dtypes float8_e3m4: IEEE-like')
const e4m3fnuz = signed('e4m3fnuz', [8, 4, -7, 7], 'fnuz', 'Noune et al. 2022, arXiv:2206.02915 (Graphcore, AMD)')
const e5m2fnuz = signed('e5m2fnuz', [8, 3, -15, 15], 'fnuz', 'Noune et al. 2022, arXiv:2206.02915 (Graphcore, AMD)')
const e4m3b11fnuz = signed('e4m3b11fnuz', [8, 4, -10, 4], 'fnuz', 'ml_dtypes float8_e4m3b11fnuz: exponent bias 11')
const e3m2 = signed('e3m2', [6, 3, -2, 4], 'none', 'OCP MX 1.0 (FP6 E3M2)')
const e2m3 = signed('e2m3', [6, 4, 0, 2], 'none', 'OCP MX 1.0 (FP6 E2M3)')
const e2m1 = signed('e2m1', [4, 2, 0, 2], 'none', 'OCP MX 1.0 (FP4 E2M1)')
const e8m0: Format = Object.freeze({
  name: 'e8m0',
  width: 8,
  precision: 1,
  emin: -127,
  emax: 127,
  signed: false,
  subnormals: false,
  negativeZero: false,
  specials: 'nan-only',
  spec: 'OCP MX 1.0 (E8M0, the shared scale of a block)',
})

export const formats: readonly Format[] = Object.freeze([
  fp32,
  tf32,
  bf16,
  fp16,
  e4m3fn,
  e5m2,
  fp64,
  e4m3,
  e3m4,
  e4m3fnuz,
  e5m2fnuz,
  e4m3b11fnuz,
  e3m2,
  e2m3,
  e2m1,
  e8m0,
])

/** The formats a first look shows: what training uses today. */
export const commonFormats: readonly Format[] = [fp32, tf32, bf16, fp16, e4m3fn, e5m2]
