/** Published results of mixed-precision training, each with its source and how far it was checked. */
import type { Status } from './figure.js'

export const evidenceTasks = [
  'image',
  'detection',
  'speech',
  'language',
  'large-models',
  'bf16',
  'fp8',
  'time-series',
] as const
export type EvidenceTask = (typeof evidenceTasks)[number]

export interface Reference {
  readonly id: string
  readonly text: string
  readonly status: Status
}

/** One network trained twice, or three times. */
export interface Comparison {
  readonly task: EvidenceTask
  readonly network: string
  readonly measure: 'top-1 %' | 'mAP %' | 'CER %' | 'perplexity'
  /** The better of two values is the higher one. */
  readonly higher: boolean
  readonly baseline: number
  /** The format of the baseline. */
  readonly from: 'FP32' | 'BF16'
  /** Without loss scaling; for fp8 without scaling. NaN: the training diverged. */
  readonly unscaled?: number
  readonly scaled?: number
  readonly reference: string
}

/** What a publication says in words: text/ has the sentence of `code`. */
export interface Report {
  readonly task: EvidenceTask
  readonly code: string
  readonly values: Readonly<Record<string, number>>
  readonly reference: string
}

const paper = 'Micikevicius et al. 2018, arXiv:1710.03740'

export const references: readonly Reference[] = [
  { id: 'mp-table1', text: `${paper}, table 1`, status: 'quoted' },
  { id: 'mp-table2', text: `${paper}, table 2`, status: 'quoted' },
  { id: 'mp-table3', text: `${paper}, table 3`, status: 'quoted' },
  { id: 'mp-fig2', text: `${paper}, fig. 2b and section 3.1`, status: 'quoted' },
  { id: 'mp-fig3', text: `${paper}, fig. 3 and section 3.2`, status: 'quoted' },
  { id: 'mp-biglstm', text: `${paper}, section 4 (bigLSTM)`, status: 'quoted' },
  { id: 'nvidia-guide', text: 'NVIDIA, Training With Mixed Precision (user guide)', status: 'quoted' },
  { id: 't5-issue', text: 'huggingface/transformers#5651', status: 'read' },
  { id: 't5-team', text: 'google-research/text-to-text-transfer-transformer#539', status: 'read' },
  { id: 'opt', text: 'facebookresearch/metaseq: projects/OPT/chronicles', status: 'read' },
  { id: 'bloom', text: 'bigscience-workshop/bigscience: train/tr8b-104B, train/tr11-176B-ml', status: 'read' },
  { id: 'deepseek', text: 'DeepSeek-AI 2024 (DeepSeek-V3), arXiv:2412.19437', status: 'quoted' },
  { id: 'kalamkar', text: 'Kalamkar et al. 2019, arXiv:1905.12322 (abstract)', status: 'quoted' },
  { id: 'zamirai', text: 'Zamirai et al. 2020, arXiv:2010.06192', status: 'quoted' },
  { id: 'fp8-formats', text: 'Micikevicius et al. 2022, arXiv:2209.05433', status: 'quoted' },
]

type Row = [network: string, baseline: number, unscaled: number | undefined, scaled?: number]

const compare = (shared: Omit<Comparison, 'network' | 'baseline' | 'unscaled' | 'scaled'>, rows: readonly Row[]) =>
  rows.map(
    ([network, baseline, unscaled, scaled]): Comparison => ({
      ...shared,
      network,
      baseline,
      ...(unscaled === undefined ? {} : { unscaled }),
      ...(scaled === undefined ? {} : { scaled }),
    }),
  )

const top1 = { task: 'image', measure: 'top-1 %', higher: true, from: 'FP32', reference: 'mp-table1' } as const
const boxes = { task: 'detection', measure: 'mAP %', higher: true, from: 'FP32', reference: 'mp-table2' } as const
const characters = { task: 'speech', measure: 'CER %', higher: false, from: 'FP32', reference: 'mp-table3' } as const
const fp8 = { task: 'fp8', measure: 'perplexity', higher: false, from: 'BF16', reference: 'fp8-formats' } as const

export const comparisons: readonly Comparison[] = [
  ...compare(top1, [
    ['AlexNet', 56.77, 56.93],
    ['VGG-D', 65.4, 65.43],
    ['GoogLeNet', 68.33, 68.43],
    ['Inception v2', 70.03, 70.02],
    ['Inception v3', 73.85, 74.13],
    ['ResNet-50', 75.92, 76.04],
  ]),
  ...compare(boxes, [
    ['Faster R-CNN', 69.1, 68.6, 69.7],
    ['Multibox SSD', 76.9, Number.NaN, 77.1],
  ]),
  ...compare(characters, [
    ['English', 2.2, undefined, 1.99],
    ['Mandarin', 15.82, undefined, 15.01],
  ]),
  ...compare(fp8, [
    ['GEMM', 10.19, 12.59, 10.29],
    // Unscaled it was published for the products alone.
    ['GEMM + residual', 10.19, undefined, 10.44],
  ]),
]

const report = (task: EvidenceTask, code: string, reference: string, values: Report['values'] = {}): Report => ({
  task,
  code: `evidence-${code}`,
  reference,
  values,
})

export const reports: readonly Report[] = [
  report('detection', 'ssd-zeros', 'mp-fig3', { zeros: 0.67, scale: 8 }),
  report('detection', 'ssd-guide', 'nvidia-guide', {
    zeros: 0.668,
    lost: 0.31,
    kept: 0.053,
    scale: 32768,
    left: 0.001,
  }),
  report('speech', 'fp16-weights', 'mp-fig2', { loss: 0.8, tiny: 0.05 }),
  report('language', 'biglstm', 'mp-biglstm', { steps: 300_000, scale: 128 }),
  report('language', 't5-overflow', 't5-issue', { value: 66246.39, largest: 65504 }),
  report('language', 't5-bf16', 't5-team'),
  report('large-models', 'opt-scale', 'opt', { size: 175e9 }),
  report('large-models', 'bloom-bf16', 'bloom', { failed: 104e9, trained: 176e9 }),
  report('large-models', 'bloom-checkpoint', 'bloom', { bytes: 14, size: 2294.77 }),
  report('bf16', 'kalamkar', 'kalamkar'),
  report('bf16', 'zamirai', 'zamirai', { gain: 0.07 }),
  report('fp8', 'skip', 'fp8-formats'),
  report('fp8', 'deepseek', 'deepseek', { bits: 14, error: 0.02, length: 4096, chunk: 128, loss: 0.0025 }),
]

/** How much better the best mixed-precision training was than the baseline; below 0: worse. NaN: none finished. */
export function change(c: Comparison): number {
  const mixed = c.scaled ?? c.unscaled ?? Number.NaN
  return c.higher ? mixed - c.baseline : c.baseline - mixed
}
