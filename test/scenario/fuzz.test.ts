/** Mutated lesson files: whatever is in them, only FpsimError comes out, and it says where. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import { FpsimError } from '../../src/errors.js'
import { judge } from '../../src/scenario/load.js'
import { runLoaded } from '../../src/scenario/run.js'
import { parseYaml } from '../../src/scenario/yaml.js'

const texts = readdirSync('scenarios')
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => readFileSync(`scenarios/${file}`, 'utf8'))

/** What breaks YAML readers, schemas and number readers. */
const odd = [
  ...['{', '}', '[', ']', ': ', '- ', '? ', '\t', '\0', '\n', '\r', '\ufeff', '\ud800', '#', '|\n', '>\n', "'", '"'],
  ...[
    '&a ',
    '*a',
    '&a [*a]',
    '!!binary ',
    '!!set ',
    '!x ',
    '<<: *a\n',
    '---\n',
    '...\n',
    '%YAML 1.1\n---\n',
    '%TAG ! x\n',
  ],
  ...['null', 'true', '.nan', '-.inf', '1e999', '2^99999999', '0x1p-99999', '1/0', '0^-1', '-0', '2001-99-99', '1:30'],
  ...['__proto__: 1\n', 'constructor: {}\n', '  __proto__: { above: 1 }\n', '{lost', '{x}', '{__proto__}', 'e99m99'],
  ...[
    'vary: { scale: [1, 2] }\n',
    'vary: { format: [fp8] }\n',
    'compare: [lost]\n',
    'input: /\n',
    'distribution: normal\n',
  ],
]

const change = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), what: fc.constantFrom(...odd) }),
  fc.record({ kind: fc.constant('replace' as const), at: fc.nat(), what: fc.constantFrom(...odd) }),
  fc.record({ kind: fc.constant('byte' as const), at: fc.nat(), what: fc.string({ minLength: 1, maxLength: 1 }) }),
  fc.record({ kind: fc.constant('drop' as const), at: fc.nat(), what: fc.constant('') }),
  fc.record({ kind: fc.constant('double' as const), at: fc.nat(), what: fc.constant('') }),
  fc.record({ kind: fc.constant('value' as const), at: fc.nat(), what: fc.constantFrom(...odd) }),
)
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function mutate(text: string, { kind, at, what }: Change): string {
  const i = at % (text.length + 1)
  if (kind === 'insert') return text.slice(0, i) + what + text.slice(i)
  if (kind === 'replace') return text.slice(0, i) + what + text.slice(i + what.length)
  if (kind === 'byte') return text.slice(0, i) + what + text.slice(i + 1)
  const lines = text.split('\n')
  const n = at % lines.length
  const line = lines[n] as string
  if (kind === 'drop') lines.splice(n, 1)
  else if (kind === 'double') lines.splice(n, 0, line)
  else lines[n] = line.replace(/:.*/, `: ${what}`)
  return lines.join('\n')
}

test('2,000 mutated lessons: sound, or refused with a place', async () => {
  let sound = 0
  let refused = 0
  let ran = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...texts),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      async (text, changes) => {
        const mutant = changes.reduce(mutate, text)
        const { scenario, problems } = await judge(mutant, 'my.yaml', 'my.yaml')
        assert.equal(scenario === undefined, problems.length > 0)
        for (const problem of problems) {
          assert.ok(problem instanceof FpsimError)
          const { file, line, column } = problem.values as Record<string, number>
          assert.equal(file, 'my.yaml')
          assert.ok(
            Number.isInteger(line) && (line as number) >= 1 && Number.isInteger(column) && (column as number) >= 1,
          )
        }
        refused += scenario ? 0 : 1
        sound += scenario ? 1 : 0
        // One in eight of the sound ones also runs; a training takes too long for that.
        if (!scenario || scenario.runner === 'train' || sound % 8 !== 0) return
        ran++
        try {
          await runLoaded(scenario)
        } catch (error) {
          assert.ok(error instanceof FpsimError, String(error))
        }
      },
    ),
    { numRuns: 2000, seed: 20261121 },
  )
  assert.ok(sound > 100 && refused > 100 && ran > 20, `${sound} sound, ${refused} refused, ${ran} ran`)
})

test('any text at all is YAML or refused with a place', () => {
  const piece = fc.oneof(fc.constantFrom(...odd), fc.string())
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        parseYaml(pieces.join(''), 'my.yaml')
      } catch (error) {
        assert.ok(error instanceof FpsimError && error.code === 'yaml', String(error))
        assert.ok(Number.isInteger(error.values['line']))
      }
    }),
    { numRuns: 2000, seed: 7 },
  )
})
