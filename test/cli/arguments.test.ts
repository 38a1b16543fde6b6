/** Reading the command line: what is an option, what is its value, what is left. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  globalOptions,
  isNumbersFile,
  kebab,
  type OptionSpec,
  parseArguments,
  splitCommand,
} from '../../src/cli/arguments.js'
import { FpsimError } from '../../src/errors.js'

const specs: readonly OptionSpec[] = [
  { key: 'scale', kind: 'value' },
  { key: 'maxSize', kind: 'value' },
  { key: 'all', kind: 'flag' },
  ...globalOptions,
]

const parse = (line: string) => parseArguments(line === '' ? [] : line.split(' '), specs)

const refusal = (argv: readonly string[]): FpsimError => {
  try {
    parseArguments(argv, specs)
  } catch (error) {
    assert.ok(error instanceof FpsimError)
    return error
  }
  return assert.fail(`${argv.join(' ')} was taken`)
}

describe('parseArguments', () => {
  const rows: readonly (readonly [string, Record<string, string>, string[], string[]])[] = [
    ['', {}, [], []],
    ['--scale 65536', { scale: '65536' }, [], []],
    ['--scale=65536', { scale: '65536' }, [], []],
    ['--scale 2^16 x', { scale: '2^16' }, [], ['x']],
    ['--scale -1e-8', { scale: '-1e-8' }, [], []],
    ['--scale=-1', { scale: '-1' }, [], []],
    ['--scale -inf', { scale: '-inf' }, [], []],
    ['--scale -.5', { scale: '-.5' }, [], []],
    ['--scale 007', { scale: '007' }, [], []],
    ['--max-size 3', { maxSize: '3' }, [], []],
    ['-6e-8 -inf -0 -∞ -nan', {}, [], ['-6e-8', '-inf', '-0', '-∞', '-nan']],
    ['-- -6e-8 --all', {}, [], ['-6e-8', '--all']],
    ['a -- -', {}, [], ['a', '-']],
    ['-', {}, [], ['-']],
    ['--output -', { output: '-' }, [], []],
    ['-o x.json -q', { output: 'x.json' }, ['quiet'], []],
    ['-h', {}, ['help'], []],
    ['--no-color --json --json', {}, ['no-color', 'json'], []],
    ['--all 5', {}, ['all'], ['5']],
    ['0x7bff 1e5 007', {}, [], ['0x7bff', '1e5', '007']],
    ['--seed 00012', { seed: '00012' }, [], []],
    ['--seed a.b', { seed: 'a.b' }, [], []],
  ]
  for (const [line, values, flags, positionals] of rows)
    test(line, () => {
      const parsed = parse(line)
      assert.deepEqual({ ...parsed.values }, values)
      assert.deepEqual([...parsed.flags].sort(), [...flags].sort())
      assert.deepEqual(parsed.positionals, positionals)
    })

  test('what is refused, and what is offered instead', () => {
    const rows: readonly (readonly [string[], string, Record<string, unknown>])[] = [
      [['--scael', '3'], 'unknown-key', { key: 'scael', suggestion: '--scale' }],
      [['--maxSize', '3'], 'unknown-key', { suggestion: '--max-size' }],
      [['--no-scale'], 'unknown-key', { key: 'no-scale' }],
      [['-s', '3'], 'unknown-key', { key: 's' }],
      [['--max.size', '3'], 'unknown-key', { key: 'max.size' }],
      [['--scale'], 'wrong-usage', { problem: 'needs-value', option: 'scale' }],
      [['--max-size='], 'wrong-usage', { problem: 'needs-value', option: 'max-size' }],
      [['--scale', '1', '--scale', '2'], 'invalid-value', { problem: 'given-twice', value: ['1', '2'] }],
      [['--scale', '-1', '--scale', '-2'], 'invalid-value', { problem: 'given-twice', value: ['-1', '-2'] }],
      [['--json=1'], 'wrong-usage', { problem: 'takes-no-value', option: 'json' }],
      [['--all=false'], 'wrong-usage', { problem: 'takes-no-value', option: 'all' }],
    ]
    for (const [argv, code, values] of rows) {
      const error = refusal(argv)
      assert.equal(error.code, code, argv.join(' '))
      for (const [name, value] of Object.entries(values)) assert.deepEqual(error.values[name], value, argv.join(' '))
    }
  })

  test('a value that is no option comes through as typed', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => !text.startsWith('-') && !text.startsWith('\u2212')),
        (text) => {
          assert.equal(parseArguments(['--seed', text], specs).values['seed'], text)
          assert.equal(parseArguments([`--seed=${text}`], specs).values['seed'], text)
          assert.deepEqual(parseArguments(['--', text], specs).positionals, [text])
        },
      ),
    )
  })

  test('every number of JavaScript is a positional, whatever its sign', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (x) => {
        const text = Object.is(x, -0) ? '-0' : String(x).replace('Infinity', 'inf')
        assert.deepEqual(parseArguments([text], specs).positionals, [text])
      }),
    )
  })

  test('any tokens: a result or an FpsimError', () => {
    const token = fc.oneof(fc.string(), fc.constantFrom('--scale', '--json', '--', '-', '-o', '--__proto__', '--a.b=1'))
    fc.assert(
      fc.property(fc.array(token, { maxLength: 6 }), (argv) => {
        try {
          parseArguments(argv, specs)
        } catch (error) {
          assert.ok(error instanceof FpsimError, String(error))
        }
      }),
      { numRuns: 500 },
    )
  })
})

test('splitCommand finds the command between options', () => {
  const rows: readonly (readonly [string, string | undefined, string])[] = [
    ['', undefined, ''],
    ['underflow', 'underflow', ''],
    ['underflow --scale 65536', 'underflow', '--scale 65536'],
    ['--scale 65536 underflow', 'underflow', '--scale 65536'],
    ['--scale=65536 underflow', 'underflow', '--scale=65536'],
    ['--scale -1 underflow', 'underflow', '--scale -1'],
    ['--lang zh underflow', 'underflow', '--lang zh'],
    ['--json underflow --scale 3', 'underflow', '--json --scale 3'],
    ['-q -o x.json inspect 0.1', 'inspect', '-q -o x.json 0.1'],
    ['--all --code inspect 1', 'inspect', '--all --code 1'],
    ['--help', undefined, '--help'],
    ['--lang zh', undefined, '--lang zh'],
    ['-- underflow --scale 3', 'underflow', '--scale 3'],
    ['--json -- underflow', 'underflow', '--json'],
    ['--', undefined, ''],
  ]
  for (const [line, command, rest] of rows)
    assert.deepEqual(
      splitCommand(line === '' ? [] : line.split(' ')),
      { command, rest: rest === '' ? [] : rest.split(' ') },
      line,
    )
})

test('names', () => {
  assert.equal(kebab('maxSafeScale'), 'max-safe-scale')
  assert.equal(kebab('no-color'), 'no-color')
  for (const file of ['x.npy', 'a/b.safetensors', 'X.CSV', 'x.tsv', 'x.txt']) assert.ok(isNumbersFile(file), file)
  for (const word of ['npy', 'x.npyx', 'x.yaml', '65536', '.5']) assert.ok(!isNumbersFile(word), word)
})
