/** The command lines that help shows: the same in every language. A test runs each of them. */
export const examples = {
  list: ['fpsim list', 'fpsim list 2'],
  formats: ['fpsim formats', 'fpsim formats fp16 bf16 e5m9', 'fpsim formats --all --csv'],
  inspect: [
    'fpsim inspect 0.1',
    'fpsim inspect 0.1 --format fp16',
    'fpsim inspect -6e-8 2^-24 0x1p-24 nan -inf -0',
    'fpsim inspect 0x7bff --code --format fp16',
  ],
  calc: [
    "fpsim calc '(1 + 2^-11) * 3 - 0.1' --format fp16",
    "fpsim calc 'fma(7, 37, -2^-100)' --format bf16 --steps",
    "fpsim calc 'exp(1) / 3' --rounding stochastic --seed 7",
    'fpsim calc --input expressions.txt --format e4m3fn --json',
  ],
  run: ['fpsim run my.yaml', 'fpsim run my.yaml --scale 1024'],
  check: ['fpsim check my.yaml', 'fpsim check lessons/*.yaml'],
  verify: ['fpsim verify', 'fpsim verify --json'],
  schema: ['fpsim schema --output lesson.schema.json'],
  sources: ['fpsim sources', 'fpsim sources Micikevicius', 'fpsim sources summation'],
  claims: ['fpsim claims', 'fpsim claims doubling-every-step', 'fpsim claims --topic loop --verdict false'],
} as const
