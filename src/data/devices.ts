/** Accelerators: dense peaks, memory, bandwidth and power, each figure with its status and the source it came from. */
import { type Figure, figure } from './figure.js'

export const peakNames = ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'fp4'] as const
export type PeakName = (typeof peakNames)[number]

export interface Device {
  readonly name: string
  /** As its maker writes it. */
  readonly title: string
  /** Other names people type. */
  readonly aliases: readonly string[]
  /**
   * Dense peaks in units of 1e12 operations a second (a multiply-add is two), without 2:4 sparsity. fp32 is that of the
   * vector units, the rest those of the matrix units with fp32 accumulation.
   */
  readonly peak: Readonly<Partial<Record<PeakName, Figure>>>
  /** fp16 with fp16 accumulation, where it is faster; no framework trains with it by default. */
  readonly fp16Accumulate?: Figure
  /** The fastest 16-bit product of matrices that somebody measured, in the unit of `peak`. */
  readonly achieved?: Figure
  /** GB, as sold. */
  readonly memory?: Figure
  /** GB/s, a GB being 1e9 bytes. */
  readonly bandwidth?: Figure
  /** Board power in watts. */
  readonly power?: Figure
  readonly source: string
}

const read = (value: number): Figure => figure(value, 'read')
const quoted = (value: number): Figure => figure(value, 'quoted')
const unverified = (value: number): Figure => figure(value, 'unverified')

const mlEngineering = 'stas00/ml-engineering, compute/accelerator (tables of dense peaks)'

export const devices: readonly Device[] = [
  {
    name: 'v100',
    title: 'NVIDIA V100 SXM2',
    aliases: ['nvidia-v100', 'tesla-v100', 'volta'],
    peak: { fp32: quoted(15.7), fp16: quoted(125) },
    memory: quoted(32),
    bandwidth: quoted(900),
    power: quoted(300),
    source: 'NVIDIA V100 datasheet',
  },
  {
    name: 't4',
    title: 'NVIDIA T4',
    aliases: ['nvidia-t4', 'tesla-t4'],
    peak: { fp32: quoted(8.1), fp16: quoted(65) },
    memory: quoted(16),
    bandwidth: quoted(320),
    power: quoted(70),
    source: 'NVIDIA T4 datasheet',
  },
  {
    name: 'a100',
    title: 'NVIDIA A100 SXM 80 GB',
    aliases: ['nvidia-a100', 'ampere'],
    peak: { fp32: read(19.5), tf32: read(156), fp16: read(312), bf16: read(312) },
    achieved: read(271),
    memory: read(80),
    bandwidth: unverified(2039),
    power: quoted(400),
    source: `${mlEngineering}; NVIDIA A100 datasheet`,
  },
  {
    name: 'rtx3090',
    title: 'GeForce RTX 3090',
    aliases: ['3090', 'rtx-3090', 'geforce-rtx-3090'],
    peak: { fp32: quoted(35.6), tf32: unverified(35.6), fp16: unverified(71), bf16: unverified(71) },
    fp16Accumulate: unverified(142),
    memory: unverified(24),
    bandwidth: unverified(936),
    power: unverified(350),
    source: 'NVIDIA Ampere GA102 whitepaper',
  },
  {
    name: 'h100',
    title: 'NVIDIA H100 SXM',
    aliases: ['nvidia-h100', 'hopper'],
    peak: { fp32: read(67), tf32: read(494.5), fp16: read(989), bf16: read(989), fp8: read(1979) },
    achieved: read(795),
    memory: read(80),
    bandwidth: read(3350),
    power: quoted(700),
    source: mlEngineering,
  },
  {
    name: 'h200',
    title: 'NVIDIA H200 SXM',
    aliases: ['nvidia-h200'],
    peak: { fp32: read(67), tf32: read(494.5), fp16: read(989), bf16: read(989), fp8: read(1979) },
    memory: read(141),
    bandwidth: read(4800),
    power: unverified(700),
    source: mlEngineering,
  },
  {
    name: 'b200',
    title: 'NVIDIA B200 SXM',
    aliases: ['nvidia-b200', 'blackwell'],
    peak: {
      fp32: read(80),
      tf32: read(1125),
      fp16: read(2250),
      bf16: read(2250),
      fp8: read(4500),
      fp4: read(9000),
    },
    achieved: read(1745),
    memory: read(180),
    bandwidth: read(8000),
    power: unverified(1000),
    source: mlEngineering,
  },
  {
    name: 'mi300x',
    title: 'AMD MI300X',
    aliases: ['amd-mi300x', 'mi300'],
    peak: { fp32: read(163.4), tf32: read(653.7), fp16: read(1307.4), bf16: read(1307.4), fp8: read(2610) },
    achieved: read(668),
    memory: read(192),
    bandwidth: read(5300),
    power: unverified(750),
    source: mlEngineering,
  },
  {
    name: 'tpuv3',
    title: 'Google TPU v3 (chip)',
    aliases: ['tpu-v3', 'tpu3'],
    peak: { bf16: read(123) },
    memory: read(32),
    bandwidth: read(900),
    source: 'cloud.google.com/tpu/docs/v3',
  },
  {
    name: 'tpuv4',
    title: 'Google TPU v4 (chip)',
    aliases: ['tpu-v4', 'tpu4', 'tpu'],
    peak: { bf16: read(275) },
    memory: read(32),
    bandwidth: read(1200),
    source: 'cloud.google.com/tpu/docs/v4',
  },
  {
    name: 'ascend910',
    title: 'Huawei Ascend 910',
    aliases: ['ascend', 'ascend-910', '910'],
    peak: {},
    source: 'hiascend.com (aclrtFloatOverflowMode)',
  },
]

/** How many times faster the fp16 peak is than the fp32 peak; NaN where one is not known. */
export const speedRatio = ({ peak }: Device): number =>
  (peak.fp16?.value ?? Number.NaN) / (peak.fp32?.value ?? Number.NaN)

/** Operations per byte at which the 16-bit peak and the bandwidth take equally long; NaN where one is not known. */
export function ridgePoint({ peak, bandwidth }: Device): number {
  const flops = (peak.fp16 ?? peak.bf16)?.value ?? Number.NaN
  return (flops * 1000) / (bandwidth?.value ?? Number.NaN)
}
