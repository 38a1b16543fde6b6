/** The command lines whose screens the tests look at. */

/** Lessons with the options that give a screen of another kind: no scale, a good one, one too large, none that is safe. */
export const lessonLines: readonly string[] = [
  'number-line',
  'number-line --format e3m2 --spacing bf16',
  'rounding',
  'subnormals',
  'bf16-tradeoff',
  'underflow',
  'underflow --scale 65536',
  'underflow --scale 2^18',
  'underflow --profile digits-mlp',
  'overflow',
]

export const otherLines: readonly string[] = [
  '',
  'list',
  'list 1',
  'list 2',
  'learn rounding',
  'learn --list',
  'learn --help',
  'formats',
  'formats --all',
  'inspect 0.1',
  'inspect 0.1 --all',
  'inspect 0.1 --format fp16',
  'inspect -6e-8 2^-24 nan -inf -0',
  'inspect 65520 --format fp16',
  'inspect 0x7bff --code',
  'inspect 0x7bff --code --format fp16',
  'check underflow',
  'underflow --help',
  'rounding --help',
  'inspect --help',
  'list --help',
  'formats --help',
  'run --help',
  'check --help',
  'schema --help',
]

export const words = (line: string): string[] =>
  (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'(.*)'$/, '$1'))
