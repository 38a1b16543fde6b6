/** The one instance of the compiled kernel in this thread: its functions, and its memory as typed arrays. */
import { bytes } from './module.js'

/** What assembly/index.ts exports. Addresses are bytes of the module's memory. */
export interface Machine {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly blockA: { readonly value: number }
  readonly blockB: { readonly value: number }
  readonly panelsA: { readonly value: number }
  readonly panelsB: { readonly value: number }
  readonly sums: { readonly value: number }
  readonly totals: { readonly value: number }
  readonly histograms: { readonly value: number }
  readonly results: { readonly value: number }
  exp(x: number): number
  expm1(x: number): number
  log(x: number): number
  log1p(x: number): number
  tanh(x: number): number
  sin(x: number): number
  cos(x: number): number
  erf(x: number): number
  fillDraws(at: number, n: number, counter: bigint, k0: number, k1: number): void
  nearest32(at: number, n: number, kind: number, emin: number, emax: number, precision: number, top: number): void
  nearestWide32(at: number, n: number, precision: number, saturate: boolean, careful: boolean): number
  nearestE8m0(at: number, n: number, saturate: boolean): void
  nearest64(at: number, n: number, kind: number, emin: number, emax: number, precision: number, top: number): void
  stochastic32(
    at: number,
    n: number,
    kind: number,
    emin: number,
    emax: number,
    precision: number,
    top: number,
    index: number,
    k0: number,
    k1: number,
  ): void
  stochasticWide32(
    at: number,
    n: number,
    precision: number,
    saturate: boolean,
    careful: boolean,
    index: number,
    k0: number,
    k1: number,
  ): number
  setRounding(
    tiny: number,
    epsilon: number,
    largest: number,
    beyond: number,
    bias: number,
    signed: boolean,
    subnormals: boolean,
    minusZero: boolean,
    rounding: number,
    saturate: boolean,
  ): void
  canonical32(at: number, n: number): void
  packRows(to: number, panel: number, from: number, stride: number, depth: number, count: number, side: number): void
  packColumns(to: number, panel: number, from: number, stride: number, depth: number, count: number, side: number): void
  setAccumulator(emin: number, emax: number, precision: number, largest: number): void
  survey(at: number, n: number): number
  gemm32(rows: number, columns: number, first: number, depth: number): void
  wholeGemm32(rows: number, columns: number, depth: number): void
  gemmRounded(kind: number, rows: number, columns: number, first: number, depth: number): void
  clearSums(rows: number): void
  clearTotals(rows: number): void
  promote(rows: number): void
  tally64(n: number, scale: number, emin: number, precision: number, top: number, clamped: boolean): void
  narrow(n: number): void
  codes32(n: number, emin: number, emax: number, precision: number, width: number, nanCode: number): void
  values32(
    n: number,
    emin: number,
    precision: number,
    width: number,
    largest: number,
    nanAbove: number,
    nanCode: number,
  ): void
  codesE8m0(n: number): void
  hasNaN32(n: number): number
  plain32(at: number, n: number, index: number, k0: number, k1: number): void
  plain64(at: number, n: number, index: number, k0: number, k1: number): void
}

// What this file uses of WebAssembly: TypeScript declares it only together with the whole browser.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: unknown }
}

let loaded: Machine | undefined

/** Compiled at the first call: nothing is computed at import. */
export function machine(): Machine {
  if (loaded === undefined) {
    const module = new WebAssembly.Module(Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)))
    loaded = new WebAssembly.Instance(module).exports as Machine
  }
  return loaded
}

/** Bytes of the blocks of assembly/buffers.ts. */
export const wholeBlockBytes = 65536

/** Bytes of a block at work where a value costs little: few enough to stay in the nearest cache. */
export const blockBytes = 16384

interface Views {
  readonly buffer: ArrayBuffer
  readonly float32: Float32Array
  readonly float64: Float64Array
  readonly uint32: Uint32Array
  readonly uint16: Uint16Array
  readonly uint8: Uint8Array
  /** The first block: the part at work, and all of it. */
  readonly block32: Float32Array
  readonly block64: Float64Array
  readonly whole64: Float64Array
}

let latest: Views | undefined

/** The whole memory; made anew where it has grown. Index = address / bytes of an element. */
export function views(): Views {
  const { memory, blockA } = machine()
  const { buffer } = memory
  if (latest?.buffer !== buffer)
    latest = {
      buffer,
      float32: new Float32Array(buffer),
      float64: new Float64Array(buffer),
      uint32: new Uint32Array(buffer),
      uint16: new Uint16Array(buffer),
      uint8: new Uint8Array(buffer),
      block32: new Float32Array(buffer, blockA.value, blockBytes / 4),
      block64: new Float64Array(buffer, blockA.value, blockBytes / 8),
      whole64: new Float64Array(buffer, blockA.value, wholeBlockBytes / 8),
    }
  return latest
}
