/** 各种错误的句子，按代码排列：是什么、在哪里、允许什么、下一步做什么。 */
import type { errors as english } from '../en/errors.js'
import { bound } from '../numbers.js'
import { badData } from './bad-data.js'
import { calc } from './calc.js'

type Values = Readonly<Record<string, unknown>>

const quoted = (value: unknown): string => {
  const text = typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return `"${text.length > 60 ? `${text.slice(0, 57)}…` : text}"`
}

const limit = (v: Values): string => (typeof v['limit'] === 'number' ? bound(v['limit']) : String(v['limit']))

const list = (values: unknown): string => (Array.isArray(values) ? values.map(String).join('、') : String(values))

/** 块格式的名称，单个值没有这种格式。 */
const isBlock = (name: unknown): boolean => /^(mx(fp|int)\d|nvfp4)/i.test(String(name))

const meant = ({ suggestion }: Values): string => (suggestion === undefined ? '' : `；是否想用 ${suggestion}？`)

const subject = (v: Values): string => {
  if (v['file'] !== undefined && v['line'] !== undefined) {
    const path = v['path'] === '' || v['path'] === undefined ? '' : ` ${v['path']}：`
    return `${v['file']}:${v['line']}:${v['column']}${path} `
  }
  if (v['file'] !== undefined) return `${v['file']}：`
  return v['option'] === undefined ? '' : `${v['onCommandLine'] === true ? '--' : ''}${v['option']} 的值无效：`
}

/** --scale、-o */
const option = (name: unknown): string => `${String(name).length === 1 ? '-' : '--'}${name}`

/** What the operating system refused. */
const refused = (reason: unknown): string =>
  ({
    EACCES: '没有权限',
    EPERM: '没有权限',
    EROFS: '所在介质为只读',
    ENOENT: '没有这个目录',
    ENOTDIR: '路径中有一部分不是目录',
    ENAMETOOLONG: '文件名太长',
    ENOSPC: '空间不足',
    EDQUOT: '空间不足',
    EBUSY: '正被另一个程序使用',
  })[String(reason)] ?? String(reason)

const numberForms = '可写作 65536、2^16、1e4 或 0x1p16。'

/** 课程文件的模式要求什么，按校验器的用词。 */
const wanted: Readonly<Record<string, string>> = {
  string: '此处应为文本',
  number: '此处应为数',
  int: '此处应为整数',
  boolean: '此处应为 true 或 false',
  object: '此处应为映射（键: 值）',
  record: '此处应为映射（键: 值）',
  array: '此处应为列表',
  numbers: '此处应为数的列表',
  too_small: '太小或为空',
  custom: 'verdict 至少需要两条规则，规则需要指标，指标需要 above、below 或 equals',
  too_big: '太大',
}

const measured = (metrics: unknown): string[] =>
  Object.entries(metrics as Readonly<Record<string, number>>).map(([name, x]) => `${name} = ${x}`)

const problems: Readonly<Record<string, (v: Values) => string>> = {
  'not-a-multiple': (v) => `${quoted(v['value'])} 必须是注意力头数 ${v['limit']} 的倍数。`,
  'not-a-count': (v) => `${quoted(v['value'])} 不是数量。可写 7B、350M、65536 或 1.5e9。`,
  'not-a-number': (v) => `${quoted(v['value'])} 不是数。${numberForms}`,
  'not-finite': (v) => `${quoted(v['value'])} 不是有限数。`,
  'not-an-integer': (v) => `${quoted(v['value'])} 不是整数。`,
  'not-above': (v) => `${quoted(v['value'])} 必须大于 ${limit(v)}。`,
  'below-minimum': (v) => `${quoted(v['value'])} 不得小于 ${limit(v)}。`,
  'not-below': (v) => `${quoted(v['value'])} 必须小于 ${limit(v)}。`,
  'above-maximum': (v) => `${quoted(v['value'])} 不得大于 ${limit(v)}。`,
  'no-profile': (v) =>
    v['numbers'] === true
      ? `${quoted(v['value'])} 是存有数值的文件，请用 --input ${v['value']} 读取。这里可用：${list(v['allowed'])}，或 train-… --record 写出的 .json。`
      : `没有名为 ${quoted(v['value'])} 的梯度记录：可用 ${list(v['allowed'])}，或 train-… --record 写出的 .json${meant(v) || '。'}`,
  'not-allowed': (v) => `${quoted(v['value'])} 不在可选值之中：${list(v['allowed'])}${meant(v) || '。'}`,
  'wrong-type': (v) => `${quoted(v['value'])}：${wanted[String(v['expected'])] ?? v['expected']}。`,
  'too-precise': (v) => `${quoted(v['value'])} 的精度为 ${v['precision']} 位；算术最多支持 ${v['limit']} 位，即 fp32。`,
  'too-many-codes': (v) => `${v['value']} 的编码超过 ${v['limit']} 个，一行放不下。可试 e2m1、e2m3 或 e3m2。`,
  'fixed-there': (v) => `${v['policy']} 的代码中固定为 ${v['limit']}，不能改。`,
  'needs-amax': (v) =>
    `${v['value']} 看的是每一步最大的梯度，不只是有没有上溢；请用 fpsim dynamic-scaling。此处可用：${list(v['allowed'])}。`,
  missing: () => '缺少值。',
  undecided: (v) =>
    `${(v['held'] as string[]).length === 0 ? `${quoted(v['value'])} 的规则没有一条成立` : `${quoted(v['value'])} 的规则有几条同时成立（${list(v['held'])}）`}：${list(measured(v['metrics']))}。`,
  'given-twice': (v) => `给出了多次：${list(v['value'])}。只能给一次。`,
}

/** Why a text is not YAML, by the parser's code. */
const yamlReasons: Readonly<Record<string, string>> = {
  ALIAS_PROPS: '别名（*name）不能再带锚点或标签',
  BAD_ALIAS: '没有可引用的同名锚点（*name）',
  BAD_COLLECTION_TYPE: '此处应为另一种列表或映射',
  BAD_DIRECTIVE: '无法识别这一 % 行',
  BAD_DQ_ESCAPE: '没有这种反斜杠转义',
  BAD_INDENT: '缩进有误',
  BAD_PROP_ORDER: '锚点和标签必须写在值之前',
  BAD_SCALAR_START: '不加引号的文本不能这样开头；请加引号',
  BLOCK_AS_IMPLICIT_KEY: '键必须独占一行',
  BLOCK_IN_FLOW: '{ } 与 [ ] 之内不能使用缩进块',
  DUPLICATE_KEY: '这个键已经出现过',
  KEY_OVER_1024_CHARS: '这个键太长；可能缺少右引号或右括号',
  MISSING_CHAR: '缺少一个字符：引号、括号、逗号或冒号后的空格',
  MULTILINE_IMPLICIT_KEY: '键必须写在一行之内；可能缺少引号或冒号',
  MULTIPLE_DOCS: '一个文件只放一课；请删去第二个 ---',
  NOT_UTF8: '文件不是 UTF-8 文本',
  TAB_AS_INDENT: '请用空格缩进，不要用制表符',
  TAG_RESOLVE_FAILED: '此处不识别这个标签（!name）',
  TOO_DEEP: '嵌套层数过多',
  TOO_MANY_ALIASES: '别名（*name）的重复次数过多',
  UNEXPECTED_TOKEN: '此处不应出现这一内容',
}

export const errors: typeof english = {
  'ambiguous-format': (v: Values) =>
    `${subject({ ...v, option: undefined })}${quoted(v['name'])} 可指多种格式，请写明：${list(v['candidates'])}。${v['among'] === 'blocks' ? '' : '（OCP 的 E4M3，最大值 448，是 e4m3fn。）'}`,
  'bad-data': (v: Values): string => {
    const sentence = (badData as Readonly<Record<string, (v: Values) => string>>)[String(v['problem'])]
    return sentence ? sentence(v) : `${v['file']}：数据无法读取（${v['problem']}）。`
  },
  'cannot-write': (v: Values) =>
    v['file'] === '-'
      ? `无法写入标准输出：${refused(v['reason'])}。`
      : `无法写入 ${v['file']}：${refused(v['reason'])}。没有写出任何内容。`,
  'carrier-too-narrow': (v: Values) =>
    `${v['format']} 的有些值无法用 ${v['carrier']} 表示；请${v['carrier'] === 'fp32' ? '改用 Float64Array' : '改用更窄的格式'}。`,
  'code-too-wide': (v: Values) =>
    `${v['format']} 的编码有 ${v['width']} 位；此处只能精确表示至多 53 位的编码。其数值的舍入仍然精确。`,
  'conflicting-sources': (v: Values) => `${list((v['given'] as string[]).map((name) => `--${name}`))} 只能给一个。`,
  'expectation-failed': (v: Values): string => {
    if (v['bound'] === 'number') return `${subject(v)}${v['metric']} 为 ${v['value']}：该问题没有答案。`
    const bound = { above: '应大于', below: '应小于', equals: '应等于' }[String(v['bound'])] ?? String(v['bound'])
    return `${subject(v)}${v['metric']} 为 ${v['value']}，${bound} ${v['limit']}。`
  },
  'invalid-code': (v: Values) =>
    `${quoted(v['code'])} 不是 ${v['format']} 的编码：应为 0 到 2^${v['width']} - 1 的整数，可写作 0x7bff、0b0111 或十进制。`,
  'invalid-expression': (v: Values): string => {
    const problem = (calc.problems as Readonly<Record<string, (v: Values) => string>>)[String(v['problem'])]
    return `${calc.place(v)}${problem?.(v) ?? '表达式有误'}`
  },
  'invalid-value': (v: Values): string => {
    const problem = problems[String(v['problem'])]
    const detail = problem ? problem(v) : `不允许 ${quoted(v['value'])}；可选：${list(v['allowed'])}${meant(v) || '。'}`
    return `${subject(v)}${detail}`
  },
  'is-a-directory': (v: Values) => `${v['file']} 是目录；请给出文件本身。`,
  'missing-file': (v: Values) => `${v['file']}：没有这个文件${meant(v) || '。'}`,
  'missing-random': () => '随机舍入需要随机数：请给出 `random`，即 [0, 1) 内的数或返回它的函数。',
  'no-match': (v: Values) =>
    `没有张量符合 ${quoted(v['glob'])}${meant(v) || '。'}现有：${list((v['names'] as unknown[] | undefined)?.slice(0, 8) ?? [])}。`,
  'no-nan-code': (v: Values) => `${v['format']} 没有 NaN 的编码。`,
  'not-a-value': (v: Values) => `${v['value']} 不是 ${v['format']} 的值；请先舍入。`,
  'out-of-memory': (v: Values) => `内存不足：还需要 ${v['bytes']} 字节。可减小批量或模型。`,
  'stray-argument': (v: Values): string =>
    v['option'] === undefined
      ? `多余的参数 ${quoted(v['value'])}。见 fpsim ${v['command']} --help。`
      : `多余的参数 ${quoted(v['value'])}；是否想用 --${v['option']} ${v['value']}？（PowerShell 会丢掉 npm start -- … 中的 --：请改用 npx fpsim ${v['command']} --${v['option']} ${v['value']}）`,
  'too-large': (v: Values) => `${v['file']} 有 ${v['size']} 字节，作为课程文件太大（至多 ${v['limit']}）。`,
  unexpected: (v: Values) => `fpsim 内部出错：${v['reason'] ?? JSON.stringify(v)}。请报告此问题。`,
  'unknown-command': (v: Values) =>
    `未知命令 ${quoted(v['name'])}${meant(v) || '。'}fpsim list 列出课程，fpsim --help 列出其余命令。`,
  'unknown-format': (v: Values) =>
    v['among'] === 'blocks'
      ? `${subject({ ...v, option: undefined })}未知的块格式 ${quoted(v['name'])}${meant(v) || '。'}可用：${list(v['allowed'])}。`
      : v['among'] === 'sums'
        ? `${subject({ ...v, option: undefined })}${quoted(v['name'])} 既不是格式（\`fpsim formats\`），也不是下列 GPU：${list(v['allowed'])}${meant(v) || '。'}`
        : isBlock(v['name'])
          ? `${subject({ ...v, option: undefined })}${quoted(v['name'])} 是块格式，一块值共用缩放系数：见 \`fpsim mx-blocks\`。`
          : `${subject({ ...v, option: undefined })}未知格式 ${quoted(v['name'])}${meant(v) || '。'}\`fpsim formats\` 列出全部格式；任意 eXmY 也可用，X 为 2 到 11，Y 为 1 到 52。`,
  'unknown-key': (v: Values): string => {
    if (Array.isArray(v['having']))
      return `${subject({ ...v, option: undefined, path: '' })}${list(v['policies'])} 没有 ${v['onCommandLine'] === true ? option(v['key']) : v['key']}；有此项的策略：${list(v['having'])}。`
    const allowed = v['suggestion'] === undefined && Array.isArray(v['allowed']) && v['allowed'].length > 0
    return `${subject({ ...v, option: undefined, path: '' })}未知的${v['onCommandLine'] === true ? `选项 ${option(v['key'])}` : `名称 ${quoted(v['key'])}`}${meant(v) || (allowed ? `；此处可用：${list(v['allowed'])}。` : '。')}`
  },
  'unknown-scenario': (v: Values) =>
    `${subject({ ...v, option: undefined })}没有名为 ${quoted(v['name'])} 的课程${meant(v) || '。'}fpsim list 列出全部课程。`,
  'unreadable-file': (v: Values) =>
    `无法读取 ${v['file']}${v['reason'] === undefined ? '' : `：${refused(v['reason'])}`}。`,
  'unsupported-combination': (v: Values) =>
    `${subject({ ...v, option: undefined })}此处不支持：${list(v['options'])}${meant(v) || (v['allowed'] === undefined ? '。' : `；可用：${list(v['allowed'])}。`)}`,
  'wrong-usage': (v: Values): string => {
    if (v['problem'] === 'needs-option')
      return `--${v['option']} 须与 --${v['other']}${v['value'] === undefined ? '' : ` ${v['value']}`} 一起使用，否则不起作用。`
    if (v['problem'] === 'needs-value')
      return `--${v['option']} 需要一个值${Array.isArray(v['allowed']) ? `：${list(v['allowed'])}` : ''}。`
    if (v['problem'] === 'takes-no-value') return `--${v['option']} 不带值。`
    if (v['problem'] === 'missing-argument') return `${v['command']} 需要 ${v['argument']}：${v['example']}`
    if (v['problem'] === 'one-output') return `${list(v['given'])} 只能给一个。`
    return `${v['reason'] ?? '用法错误'}。`
  },
  yaml: (v: Values) =>
    `${v['file']}:${v['line']}:${v['column']} 不是有效的 YAML：${yamlReasons[String(v['reason'])] ?? v['reason']}。`,
}
