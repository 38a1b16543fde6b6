/** The sentences of errors, by code: what, where, what is allowed, the next step. */

import { bound } from '../numbers.js'
import { badData } from './bad-data.js'
import { calc } from './calc.js'

type Values = Readonly<Record<string, unknown>>

const limit = (v: Values): string => (typeof v['limit'] === 'number' ? bound(v['limit']) : String(v['limit']))

/** Quoted as typed, shortened where it is long. */
const quoted = (value: unknown): string => {
  const text = typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return `"${text.length > 60 ? `${text.slice(0, 57)}…` : text}"`
}

const list = (values: unknown): string => (Array.isArray(values) ? values.map(String).join(', ') : String(values))

/** Names of block formats, which single values do not have. */
const isBlock = (name: unknown): boolean => /^(mx(fp|int)\d|nvfp4)/i.test(String(name))

const meant = ({ suggestion }: Values): string => (suggestion === undefined ? '' : `; did you mean ${suggestion}?`)

/** Where in a lesson file, or which option: the head of a sentence about a value. */
const subject = (v: Values): string => {
  if (v['file'] !== undefined && v['line'] !== undefined) {
    const path = v['path'] === '' || v['path'] === undefined ? '' : ` ${v['path']}:`
    return `${v['file']}:${v['line']}:${v['column']}${path} `
  }
  if (v['file'] !== undefined) return `${v['file']}: `
  return v['option'] === undefined ? '' : `invalid ${v['onCommandLine'] === true ? '--' : ''}${v['option']}: `
}

/** --scale, -o */
const option = (name: unknown): string => `${String(name).length === 1 ? '-' : '--'}${name}`

/** What the operating system refused. */
const refused = (reason: unknown): string =>
  ({
    EACCES: 'no permission',
    EPERM: 'no permission',
    EROFS: 'it is on a read-only medium',
    ENOENT: 'there is no such folder',
    ENOTDIR: 'a part of the path is not a folder',
    ENAMETOOLONG: 'the name is too long',
    ENOSPC: 'no space is left',
    EDQUOT: 'no space is left',
    EBUSY: 'another program is using it',
  })[String(reason)] ?? String(reason)

const numberForms = 'Try 65536, 2^16, 1e4 or 0x1p16.'

/** What a lesson's schema wants, by the validator's word for it. */
const wanted: Readonly<Record<string, string>> = {
  string: 'text belongs here',
  number: 'a number belongs here',
  int: 'a whole number belongs here',
  boolean: 'true or false belongs here',
  object: 'a mapping (key: value) belongs here',
  record: 'a mapping (key: value) belongs here',
  array: 'a list belongs here',
  numbers: 'a list of numbers belongs here',
  too_small: 'too small or empty',
  custom: 'a verdict needs two rules, a rule a metric, and a metric above, below or equals',
  too_big: 'too large',
}

const measured = (metrics: unknown): string[] =>
  Object.entries(metrics as Readonly<Record<string, number>>).map(([name, x]) => `${name} = ${x}`)

const problems: Readonly<Record<string, (v: Values) => string>> = {
  'not-a-multiple': (v) => `${quoted(v['value'])} must be a multiple of the ${v['limit']} heads.`,
  'not-a-count': (v) => `${quoted(v['value'])} is no count. Try 7B, 350M, 65536 or 1.5e9.`,
  'not-a-number': (v) => `${quoted(v['value'])} is not a number. ${numberForms}`,
  'not-finite': (v) => `${quoted(v['value'])} is not a finite number.`,
  'not-an-integer': (v) => `${quoted(v['value'])} is not a whole number.`,
  'not-above': (v) => `${quoted(v['value'])} must be greater than ${limit(v)}.`,
  'below-minimum': (v) => `${quoted(v['value'])} must be ${limit(v)} or more.`,
  'not-below': (v) => `${quoted(v['value'])} must be less than ${limit(v)}.`,
  'above-maximum': (v) => `${quoted(v['value'])} must be ${limit(v)} or less.`,
  'no-profile': (v) =>
    v['numbers'] === true
      ? `${quoted(v['value'])} is a file of numbers: --input ${v['value']} reads it. Here: ${list(v['allowed'])}, or a .json that train-… --record wrote.`
      : `${quoted(v['value'])} is no recorded profile: ${list(v['allowed'])}, or a .json that train-… --record wrote${meant(v) || '.'}`,
  'not-allowed': (v) => `${quoted(v['value'])} is not one of ${list(v['allowed'])}${meant(v) || '.'}`,
  'wrong-type': (v) => `${quoted(v['value'])}: ${wanted[String(v['expected'])] ?? v['expected']}.`,
  'too-precise': (v) =>
    `${quoted(v['value'])} has ${v['precision']} bits of precision; arithmetic is for ${v['limit']} at most, fp32.`,
  'too-many-codes': (v) =>
    `${v['value']} has more than ${v['limit']} codes, too many for one line. Try e2m1, e2m3 or e3m2.`,
  'fixed-there': (v) => `${v['policy']} always uses ${v['limit']}, fixed in its code.`,
  'needs-amax': (v) =>
    `${v['value']} follows the largest gradient of each step, not overflows alone; fpsim dynamic-scaling runs it. Here: ${list(v['allowed'])}.`,
  missing: () => 'a value is missing.',
  undecided: (v) =>
    `${(v['held'] as string[]).length === 0 ? `none of the rules of ${quoted(v['value'])} holds` : `more than one rule of ${quoted(v['value'])} holds (${list(v['held'])})`}: ${list(measured(v['metrics']))}.`,
  'given-twice': (v) => `it is given more than once: ${list(v['value'])}. Give it once.`,
}

/** Why a text is not YAML, by the parser's code. */
const yamlReasons: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias (*name) takes no anchor or tag',
  BAD_ALIAS: 'there is nothing of that name to repeat (*name)',
  BAD_COLLECTION_TYPE: 'a list or mapping of another kind is expected',
  BAD_DIRECTIVE: 'this % line is not understood',
  BAD_DQ_ESCAPE: 'this backslash sequence does not exist',
  BAD_INDENT: 'the indentation is off',
  BAD_PROP_ORDER: 'anchors and tags must come before their value',
  BAD_SCALAR_START: 'a plain text cannot start like this; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a key must be on its own line',
  BLOCK_IN_FLOW: 'inside { } and [ ] there are no indented blocks',
  DUPLICATE_KEY: 'this key is there already',
  KEY_OVER_1024_CHARS: 'this key is too long; a closing quote or bracket may be missing',
  MISSING_CHAR: 'a character is missing: a quote, bracket, comma or the blank after a colon',
  MULTILINE_IMPLICIT_KEY: 'a key must fit on one line; a quote or colon may be missing',
  MULTIPLE_DOCS: 'one file holds one lesson; remove the second ---',
  NOT_UTF8: 'the file is not UTF-8 text',
  TAB_AS_INDENT: 'indent with blanks, not with tabs',
  TAG_RESOLVE_FAILED: 'this tag (!name) is not known here',
  TOO_DEEP: 'too deeply nested',
  TOO_MANY_ALIASES: 'too many repetitions by aliases (*name)',
  UNEXPECTED_TOKEN: 'this does not belong here',
}

export const errors = {
  'ambiguous-format': (v: Values) =>
    `${subject({ ...v, option: undefined })}${quoted(v['name'])} could be several formats; say which: ${list(v['candidates'])}.${v['among'] === 'blocks' ? '' : " (OCP's E4M3, maximum 448, is e4m3fn.)"}`,
  'bad-data': (v: Values): string => {
    const sentence = (badData as Readonly<Record<string, (v: Values) => string>>)[String(v['problem'])]
    return sentence ? sentence(v) : `${v['file']}: unreadable data (${v['problem']}).`
  },
  'cannot-write': (v: Values) =>
    v['file'] === '-'
      ? `cannot write to standard output: ${refused(v['reason'])}.`
      : `cannot write ${v['file']}: ${refused(v['reason'])}. Nothing was written.`,
  'carrier-too-narrow': (v: Values) =>
    `${v['format']} has values that ${v['carrier']} has not; use ${v['carrier'] === 'fp32' ? 'a Float64Array' : 'a narrower format'}.`,
  'code-too-wide': (v: Values) =>
    `codes of ${v['format']} have ${v['width']} bits; codes up to 53 bits are exact here. Its values still round exactly.`,
  'conflicting-sources': (v: Values) =>
    `give only one of ${list((v['given'] as string[]).map((name) => `--${name}`))}.`,
  'expectation-failed': (v: Values): string => {
    if (v['bound'] === 'number') return `${subject(v)}${v['metric']} is ${v['value']}: the question has no answer.`
    return `${subject(v)}${v['metric']} is ${v['value']}, expected ${v['bound']} ${v['limit']}.`
  },
  'invalid-code': (v: Values) =>
    `${quoted(v['code'])} is not a code of ${v['format']}: an integer from 0 to 2^${v['width']} - 1, as 0x7bff, 0b0111 or decimal.`,
  'invalid-expression': (v: Values): string => {
    const problem = (calc.problems as Readonly<Record<string, (v: Values) => string>>)[String(v['problem'])]
    return `${calc.place(v)}${problem?.(v) ?? 'wrong expression'}`
  },
  'invalid-value': (v: Values): string => {
    const problem = problems[String(v['problem'])]
    const detail = problem
      ? problem(v)
      : `${quoted(v['value'])} is not allowed; allowed: ${list(v['allowed'])}${meant(v) || '.'}`
    return `${subject(v)}${detail}`
  },
  'is-a-directory': (v: Values) => `${v['file']} is a directory; give the file itself.`,
  'missing-file': (v: Values) => `${v['file']}: no such file${meant(v) || '.'}`,
  'missing-random': () => 'stochastic rounding needs a random number: give `random`, a number in [0, 1) or a function.',
  'no-match': (v: Values) =>
    `no tensor fits ${quoted(v['glob'])}${meant(v) || '.'} There are ${list((v['names'] as unknown[] | undefined)?.slice(0, 8) ?? [])}.`,
  'no-nan-code': (v: Values) => `${v['format']} has no code for NaN.`,
  'not-a-value': (v: Values) => `${v['value']} is not a value of ${v['format']}; round it first.`,
  'out-of-memory': (v: Values) =>
    `not enough memory: ${v['bytes']} more bytes are needed. A smaller batch or model fits.`,
  'stray-argument': (v: Values): string =>
    v['option'] === undefined
      ? `unexpected ${quoted(v['value'])}. See fpsim ${v['command']} --help.`
      : `unexpected ${quoted(v['value'])}; did you mean --${v['option']} ${v['value']}? (PowerShell drops the -- of npm start -- …: there, use npx fpsim ${v['command']} --${v['option']} ${v['value']})`,
  'too-large': (v: Values) => `${v['file']} has ${v['size']} bytes, too large for a lesson (${v['limit']} at most).`,
  unexpected: (v: Values) =>
    `something went wrong inside fpsim: ${v['reason'] ?? JSON.stringify(v)}. Please report it.`,
  'unknown-command': (v: Values) =>
    `unknown command ${quoted(v['name'])}${meant(v) || '.'} fpsim list shows the lessons, fpsim --help the rest.`,
  'unknown-format': (v: Values) =>
    v['among'] === 'blocks'
      ? `${subject({ ...v, option: undefined })}unknown block format ${quoted(v['name'])}${meant(v) || '.'} There are ${list(v['allowed'])}.`
      : v['among'] === 'sums'
        ? `${subject({ ...v, option: undefined })}${quoted(v['name'])} is neither a format (\`fpsim formats\`) nor one of the GPUs ${list(v['allowed'])}${meant(v) || '.'}`
        : isBlock(v['name'])
          ? `${subject({ ...v, option: undefined })}${quoted(v['name'])} is a block format, its values share scales: see \`fpsim mx-blocks\`.`
          : `${subject({ ...v, option: undefined })}unknown format ${quoted(v['name'])}${meant(v) || '.'} \`fpsim formats\` lists them all; any eXmY works, X 2 to 11, Y 1 to 52.`,
  'unknown-key': (v: Values): string => {
    if (Array.isArray(v['having']))
      return `${subject({ ...v, option: undefined, path: '' })}${list(v['policies'])} ${(v['policies'] as unknown[]).length === 1 ? 'has' : 'have'} no ${v['onCommandLine'] === true ? option(v['key']) : v['key']}; these policies have: ${list(v['having'])}.`
    const allowed = v['suggestion'] === undefined && Array.isArray(v['allowed']) && v['allowed'].length > 0
    return `${subject({ ...v, option: undefined, path: '' })}unknown ${v['onCommandLine'] === true ? `option ${option(v['key'])}` : quoted(v['key'])}${meant(v) || (allowed ? `; known here: ${list(v['allowed'])}.` : '.')}`
  },
  'unknown-scenario': (v: Values) =>
    `${subject({ ...v, option: undefined })}there is no lesson ${quoted(v['name'])}${meant(v) || '.'} fpsim list shows them all.`,
  'unreadable-file': (v: Values) =>
    `cannot read ${v['file']}${v['reason'] === undefined ? '' : `: ${refused(v['reason'])}`}.`,
  'unsupported-combination': (v: Values) =>
    `${subject({ ...v, option: undefined })}not supported here: ${list(v['options'])}${meant(v) || (v['allowed'] === undefined ? '.' : `; allowed: ${list(v['allowed'])}.`)}`,
  'wrong-usage': (v: Values): string => {
    if (v['problem'] === 'needs-option')
      return `--${v['option']} has no effect without --${v['other']}${v['value'] === undefined ? '' : ` ${v['value']}`}.`
    if (v['problem'] === 'needs-value')
      return `--${v['option']} needs a value${Array.isArray(v['allowed']) ? `: ${list(v['allowed'])}` : ''}.`
    if (v['problem'] === 'takes-no-value') return `--${v['option']} takes no value.`
    if (v['problem'] === 'missing-argument') return `${v['command']} needs ${v['argument']}: ${v['example']}`
    if (v['problem'] === 'one-output') return `give only one of ${list(v['given'])}.`
    return `${v['reason'] ?? 'wrong usage'}.`
  },
  yaml: (v: Values) =>
    `${v['file']}:${v['line']}:${v['column']} is not valid YAML: ${yamlReasons[String(v['reason'])] ?? v['reason']}.`,
}
