/** The screen of the clipping lesson: the ways side by side, the recurrent chain, the frameworks' formulas. */
import type { Block, Cell, Finding, Tone } from '../../result/result.js'
import { type ClipFramework, clipByNorm, clipFrameworks, clipRule } from '../../train/clip.js'
import type { Chain } from './chain.js'
import type { Survey, SurveyOptions } from './survey.js'
import { historySteps, type Way, type WaysOptions } from './ways.js'

const finding = (code: string, tone: Tone, values: Finding['values']): Finding => ({ code, tone, values })

/** Less than this is rounding, not a change of direction. */
const turns = (way: Way): boolean => way.angle > 0.01

/** Losing so many updates more than without clipping is bad. */
const tolerable = 0.2

/** A way is bad that turns the gradient as a whole or leaves next to nothing of it. */
function toneOf(way: Way, none: Way): Tone {
  if (way.name === 'before') return way.cut > 0 ? 'bad' : 'note'
  if (!Number.isFinite(way.norm) || way.lost > none.lost + tolerable) return 'bad'
  return !turns(way) ? 'good' : way.name === 'value' ? 'bad' : 'note'
}

/** What one way does, in a sentence. */
function wayFinding(way: Way, none: Way, o: WaysOptions): Finding {
  const { name, threshold, norm, factor, angle, cut, lost } = way
  const values = { name, threshold, norm, angle, cut, lost, factor, before: none.norm, scale: o.scale, max: o.max }
  if (cut === 0 && name !== 'before') return finding('clipIdle', 'note', values)
  if (cut === 0) return finding('clipBeforeIdle', 'note', values)
  return finding(name === 'before' ? 'clipBefore' : 'clipWay', toneOf(way, none), values)
}

/** The way asked for, one to compare it with, the wrong order, and a threshold too small. */
export function stepFindings(survey: Survey, o: SurveyOptions): Finding[] {
  const { none, by, before, main, usual, tooSmall } = survey
  // By value no norm is needed, and none is taken.
  if (!Number.isFinite(none.norm) && o.method === 'value' && o.order === 'after') {
    const { infinite, nan } = survey
    const values = { infinite, nan, max: o.max, norm: none.norm }
    return [finding('clipValueHides', infinite + nan > 0 ? 'bad' : 'note', values)]
  }
  if (!Number.isFinite(none.norm)) return [finding('clipNotFinite', 'bad', { norm: none.norm, framework: o.framework })]
  if (none.norm === 0) return [finding('clipNothing', 'note', {})]
  const others =
    o.order === 'before' ? [] : [by[o.method === 'norm' ? 'value' : 'norm'], ...(o.scale === 1 ? [] : [before])]
  const found = [main, ...others].map((way) => wayFinding(way, none, o))
  const here = survey.normInFormat
  if (o.normFormat.name !== 'fp32') {
    const close = Math.abs(here - none.norm) < 0.01 * none.norm
    found.unshift(
      finding('clipNormFormat', close ? 'note' : 'bad', { format: o.normFormat.name, here, norm: none.norm }),
    )
  }
  if (!tooSmall) return found
  if (survey.normFault) {
    const values = { max: o.max, format: o.normFormat.name, lost: usual.held, lostWide: survey.heldWide }
    return [...found, finding('clipNormFault', 'bad', values)]
  }
  const { fitting: threshold, clipped, clippedThen } = survey
  const lost = { lost: usual.held, lostThen: usual.eased, lostPlain: usual.plain }
  return [
    ...found,
    finding('clipTooSmall', 'bad', { max: o.max, steps: historySteps, threshold, clipped, clippedThen, ...lost }),
  ]
}

export function waysTable({ rows, none }: Survey): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'clipMethod' }, as: 'text' },
      { label: { code: 'clipThreshold' }, as: 'number' },
      { label: { code: 'clipNormAfter' }, as: 'number' },
      { label: { code: 'clipAngle' }, as: 'text' },
      { label: { code: 'clipCut' }, as: 'percent' },
      { label: { code: 'clipLost' }, as: 'percent' },
    ],
    rows: rows.map((way): Cell[] => [
      { code: `clipName-${way.name}` },
      Number.isNaN(way.threshold) ? '-' : way.threshold,
      way.norm,
      Number.isNaN(way.angle) ? '-' : { code: 'clipDegrees', values: { angle: way.angle } },
      way.cut,
      way.lost,
    ]),
    tones: rows.map((way) => toneOf(way, none)),
  }
}

/** The chain's lines: growing, the same clipped, and shrinking. Zeros and what is not finite are marked on the axis. */
export function chainChart(grows: Chain, shrinks: Chain, format: string): Block {
  const steps = grows.exact.map((_, t) => t)
  const line = (code: string, radius: number, values: readonly number[]) => ({
    label: { code, values: { radius } },
    values,
  })
  return {
    kind: 'line-chart',
    title: { code: 'clipChainTitle', values: { format } },
    rows: 8,
    x: { label: { code: 'clipStepsBack' }, values: steps, scale: 'linear' },
    y: { label: { name: '' }, scale: 'log2' },
    series: [
      line('clipRadius', grows.radius, grows.norms),
      line('clipRadiusClipped', grows.radius, grows.clipped),
      ...(shrinks.radius === grows.radius ? [] : [line('clipRadius', shrinks.radius, shrinks.norms)]),
    ],
  }
}

/**
 * What each framework makes of a norm of exactly the threshold, and of a gradient g beside one Inf or one NaN: a framework
 * that looks for them before it clips skips the step and applies nothing.
 */
export function frameworksTable(max: number): Block {
  const g = Math.fround(max / 2)
  const written = (x: number): string => (x === g ? 'g' : x === Number.POSITIVE_INFINITY ? 'Inf' : String(x))
  const after = (framework: ClipFramework, bad: number): Cell => {
    if (clipRule(framework).skips) return { code: 'clipSkipped' }
    const [clipped] = clipByNorm([Float32Array.of(bad, g)], { max, framework }).gradients
    return [...(clipped as Float32Array)].map(written).join(' ')
  }
  return {
    kind: 'table',
    columns: [
      { label: { code: 'clipFramework' }, as: 'text' },
      { label: { code: 'clipFactor' }, as: 'text' },
      { label: { code: 'clipAtThreshold' }, as: 'number' },
      { label: { name: 'Inf, g →' }, as: 'text' },
      { label: { name: 'NaN, g →' }, as: 'text' },
    ],
    rows: clipFrameworks.map((name): Cell[] => {
      const rule = clipRule(name)
      return [
        name,
        rule.formula,
        1 - rule.factor(max, max, 1),
        after(name, Number.POSITIVE_INFINITY),
        after(name, Number.NaN),
      ]
    }),
  }
}

/** What the small number beside the norm does to a norm that needs no clipping. */
export const exactlyFinding = (max: number): Finding =>
  finding('clipAtExactly', 'note', { max, shrink: 1 - clipRule('pytorch').factor(max, max, 1) })

/** What n is in the formulas, and S. */
export const symbolsFinding = (): Finding =>
  finding('clipSymbols', 'note', { names: clipFrameworks.filter((name) => clipRule(name).unscaled).join(', ') })

/** How far the two chains get: where they leave the format, and what clipping does about it. */
export function chainFindings(grows: Chain, shrinks: Chain, { format, max }: WaysOptions): Finding[] {
  const length = grows.norms.length - 1
  const common = { format: format.name, length, max }
  if (grows.radius === shrinks.radius) return [finding('clipChainSteady', 'good', common)]
  const values = ({ radius, norms }: Chain, at: number) => ({ ...common, radius, at, last: norms.at(-1) as number })
  const overflows = !Number.isNaN(grows.overflowAt)
  // Above 1.8e19 the square of an element overflows float32: the norm is Inf, the factor 0.
  const zeroedAt = grows.clipped.findIndex((norm, t) => norm === 0 && (grows.norms[t] as number) > 0)
  const vanishes = !Number.isNaN(shrinks.lostAt)
  return [
    finding('clipGrows', overflows || zeroedAt >= 0 ? 'bad' : 'good', {
      ...values(grows, grows.overflowAt),
      overflows,
      zeroedAt,
    }),
    finding('clipShrinks', vanishes ? 'bad' : 'note', { ...values(shrinks, shrinks.lostAt), vanishes }),
  ]
}
