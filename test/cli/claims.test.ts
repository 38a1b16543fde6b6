/** `fpsim claims`: the list, one claim, what chooses, what is refused, and the commands it shows. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadClaims } from '../../src/learn/claim.js'
import type { Ran } from '../support.js'
import { batch } from './batch.js'

interface Entry {
  readonly id: string
  readonly topic: string
  readonly verdict: string
  readonly statement: { readonly en: string; readonly zh: string }
  readonly measured: { readonly en: string; readonly zh: string }
  readonly truth: { readonly en: string; readonly zh: string }
  readonly metrics: Readonly<Record<string, number | string>>
  readonly commands: readonly string[]
}

const claims = await loadClaims()
const [whole, en, zh, narrow, cost, costFalse, none, csv, markdown] = batch([
  ['claims', '--json'],
  ['claims', '--topic', 'cost'],
  ['claims', '--topic', 'cost', '--lang', 'zh'],
  ['claims', '--topic', 'cost', '--width', '40', '--charset', 'ascii'],
  ['claims', '--topic', 'cost', '--json'],
  ['claims', '--topic', 'cost', '--verdict', 'false', '--json'],
  ['claims', '--topic', 'cost', '--verdict', 'depends', '--csv'],
  ['claims', '--topic', 'cost', '--csv'],
  ['claims', '--topic', 'cost', '--markdown'],
]) as [Ran, Ran, Ran, Ran, Ran, Ran, Ran, Ran, Ran]
const entries = (JSON.parse(whole.out) as { claims: Entry[] }).claims

describe('the list', () => {
  test('holds every claim once, decided, its numbers filled in', () => {
    assert.deepEqual([whole.code, whole.err], [0, ''])
    assert.deepEqual(
      entries.map(({ id }) => id),
      claims.map(({ id }) => id),
    )
    for (const { id, verdict, measured, truth, metrics, commands } of entries) {
      assert.match(verdict, /^(true|false|depends)$/, id)
      for (const text of [measured.en, measured.zh, truth.en, truth.zh]) assert.doesNotMatch(text, /[{}]|undefined/, id)
      assert.ok(Object.keys(metrics).length > 0, id)
      assert.ok(commands.length > 0, id)
    }
  })

  test('counts what it lists', () => {
    const { counts } = JSON.parse(whole.out) as { counts: Record<string, number> }
    for (const verdict of ['true', 'false', 'depends'])
      assert.equal(counts[verdict], entries.filter((entry) => entry.verdict === verdict).length)
    assert.equal(counts['open'], 0)
  })

  test('shows mark, id, statement and measurement in both languages', () => {
    const flat = (text: string): string => text.replace(/\s+/g, '')
    for (const [ran, lang] of [
      [en, 'en'],
      [zh, 'zh'],
    ] as const) {
      assert.deepEqual([ran.code, ran.err], [0, ''])
      for (const { id, verdict, statement, measured } of entries.filter(({ topic }) => topic === 'cost')) {
        const mark = { false: '✗', true: '✓', depends: '~' }[verdict] as string
        const start = flat(ran.out).indexOf(flat(`${mark} ${id}${statement[lang]}${measured[lang]}`))
        assert.ok(start > 0, `${lang} ${id}`)
      }
    }
  })

  test('fits a narrow screen in ASCII', () => {
    for (const line of narrow.out.split('\n')) assert.match(line, /^[ -~]{0,40}$/)
    assert.match(narrow.out, /^x half-the-memory$/m)
    assert.match(narrow.out, /^~ model-state-grows$/m)
  })

  test('of one topic and one verdict', () => {
    const of = (ran: Ran): Entry[] => (JSON.parse(ran.out) as { claims: Entry[] }).claims
    assert.deepEqual(
      of(cost),
      entries.filter(({ topic }) => topic === 'cost'),
    )
    assert.deepEqual(
      of(costFalse),
      entries.filter(({ topic, verdict }) => topic === 'cost' && verdict === 'false'),
    )
    assert.ok(of(costFalse).length > 0)
    assert.equal(
      none.out.trim().split('\n').length,
      1 + entries.filter((e) => e.topic === 'cost' && e.verdict === 'depends').length,
    )
  })

  test('as CSV and as Markdown', () => {
    const own = entries.filter(({ topic }) => topic === 'cost')
    assert.equal(csv.out.split('\n')[0], 'id,topic,verdict,statement,measured,command')
    for (const [i, { id, verdict }] of own.entries())
      assert.ok(csv.out.split('\n')[i + 1]?.startsWith(`${id},cost,${verdict},`))
    assert.equal(markdown.out.match(/^\| [a-z]+-[a-z0-9-]+ \|/gm)?.length, own.length)
  })
})

describe('one claim', () => {
  const ids = ['half-the-memory', 'doubling-every-step', 'ratio-2048', 'bf16-needs-no-care']
  const [memory, doubling, ratio, care] = batch([...ids.map((id) => ['claims', id])]) as [Ran, Ran, Ran, Ran]
  const flat = (text: string): string => text.replace(/\s+/g, ' ')

  test('statement, verdict with its numbers, rule, picture, command', () => {
    for (const [i, ran] of [memory, doubling, ratio, care].entries()) {
      const entry = entries.find(({ id }) => id === ids[i]) as Entry
      assert.deepEqual([ran.code, ran.err], [0, ''])
      assert.ok(flat(ran.out).startsWith(entry.statement.en.slice(0, 40)))
      assert.ok(flat(ran.out).includes(entry.truth.en), entry.id)
      for (const command of entry.commands) assert.ok(flat(ran.out).includes(command), command)
    }
    assert.match(memory.out, /✗ Wrong\./)
    assert.match(flat(memory.out), /Decided by: saved 0\.\d+ < 0\.495\./)
    assert.match(ratio.out, /It depends\./)
    assert.match(doubling.out, /loss scale[\s\S]*─ doubling/)
    assert.match(care.out, /fpsim master-weights; fpsim lost-updates/)
  })

  test('fits a screen, where the picture is a tall one too', () => {
    const tall = ['integers-to-2048', 'one-problem-one-cure', 'decay-does-nothing', 'static-scale', 'consecutive-skips']
    const lines = tall.flatMap((id) => ['en', 'zh'].map((lang) => ['claims', id, '--lang', lang]))
    for (const [i, { code, out, err }] of batch(lines).entries()) {
      assert.deepEqual([code, err], [0, ''])
      const { length } = out.trimEnd().split('\n')
      assert.ok(length <= 26, `${lines[i]?.join(' ')}: ${length} lines`)
    }
  })

  test('as JSON: the same entry, and the blocks of its run', () => {
    const [ran] = batch([['claims', 'half-the-memory', '--json']]) as [Ran]
    const { claim, blocks } = JSON.parse(ran.out) as { claim: Entry; blocks: { kind: string }[] }
    assert.deepEqual(
      claim,
      entries.find(({ id }) => id === 'half-the-memory'),
    )
    assert.ok(blocks.some(({ kind }) => kind === 'table'))
  })
})

test('nonsense is refused with what is allowed', () => {
  const [id, topicAsId, topic, verdict, two, option] = batch([
    ['claims', 'doublin'],
    ['claims', 'scaling', '--lang', 'zh'],
    ['claims', '--topic', 'weight'],
    ['claims', '--verdict', 'maybe'],
    ['claims', 'ratio-2048', 'half-the-memory'],
    ['claims', '--scale', '3'],
  ]) as [Ran, Ran, Ran, Ran, Ran, Ran]
  for (const { code, out } of [id, topicAsId, topic, verdict, two, option]) assert.deepEqual([code, out], [2, ''])
  assert.match(id.err, /did you mean doubling-every-step\?/)
  assert.match(topicAsId.err, /--topic scaling/)
  assert.match(topic.err, /numbers, scaling.*did you mean weights\?/)
  assert.match(verdict.err, /false, depends, true/)
  assert.match(two.err, /half-the-memory/)
  assert.match(option.err, /--scale/)
})

test('every command that a claim shows runs: one of each kind, whatever the myth or the loop is', () => {
  const commands = new Map(
    entries
      .flatMap((entry) => entry.commands)
      .map((command) => [command.replace(/(--myth|--loop) \S+/, '$1'), command]),
  )
  assert.ok(commands.size > 20)
  const words = (command: string): string[] =>
    [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string)).slice(1)
  const lines = [...commands.values()]
  const ran = batch(lines.map((command) => [...words(command), '--json']))
  for (const [i, { code, err }] of ran.entries()) assert.deepEqual([code, err], [0, ''], lines[i])
})
