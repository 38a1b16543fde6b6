/** What is wrong with a user's file of numbers, by problem: what, where, and what to do. */

type Values = Readonly<Record<string, unknown>>

const name = (file: unknown): string => (file === '-' ? 'standard input' : String(file))

const place = ({ file, line, column }: Values): string => `${name(file)}:${line}:${column}`

const endings: Readonly<Record<string, string>> = {
  torch:
    'PyTorch files are pickles and are never opened; save the tensors with safetensors.torch.save_file(…, "x.safetensors") or numpy.save',
  npz: 'a .npz file holds several arrays; unpack it (it is a zip file) and give one of the .npy files in it',
  raw: 'its bytes do not say what type they are; save the array with numpy.save or as .safetensors',
  onnx: 'save the weights as .safetensors or with numpy.save: onnx.numpy_helper.to_array(…) gives the arrays',
  gguf: 'save the tensors as .safetensors, or one array with numpy.save',
  hdf5: 'save a data set of it with numpy.save: numpy.save("x.npy", h5py.File(…)["name"][...])',
  pickle: 'pickles can run code and are never opened; save the array with numpy.save or as .safetensors',
  compressed: 'unpack it first and give the file inside',
  table: 'save the table as .csv with nothing but numbers',
  matlab: 'save the array with numpy.save: numpy.save("x.npy", scipy.io.loadmat(…)["name"])',
  json: 'what train-… --record wrote is for --profile; else write its numbers as .csv or .txt, one number a field',
}

const contents: Readonly<Record<string, string>> = {
  npy: 'a .npy array: give it as a file whose name ends in .npy',
  safetensors: 'a .safetensors file: give it as a file whose name ends in .safetensors',
  zip: 'a zip file (.npz and PyTorch files are such): unpack it first, or save the array with numpy.save',
  gzip: 'compressed with gzip: unpack it first',
  hdf5: 'an HDF5 file: save the data set with numpy.save',
  gguf: 'a GGUF file: save the tensors as .safetensors',
  pickle: 'a pickle, which is never opened: save the array with numpy.save',
}

export const badData = {
  empty: ({ file }: Values) => `${name(file)} is empty: there are no numbers to read.`,
  changed: ({ file }: Values) =>
    `${name(file)} changed while it was being read; wait until whoever writes it has finished, then try again.`,
  unsupported: ({ file, kind }: Values) =>
    `${name(file)}: this kind of file is not read (.npy, .safetensors, .csv and .txt are); ${endings[String(kind)] ?? 'save it as one of these'}.`,
  'no-names': ({ file }: Values) =>
    `${name(file)} has no named tensors: --tensor works with .safetensors files only; leave it out.`,
  'no-stdin': () => 'there is no standard input to read here; give the name of a file instead of "-".',
  'stream-once': ({ file, limit }: Values) =>
    `${name(file)} can be read only once: it is a pipe with more than ${Number(limit) / 1_048_576} MiB, or its first reading was stopped; save it in a file and give that.`,

  'log-empty': ({ file }: Values) => `${name(file)} is empty: there is no line to read.`,
  'log-binary': ({ file, looks }: Values) =>
    `${name(file)} is no log but ${looks === 'gzip' ? 'compressed with gzip: unpack it first' : looks === 'zip' ? 'a zip file: unpack it first' : 'binary: give the text that the training printed'}.`,
  'log-unknown': ({ file, lines, line }: Values) =>
    `${name(file)}: ${lines === 1 ? 'its only line does not speak' : `none of its ${lines} lines speaks`} of the loss scale ("${line}"${lines === 1 ? '' : ' …'}); read are the lines of apex ("Gradient overflow. … reducing loss scale to"), DeepSpeed ("OVERFLOW! … Attempted loss scale"), Megatron-LM ("loss scale: … |"), fairseq ("setting loss scale to:"), and any with loss_scale and a number.`,

  'npy-magic': ({ file }: Values) =>
    `${name(file)} is not a .npy file: it does not begin with "\\x93NUMPY"; make one with numpy.save, or rename a text file to .csv.`,
  'npy-header-cut': ({ file, expected, actual }: Values) =>
    `${name(file)} is cut off in its header: ${actual} bytes, the header ends at ${expected}; copy or save it again.`,
  'npy-version': ({ file, version }: Values) =>
    `${name(file)}: version ${version} of the .npy format is unknown (1.0, 2.0 and 3.0 are read); save it again with numpy.save.`,
  'npy-header-length': ({ file, length, limit }: Values) =>
    `${name(file)}: its header claims ${length} bytes, at most ${limit} are read; the file is damaged, save it again.`,
  dataset: ({ file }: Values) =>
    `${name(file)} is not the file that ships with fpsim: it is damaged or was changed; install fpsim again.`,
  'npy-header': ({ file, offset, text }: Values) =>
    `${name(file)}: byte ${offset} of the header is not understood: ${text === '' ? 'it ends too early' : `"${text}"`}; the file is damaged, save it again with numpy.save.`,
  'npy-header-keys': ({ file, keys }: Values) =>
    `${name(file)}: its header must have descr, fortran_order (True or False) and shape, and has ${keys === '' ? 'none of them' : keys}; save it again with numpy.save.`,
  'npy-dtype': ({ file, dtype }: Values) =>
    `${name(file)}: dtype "${dtype}" is not read (float16, float32 and float64 are); convert it with arr.astype("float32").`,
  'npy-object': ({ file }: Values) =>
    `${name(file)} holds Python objects (a pickle), which are never opened; save numbers: arr.astype("float32").`,
  'npy-structured': ({ file }: Values) =>
    `${name(file)} is an array of records; save one field of it: numpy.save("x.npy", arr["name"]).`,
  'npy-shape': ({ file }: Values) =>
    `${name(file)}: the shape in its header is not a tuple of sizes like (64, 10); the file is damaged, save it again.`,
  'npy-shape-large': ({ file, shape }: Values) =>
    `${name(file)}: shape ${shape} has more than 2^53 elements; the file is damaged, save it again.`,
  'npy-cut': ({ file, expected, actual, count, dtype }: Values) =>
    `${name(file)} is cut off: ${count} elements of ${dtype} need ${expected} bytes, the file has ${actual}; copy or save it again.`,
  'npy-trailing': ({ file, extra, offset }: Values) =>
    `${name(file)} goes on for ${extra} bytes after its array ends at byte ${offset}; if several arrays were saved into it, save each in its own file.`,

  'safetensors-cut': ({ file, actual }: Values) =>
    `${name(file)} is not a .safetensors file: ${actual} bytes are too few even for the length of a header.`,
  'safetensors-header-cut': ({ file, length, actual }: Values) =>
    `${name(file)}: its header claims ${length} bytes, the file has ${actual}; it is cut off or not a .safetensors file.`,
  'safetensors-header-length': ({ file, length, limit }: Values) =>
    `${name(file)}: its header claims ${length} bytes, at most ${limit} are allowed; the file is damaged.`,
  'safetensors-utf8': ({ file }: Values) =>
    `${name(file)}: its header is not UTF-8 text; the file is damaged or not a .safetensors file.`,
  'safetensors-json': ({ file, offset, text }: Values) =>
    `${name(file)}: byte ${offset} of the header is not valid JSON here: ${text === '' ? 'it ends too early' : `"${text}"`}; save the file again.`,
  'safetensors-duplicate': ({ file, offset, tensor }: Values) =>
    `${name(file)}: "${tensor}" stands twice in the header (byte ${offset}); names must differ, save the file again.`,
  'safetensors-entry': ({ file, offset, tensor }: Values) =>
    `${name(file)}: tensor "${tensor}" (byte ${offset} of the file) needs a dtype, a shape and two data_offsets of whole numbers; save the file again.`,
  'safetensors-many': ({ file, limit }: Values) =>
    `${name(file)} names more than ${limit} tensors, which is more than is read; split the file.`,
  'safetensors-no-tensors': ({ file }: Values) => `${name(file)} holds no tensor.`,
  'safetensors-reversed': ({ file, tensor, begin, end }: Values) =>
    `${name(file)}: tensor "${tensor}" begins at ${begin}, after its end at ${end}; save the file again.`,
  'safetensors-outside': ({ file, tensor, end, data }: Values) =>
    `${name(file)}: tensor "${tensor}" ends at byte ${end} of the data, which are ${data} bytes long; the file is cut off, copy or save it again.`,
  'safetensors-overlap': ({ file, tensor, other, begin }: Values) =>
    `${name(file)}: tensors "${other}" and "${tensor}" overlap at byte ${begin} of the data; save the file again.`,
  'safetensors-hole': ({ file, begin, end }: Values) =>
    `${name(file)}: bytes ${begin} to ${end} of the data belong to no tensor, which the format forbids; save the file again.`,
  'safetensors-length': ({ file, tensor, dtype, shape, expected, actual }: Values) =>
    `${name(file)}: tensor "${tensor}" has ${actual} bytes, ${dtype} of shape ${shape} needs ${expected}; save the file again.`,
  'safetensors-dtype': ({ file, tensor, dtype }: Values) =>
    `${name(file)}: tensor "${tensor}" is ${dtype}, not floating-point (F64, F32, F16, BF16, F8_E4M3 and F8_E5M2 are read); choose another with --tensor.`,
  'safetensors-no-floats': ({ file, dtypes }: Values) =>
    `${name(file)}: the chosen tensors are all ${dtypes}, none floating-point (F64, F32, F16, BF16, F8_E4M3, F8_E5M2); choose others with --tensor.`,

  'text-utf16': ({ file }: Values) =>
    `${name(file)} is UTF-16 text; save it as UTF-8 (in PowerShell: Out-File -Encoding utf8).`,
  'text-binary': ({ file, looks }: Values) =>
    `${name(file)} is not text but ${contents[String(looks)] ?? 'binary: save it as .csv'}.`,
  'text-nul': (v: Values) =>
    `${place(v)}: a NUL byte: this is a binary file or UTF-16 text; save the numbers as UTF-8 text or with numpy.save.`,
  'text-no-numbers': ({ file }: Values) =>
    `${name(file)} holds no number; one number a field is read, separated by commas, semicolons, tabs, blanks or lines.`,
  'text-word': (v: Values) =>
    `${place(v)}: field ${v['field']}, "${v['text']}", is not a number; write 1.5, 6e-8, 2^-24, 0x1p-24, nan or inf. Comments begin with #.`,
  'text-long-field': (v: Values) =>
    `${place(v)}: field ${v['field']}, "${v['text']}", has more than ${v['limit']} characters; separate numbers by commas, semicolons, tabs, blanks or lines.`,
  'text-empty-field': (v: Values) => `${place(v)}: field ${v['field']} is empty; write nan where a number is missing.`,
  'text-quote': (v: Values) =>
    `${place(v)}: a quote that does not end, or text right after its end; write "1.5" or 1.5.`,
  'text-decimal-comma': (v: Values) =>
    `${place(v)}: commas between digits beside other separators: write decimals with a point (1.5), and separate the numbers of a line in one way.`,
}
