/** The screens that are kept byte for byte: a file name and a command line each. */
import { words } from './commands.js'

const screens: Readonly<Record<string, string>> = {
  fpsim: '',
  list: 'list',
  'list-2': 'list 2',
  formats: 'formats',
  'inspect-0.1': 'inspect 0.1',
  'inspect-0.1-fp16': 'inspect 0.1 --format fp16',
  'number-line': 'number-line',
  rounding: 'rounding',
  subnormals: 'subnormals',
  'bf16-tradeoff': 'bf16-tradeoff',
  overflow: 'overflow',
  underflow: 'underflow',
  'underflow-65536': 'underflow --scale 65536',
  'underflow-too-large': 'underflow --scale 2^18',
  'underflow-no-safe-scale': 'underflow --profile digits-mlp',
  summation: 'summation',
  calc: "calc '(1 + 2^-11) * 3 - 0.1' --format fp16",
  'calc-steps': "calc 'fma(7, 37, -2^-100)' --format bf16 --steps",
}

export const goldenScreens = Object.entries(screens).flatMap(([name, line]) =>
  ['en', 'zh'].map((lang) => ({ file: `${name}.${lang}.txt`, argv: [...words(line), '--lang', lang] })),
)
