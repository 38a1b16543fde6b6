/** The glossary holds in all our Chinese text: the words of fpsim, of its content and of its documents. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, test } from 'node:test'
import { isScalar, LineCounter, parseDocument, visit } from 'yaml'
import { root } from '../support.js'

interface Passage {
  readonly where: string
  readonly text: string
}

const chinese = /\p{Script=Han}/u

/** The lines of the words of fpsim that hold Chinese. */
function words(): Passage[] {
  const folder = join(root, 'src', 'text', 'zh')
  return readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .map((text, i) => ({ where: `src/text/zh/${name}:${i + 1}`, text }))
      .filter(({ text }) => chinese.test(text)),
  )
}

const yamlFiles = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? yamlFiles(path) : /\.ya?ml$/.test(entry.name) ? [path] : []
  })

/** Every `zh:` of every lesson, claim, exercise, card and term. */
function content(): Passage[] {
  return yamlFiles(join(root, 'scenarios')).flatMap((file) => {
    const lineCounter = new LineCounter()
    const found: Passage[] = []
    visit(parseDocument(readFileSync(file, 'utf8'), { lineCounter }), {
      Pair(_, { key, value }) {
        if (!isScalar(key) || key.value !== 'zh' || !isScalar(value) || typeof value.value !== 'string') return
        const { line } = lineCounter.linePos(value.range?.[0] ?? 0)
        found.push({ where: `${relative(root, file)}:${line}`, text: value.value })
      },
    })
    return found
  })
}

/** The prose of a document: its code blocks are left out. */
function prose(file: string): Passage[] {
  let isCode = false
  return readFileSync(join(root, file), 'utf8')
    .split('\n')
    .flatMap((text, i) => {
      const fence = /^\s*```/.test(text)
      if (fence) isCode = !isCode
      return fence || isCode || !chinese.test(text) ? [] : [{ where: `${file}:${i + 1}`, text }]
    })
}

const all = [...words(), ...content(), ...prose('README.zh.md'), ...prose('scenarios/README.zh.md')]

/** What a rule may meet all the same, and why. */
const allowed: readonly (readonly [text: RegExp, why: string])[] = [
  [/“溢出”/g, 'the word itself, quoted where it is explained'],
  [/防止梯度溢出/g, 'what people say, word for word: the claim prevents-overflow'],
  [/(时间提升|内存节省): /g, 'the lines that the program of the course prints'],
  [/内存不足/g, 'the memory of the computer, not of the device'],
  [/MB 内存/g, 'the memory of the computer, not of the device'],
  [/(名称|库),…/g, 'what is typed on a command line'],
  [/(键: 值|title: \{ en: )/g, 'what is written in YAML'],
  [/70亿/g, 'what may be typed'],
]

const cleaned = (text: string): string => allowed.reduce((rest, [pattern]) => rest.replaceAll(pattern, ''), text)

/** 精度 alone is clear where its sentence speaks of bits or of range; elsewhere it could be the accuracy of a model. */
const namedPrecision = /(混合|半|单|双|高|低|数值|模型|机器|相对|绝对|原|同等)精度|精度(累加|方案|校准)|混合精度训练/g
const aboutFormats = /范围|位|尾数|阶码/

interface Rule {
  readonly name: string
  readonly broken: (text: string) => boolean
  /** One text that breaks it and one that does not. */
  readonly bad: string
  readonly good: string
}

const matches =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text)

const rules: readonly Rule[] = [
  {
    name: '溢出 is 上溢 or 下溢',
    broken: matches(/(?<![上下])溢出(?!检测)/u),
    bad: '梯度溢出了',
    good: '梯度上溢，溢出检测发现了',
  },
  { name: 'the memory of a GPU is 显存', broken: matches(/内存/u), bad: '节省内存', good: '节省显存' },
  {
    name: '渐变 is no gradient',
    broken: matches(/(?<!逐)渐变(?![小大化])/u),
    bad: '渐变消失',
    good: '梯度逐渐变小',
  },
  { name: 'one word for subnormals', broken: matches(/非规[格约]化?数/u), bad: '非规格化数', good: '次正规数' },
  {
    name: '冲零 is what hardware does to subnormals (FTZ)',
    broken: (text) => text.split('。').some((sentence) => /冲零/.test(sentence) && !/FTZ|硬件|次正规数/.test(sentence)),
    bad: '小梯度被冲零',
    good: '小梯度在支持 FTZ 的硬件上被冲零',
  },
  {
    name: '精度 says which',
    broken: (text) =>
      text
        .replaceAll(namedPrecision, '')
        .split('。')
        .some((sentence) => /精度/.test(sentence) && !aboutFormats.test(sentence)),
    bad: '训练后精度下降',
    good: '训练后模型精度下降。FP16 的精度是 11 位',
  },
  {
    name: 'punctuation between Chinese is full-width',
    broken: matches(
      /\p{Script=Han}[,;:!?]|[,;:!?]\p{Script=Han}|\p{Script=Han}\(|\)\p{Script=Han}|\p{Script=Han}\.(?!\w)/u,
    ),
    bad: '上溢,然后跳过(一步)',
    good: '上溢，然后跳过（一步），见 step()',
  },
  {
    name: 'a blank stands between Chinese and Latin letters or digits',
    broken: matches(/\p{Script=Han}[A-Za-z0-9]|[A-Za-z0-9%]\p{Script=Han}/u),
    bad: '使用FP16计算',
    good: '使用 FP16 计算',
  },
]

describe('the glossary in all Chinese text', () => {
  test('there is text to judge, of every kind', () => {
    for (const part of [words(), content(), prose('README.zh.md'), prose('scenarios/README.zh.md')])
      assert.ok(part.length > 40, `${part.length}`)
  })

  for (const { name, broken, bad, good } of rules)
    test(name, () => {
      assert.deepEqual([broken(bad), broken(good)], [true, false])
      const found = all.filter(({ text }) => broken(cleaned(text)))
      assert.deepEqual(
        found.map(({ where, text }) => `${where} ${text.trim().slice(0, 90)}`),
        [],
      )
    })

  test('nothing is allowed that does not occur', () => {
    for (const [pattern, why] of allowed)
      assert.ok(
        all.some(({ text }) => text.search(pattern) >= 0),
        why,
      )
  })
})
