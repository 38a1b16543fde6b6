/** Citations that go round and are wrong or could not be verified, with what holds instead. text/ has the sentence of each code. */
import type { Status } from './figure.js'

export interface Correction {
  readonly code: string
  /** As it is cited. */
  readonly cited: string
  /** What to cite instead; the same in every language. */
  readonly instead: string
  readonly status: Status
}

const paper = 'Micikevicius et al. 2018, arXiv:1710.03740'

export const corrections: readonly Correction[] = [
  {
    code: 'citation-1904',
    cited: 'Training Deep Nets with Mixed Precision, arXiv:1904.09794',
    instead: paper,
    status: 'unverified',
  },
  {
    code: 'citation-accumulation',
    cited: `${paper} (gradient accumulation)`,
    instead: 'PyTorch, Automatic Mixed Precision examples (notes/amp_examples)',
    status: 'quoted',
  },
  {
    code: 'citation-fig2',
    cited: `${paper}, fig. 2 (ResNet-50)`,
    instead: `${paper}, fig. 2b (Mandarin speech)`,
    status: 'quoted',
  },
  {
    code: 'citation-threshold',
    cited: `${paper} ("below 2^-24 becomes zero")`,
    instead: 'IEEE 754-2019, section 4.3.1',
    status: 'computed',
  },
  {
    code: 'citation-ssd',
    cited: 'NVIDIA, Training With Mixed Precision (66.8 % + 31 % + 5.3 %)',
    instead: `${paper}, fig. 3`,
    status: 'computed',
  },
  {
    code: 'citation-a100-fp8',
    cited: 'A100, FP8 624 TFLOPS',
    instead: 'NVIDIA A100 datasheet',
    status: 'read',
  },
]
