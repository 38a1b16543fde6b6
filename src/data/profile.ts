/** Recorded gradients, replayed: histograms by power of two become values with weights. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FpsimError } from '../errors.js'
import { exponentOf, powerOfTwo } from '../format/bits.js'
import { projectDirectory } from '../project.js'
import { suggest } from '../suggest.js'
import { fileError } from './file.js'
import { matchesAny } from './glob.js'
import { blocks, type Words } from './rng.js'
import type { Block, Source } from './source.js'

export const profileKinds = ['all', 'weights', 'activations'] as const
export type ProfileKind = (typeof profileKinds)[number]

export interface ProfileOptions {
  /** Gradients of weights, of activations, or both. */
  readonly kind?: ProfileKind | undefined
  /** Names of the tensors wanted: `*`, `?`, several separated by commas. */
  readonly tensor?: string | undefined
  readonly seed: number
}

interface Tensor {
  readonly kind: 'weights' | 'activations'
  readonly tensor: string
  readonly zeros: number
  /** counts[i]: elements with 2^(from+i) <= |g| < 2^(from+i+1). */
  readonly from: number
  readonly counts: readonly number[]
}

interface Profile {
  readonly name: string
  /** The largest |g| of each kind, as float32 bits in hex. */
  readonly largest: Readonly<Record<'weights' | 'activations', string>>
  readonly tensors: readonly Tensor[]
  /** In order, where the recording has them one by one. */
  readonly steps?: readonly RecordedStep[]
}

/** The gradients of one step of a training. */
interface RecordedStep {
  readonly step: number
  /** Of a kind that was all zero nothing is said. */
  readonly largest: Readonly<Partial<Profile['largest']>>
  readonly tensors: readonly Tensor[]
}

const profileDirectory = (): string => join(projectDirectory(), 'scenarios', 'profiles')

/** The names that `loadProfile` knows, sorted. */
export async function profileNames(): Promise<string[]> {
  const files = await readdir(profileDirectory())
  return files.flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : [])).sort()
}

async function shippedProfile(name: string): Promise<Profile> {
  const names = await profileNames()
  if (!names.includes(name))
    throw new FpsimError('invalid-value', {
      option: 'profile',
      value: name,
      problem: 'no-profile',
      allowed: names,
      suggestion: suggest(name, names),
      numbers: /\.(npy|safetensors|csv|txt)$/i.test(name),
    })
  return parseProfile(await readFile(join(profileDirectory(), `${name}.json`), 'utf8'), `${name}.json`)
}

/** What a training recorded, in a file of the user's. */
async function ownProfile(path: string): Promise<Profile> {
  try {
    return parseProfile(await readFile(path, 'utf8'), path)
  } catch (cause) {
    throw fileError(path, cause)
  }
}

/**
 * A source that replays a recorded profile, by its name or its path: one block per tensor, in recorded order.
 * Counts and exact zeros are those of the recording, whatever the seed; of a value the profile knows only the power of
 * two below it, so signs and significands are made up. The rule is in scenarios/profiles/README.md.
 */
export async function loadProfile(name: string, options: ProfileOptions): Promise<Source> {
  const { seed } = options
  const draw = blocks(seed, 'profile')
  const { profile, chosen } = await chosenOf(name, options)
  const size = chosen.reduce((sum, t) => sum + t.zeros + t.counts.reduce((n, count) => n + count, 0), 0)
  return {
    name: profile.name,
    size,
    *blocks() {
      for (const t of chosen) yield replay(profile, t, draw)
    },
  }
}

/** A profile, and those of its tensors that are wanted. */
async function chosenOf(name: string, { kind = 'all', tensor }: ProfileOptions) {
  if (!profileKinds.includes(kind))
    throw new FpsimError('invalid-value', { option: 'kind', value: kind, allowed: [...profileKinds] })
  const profile = /\.json$/i.test(name) ? await ownProfile(name) : await shippedProfile(name)
  const ofKind = profile.tensors.filter((t) => kind === 'all' || t.kind === kind)
  const chosen = tensor === undefined ? ofKind : ofKind.filter((t) => matchesAny(tensor, t.tensor))
  if (chosen.length === 0) {
    const known = ofKind.map((t) => t.tensor)
    throw new FpsimError('no-match', { glob: tensor, names: known, suggestion: suggest(String(tensor), known) })
  }
  return { profile, chosen }
}

/** A recorded step: its number in the training, and its gradients. */
export interface StepSource extends Source {
  readonly step: number
}

/**
 * The steps of a recording one by one, in their order, by the rule of `loadProfile`; undefined where the recording is but the
 * sum of them. The largest |g| of each step is exact.
 */
export async function loadSteps(name: string, options: ProfileOptions): Promise<readonly StepSource[] | undefined> {
  const draw = blocks(options.seed, 'profile')
  const { profile, chosen } = await chosenOf(name, options)
  const wanted = new Set(chosen.map((t) => t.tensor))
  return profile.steps?.map((recorded) => ({
    name: profile.name,
    step: recorded.step,
    *blocks() {
      for (const t of recorded.tensors) if (wanted.has(t.tensor)) yield replay(recorded, t, draw)
    },
  }))
}

// Of a bin at most this many different values are made: one for each 64th of [1, 2).
const cells = 64
const fractionBits = 23
const one = 1 << fractionBits

type Recorded = Pick<RecordedStep, 'largest' | 'tensors'>

/** The values of one tensor. A draw is numbered by tensor, bin and value, so choosing tensors changes no value. */
function replay(profile: Recorded, tensor: Tensor, draw: (index: number) => Readonly<Words>): Block {
  const firstDraw = profile.tensors.indexOf(tensor) * 256
  const largest = float32(profile.largest[tensor.kind] ?? '0')
  const largestExponent = exponentOf(largest)
  const holder = holderOfLargest(profile, tensor.kind, largestExponent)
  const values: number[] = []
  const weights: number[] = []
  for (const [i, count] of tensor.counts.entries()) {
    const exponent = tensor.from + i
    const unit = powerOfTwo(exponent - fractionBits)
    let rest = count
    if (tensor === holder && exponent === largestExponent) {
      values.push(largest)
      weights.push(1)
      rest -= 1
    }
    const n = Math.min(rest, cells)
    for (let j = 0; j < n; j++) {
      let significand = one + cellOf(j) * (one / cells) + 9 * (one / cells / 16)
      if (exponent === largestExponent) {
        // Squeezed below the largest |g|. A squeezed window could straddle a threshold, so here the seed moves nothing.
        significand = one + Math.floor(((significand - one) * (largest / unit - one)) / one)
      } else {
        // A window of 2^-10, off the binary fractions at which the thresholds of all formats lie.
        significand += (draw((firstDraw + exponent + 128) * (cells / 4) + (j >>> 2))[j & 3] as number) >>> 19
      }
      values.push(oddBits(j) ? -significand * unit : significand * unit)
      weights.push(Math.floor(((j + 1) * rest) / n) - Math.floor((j * rest) / n))
    }
  }
  return {
    tensor: tensor.tensor,
    values: Float64Array.from(values),
    weights: Float64Array.from(weights),
    zeros: tensor.zeros,
  }
}

/** The tensor that most likely held the largest |g|: the first of those with most elements in its bin. */
function holderOfLargest(profile: Recorded, kind: Tensor['kind'], exponent: number): Tensor | undefined {
  const inBin = (t: Tensor): number => t.counts[exponent - t.from] ?? 0
  const candidates = profile.tensors.filter((t) => t.kind === kind && inBin(t) > 0)
  return candidates.reduce<Tensor | undefined>((best, t) => (best && inBin(best) >= inBin(t) ? best : t), undefined)
}

/** j with its six bits in reverse order: the first n cells are spread evenly for any n. */
function cellOf(j: number): number {
  let cell = 0
  for (let bit = 1; bit < cells; bit *= 2) cell = cell * 2 + (j & bit ? 1 : 0)
  return cell
}

/** Whether j has an odd number of one bits: signs that alternate without following any period. */
function oddBits(j: number): boolean {
  let odd = false
  for (let rest = j; rest > 0; rest >>>= 1) if (rest & 1) odd = !odd
  return odd
}

function float32(hex: string): number {
  const bytes = new DataView(new ArrayBuffer(4))
  bytes.setUint32(0, Number.parseInt(hex, 16))
  return bytes.getFloat32(0)
}

const isCount = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) >= 0
const isBits = (x: unknown): x is string =>
  typeof x === 'string' && /^[0-7][0-9a-f]{7}$/.test(x) && Number.isFinite(float32(x))

/** Tensors with different names and `fewest` bins, and a largest that lies in the topmost bin of its kind. */
function checkTensors({ tensors, largest }: Recorded, fewest: 0 | 1, fail: (reason: string) => never): void {
  const names = new Set<string>()
  for (const t of tensors) {
    const bins = Array.isArray(t?.counts) ? t.counts.length : -1
    // float32's normal exponents: a significand of 24 bits must fit.
    const ranged = Number.isInteger(t?.from) && t.from >= -126 && t.from + bins <= 128
    const known = t?.kind === 'weights' || t?.kind === 'activations'
    if (
      !known ||
      typeof t.tensor !== 'string' ||
      !ranged ||
      bins < fewest ||
      !t.counts.every(isCount) ||
      !isCount(t.zeros)
    )
      fail('bad-tensor')
    if (names.has(t.tensor)) fail('repeated-tensor')
    names.add(t.tensor)
  }
  for (const kind of ['weights', 'activations'] as const) {
    const some = tensors.filter((t) => t.kind === kind && t.counts.some((n) => n > 0))
    if (some.length === 0) continue
    const bits = largest?.[kind]
    if (!isBits(bits) || float32(bits) === 0) fail('bad-largest')
    const top = some.map((t) => t.from + t.counts.findLastIndex((n) => n > 0))
    if (exponentOf(float32(bits as string)) !== Math.max(...top)) fail('bad-largest')
  }
}

/** The profile in a file's text; 'bad-data' for anything else. */
export function parseProfile(text: string, file: string): Profile {
  const fail = (reason: string): never => {
    throw new FpsimError('bad-data', { file, problem: 'profile', reason })
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    fail('not-json')
  }
  const profile = json as Profile & { schema?: unknown }
  if (profile === null || typeof profile !== 'object' || profile.schema !== 1 || typeof profile.name !== 'string')
    fail('not-a-profile')
  if (!Array.isArray(profile.tensors) || profile.tensors.length === 0) fail('no-tensors')
  checkTensors(profile, 1, fail)
  if (profile.steps === undefined) return profile
  if (!Array.isArray(profile.steps) || profile.steps.length === 0) fail('bad-steps')
  for (const [i, one] of profile.steps.entries()) {
    const follows = Number.isSafeInteger(one?.step) && one.step > (profile.steps[i - 1]?.step ?? -1)
    if (!follows || !Array.isArray(one.tensors)) fail('bad-steps')
    checkTensors(one, 0, fail)
  }
  return profile
}
