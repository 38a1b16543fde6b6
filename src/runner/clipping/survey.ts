/** Everything the clipping lesson measures on one step's gradients and on the steps before it. */
import { asFormat } from '../../format/parse.js'
import { type Gradients, totalNorm } from '../../train/clip.js'
import { lostBy, normHistory, percentileOf, shareAbove, type Way, type WaysOptions, wayOf } from './ways.js'

export interface SurveyOptions extends WaysOptions {
  readonly method: 'norm' | 'value' | 'per-tensor'
  readonly order: 'after' | 'before'
  /** How many times larger than usual this step's gradients are. */
  readonly spike: number
  readonly percentile: number
  readonly seed: number
}

export interface Survey {
  /** The norm of this step's gradients, summed as the options say. */
  readonly normInFormat: number
  /** This step unclipped, and clipped in each way. */
  readonly none: Way
  readonly by: Readonly<Record<SurveyOptions['method'], Way>>
  readonly before: Way
  /** The way the options ask for. */
  readonly main: Way
  /** Updates lost of a usual step: as it is, clipped as asked for, and clipped at a percentile of the earlier norms. */
  readonly usual: { readonly plain: number; readonly held: number; readonly eased: number }
  readonly fitting: number
  /** Shares of the earlier steps whose norms are above the threshold, and above the percentile. */
  readonly clipped: number
  readonly clippedThen: number
  /** The threshold costs a usual step its updates. */
  readonly tooSmall: boolean
  /** It does so because the norm's format cannot hold the norm: no other threshold helps. */
  readonly normFault: boolean
  /** What the same threshold loses of a usual step with a norm in fp32. */
  readonly heldWide: number
  /** Elements of this step that are ±Inf, and that are NaN. */
  readonly infinite: number
  readonly nan: number
  /** The rows of the table. */
  readonly rows: readonly Way[]
}

/** Losing so many more updates of a usual step than without clipping: the threshold is too small. */
const tolerable = 0.1

export function surveyOf(usual: Gradients, o: SurveyOptions): Survey {
  const gradients = o.spike === 1 ? usual : usual.map((g) => g.map((x) => x * o.spike))
  const none = wayOf('none', gradients, o)
  const by = {
    norm: wayOf('norm', gradients, o),
    value: wayOf('value', gradients, o),
    'per-tensor': wayOf('per-tensor', gradients, o),
  }
  const before = wayOf('before', gradients, o)
  const norms = normHistory(totalNorm(usual), o.spike, o.seed)
  const fitting = percentileOf(norms, o.percentile)
  const plain = lostBy('none', usual, o)
  const held = lostBy(o.method, usual, o)
  // A norm of 0, Inf or NaN is no threshold.
  const fits = fitting > 0 && Number.isFinite(fitting)
  const eased = fits ? lostBy('percentile', usual, o, fitting) : plain
  const tooSmall = fits && held > plain + tolerable
  const wide = totalNorm(usual)
  const narrow = totalNorm(usual, o.normFormat)
  const normFault = tooSmall && eased > plain + tolerable && !(Math.abs(narrow - wide) < tolerable * wide)
  const countOf = (is: (x: number) => boolean): number =>
    gradients.reduce((sum, g) => sum + g.filter((x) => is(x)).length, 0)
  return {
    normInFormat: totalNorm(gradients, o.normFormat),
    none,
    by,
    before,
    main: o.order === 'before' ? before : by[o.method],
    usual: { plain, held, eased },
    fitting,
    clipped: shareAbove(norms, o.max),
    clippedThen: shareAbove(norms, fitting),
    tooSmall,
    normFault,
    heldWide: normFault ? lostBy(o.method, usual, { ...o, normFormat: asFormat('fp32') }) : held,
    infinite: countOf((x) => x === Number.POSITIVE_INFINITY || x === Number.NEGATIVE_INFINITY),
    nan: countOf(Number.isNaN),
    rows: [
      ...Object.values(by),
      ...(o.scale === 1 ? [] : [before]),
      ...(tooSmall && !normFault ? [wayOf('percentile', gradients, o, fitting)] : []),
    ],
  }
}
