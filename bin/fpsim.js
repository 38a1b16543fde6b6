#!/usr/bin/env node
/** The door: check the Node version, start the built command line, nothing else. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`fpsim needs Node >= 20.19; this is ${process.versions.node}.`)
  console.error(`fpsim 需要 Node >= 20.19；当前为 ${process.versions.node}。`)
  process.exitCode = 1
} else {
  const main = new URL('../dist/bundle/main.js', import.meta.url)
  import(main.href).catch((/** @type {any} */ error) => {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error
    console.error('fpsim is not built yet. In a clone, run: npm run build')
    console.error('fpsim 尚未构建。在克隆目录中运行：npm run build')
    process.exitCode = 1
  })
}
