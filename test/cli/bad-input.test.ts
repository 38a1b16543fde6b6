/** Wrong command lines, in both languages: one clear line, the right exit code, nothing on stdout, no file left behind. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fpsim, type Ran } from '../support.js'
import { writeBadFiles } from './bad-files.js'
import { batch, inFolder } from './batch.js'

type Row = readonly [line: readonly string[] | string, code: number, en: RegExp, zh: RegExp]

const usage: readonly Row[] = [
  ['underflow --scale big', 2, /^invalid --scale: "big" is not a number.*2\^16/, /--scale 的值无效："big" 不是数/],
  ['underflow --scale -1', 2, /--scale: "-1" must be greater than 0/, /"-1" 必须大于 0/],
  ['underflow --scale 0', 2, /--scale: "0" must be greater than 0/, /"0" 必须大于 0/],
  ['underflow --scale 1e400', 2, /"1e400" is not a finite number/, /"1e400" 不是有限数/],
  ['underflow --scale nan', 2, /"nan" is not a finite number/, /"nan" 不是有限数/],
  ['underflow --scale -inf', 2, /"-inf" is not a finite number/, /"-inf" 不是有限数/],
  [['underflow', '--scale', ''], 2, /^--scale needs a value/, /^--scale 需要一个值/],
  ['underflow --scale=', 2, /^--scale needs a value/, /^--scale 需要一个值/],
  ['underflow --scale', 2, /^--scale needs a value/, /^--scale 需要一个值/],
  ['underflow --scale --json', 2, /^--scale needs a value/, /^--scale 需要一个值/],
  ['underflow --scale 1 --scale 2', 2, /--scale: .*more than once: 1, 2/, /--scale .*多次：1、2/],
  ['underflow --scale 2^16=3', 2, /"2\^16=3" is not a number/, /"2\^16=3" 不是数/],
  ['underflow --scael 65536', 2, /unknown option --scael; did you mean --scale\?/, /选项 --scael；是否想用 --scale？/],
  ['underflow --no-scale', 2, /unknown option --no-scale/, /未知的选项 --no-scale/],
  ['underflow -s 3', 2, /unknown option -s\./, /未知的选项 -s。/],
  ['underflow --constructor 1', 2, /unknown option --constructor/, /未知的选项 --constructor/],
  ['underflow --__proto__ 1', 2, /unknown option --.*proto/, /未知的选项 --.*proto/],
  ['underflow --json=5', 2, /^--json takes no value/, /^--json 不带值/],
  ['underflow --json --csv', 2, /only one of --json, --csv/, /--json、--csv 只能给一个/],
  ['underflow --format fp61', 2, /unknown format "fp61"; did you mean fp16\?/, /未知格式 "fp61"；是否想用 fp16？/],
  ['underflow --format fp8', 2, /several formats.*e4m3fn, e5m2/, /多种格式.*e4m3fn、e5m2/],
  ['underflow --profile digits-cn', 2, /--profile: "digits-cn".*digits-cnn/, /--profile .*digits-cnn/],
  ['underflow --kind weihgts', 2, /--kind: .*did you mean weights\?/, /--kind .*是否想用 weights？/],
  ['underflow --rounding nearest', 2, /--rounding: .*nearest-even/, /--rounding .*nearest-even/],
  ['underflow --overflow wrap', 2, /--overflow: .*ieee, saturate/, /--overflow .*ieee、saturate/],
  ['underflow --follow abc', 2, /--follow: "abc" is not a number/, /--follow .*"abc" 不是数/],
  ['underflow --distribution nromal', 2, /--distribution: .*did you mean normal\?/, /--distribution .*normal？/],
  ['underflow --distribution normal --std -1', 2, /--std: "-1" must be greater/, /--std .*"-1" 必须大于/],
  ['underflow --distribution normal --count 1.5', 2, /--count: "1.5" is not a whole/, /--count .*"1.5" 不是整数/],
  ['underflow --distribution normal --count 1e12', 2, /--count: "1e12" must be .* or less/, /--count .*不得大于/],
  ['underflow --distribution normal --profile digits-cnn', 2, /only one of --/, /--.*只能给一个/],
  ['underflow --input good.npy --distribution normal', 2, /only one of --input, --d/, /--input、--d.*只能给一个/],
  ['underflow --tensor nothing', 2, /no tensor fits "nothing".*conv1/, /没有张量符合 "nothing".*conv1/],
  ['training-step --scale 1e-40', 2, /--scale: "1e-40" must be 2\^-100 or more/, /--scale .*不得小于 2\^-100/],
  ['training-step --rest 1e40', 2, /--rest: "1e40" must be 2\^100 or less/, /--rest .*不得大于 2\^100/],
  ['adam-epsilon --beta2 2', 2, /must be 0\.999999999 or less/, /不得大于 0\.999999999/],
  ['underflow --width 10', 2, /--width: "10" must be 40 or more/, /--width .*不得小于 40/],
  ['underflow --width 99999', 2, /--width: "99999" must be \d+ or less/, /--width .*不得大于/],
  ['underflow --width 80.5', 2, /--width: "80.5" is not a whole number/, /--width .*不是整数/],
  ['underflow --width wide', 2, /--width: "wide" is not a number/, /--width .*不是数/],
  ['underflow --charset utf8', 2, /--charset: .*unicode, ascii/, /--charset .*unicode、ascii/],
  ['underflow --ambiguous both', 2, /--ambiguous: .*auto, narrow, wide/, /--ambiguous .*auto、narrow、wide/],
  ['underflow 65536', 2, /"65536"; did you mean --scale 65536\?.*PowerShell/, /是否想用 --scale 65536？.*PowerShell/],
  ['underflow x.npy', 2, /did you mean --input x\.npy\?/, /是否想用 --input x\.npy？/],
  ['underflow bf16', 2, /did you mean --format bf16\?/, /是否想用 --format bf16？/],
  ['underflow foo', 2, /unexpected "foo".*fpsim underflow --help/, /多余的参数 "foo".*fpsim underflow --help/],
  [
    'dynamic-scaling --policies static --growth-interval 10',
    2,
    /^static has no --growth-interval; these policies have: pytorch, .*adaptive\.$/m,
    /^static 没有 --growth-interval；有此项的策略：pytorch、.*adaptive。$/m,
  ],
  [
    'dynamic-scaling naive --growth-interval 10',
    2,
    /^invalid --growth-interval: naive always uses 1/,
    /--growth-interval 的值无效：naive 的代码中固定为 1/,
  ],
  ['dynamic-scaling --tolerance 0.1', 2, /have no --tolerance; .*: fairseq\./, /没有 --tolerance；.*：fairseq。/],
  ['dynamic-scaling --policies none --init-scale 4', 2, /--init-scale: none always uses 1/, /none 的代码中固定为 1/],
  [
    'dynamic-scaling --init_scale 4 --init-scale 8',
    2,
    /one of --init_scale, --init-scale\./,
    /--init_scale、--init-scale /,
  ],
  [
    'dynamic-scaling --initial-scale-power 200',
    2,
    /--initial-scale-power: "200" must be 127 or less/,
    /"200" 不得大于 127/,
  ],
  [
    'dynamic-scaling --policy pytorch --static-scale 4',
    2,
    /no effect without --policies static\./,
    /--policies static /,
  ],
  ['dynamic-scaling pytroch', 2, /--policies: "pytroch" .*did you mean pytorch\?/, /是否想用 pytorch？/],
  ['dynamic-scaling x.npy', 2, /did you mean --input x\.npy\?/, /是否想用 --input x\.npy？/],
  ['scaler-frameworks te-delayed', 2, /te-delayed follows the largest gradient/, /te-delayed 看的是每一步最大的梯度/],
  ['scale-collapse openseq2seq-logmax', 2, /logmax follows .*fpsim dynamic-scaling/, /请用 fpsim dynamic-scaling/],
  ['scaling-myths --myth zero --growth 5', 2, /^--growth has no effect without --myth magnitude/, /--myth magnitude /],
  ['underflow -- --json', 2, /unexpected "--json"/, /多余的参数 "--json"/],
  ['number-line --format fp16', 2, /fp16 has more than \d+ codes/, /fp16 的编码超过/],
  ['undreflow', 2, /unknown command "undreflow"; did you mean fpsim underflow\?/, /未知命令.*fpsim underflow？/],
  ['下溢', 2, /did you mean fpsim underflow\?/, /是否想用 fpsim underflow？/],
  ['上溢', 2, /did you mean fpsim overflow\?/, /是否想用 fpsim overflow？/],
  ['constructor', 2, /unknown command "constructor"/, /未知命令 "constructor"/],
  ['__proto__', 2, /unknown command "__proto__"/, /未知命令 "__proto__"/],
  [[''], 2, /unknown command ""/, /未知命令 ""/],
  ['help nothing', 2, /unknown command "nothing"/, /未知命令 "nothing"/],
  ['good.yaml', 2, /did you mean fpsim run good\.yaml\?/, /是否想用 fpsim run good\.yaml？/],
  ['./good.npy', 2, /did you mean fpsim underflow --input \.\/good\.npy\?/, /fpsim underflow --input \.\/good\.npy？/],
  ['--scael 3', 2, /unknown option --scael/, /未知的选项 --scael/],
  ['inspect', 2, /^fpsim inspect needs VALUE: fpsim inspect 0\.1/, /^fpsim inspect 需要 VALUE：/],
  ['inspect abc', 2, /"abc" is not a number/, /"abc" 不是数/],
  ['inspect 1/0', 2, /"1\/0" is not a number/, /"1\/0" 不是数/],
  [['inspect', '1\n2\u001b[31m'], 2, /"1\\x0a2\\x1b\[31m" is not a number/, /不是数/],
  ['inspect -x', 2, /unknown option -x/, /未知的选项 -x/],
  ['inspect 99999 --code --format fp16', 2, /"99999" is not a code of fp16.*2\^16 - 1/, /不是 fp16 的编码/],
  ['inspect -1 --code --format fp16', 2, /"-1" is not a code of fp16/, /"-1" 不是 fp16 的编码/],
  ['inspect 0x7bff --code --format e5m2', 2, / is not a code of e5m2/, /不是 e5m2 的编码/],
  ['inspect 1 --format fp61', 2, /unknown format "fp61"; did you mean fp16\?/, /"fp61"；是否想用 fp16？/],
  ['inspect 1 --format fp8', 2, /"fp8" could be several formats/, /"fp8" 可指多种格式/],
  ['formats e5m99', 2, /unknown format "e5m99".*Y 1 to 52/, /未知格式 "e5m99".*1 到 52/],
  ['formats e4m3fm', 2, /did you mean e4m3fn\?/, /是否想用 e4m3fn？/],
  ['list 99', 2, /"99" is not one of 1, 2/, /"99" 不在可选值之中：1、2/],
  ['list foo', 2, /"foo" is not one of 1, 2/, /"foo" 不在可选值之中/],
  ['list underflow', 2, /did you mean fpsim underflow\?/, /是否想用 fpsim underflow？/],
  ['list 2 3', 2, /unexpected "3"/, /多余的参数 "3"/],
  ['schema x', 2, /unexpected "x"/, /多余的参数 "x"/],
  ['run', 2, /^fpsim run needs FILE/, /^fpsim run 需要 FILE/],
  ['run nothing', 2, /no lesson "nothing"/, /没有名为 "nothing" 的课程/],
  ['run undreflow', 2, /did you mean underflow\?/, /是否想用 underflow？/],
  ['run good.yaml 65536', 2, /did you mean --scale 65536\?.*run good\.yaml --scale/, /run good\.yaml --scale 65536/],
  ['run good.yaml --scael 4', 2, /did you mean --scale\?/, /是否想用 --scale？/],
  ['run good.yaml --scale big', 2, /^invalid --scale: "big"/, /^--scale 的值无效/],
  ['check --from nowhere', 66, /^nowhere: no such file/, /^nowhere：/],
  ['explain undeflow', 2, /did you mean underflow\?/, /是否想用 underflow？/],
  ['explain qqqq', 2, /invalid TERM: "qqqq"/, /qqqq/],
  ['explain --search zzzz', 2, /"zzzz"/, /"zzzz"/],
]

const data: readonly Row[] = [
  ['underflow --input magic.npy', 65, /magic\.npy is not a \.npy file/, /magic\.npy 不是 \.npy 文件/],
  ['underflow --input cut.npy', 65, /cut\.npy is cut off: 4 elements/, /cut\.npy 不完整：4 个/],
  ['underflow --input object.npy', 65, /Python objects/, /Python 对象/],
  ['underflow --input integer.npy', 65, /dtype "<i8" is not read/, /不读取 dtype "<i8"/],
  ['underflow --input header.npy', 65, /claims 4294967295 bytes/, /自称有 4294967295 字节/],
  ['underflow --input shape.npy', 65, /more than 2\^53 elements/, /超过 2\^53 个元素/],
  ['underflow --input empty.npy', 65, /empty\.npy is empty/, /empty\.npy 是空的/],
  ['underflow --input length.safetensors', 65, /claims 1152921504606846976 bytes/, /1152921504606846976 字节/],
  ['underflow --input none.safetensors', 65, /holds no tensor/, /里没有张量/],
  ['underflow --input short.safetensors', 65, /3 bytes are too few/, /只有 3 字节/],
  ['underflow --input overlap.safetensors', 65, /"a" and "b" overlap at byte 4/, /"a" 与 "b" .*4 字节处重叠/],
  ['underflow --input outside.safetensors', 65, /"a" ends at byte 36/, /"a" .*36 字节/],
  ['underflow --input text.csv', 65, /text\.csv:2:1: field 1, "foo"/, /text\.csv:2:1：第 1 个字段 "foo"/],
  ['underflow --input empty.csv', 65, /empty\.csv is empty/, /empty\.csv 是空的/],
  ['underflow --input nul.csv', 65, /nul\.csv:2:1: a NUL byte/, /nul\.csv:2:1：这里有 NUL/],
  ['underflow --input array.npz', 65, /several arrays; unpack it/, /先解压/],
  ['underflow --input model.pt', 65, /never opened/, /绝不会被打开/],
  ['underflow --input good.npy --tensor a*', 65, /no named tensors/, /没有带名字的张量/],
  ['underflow --input -', 65, /standard input is empty/, /标准输入 是空的|标准输入是空的/],
  ['underflow --input text.csv --output x.json', 65, /text\.csv:2:1/, /text\.csv:2:1/],
  [
    'run number.yaml',
    65,
    /^number\.yaml:\d+:\d+ params\.scale: "big" is not a number/,
    /params\.scale：? "big" 不是数/,
  ],
  [
    'run key.yaml',
    65,
    /^key\.yaml:\d+:1 unknown "quizz"; did you mean quiz\?/,
    /^key\.yaml:\d+:1 .*"quizz"；是否想用 quiz？/,
  ],
  ['run slot.yaml', 65, /^slot\.yaml:3:\d+ .*lostt.*did you mean lost\?/, /^slot\.yaml:3:\d+ .*lostt/],
  ['run onlyenglish.yaml', 65, /^onlyenglish\.yaml:3:\d+ title\.zh: a value is missing/, /title\.zh： ?缺少值/],
  ['run missing-title.yaml', 65, /title: a value is missing/, /title： ?缺少值/],
  ['run bracket.yaml', 65, /^bracket\.yaml:\d+:\d+ is not valid YAML/, /不是有效的 YAML/],
  ['run alias.yaml', 65, /^alias\.yaml:1:9 .*nothing of that name/, /没有可引用的同名锚点/],
  ['run bomb.yaml', 65, /^bomb\.yaml:\d+:\d+ .*aliases/, /别名/],
  ['run deep.yaml', 65, /^deep\.yaml:\d+:\d+ is not valid YAML/, /不是有效的 YAML/],
  ['run empty.yaml', 65, /^empty\.yaml:1:1 /, /^empty\.yaml:1:1 /],
  ['run large.yaml', 65, /2000000 bytes, too large/, /2000000 字节/],
  ['run binary.yaml', 65, /not UTF-8 text/, /不是 UTF-8 文本/],
]

const missing: readonly Row[] = [
  ['underflow --input absent.npy', 66, /^absent\.npy: no such file/, /^absent\.npy：没有这个文件/],
  ['underflow --input god.npy', 66, /did you mean good\.npy\?/, /是否想用 good\.npy？/],
  ['underflow --input folder', 66, /^folder is a directory/, /^folder 是目录/],
  ['run absent.yaml', 66, /^absent\.yaml: no such file/, /^absent\.yaml：没有这个文件/],
  ['run ./folder', 66, /^\.\/folder is a directory/, /^\.\/folder 是目录/],
  ['underflow --output folder', 66, /^folder is a directory/, /^folder 是目录/],
  [
    'underflow --output absent/x.json',
    73,
    /cannot write absent\/x\.json: there is no such folder/,
    /无法写入 absent\/x\.json：没有这个目录/,
  ],
  ['list --output good.npy/x.csv', 73, /cannot write good\.npy\/x\.csv/, /无法写入 good\.npy\/x\.csv/],
]

const words = (line: Row[0]): readonly string[] => (typeof line === 'string' ? line.split(' ') : line)

function judge({ code, out, err }: Ran, [line, expected]: Row, pattern: RegExp): void {
  const said = `${words(line).join(' ')}\n${err}`
  assert.match(err, pattern)
  assert.equal(code, expected, said)
  assert.equal(out, '', said)
  assert.match(err, /^[^\n]+\n$/, said)
  assert.doesNotMatch(err, / at .*:\d+:\d+\)|file:\/\/|undefined|\[object|NaN/, said)
  assert.ok(!/[\p{Cc}]/u.test(err.slice(0, -1)), said)
}

const groups = { 'wrong usage': usage, 'bad data': data, 'missing files': missing }
const answers = inFolder((cwd) => {
  writeBadFiles(cwd)
  const before = readdirSync(cwd)
  const lines = Object.values(groups).flatMap((rows) => rows.map(([line]) => words(line)))
  const en = batch(lines, { cwd })
  const zh = batch(lines, { cwd, env: { LANG: 'zh_CN.UTF-8' } })
  return { en, zh, before, after: readdirSync(cwd) }
})

let next = 0
for (const [title, rows] of Object.entries(groups))
  describe(title, () => {
    for (const row of rows) {
      const i = next++
      test(words(row[0]).join(' '), () => {
        judge(answers.en[i] as Ran, row, row[2])
        judge(answers.zh[i] as Ran, row, row[3])
      })
    }
  })

test('no file is left behind', () => {
  assert.deepEqual(answers.after, answers.before)
})

test('the program itself ends with the exit code and says the same', () => {
  inFolder((cwd) => {
    writeBadFiles(cwd)
    for (const row of [usage[0], data[0], missing[0], missing[6]]) {
      const [line, , , zh] = row as Row
      judge(fpsim(['--lang', 'zh', ...words(line)], { cwd }), row as Row, zh)
    }
  })
})

test('a language that is none of the two', () => {
  const [ran] = batch([['underflow', '--lang', 'fr']], { env: { LANG: 'zh_CN.UTF-8' } })
  assert.equal(ran?.code, 2)
  assert.match(ran?.err ?? '', /^invalid --lang: "fr" is not one of en, zh\.\n$/)
})

describe('check: exit codes and where each problem stands', () => {
  const rows: readonly (readonly [string, number, RegExp])[] = [
    ['check good.yaml', 0, /^good\.yaml: sound, \d+ expectations hold\n$/],
    ['check underflow', 0, /^underflow: sound/],
    ['check good.yaml underflow', 0, /\n2 checked, all sound\n$/],
    [
      'check false.yaml',
      1,
      /^false\.yaml:\d+:\d+ expect\.lostUnscaled: lostUnscaled is 0\.03\d+, expected above 0\.9\.\n$/,
    ],
    ['check number.yaml', 65, /^number\.yaml:\d+:\d+ params\.scale: "big"/],
    [
      'check false.yaml bracket.yaml good.yaml',
      65,
      /false\.yaml:.*\nbracket\.yaml:.*\ngood\.yaml: sound.*\n3 checked, 2 with problems\n$/,
    ],
    ['check absent.yaml', 66, /^absent\.yaml: no such file/],
    ['check folder', 2, /no lesson "folder"/],
    ['check ./folder', 66, /is a directory/],
    ['check bomb.yaml', 65, /^bomb\.yaml:\d+:\d+ /],
  ]
  const answers = inFolder((cwd) => {
    writeBadFiles(cwd)
    return batch(
      rows.map(([line]) => line.split(' ')),
      { cwd },
    )
  })
  rows.forEach(([line, code, pattern], i) => {
    test(line, () => {
      const ran = answers[i] as Ran
      assert.match(ran.out, pattern)
      assert.equal(ran.code, code)
      assert.equal(ran.err, '')
    })
  })
})
