/** The one instance of the compiled kernel in this thread: its functions, and its memory as typed arrays. */
import { bytes } from './module.js'

/** What assembly/index.ts exports. Addresses are bytes of the module's memory. */
export interface Machine {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
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
  setTensorCore(
    kept: number,
    least: number,
    eminInput: number,
    emin: number,
    precision: number,
    sumPrecision: number,
    nearest: boolean,
  ): void
  packTensorCore(
    to: number,
    from: number,
    count: number,
    depth: number,
    step: number,
    deep: number,
    beside: number,
    wide: number,
    pairs: boolean,
  ): void
  tensorCoreTile(rows: number, columns: number, depth: number, block: number, pairs: boolean): void
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
  setBlocks(
    power: boolean,
    beyond: number,
    add: number,
    lower: number,
    ratio: number,
    factor: number,
    whole: number,
    emin: number,
    emax: number,
    precision: number,
    top: number,
    hasMinusZero: boolean,
  ): void
  largestBits(at: number, n: number, so: number): number
  blocks32(
    to: number,
    from: number,
    elements: number,
    scales: number,
    count: number,
    columns: number,
    size: number,
  ): void
  stochasticBlocks32(
    to: number,
    from: number,
    elements: number,
    scales: number,
    count: number,
    columns: number,
    size: number,
    index: number,
    k0: number,
    k1: number,
  ): void
  twosComplement(at: number, n: number): void
  product32(
    to: number,
    a: number,
    b: number,
    m: number,
    k: number,
    n: number,
    rowTo: number,
    rowA: number,
    rowB: number,
    transposeA: boolean,
    transposeB: boolean,
    add: boolean,
    outer: number,
    outerTo: number,
    outerA: number,
    outerB: number,
    inner: number,
    innerTo: number,
    innerA: number,
    innerB: number,
  ): void
  productTiled(
    kind: number,
    chunk: number,
    kahan: boolean,
    to: number,
    a: number,
    b: number,
    m: number,
    k: number,
    n: number,
    rowTo: number,
    rowA: number,
    rowB: number,
    transposeA: boolean,
    transposeB: boolean,
    add: boolean,
    outer: number,
    outerTo: number,
    outerA: number,
    outerB: number,
    inner: number,
    innerTo: number,
    innerA: number,
    innerB: number,
  ): void
  countNearest32(at: number, n: number, half: number, limit: number): void
  canonicalSlab(at: number, n: number): void
  countedStochastic32(
    at: number,
    n: number,
    emin: number,
    emax: number,
    precision: number,
    top: number,
    beyond: number,
    noMinusZero: boolean,
    index: number,
    k0: number,
    k1: number,
  ): void
  countedStochasticWide32(
    at: number,
    n: number,
    precision: number,
    top: number,
    beyond: number,
    index: number,
    k0: number,
    k1: number,
  ): void
  countedSame32(at: number, n: number): number
  add32(to: number, a: number, b: number, n: number): void
  sub32(to: number, a: number, b: number, n: number): void
  mul32(to: number, a: number, b: number, n: number): void
  reluBackward32(to: number, a: number, b: number, n: number): void
  subScale32(to: number, a: number, b: number, n: number, factor: number): void
  relu32(to: number, a: number, n: number): void
  scale32(to: number, a: number, n: number, factor: number): void
  axpy32(to: number, a: number, n: number, factor: number): void
  addRow32(to: number, a: number, row: number, rows: number, columns: number): void
  mulRow32(to: number, a: number, row: number, rows: number, columns: number): void
  sumRows32(to: number, a: number, rows: number, columns: number, add: boolean): void
  transpose32(to: number, a: number, rows: number, columns: number): void
  copyRows32(to: number, rowTo: number, a: number, rowA: number, rows: number, n: number): void
  fill32(to: number, n: number, value: number): void
  countNonfinite32(a: number, n: number): number
  sum32(a: number, n: number): number
  sumOfSquares32(a: number, n: number): number
  squaredError32(a: number, b: number, n: number): number
  dropout32(to: number, a: number, n: number, least: bigint, kept: number, index: number, k0: number, k1: number): void
  exp32(to: number, a: number, n: number): void
  expBackward32(to: number, gradient: number, a: number, n: number): void
  tanh32(to: number, a: number, n: number): void
  tanhBackward32(to: number, gradient: number, a: number, n: number): void
  sigmoid32(to: number, a: number, n: number): void
  sigmoidBackward32(to: number, gradient: number, a: number, n: number): void
  gelu32(to: number, a: number, n: number): void
  geluBackward32(to: number, gradient: number, a: number, n: number): void
  geluTanh32(to: number, a: number, n: number): void
  geluTanhBackward32(to: number, gradient: number, a: number, n: number): void
  softmax32(to: number, a: number, rows: number, columns: number, causal: boolean): void
  softmaxBackward32(to: number, gradient: number, y: number, rows: number, columns: number): void
  layerNorm32(
    to: number,
    a: number,
    weight: number,
    bias: number,
    stats: number,
    rows: number,
    columns: number,
    eps: number,
  ): void
  layerNormBackward32(
    to: number,
    gradient: number,
    a: number,
    weight: number,
    stats: number,
    toWeight: number,
    toBias: number,
    rows: number,
    columns: number,
    add: boolean,
    sums: number,
    work: number,
  ): void
  logSoftmax32(to: number, a: number, rows: number, columns: number): void
  logSoftmaxBackward32(to: number, gradient: number, y: number, rows: number, columns: number): void
  crossEntropyBackward32(to: number, y: number, targets: number, rows: number, columns: number, factor: number): void
  unfold32(
    to: number,
    a: number,
    images: number,
    height: number,
    width: number,
    channels: number,
    size: number,
    stride: number,
    padding: number,
    rows: number,
    columns: number,
  ): void
  fold32(
    to: number,
    a: number,
    images: number,
    height: number,
    width: number,
    channels: number,
    size: number,
    stride: number,
    padding: number,
    rows: number,
    columns: number,
  ): void
  maxPool32(
    to: number,
    where: number,
    a: number,
    images: number,
    height: number,
    width: number,
    channels: number,
    size: number,
    stride: number,
    padding: number,
    rows: number,
    columns: number,
  ): void
  averagePool32(
    to: number,
    a: number,
    images: number,
    height: number,
    width: number,
    channels: number,
    size: number,
    stride: number,
    padding: number,
    rows: number,
    columns: number,
    factor: number,
  ): void
  averagePoolBackward32(
    to: number,
    gradient: number,
    images: number,
    height: number,
    width: number,
    channels: number,
    size: number,
    stride: number,
    padding: number,
    rows: number,
    columns: number,
    factor: number,
  ): void
  maxPoolBackward32(to: number, n: number, gradient: number, where: number, count: number): void
  gather32(to: number, table: number, indices: number, count: number, columns: number): void
  scatterAdd32(to: number, a: number, indices: number, count: number, columns: number): void
  adam32(
    delta: number,
    weights: number,
    gradients: number,
    first: number,
    second: number,
    n: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    eps: number,
    l2: number,
    rate: number,
    root: number,
  ): void
  descend32(
    delta: number,
    weights: number,
    gradients: number,
    buffer: number,
    n: number,
    buffering: number,
    nesterov: boolean,
    momentum: number,
    damp: number,
    l2: number,
    rate: number,
  ): void
  move32(weights: number, delta: number, n: number, decays: boolean, decay: number): void
  setNarrow(place: number, low: number, high: number, raise: number, up: number, down: number): void
  adamNarrow(
    delta: number,
    weights: number,
    gradients: number,
    first: number,
    second: number,
    n: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    eps: number,
    l2: number,
    rate: number,
    root: number,
  ): void
  descendNarrow(
    delta: number,
    weights: number,
    gradients: number,
    buffer: number,
    n: number,
    buffering: number,
    nesterov: boolean,
    momentum: number,
    damp: number,
    l2: number,
    rate: number,
  ): void
  moveNarrow(weights: number, delta: number, n: number, decays: boolean, decay: number): void
  moveKahan(weights: number, rests: number, delta: number, n: number, decays: boolean, decay: number): void
  moveStochastic(
    weights: number,
    delta: number,
    n: number,
    decays: boolean,
    decay: number,
    index: number,
    k0: number,
    k1: number,
  ): void
  nearestFrom32(
    to: number,
    from: number,
    n: number,
    kind: number,
    emin: number,
    emax: number,
    precision: number,
    top: number,
  ): void
  countedNearestFrom32(
    to: number,
    from: number,
    n: number,
    kind: number,
    emin: number,
    emax: number,
    precision: number,
    top: number,
    half: number,
    limit: number,
  ): void
  nearestWideFrom32(to: number, from: number, n: number, precision: number, saturate: boolean): void
  surveySlab(at: number, n: number): number
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
    // Not by atob and a loop over characters: cold, that takes 15 ms, which every command would wait for.
    const module = new WebAssembly.Module(Buffer.from(bytes, 'base64'))
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
