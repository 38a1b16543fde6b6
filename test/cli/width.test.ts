/** No line is wider than the screen: every command, both languages, both width rules, ASCII, 40 to 120 columns. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import stringWidth from 'string-width'
import { runScenario } from '../../src/index.js'
import { render } from '../../src/render/render.js'
import { batch } from './batch.js'
import { lessonLines, otherLines, words } from './commands.js'

const widths = [40, 60, 80, 120] as const
const looks = [
  { name: 'narrow', charset: 'unicode', ambiguous: 'narrow' },
  { name: 'wide', charset: 'unicode', ambiguous: 'wide' },
  { name: 'ascii', charset: 'ascii', ambiguous: 'narrow' },
] as const
const views = (['en', 'zh'] as const).flatMap((lang) =>
  looks.flatMap((look) => widths.map((width) => ({ ...look, lang, width }))),
)
type View = (typeof views)[number]

/** The measure is the public package, not the one that lays the screens out. */
function judge(screen: string, { name, lang, width }: View): void {
  assert.ok(screen.endsWith('\n') && screen.length > 1, 'an empty screen')
  assert.doesNotMatch(screen, /undefined|\[object/)
  for (const line of screen.slice(0, -1).split('\n')) {
    assert.ok(!line.endsWith(' '), `a blank at the end: ${JSON.stringify(line)}`)
    const rules = name === 'wide' ? [true, false] : [true]
    for (const ambiguousIsNarrow of rules)
      assert.ok(stringWidth(line, { ambiguousIsNarrow }) <= width, `wider than ${width}: ${JSON.stringify(line)}`)
  }
  if (name === 'ascii' && lang === 'en') assert.match(screen, /^[\n\x20-\x7e]*$/)
  if (name === 'ascii' && lang === 'zh') assert.doesNotMatch(screen, /[│─█▁░→×…·✓✗]/)
}

describe('lessons', () => {
  for (const line of lessonLines)
    test(line, async () => {
      const [name = '', ...options] = words(line)
      const params: Record<string, string> = {}
      for (let i = 0; i < options.length; i += 2) params[(options[i] as string).slice(2)] = options[i + 1] as string
      const result = await runScenario(name, params)
      for (const view of views) {
        const { lang, width, charset, ambiguous } = view
        judge(render(result, { lang, width, charset, ambiguous }), view)
      }
    })
})

describe('other commands', () => {
  const lines = otherLines.flatMap((line) =>
    views.map(({ lang, width, charset, ambiguous }) => [
      ...words(line),
      ...['--lang', lang, '--width', String(width), '--charset', charset, '--ambiguous', ambiguous],
    ]),
  )
  const answers = batch(lines)
  otherLines.forEach((line, i) => {
    test(`fpsim ${line}`, () => {
      views.forEach((view, j) => {
        const ran = answers[i * views.length + j]
        assert.deepEqual([ran?.code, ran?.err], [0, ''])
        judge(ran?.out ?? '', view)
      })
    })
  })
})
