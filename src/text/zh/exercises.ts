/** The words of exercises and grading, in Chinese. */
import type { exercises as english } from '../en/exercises.js'
import { number, percent } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>
type Unknown = Readonly<Record<string, unknown>>

const place = (v: Unknown): string =>
  v['line'] === undefined
    ? v['file'] === undefined
      ? ''
      : `${v['file']}：`
    : `${v['file']}:${v['line']}${v['column'] === undefined ? '' : `:${v['column']}`}${v['path'] ? ` ${v['path']}：` : ' '}`

const list = (values: unknown): string => (Array.isArray(values) ? values.map(String).join('、') : String(values))

const problems: Readonly<Record<string, (v: Unknown) => string>> = {
  'one-answer': (v) => `必须有且只有其中一项：${list(v['kinds'])}。`,
  'one-draw': () => '必须有且只有其中一项：from、between、powers、hex。',
  'draws-one-thing': () => '至少要有两个不同的值可抽。',
  'not-a-range': () => '此处应是两个数，小的在前：[1, 9]。',
  'step-or-digits': () => 'between 需要 step 或 digits 二者之一。',
  'uneven-cases': (v) => `每个 case 的名称必须相同：${v['names']}。`,
  'too-few-choices': () => '至少需要两个选项。',
  'one-otherwise': () => '最多只能有一个选项没有规则（if）。',
  'choice-twice': () => '有两个选项的 id 相同。',
  'choice-id': () => '选项的 id 不能只有一个字母：单个字母表示选项的位置。',
  'no-answer': (v) =>
    `种子为“${v['seed']}”时，运行得不出答案${v['metric'] === undefined ? '' : `：${v['metric']} 为 ${v['value']}`}${v['choices'] === undefined ? '' : `：符合的选项有 ${list(v['choices']) || '0 个'}`}。`,
  'unknown-name': (v) =>
    `{${v['key']}} 既不是抽取的值，也不是运行的参数或指标${v['suggestion'] === undefined ? '' : `；是不是想写 {${v['suggestion']}}？`}。`,
  'name-twice': (v) => `“${v['key']}”同时是运行的一个指标；请给抽取的值换个名称。`,
  'not-drawn': (v) => `{${v['key']}} 没有被抽取；参数中只能用抽取的值。`,
  'never-used': (v) => `抽取了“${v['key']}”，却从未使用。`,
  'same-everywhere': () => '所有变体的题目和答案都相同：请抽取真正起作用的量。',
  'right-after-all': (v) => `种子为“${v['seed']}”时，错误答案 ${v['answer']} 竟是对的。`,
  'not-readable': (v) => `种子为“${v['seed']}”时，错误答案 ${v['answer']} 无法识别。`,
  'graded-wrong': (v) => `种子为“${v['seed']}”时，算出的答案 ${v['answer']} 被判为错。`,
  'hint-tells': (v) => `种子为“${v['seed']}”时，第 ${v['hint']} 条提示泄露了答案 ${v['answer']}。`,
  'no-wrong': () => '至少需要一个错误答案，以说明评分能分辨对错。',
  'unknown-steps': (v) => `“${v['steps']}”不是训练步的调用。`,
  'not-in-runs': (v) => `运行的参数中必须有 {${v['key']}}：答案就填在那里。`,
  'bad-within': (v) => `“${v['value']}”不是容差。请用 exact、2% 或 { ulp: 1, format: fp16 }。`,
  'other-slots': (v) => `中英文所用的插槽不同：英文用 ${v['en'] || '0 个'}，中文用 ${v['zh'] || '0 个'}。`,
}

const answerProblems: Readonly<Record<string, (v: Unknown) => string>> = {
  'no-header': (v) => `第一行必须是列名：学号、题号、答案（student, exercise, answer）；缺少：${list(v['missing'])}。`,
  'no-rows': () => '其中没有答案。',
  'open-quote': () => '有引号没有在字段末尾闭合。',
  'short-row': (v) => `有 ${v['found']} 个字段，而表头有 ${v['wanted']} 个。`,
  'long-row': (v) => `有 ${v['found']} 个字段，而表头有 ${v['wanted']} 个；含分隔符的文字请加引号。`,
  'no-student': () => '没有学号。',
  'no-exercise': () => '没有题号。',
  'unknown-exercise': (v) =>
    `没有“${v['value']}”这道题${v['suggestion'] === undefined ? '。' : `；是不是想写 ${v['suggestion']}？`}`,
  'spreadsheet-number': (v) => `“${v['value']}”是被电子表格缩写的学号；请把该列设为文本格式后重新输入。`,
  again: (v) =>
    `${v['student']} 重复回答了 ${v['exercise']}；先前的答案（${v['firstFile'] === undefined ? `第 ${v['first']} 行` : `${v['firstFile']}:${v['first']}`}）不再计入。`,
  'two-spellings': (v) => `${v['student']} 与 ${v['other']} 只差前导零；按两名学生批改。`,
  'column-twice': (v) => `有两列都叫“${v['name']}”；请给其中一列改名。`,
  'no-run': (v) => `运行失败：${v['reason']}`,
  exists: () => '文件已存在，其中可能有答案；请换一个文件名，或先删除它。',
  'no-files': () => '此文件夹中没有答案文件（.csv、.tsv、.txt、.yaml）。',
  encoding: () => '文件编码既不是 UTF-8 也不是 GB18030。',
  'no-gb18030': () => '文件不是 UTF-8，而此 Node.js 不能读取 GB18030（small-icu）。请另存为 UTF-8。',
  'not-answers': () => '此处应是答案列表：answers: [{ student, exercise, answer }]。',
  'not-a-text': (v) => `${v['key']} 必须是文字或数。`,
}

const timesOff = (v: Values): string => {
  const times = Number(v['times'])
  if (!(times < Number.POSITIVE_INFINITY)) return ''
  const written = number(times, 2)
  return v['side'] === 'above' ? `：是实际值的 ${written} 倍` : `：只有实际值的 ${written} 分之一`
}

const told = (v: Values, name: string): string => (v[name] === true ? '对' : '错')

const forms: Readonly<Record<string, readonly [string, string]>> = {
  number: ['数值', '2^-24、5.96e-8、1/3、3.3 % 等写法均可'],
  code: ['编码', '十六进制、二进制位或十进制'],
  choice: ['字母', ''],
  order: ['各调用', '名称或序号，按你的顺序'],
  predict: ['猜测值', '接近也得分'],
  find: ['数值', '换别的值反复运行命令，直到找到'],
}

export const exercises: typeof english = {
  errors: {
    'bad-exercise': (v) =>
      `${place(v)}${v['id'] === undefined ? '' : `${v['id']}：`}${problems[String(v['problem'])]?.(v) ?? v['problem']}`,
    'bad-answers': (v) => `${place(v)}${answerProblems[String(v['problem'])]?.(v) ?? v['problem']}`,
  },
  findings: {
    'exercise-text': (v) => String(v['text']),
    'exercise-how': (v) => {
      const [what, about] = forms[String(v['kind'])] ?? ['数值', '']
      return `作答：fpsim exercise answer ${v['id']} ${what}${v['options']}${about === '' ? '' : `（${about}）`}`
    },
    'exercise-hints': (v) =>
      `提示 ${v['hints']} 条：fpsim exercise hint ${v['id']}${v['options']}${v['hints'] === 1 ? '' : ` [--level 1…${v['hints']}]`}`,
    'exercise-hint': (v) => `提示 ${v['level']}/${v['hints']}：${v['text']}`,
    'exercise-counted': (v) =>
      `${v['exercises']} 道练习${v['solved'] === 0 ? '' : `，已解出 ${v['solved']} 道`}；题中的数由 --seed（你的学号）抽取。`,
    'exercise-none': () => '此处还没有练习。',
    'exercise-list-hint': (v) =>
      `fpsim exercise 章号或课名${v['from']} 列出详情，fpsim exercise show ID${v['from']} 出题。答案不保密：fpsim exercise solution ID${v['from']} 可查看。`,
    'exercise-right': (v) => `正确：${v['answer']}`,
    'exercise-partly': (v) => `部分正确，得 ${percent(Number(v['score']))} 的分：${v['answer']}`,
    'exercise-wrong': (v) => `不对：${v['answer']}`,
    'exercise-unreadable': (v) => `“${v['answer']}”无法识别为答案。`,
    'exercise-blank': () => '没有作答。',
    'exercise-guessed': (v) => `你猜 ${v['answer']}，实际是 ${v['truth']}。`,
    'exercise-check': (v) => `验证：${v['commands']}`,
    'exercise-try': (v) => `试一试：${v['commands']}`,
    'exercise-solution': (v) => `答案是 ${v['answer']}`,
    'exercise-no-number': () => '请给出一个数：65536、2^-24、5.96e-8、1/3、3.3 %。',
    'exercise-no-code': (v) => `请给出 ${v['format']} 的编码：十六进制（0x…）、${v['width']} 个二进制位或十进制。`,
    'exercise-no-choice': (v) => `请给出 A 到 ${String.fromCharCode(64 + Number(v['choices']))} 中的一个字母。`,
    'exercise-no-calls': () => '请按你的顺序给出各调用的名称或序号。',
    'exercise-near': () => '接近，但还不够。',
    'exercise-sign': () => '大小对，符号错。',
    'exercise-factor-of-two': () => '差了一个 2 的幂。',
    'exercise-factor-of-ten': () => '差了一个 10 的幂。',
    'exercise-not-it': () => '答案不是这个。',
    'exercise-guess-near': (v) => `接近${timesOff(v)}。`,
    'exercise-guess-far': (v) => `${Number(v['times']) < 10 ? '不够接近' : '相差很远'}${timesOff(v)}。`,
    'exercise-fields': (v) =>
      `逐域对照：符号位${told(v, 'sign')}，阶码${told(v, 'exponent')}，尾数${told(v, 'fraction')}。`,
    'exercise-other-calls': (v) => `${v['wanted']} 个调用每个都要出现一次；这里有 ${v['given']} 个。`,
    'exercise-order': (v) =>
      v['line'] === 0
        ? '按这个顺序会出错。'
        : `按这个顺序，第 ${v['line']} 个调用${v['call'] === '' ? '' : `（${v['call']}）`}处出错。`,
    'exercise-off-grid': (v) =>
      v['grid'] === 'powers' ? '应是 2 的幂。' : v['grid'] === 'integers' ? '应是整数。' : `应是 ${v['grid']} 的值。`,
    'exercise-out-of-range': () => '命令不接受这个值。',
    'exercise-rule-fails': () => '取这个值时不成立。',
    'exercise-not-smallest': () => '取这个值时成立，但取更小的值也成立。',
    'exercise-not-largest': () => '取这个值时成立，但取更大的值也成立。',
    'grade-counted': (v) =>
      `${v['students']} 名学生对 ${v['exercises']} 道题的 ${v['answers']} 份答案：得到总分的 ${percent(Number(v['share']))}。`,
    'grade-problems': (v) => `${v['rows']} 行无法评分，已列在上方（标准错误）。`,
    'grade-absent': (v) => `${v['count']} 名学生没有一行可以批改，因此不在下表中：${v['names']}。`,
    'grade-more': (v) => `另有 ${v['rows']} 名学生：--csv 或 --json 给出全部。`,
  },
  labels: {
    'exercise-subject': (v) => `${v['id']} · ${v['lesson']}${v['seed'] === '1' ? '' : ` · 种子 ${v['seed']}`}`,
    'exercise-kind-number': () => '数值',
    'exercise-kind-code': () => '编码',
    'exercise-kind-choice': () => '选择',
    'exercise-kind-order': () => '排序',
    'exercise-kind-predict': () => '猜测',
    'exercise-kind-find': () => '查找',
    'exercise-id': () => '题号',
    'exercise-lesson': () => '课',
    'exercise-kind': () => '题型',
    'exercise-about': () => '内容',
    'grade-student': () => '学号',
    'grade-points': () => '得分',
    'grade-share': () => '得分率',
    'grade-answers': () => '答案数',
    'grade-right': () => '对',
    'grade-partly': () => '部分对',
    'grade-wrong': () => '错',
    'grade-blank': () => '未答',
    'grade-unreadable': () => '无法识别',
    'grade-by-student': () => '按学生',
    'grade-by-exercise': () => '按题目',
    'sheet-title': (v) => (v['students'] === 1 ? '练习' : `${v['students']} 名学生的练习`),
    'sheet-student': (v) => `学号 ${v['name']}`,
    'sheet-answer': () => '答案：',
    'sheet-how': (v) => `可自行核对：\`fpsim exercise answer ID 数值 --seed ${v['seed']}${v['from']}\``,
  },
  options: {
    'exercise.level': '第几条提示，1 最浅',
    'exercise.from': '自己的练习所在的文件夹',
    'exercise.class': 'sheet：学生名单文件，每行一个，或带“学号”列的 CSV',
    'exercise.answers': 'sheet：同时写出一个供学生填写答案的 CSV',
    'grade.from': '自己的练习所在的文件夹',
    'grade.details': '与 --csv 同用：每份答案一行，而不是每名学生一行',
  },
}
