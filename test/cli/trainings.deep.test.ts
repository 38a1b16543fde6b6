/** Every example that help gives of a training, with all its recipes and workers, for a few steps. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outlines } from '../../src/scenario/load.js'
import { batch } from './batch.js'
import { words } from './commands.js'

const lines = (await outlines())
  .filter(({ name }) => name.startsWith('train-'))
  .flatMap(({ name, examples }) => examples.map((options) => [name, ...words(options)]))
  .map((argv) => (argv.includes('--steps') ? argv : [...argv, '--steps', '2']))

test('every example of a training runs', () => {
  assert.ok(lines.length > 20)
  batch(lines).forEach(({ code, err }, i) => {
    assert.deepEqual([code, err], [0, ''], lines[i]?.join(' '))
  })
})
