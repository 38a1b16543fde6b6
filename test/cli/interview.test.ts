/** `fpsim interview`: what it shows, the dialogue of a quiz and a mock interview, the decks it exports, what it refuses. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { interviewWith, scoreSheet } from '../../src/cli/card/dialogue.js'
import { drawn, leastKnown, shuffled } from '../../src/cli/card/draw.js'
import { exported } from '../../src/cli/card/export.js'
import { evidence, page } from '../../src/cli/card/page.js'
import type { Context } from '../../src/cli/context.js'
import { seedFrom } from '../../src/data/rng.js'
import type { MeasuredCard } from '../../src/learn/card/measure.js'
import { type Card, loadCards } from '../../src/learn/card.js'
import type { Measured } from '../../src/learn/claims.js'
import { noProgress, withCard } from '../../src/learn/progress.js'
import type { Ran } from '../support.js'
import { batch, inFolder } from './batch.js'

const cards = await loadCards()
const topics = [...new Set(cards.map(({ topic }) => topic.name))]
/** A card with what formats trip over, and without a run. */
const odd: MeasuredCard = {
  card: {
    ...(cards[0] as Card),
    ask: { en: 'a <b> & "c"\td\n#e', zh: '“甲”\t乙' },
  },
  proof: { ...({} as MeasuredCard['proof']), findings: [], params: {}, metrics: {} },
  metrics: {},
  slots: {},
}

const lines = [
  ['interview'],
  ['interview', '--lang', 'zh'],
  ['interview', '--json'],
  ['interview', '--list', '--json'],
  ['interview', '--topic', 'loss-scaling'],
  ['interview', '--list', '--csv'],
  ['interview', '--list', '--markdown', '--lang', 'zh'],
  ['interview', 'lost-updates'],
  ['interview', 'lost-updates', '--lang', 'zh'],
  ['interview', 'lost-updates', '--width', '40', '--charset', 'ascii'],
  ['interview', 'lost-updates', '--json'],
  ['interview', 'lost-updates', '--csv'],
  ['interview', 'lost-updates', '--markdown'],
  ['interview', '更新丢失'],
  ['interview', '--random', '--topic', 'principles', '--seed', '3', '--json'],
  ['interview', '--mock', '3', '--seed', 'Li'],
  ['interview', '--quiz', '--topic', 'principles', '--lang', 'zh'],
] as const

/** What is typed into a pipe, and where the grades go. */
const talks = {
  quiz: { argv: ['--quiz', '--topic', 'principles'], input: '\n7\n２\n\ns\n\n0\n', state: 'quiz' },
  again: { argv: ['--quiz', '--topic', 'principles'], input: '\n3\nq\n', state: 'quiz' },
  mock: { argv: ['--mock', '2', '--seed', '7'], input: '\n3\n\n1\n', state: 'off' },
  chance: { argv: ['--mock', '1', '--json'], input: '\n0\n', state: 'off' },
} as const

const wrong: readonly [readonly string[], RegExp][] = [
  [['lost-update'], /^invalid ID: "lost-update" is not one of .*; did you mean lost-updates\?/],
  [['amp'], /did you mean --topic amp\?/],
  [['lost-updates', 'underflow'], /^unexpected "underflow"/],
  [['lost-updates', '--topic', 'amp'], /^unexpected "lost-updates"/],
  [['--topic', 'ampp'], /^invalid --topic: .*did you mean amp\?/],
  [['--mock', '0'], /^invalid --mock: "0" must be 1 or more/],
  [['--mock', '1000'], new RegExp(`^invalid --mock: "1000" must be ${cards.length} or less`)],
  [['--mock', '2.5'], /whole number/],
  [['--mock', 'many'], /not a number/],
  [['--mock'], /^--mock needs a value/],
  [['--quiz', '--mock', '3'], /^give only one of --quiz, --mock/],
  [['--list', '--random'], /^give only one of --list, --random/],
  [['--export', 'pdf'], /anki, csv, markdown/],
  [['--export', 'anki', '--json'], /^give only one of --export, --json/],
]

// Everything in one process: most of the time goes into starting one.
const {
  plain: ran,
  spoken,
  refused,
  stored,
} = inFolder((folder) => {
  const command = (argv: readonly string[]) => ['interview', ...argv]
  const all = batch(
    [
      ...lines,
      ...wrong.map(([args]) => command(args)),
      ...Object.values(talks).map(({ argv, input, state }) => ({
        argv: command(argv),
        input,
        env: { FPSIM_STATE: state === 'off' ? 'off' : join(folder, state) },
      })),
    ],
    { env: { FPSIM_STATE: 'off' } },
  )
  const [quiz, again, mock, chance] = all.slice(lines.length + wrong.length) as [Ran, Ran, Ran, Ran]
  return {
    plain: all.slice(0, lines.length),
    refused: all.slice(lines.length, lines.length + wrong.length),
    spoken: { quiz, again, mock, chance },
    stored: JSON.parse(readFileSync(join(folder, 'quiz', 'progress.json'), 'utf8')) as {
      cards: Record<string, number>
    },
  }
})
const of = (line: string): Ran =>
  ran[lines.findIndex((words) => words.slice(1).join(' ') === line)] ?? assert.fail(line)
const flat = (text: string): string => text.replace(/\s+/g, '')

describe('what is shown', () => {
  test('all of it succeeds, silently', () => {
    for (const [i, { code, err }] of ran.entries()) assert.deepEqual([code, err], [0, ''], lines[i]?.join(' '))
  })

  test('no line is wider than asked', () => {
    for (const line of of('lost-updates --width 40 --charset ascii').out.split('\n'))
      assert.match(line, /^[\x20-\x7e]{0,40}$/)
    for (const line of of('lost-updates').out.split('\n')) assert.ok(line.length <= 80, line)
  })

  test('the overview counts the topics and says how to begin', () => {
    const { out } = of('')
    for (const topic of topics) {
      const count = cards.filter((card) => card.topic.name === topic).length
      assert.match(out, new RegExp(`^${topic} .* ${count}$`, 'm'))
    }
    assert.match(out, /fpsim interview --quiz/)
    assert.ok(out.split('\n').length <= 26)
    assert.match(of('--lang zh').out, /面试|主题/)
    const data = JSON.parse(of('--json').out) as { cards: number; topics: { name: string; cards: number }[] }
    assert.equal(data.cards, cards.length)
    assert.deepEqual(
      data.topics.map(({ name }) => name),
      topics,
    )
  })

  test('the list has every question, in each form', () => {
    const { cards: listed } = JSON.parse(of('--list --json').out) as { cards: { id: string; grade: null }[] }
    assert.deepEqual(
      listed.map(({ id }) => id),
      cards.map(({ id }) => id),
    )
    assert.equal(of('--list --csv').out.trim().split('\n').length, cards.length + 1)
    for (const { ask } of cards)
      assert.ok(of('--list --markdown --lang zh').out.replaceAll('\\', '').includes(ask.zh), ask.zh)
    for (const { id, ask, topic } of cards)
      assert.equal(flat(of('--topic loss-scaling').out).includes(flat(`${id}${ask.en}`)), topic.name === 'loss-scaling')
  })

  test('a card has its sections, its proof and what people say, the numbers filled in', () => {
    const en = of('lost-updates').out
    for (const word of ['Outline', 'Concept', 'Steps', 'Effect', 'Case', 'Summary', 'Then', 'Proof'])
      assert.match(en, new RegExp(`^${word} `, 'm'))
    assert.match(en, /^Proof +fpsim lost-updates$/m)
    assert.match(en, /^✗ 1 \+ 0\.0001 = 1 in fp16/m)
    assert.match(en, /^Next: fpsim interview stochastic-rounding\n {6}fpsim interview --quiz --topic master-weights$/m)
    assert.match(flat(en), /Claims~depends:ratio-2048Next:/)
    for (const word of ['思路', '概念', '步骤', '作用', '项目案例', '总结', '追问', '证据'])
      assert.match(of('lost-updates --lang zh').out, new RegExp(`^${word} `, 'm'))
    for (const { out } of ran) assert.doesNotMatch(out, /\{[a-z]\w*(:%)?\}|undefined/i)
  })

  test('another word for a card finds it', () => assert.equal(of('更新丢失').out, of('lost-updates').out))

  test('as JSON it has both languages, the metrics and the verdicts', () => {
    const { card } = JSON.parse(of('lost-updates --json').out) as {
      card: {
        ask: { en: string; zh: string }
        answer: Record<string, { en: string; zh: string }>
        proof: { command: string; metrics: Record<string, number>; findings: { text: { en: string; zh: string } }[] }
        claims: { id: string; verdict: string }[]
      }
    }
    assert.deepEqual(Object.keys(card.answer), ['concept', 'steps', 'effect', 'case', 'summary'])
    assert.equal(card.proof.command, 'fpsim lost-updates')
    assert.equal(card.proof.metrics['firstLostRatio'], 2048)
    assert.match(card.answer['case']?.zh ?? '', /2048/)
    assert.ok(card.proof.findings.length > 0)
    assert.deepEqual(card.claims, [{ id: 'ratio-2048', verdict: 'depends' }])
  })

  test('as Markdown and CSV it stands alone', () => {
    assert.match(of('lost-updates --markdown').out, /^# .*\n\n## Master weights\n\n### When exactly/)
    assert.match(of('lost-updates --csv').out, /^\uFEFFid,lang,topic,/)
  })

  test('a card by chance is the one that the seed draws', () => {
    const { card } = JSON.parse(of('--random --topic principles --seed 3 --json').out) as { card: { id: string } }
    const own = cards.filter(({ topic }) => topic.name === 'principles')
    assert.equal(card.id, drawn(own, 1, 3)[0]?.id)
  })

  test('where nobody can answer, the questions stand on paper', () => {
    const { out } = of('--mock 3 --seed Li')
    for (const { ask } of drawn(cards, 3, seedFrom('Li'))) assert.ok(flat(out).includes(flat(ask.en)), ask.en)
    assert.match(out, /3 cards to answer aloud/)
    assert.match(of('--quiz --topic principles --lang zh').out, /道题，请口头作答/)
  })
})

describe('the proof of a card', () => {
  const look = { lang: 'en', width: 80, color: 0, charset: 'unicode', ambiguous: 'narrow' } as const
  const note = { code: 'cardsHint', tone: 'note', values: {} } as const
  const found = (...tones: readonly ('good' | 'bad')[]) =>
    tones.map((tone) => ({ code: 'cardScoreNone', tone, values: {} }) as const)
  const proved = (findings: MeasuredCard['proof']['findings'], more: Partial<Card> = {}): MeasuredCard => ({
    ...odd,
    card: { ...odd.card, ...more },
    proof: { ...odd.proof, findings },
  })

  test('shows two findings, verdicts before notes, and notes where there is nothing else', () => {
    const marks = (one: MeasuredCard): string =>
      evidence(one, [], look)
        .slice(1)
        .map((line) => line[0])
        .join('')
    assert.equal(marks(proved([note, ...found('bad', 'good', 'bad')])), '✗✓')
    assert.equal(marks(proved([...found('good'), note])), '✓')
    assert.equal(marks(proved([note])), '·')
  })

  test('shows one where the card would not fit a screen', () => {
    const shown = (lines: number): number => {
      const text = Array.from({ length: lines }, () => 'a').join('\n')
      const one = proved(found('bad', 'good'), {
        followUp: [{ ask: { en: '?', zh: '？' }, answer: { en: text, zh: text } }],
      })
      return page(one, [], look, undefined).filter((line) => /^[✗✓]/.test(line)).length
    }
    assert.deepEqual([shown(1), shown(30)], [2, 1])
  })

  test('puts claims of one verdict side by side', () => {
    const claims = (['false', 'true', 'false'] as const).map(
      (verdict, i) => ({ claim: { id: `claim-${i}` }, verdict, metrics: {}, slots: {} }) as unknown as Measured,
    )
    assert.equal(evidence(odd, claims, look).at(-1), 'Claims   ✗ wrong: claim-0, claim-2  ✓ true: claim-1')
    const plain = { ...look, lang: 'zh', charset: 'ascii' } as const
    assert.match(evidence(odd, claims, plain).at(-1) ?? '', /x 错.*claim-0, claim-2 {2}\+ 对.*claim-1/)
  })
})

describe('a quiz', () => {
  const first = spoken.quiz

  test('asks, answers after Enter, takes a grade, full-width too, and asks again for what is none', () => {
    assert.equal(first.code, 0)
    const [a, b, c] = cards.filter(({ topic }) => topic.name === 'principles') as [Card, Card, Card]
    assert.ok(first.err.indexOf(a.ask.en) < first.err.indexOf('Outline'))
    assert.ok(flat(first.err).includes(flat(b.ask.en)) && flat(first.err).includes(flat(c.ask.en)))
    assert.match(first.err, /Please type 0, 1, 2 or 3/)
    assert.doesNotMatch(first.out, /Outline/)
    assert.match(first.out, /2 of 6 points for 2 cards/)
    assert.match(flat(first.out), new RegExp(`Lookagain:fpsiminterview${c.id}`))
  })

  test('keeps the grades in the progress file, and nothing for what was skipped', () => {
    const [a, b, c] = cards.filter(({ topic }) => topic.name === 'principles') as [Card, Card, Card]
    // The second time the card that was skipped got its grade, the third one was left alone.
    assert.deepEqual(stored.cards, { [a.id]: 2, [c.id]: 0, [b.id]: 3 })
  })

  test('begins next time with what was never graded, then with what was worst', () => {
    const { err } = spoken.again
    const [a, b, c] = cards.filter(({ topic }) => topic.name === 'principles') as [Card, Card, Card]
    assert.ok(err.includes(b.ask.en) && err.includes(c.ask.en) && !err.includes(a.ask.en))
    assert.ok(err.indexOf(b.ask.en) < err.indexOf(c.ask.en))
  })

  test('ends at q, and at the end of the input, with what was graded', async () => {
    const [a, b] = cards as [Card, Card]
    const asked = async (typed: readonly string[]) => {
      const left = [...typed]
      const stored: [string, number][] = []
      const { write } = process.stderr
      process.stderr.write = () => true
      try {
        const graded = await interviewWith([a, b], { look: { lang: 'en', width: 80, color: 0 } } as Context, {
          ask: async () => left.shift(),
          look: async (card) => ({ measured: { ...odd, card }, claims: [] }),
          store: async ({ id }, grade) => stored.push([id, grade]),
        })
        return { graded: graded.map(({ card, grade }) => [card.id, grade]), stored }
      } finally {
        process.stderr.write = write
      }
    }
    assert.deepEqual(await asked(['', '3', 'Q']), { graded: [[a.id, 3]], stored: [[a.id, 3]] })
    assert.deepEqual(await asked(['', ' 3 ']), { graded: [[a.id, 3]], stored: [[a.id, 3]] })
    assert.deepEqual(await asked(['', '4', '-1', '', '1.5', '１', '', 's']), {
      graded: [
        [a.id, 1],
        [b.id, undefined],
      ],
      stored: [[a.id, 1]],
    })
    assert.deepEqual(await asked(['s', '', '2']), {
      graded: [
        [a.id, undefined],
        [b.id, 2],
      ],
      stored: [[b.id, 2]],
    })
    assert.deepEqual(await asked(['', 'q']), { graded: [], stored: [] })
    assert.deepEqual(await asked(['q']), { graded: [], stored: [] })
    assert.deepEqual(await asked([]), { graded: [], stored: [] })
  })
})

describe('a mock interview', () => {
  test('asks N cards, and ends with a score sheet that says how to repeat it', () => {
    const { code, out, err } = spoken.mock
    assert.equal(code, 0)
    assert.match(out, /4 of 6 points for 2 cards/)
    assert.match(flat(out), /fpsiminterview--mock2--seed7/)
    for (const { ask } of drawn(cards, 2, 7)) assert.ok(flat(err).includes(flat(ask.en)), ask.en)
  })

  test('names a seed of its own where none is given', () => {
    const { out, err } = spoken.chance
    const { findings, metrics } = JSON.parse(out) as { findings: { values: { command?: string } }[]; metrics: object }
    assert.deepEqual(metrics, { points: 0, possible: 3, cards: 1, share: 0 })
    const command = findings.find(({ values }) => values.command)?.values.command
    const seed = Number(/^fpsim interview --mock 1 --seed (\d+)$/.exec(command ?? '')?.[1])
    assert.ok(flat(err).includes(flat(drawn(cards, 1, seed)[0]?.ask.en ?? '?')))
  })

  test('adds up by hand: points, the weakest topic, what to look at again', () => {
    const [a, b, c] = [cards[0], cards[1], cards.at(-1)] as [Card, Card, Card]
    const graded = [
      { card: a, grade: 3 },
      { card: b, grade: 2 },
      { card: c, grade: 1 },
      { card: c, grade: undefined },
    ]
    const { metrics, findings, blocks } = scoreSheet(graded, undefined)
    assert.deepEqual(metrics, { points: 6, possible: 9, cards: 3, share: 6 / 9 })
    assert.deepEqual(findings[0], {
      code: 'cardScore',
      tone: 'good',
      values: { points: 6, possible: 9, cards: 3, weakest: c.topic.name },
    })
    assert.match(String(findings[1]?.values['commands']), new RegExp(`fpsim interview ${c.id}`))
    assert.equal(blocks[0]?.kind === 'table' && blocks[0].rows.length, 4)
    const none = scoreSheet([{ card: a, grade: undefined }], undefined)
    assert.equal(none.findings[0]?.code, 'cardScoreNone')
    assert.ok(Number.isNaN(none.metrics['share']))
  })
})

describe('the draw', () => {
  test('is a permutation that the seed decides', () => {
    const items = Array.from({ length: 50 }, (_, i) => i)
    assert.deepEqual(
      [...shuffled(items, 5)].sort((a, b) => a - b),
      items,
    )
    assert.deepEqual(shuffled(items, 5), shuffled(items, 5))
    assert.notDeepEqual(shuffled(items, 5), shuffled(items, 6))
    // Each item comes first about equally often: 50 ± 7 of 2500, five standard deviations.
    const firsts = new Map<number, number>()
    for (let seed = 0; seed < 2500; seed++) {
      const [first = -1] = shuffled(items, seed)
      firsts.set(first, (firsts.get(first) ?? 0) + 1)
    }
    for (const item of items) assert.ok(Math.abs((firsts.get(item) ?? 0) - 50) < 36, `${item}: ${firsts.get(item)}`)
  })

  test('takes every topic once before any twice, and every card in the end', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const all = drawn(cards, cards.length, seed)
      assert.deepEqual(new Set(all), new Set(cards))
      assert.equal(new Set(all.slice(0, topics.length).map(({ topic }) => topic.name)).size, topics.length)
    }
  })

  test('puts the least known first', () => {
    const [a, b, c] = cards.slice(0, 3) as [Card, Card, Card]
    const progress = withCard(withCard(noProgress, a.id, 3), b.id, 1)
    assert.deepEqual(leastKnown([a, b, c], progress), [c, b, a])
  })
})

describe('an export', () => {
  /** Reads a file as Anki does: header lines, then tabs; front and back are the first columns without another use. */
  function ankiRows(text: string): { guid: string; deck: string; front: string; back: string; tags: string[] }[] {
    const all = text.split('\n')
    const head = all.filter((line) => line.startsWith('#'))
    const value = (key: string): string => head.find((line) => line.startsWith(`#${key}:`))?.slice(key.length + 2) ?? ''
    assert.equal(value('separator'), 'tab')
    assert.equal(value('html'), 'true')
    // Anki would map fields by the English names, which its other languages have not.
    assert.equal(value('columns'), '')
    const at = (key: string): number => Number(value(`${key} column`)) - 1
    const used = [at('guid'), at('deck'), at('tags')]
    const rows = all.slice(head.length, -1).map((line) => line.split('\t'))
    assert.equal(all.at(-1), '')
    return rows.map((row) => {
      assert.equal(row.length, 5)
      // No quotation marks: csv rules can change nothing. No row that would be taken for a comment.
      assert.doesNotMatch(row.join('\t'), /"|^#|\r/)
      const fields = row.filter((_, i) => !used.includes(i))
      return {
        guid: row[at('guid')] as string,
        deck: row[at('deck')] as string,
        front: fields[0] as string,
        back: fields[1] as string,
        tags: (row[at('tags')] as string).split(' '),
      }
    })
  }

  test('for Anki holds every card in both languages, each with a guid of its own', () => {
    const text = exported(
      'anki',
      cards.map((card) => ({ ...odd, card })),
      ['en', 'zh'],
    )
    const rows = ankiRows(text)
    assert.equal(rows.length, 2 * cards.length)
    assert.equal(new Set(rows.map(({ guid }) => guid)).size, rows.length)
    for (const [i, { id, topic }] of cards.entries()) {
      assert.equal(rows[i]?.guid, `fpsim-${id}-en`)
      assert.equal(rows[i]?.deck, `fpsim interview::${topic.title.en}`)
      assert.ok(rows[i]?.tags.includes(`topic-${topic.name}`))
      assert.equal(rows[i + cards.length]?.deck, `fpsim 面试::${topic.title.zh}`)
    }
  })

  test('escapes what HTML, tabs and line breaks would spoil', () => {
    const [row] = ankiRows(exported('anki', [odd], ['en']))
    assert.equal(row?.front, 'a &lt;b&gt; &amp; &quot;c&quot; d<br>#e')
  })

  test('as CSV begins with the mark of UTF-8 and quotes its fields', () => {
    const text = exported('csv', [odd], ['en'])
    assert.match(text, /^\uFEFFid,lang,topic,lesson,question,outline,concept,/)
    assert.ok(text.includes('"a <b> & ""c""\td\n#e"'))
  })

  test('from the command line has the numbers, in the language asked for, and runs again to the same bytes', () => {
    const [both, zh, again, markdown] = batch([
      ['interview', '--export', 'anki', '--topic', 'principles'],
      ['interview', '--export', 'anki', '--topic', 'principles', '--lang', 'zh'],
      ['interview', '--export', 'anki', '--topic', 'principles'],
      ['interview', '--export', 'markdown', 'lost-updates', '--lang', 'en'],
    ]) as [Ran, Ran, Ran, Ran]
    const count = cards.filter(({ topic }) => topic.name === 'principles').length
    assert.equal(ankiRows(both.out).length, 2 * count)
    assert.equal(ankiRows(zh.out).length, count)
    assert.equal(again.out, both.out)
    for (const { back } of ankiRows(both.out)) {
      assert.doesNotMatch(back, /[{}]/)
      assert.match(back, /fpsim /)
    }
    assert.match(markdown.out, /\*\*Case\*\* .*2048/)
  })
})

test('what is wrong is refused with what is allowed', () => {
  for (const [i, { code, out, err }] of refused.entries()) {
    assert.deepEqual([code, out], [2, ''], wrong[i]?.[0].join(' '))
    assert.match(err, wrong[i]?.[1] as RegExp)
  }
})
