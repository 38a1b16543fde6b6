/** The table of formats: their parameters, computed from the ten facts of each. */
import { type BlockFormat, bitsPerElement } from '../format/block-catalog.js'
import { exactPower } from '../format/exact.js'
import {
  bias,
  exponentBits,
  type Format,
  fractionBits,
  hasInfinity,
  hasNaN,
  largest,
  machineEpsilon,
  smallest,
  smallestNormal,
} from '../format/format.js'
import type { Block, Label, Result } from '../result/result.js'

const yesNo = (x: boolean): Label => ({ code: x ? 'yes' : 'no' })

/** One row a format. */
function table(list: readonly Format[]): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'format' }, as: 'text' },
      { label: { code: 'bits' }, as: 'count' },
      { label: { code: 'exponentFraction' }, as: 'text' },
      { label: { code: 'bias' }, as: 'count' },
      { label: { code: 'largestValue' }, as: 'number' },
      { label: { code: 'smallestNormal' }, as: 'text' },
      { label: { code: 'smallestValue' }, as: 'text' },
      { label: { code: 'epsilon' }, as: 'text' },
      { label: { name: 'Inf' }, as: 'text' },
      { label: { name: 'NaN' }, as: 'text' },
    ],
    rows: list.map((f) => [
      f.name,
      f.width,
      `${exponentBits(f)}/${fractionBits(f)}`,
      bias(f),
      largest(f),
      exactPower(smallestNormal(f)),
      exactPower(smallest(f)),
      exactPower(machineEpsilon(f)),
      yesNo(hasInfinity(f)),
      yesNo(hasNaN(f)),
    ]),
  }
}

/** One row a block format. */
const blockTable = (list: readonly BlockFormat[]): Block => ({
  kind: 'table',
  title: { code: 'blocks-formats' },
  columns: [
    { label: { code: 'format' }, as: 'text' },
    { label: { code: 'blocks-bits' }, as: 'number' },
    { label: { code: 'blocks-element' }, as: 'text' },
    { label: { code: 'blocks-largest' }, as: 'exact' },
    { label: { code: 'blocks-size' }, as: 'count' },
    { label: { code: 'blocks-scale' }, as: 'text' },
    { label: { code: 'blocks-tensorScale' }, as: 'text' },
  ],
  rows: list.map((f) => [
    f.name,
    bitsPerElement(f),
    f.element.name,
    largest(f.element),
    f.size,
    f.scale.name,
    f.tensorScale ? 'fp32' : null,
  ]),
})

/** Where each format is defined. */
const specs = (list: readonly { readonly name: string; readonly spec: string }[]): Block => ({
  kind: 'table',
  columns: [
    { label: { code: 'format' }, as: 'text' },
    { label: { code: 'definedBy' }, as: 'text' },
  ],
  rows: list.map((f) => [f.name, f.spec]),
})

/** The parameters of the formats; with their sources where few enough are asked for by name. */
export function formatsResult(
  list: readonly Format[],
  o: { sources: boolean; blocks?: readonly BlockFormat[] },
): Result {
  const { blocks = [] } = o
  return {
    schema: 1,
    scenario: 'formats',
    runner: 'formats',
    params: { formats: [...list, ...blocks].map((f) => f.name).join(' ') },
    seed: 1,
    metrics: Object.fromEntries([
      ...list.flatMap((f) => [
        [`${f.name}.width`, f.width],
        [`${f.name}.precision`, f.precision],
        [`${f.name}.emin`, f.emin],
        [`${f.name}.emax`, f.emax],
        [`${f.name}.largest`, largest(f)],
        [`${f.name}.smallest`, smallest(f)],
      ]),
      ...blocks.flatMap((f) => [
        [`${f.name}.bitsPerValue`, bitsPerElement(f)],
        [`${f.name}.blockSize`, f.size],
        [`${f.name}.elementWidth`, f.element.width],
        [`${f.name}.largestElement`, largest(f.element)],
      ]),
    ]),
    findings: [],
    blocks: [
      ...(list.length > 0 ? [table(list)] : []),
      ...(blocks.length > 0 ? [blockTable(blocks)] : []),
      ...(o.sources ? [specs([...list, ...blocks])] : []),
    ],
  }
}
