/** What test/vectors/verify/digest.py prints: the digests of other programs' codes of every float32. */
export const digests: Readonly<Record<string, string>> = {
  fp16: '1d51d84f61292ae027305cff9005066106859dbd51dbb7c83891c65a9925e450',
  bf16: '36b0648c8bb1509e989f1d62165b0d705a5aad10ae8e4fe8ee9c12632a468b62',
  e4m3fn: '00f4ad7e42a8caa4e4aa6c931ef2b74c1a81ad825343bd7da9be34722601d79d',
  e5m2: '4ee64a80ce4ab57fd021e0b51105a5d5b755a70440890411d5ac5d5aadeced15',
  e4m3: 'b7e9ec178dbb518bc3dbd36761d58fceb37dd523e640eafa1203df1e07768f16',
  e3m4: 'd6593b01ec6433584d3234fd7fa541106ceb76abe421110bf03d3e42830bb077',
  e4m3fnuz: 'f85829260cecbb840b24e09be39551e7faa9abc03abf816d63e528dbbb766f6b',
  e5m2fnuz: '25ed8e88a3770009eaade1207a94727ac01fefbd81d315cced42c5e43d051b5d',
  e4m3b11fnuz: '7ad8faf1a8a6bdd1fb5d6342b74d60ced9a710e6559981b51d6389fa397febb5',
}
