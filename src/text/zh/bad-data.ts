/** What is wrong with a user's file of numbers, in Chinese: what, where, and what to do. */
import type { Text } from '../text.js'

type Values = Readonly<Record<string, unknown>>

const name = (file: unknown): string => (file === '-' ? '标准输入' : String(file))

const place = ({ file, line, column }: Values): string => `${name(file)}:${line}:${column}`

const endings: Readonly<Record<string, string>> = {
  torch:
    'PyTorch 文件是 pickle，绝不会被打开；请用 safetensors.torch.save_file(…, "x.safetensors") 或 numpy.save 保存张量',
  npz: '.npz 文件里有多个数组；请先解压（它就是 zip 文件），再给出其中的一个 .npy 文件',
  raw: '字节本身不说明数据类型；请用 numpy.save 保存数组，或存为 .safetensors',
  onnx: '请把权重存为 .safetensors，或用 numpy.save 保存：onnx.numpy_helper.to_array(…) 给出数组',
  gguf: '请把张量存为 .safetensors，或用 numpy.save 保存一个数组',
  hdf5: '请用 numpy.save 保存其中的一个数据集：numpy.save("x.npy", h5py.File(…)["name"][...])',
  pickle: 'pickle 可以执行代码，绝不会被打开；请用 numpy.save 保存数组，或存为 .safetensors',
  compressed: '请先解压，再给出里面的文件',
  table: '请把表格存为只含数字的 .csv',
  matlab: '请用 numpy.save 保存数组：numpy.save("x.npy", scipy.io.loadmat(…)["name"])',
  json: 'train-… --record 写出的文件用 --profile 给出；否则请把其中的数写成 .csv 或 .txt，每个字段一个数',
}

const contents: Readonly<Record<string, string>> = {
  npy: '一个 .npy 数组：请作为文件给出，文件名以 .npy 结尾',
  safetensors: '一个 .safetensors 文件：请作为文件给出，文件名以 .safetensors 结尾',
  zip: 'zip 文件（.npz 和 PyTorch 文件也是）：请先解压，或用 numpy.save 保存数组',
  gzip: '用 gzip 压缩的文件：请先解压',
  hdf5: 'HDF5 文件：请用 numpy.save 保存数据集',
  gguf: 'GGUF 文件：请把张量存为 .safetensors',
  pickle: 'pickle，绝不会被打开：请用 numpy.save 保存数组',
}

export const badData: Text['badData'] = {
  empty: ({ file }) => `${name(file)} 是空的：没有数可读。`,
  changed: ({ file }) => `${name(file)} 在读取时发生了变化；请等写入完成后再试。`,
  unsupported: ({ file, kind }) =>
    `${name(file)}：不读取这类文件（可读 .npy、.safetensors、.csv 和 .txt）；${endings[String(kind)] ?? '请存为其中一种'}。`,
  'no-names': ({ file }) => `${name(file)} 里没有带名字的张量：--tensor 只用于 .safetensors 文件；请去掉它。`,
  'no-stdin': () => '这里没有标准输入可读；请用文件名代替 "-"。',
  'stream-once': ({ file, limit }) =>
    `${name(file)} 只能读一次：它是超过 ${Number(limit) / 1_048_576} MiB 的管道，或第一次读取中途停止了；请先存为文件，再给出该文件。`,

  'log-empty': ({ file }) => `${name(file)} 是空的：没有一行可读。`,
  'log-binary': ({ file, looks }) =>
    `${name(file)} 不是日志，而是${looks === 'gzip' ? '用 gzip 压缩的文件：请先解压' : looks === 'zip' ? ' zip 文件：请先解压' : '二进制数据：请给出训练打印的文本'}。`,
  'log-unknown': ({ file, lines, line }) =>
    `${name(file)}：${lines} 行中没有一行提到损失缩放系数（第一行："${line}"）；可识别 apex（"Gradient overflow. … reducing loss scale to"）、DeepSpeed（"OVERFLOW! … Attempted loss scale"）、Megatron-LM（"loss scale: … |"）、fairseq（"setting loss scale to:"）的行，以及任何带 loss_scale 和数字的行。`,

  'npy-magic': ({ file }) =>
    `${name(file)} 不是 .npy 文件：开头不是 "\\x93NUMPY"；请用 numpy.save 生成，文本文件请改名为 .csv。`,
  'npy-header-cut': ({ file, expected, actual }) =>
    `${name(file)} 的文件头不完整：文件只有 ${actual} 字节，文件头到第 ${expected} 字节才结束；请重新复制或保存。`,
  'npy-version': ({ file, version }) =>
    `${name(file)}：未知的 .npy 格式版本 ${version}（可读 1.0、2.0 和 3.0）；请用 numpy.save 重新保存。`,
  'npy-header-length': ({ file, length, limit }) =>
    `${name(file)}：文件头自称有 ${length} 字节，最多读 ${limit} 字节；文件已损坏，请重新保存。`,
  dataset: ({ file }: Values) => `${name(file)} 与 fpsim 自带的文件不一致：已损坏或被改动；请重新安装 fpsim。`,
  'npy-header': ({ file, offset, text }) =>
    `${name(file)}：看不懂文件头中第 ${offset} 字节处的内容：${text === '' ? '过早结束' : `"${text}"`}；文件已损坏，请用 numpy.save 重新保存。`,
  'npy-header-keys': ({ file, keys }) =>
    `${name(file)}：文件头必须有 descr、fortran_order（True 或 False）和 shape，实际${keys === '' ? '一个也没有' : `是 ${keys}`}；请用 numpy.save 重新保存。`,
  'npy-dtype': ({ file, dtype }) =>
    `${name(file)}：不读取 dtype "${dtype}"（可读 float16、float32 和 float64）；请用 arr.astype("float32") 转换。`,
  'npy-object': ({ file }) =>
    `${name(file)} 里是 Python 对象（pickle），绝不会被打开；请保存为数：arr.astype("float32")。`,
  'npy-structured': ({ file }) =>
    `${name(file)} 是记录的数组；请只保存其中一个字段：numpy.save("x.npy", arr["name"])。`,
  'npy-shape': ({ file }) => `${name(file)}：文件头里的 shape 不是 (64, 10) 这样的元组；文件已损坏，请重新保存。`,
  'npy-shape-large': ({ file, shape }) => `${name(file)}：shape ${shape} 超过 2^53 个元素；文件已损坏，请重新保存。`,
  'npy-cut': ({ file, expected, actual, count, dtype }) =>
    `${name(file)} 不完整：${count} 个 ${dtype} 元素需要 ${expected} 字节，文件只有 ${actual} 字节；请重新复制或保存。`,
  'npy-trailing': ({ file, extra, offset }) =>
    `${name(file)} 的数组在第 ${offset} 字节结束，后面还有 ${extra} 字节；如果存了多个数组，请各存一个文件。`,

  'safetensors-cut': ({ file, actual }) =>
    `${name(file)} 不是 .safetensors 文件：只有 ${actual} 字节，连文件头的长度都放不下。`,
  'safetensors-header-cut': ({ file, length, actual }) =>
    `${name(file)}：文件头自称有 ${length} 字节，文件只有 ${actual} 字节；文件不完整，或不是 .safetensors 文件。`,
  'safetensors-header-length': ({ file, length, limit }) =>
    `${name(file)}：文件头自称有 ${length} 字节，最多允许 ${limit} 字节；文件已损坏。`,
  'safetensors-utf8': ({ file }) => `${name(file)}：文件头不是 UTF-8 文本；文件已损坏，或不是 .safetensors 文件。`,
  'safetensors-json': ({ file, offset, text }) =>
    `${name(file)}：文件头在第 ${offset} 字节处不是有效的 JSON：${text === '' ? '过早结束' : `"${text}"`}；请重新保存。`,
  'safetensors-duplicate': ({ file, offset, tensor }) =>
    `${name(file)}："${tensor}" 在文件头里出现了两次（第 ${offset} 字节）；名字不能重复，请重新保存。`,
  'safetensors-entry': ({ file, offset, tensor }) =>
    `${name(file)}：张量 "${tensor}"（文件第 ${offset} 字节）需要 dtype、shape 和两个整数的 data_offsets；请重新保存。`,
  'safetensors-many': ({ file, limit }) => `${name(file)} 里的张量超过 ${limit} 个，超出可读的数量；请拆分文件。`,
  'safetensors-no-tensors': ({ file }) => `${name(file)} 里没有张量。`,
  'safetensors-reversed': ({ file, tensor, begin, end }) =>
    `${name(file)}：张量 "${tensor}" 的起点 ${begin} 在终点 ${end} 之后；请重新保存。`,
  'safetensors-outside': ({ file, tensor, end, data }) =>
    `${name(file)}：张量 "${tensor}" 到数据的第 ${end} 字节才结束，数据只有 ${data} 字节；文件不完整，请重新复制或保存。`,
  'safetensors-overlap': ({ file, tensor, other, begin }) =>
    `${name(file)}：张量 "${other}" 与 "${tensor}" 在数据的第 ${begin} 字节处重叠；请重新保存。`,
  'safetensors-hole': ({ file, begin, end }) =>
    `${name(file)}：数据的第 ${begin} 到 ${end} 字节不属于任何张量，格式不允许这样；请重新保存。`,
  'safetensors-length': ({ file, tensor, dtype, shape, expected, actual }) =>
    `${name(file)}：张量 "${tensor}" 有 ${actual} 字节，shape 为 ${shape} 的 ${dtype} 需要 ${expected} 字节；请重新保存。`,
  'safetensors-dtype': ({ file, tensor, dtype }) =>
    `${name(file)}：张量 "${tensor}" 的类型是 ${dtype}，不是浮点数（可读 F64、F32、F16、BF16、F8_E4M3 和 F8_E5M2）；请用 --tensor 选别的张量。`,
  'safetensors-no-floats': ({ file, dtypes }) =>
    `${name(file)}：选中的张量类型只有 ${dtypes}，没有浮点数（F64、F32、F16、BF16、F8_E4M3、F8_E5M2）；请用 --tensor 选别的张量。`,

  'text-utf16': ({ file }) => `${name(file)} 是 UTF-16 文本；请存为 UTF-8（PowerShell 中：Out-File -Encoding utf8）。`,
  'text-binary': ({ file, looks }) =>
    `${name(file)} 不是文本，而是${contentAfter(contents[String(looks)] ?? '二进制数据：请存为 .csv')}。`,
  'text-nul': (v) =>
    `${place(v)}：这里有 NUL 字节：这是二进制文件或 UTF-16 文本；请把数存为 UTF-8 文本，或用 numpy.save 保存。`,
  'text-no-numbers': ({ file }) => `${name(file)} 里没有数；每个字段读一个数，用逗号、分号、制表符、空格或换行分隔。`,
  'text-word': (v) =>
    `${place(v)}：第 ${v['field']} 个字段 "${v['text']}" 不是数；可写 1.5、6e-8、2^-24、0x1p-24、nan 或 inf，注释以 # 开头。`,
  'text-long-field': (v) =>
    `${place(v)}：第 ${v['field']} 个字段 "${v['text']}" 超过 ${v['limit']} 个字符；请用逗号、分号、制表符、空格或换行分隔各数。`,
  'text-empty-field': (v) => `${place(v)}：第 ${v['field']} 个字段是空的；缺少的数请写 nan。`,
  'text-quote': (v) => `${place(v)}：引号没有结束，或结束后紧跟着别的文字；请写 "1.5" 或 1.5。`,
  'text-decimal-comma': (v) => `${place(v)}：数字之间的逗号与别的分隔符混用：小数请用点（1.5），同一行只用一种分隔符。`,
}

/** A blank between Chinese and a text that begins with a Latin letter. */
function contentAfter(text: string): string {
  return /^[\x21-\x7e]/.test(text) ? ` ${text}` : text
}
