/** Golden screens: 80 columns, no colour, both languages. FPSIM_UPDATE_GOLDEN=1 writes them anew: read the difference. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { scenarioNames } from '../../src/scenario/load.js'
import { fpsim, type Ran, root } from '../support.js'
import { batch } from './batch.js'
import { goldenScreens } from './golden-screens.js'

const golden = join(root, 'test', 'cli', 'golden')
const update = process.env['FPSIM_UPDATE_GOLDEN'] === '1'

describe('golden screens', () => {
  const answers = batch(goldenScreens.map(({ argv }) => argv))
  goldenScreens.forEach(({ file, argv }, i) => {
    test(argv.join(' '), () => {
      const { code, out, err } = answers[i] as Ran
      assert.deepEqual([code, err], [0, ''])
      const path = join(golden, file)
      if (update) writeFileSync(path, out)
      assert.equal(out, readFileSync(path, 'utf8'))
    })
  })
})

test('the bundled program prints the same as its modules', () => {
  for (const { file, argv } of goldenScreens.filter(({ file }) => file.startsWith('underflow-65536')))
    assert.equal(fpsim(argv).out, readFileSync(join(golden, file), 'utf8'))
})

test('every lesson has its golden screens', async () => {
  const kept = new Set(goldenScreens.map(({ argv }) => argv[0]))
  for (const lesson of await scenarioNames()) assert.ok(kept.has(lesson), lesson)
})
