/** What the environment says: language, colour, character set, widths; as tables of the pure functions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ambiguousWidth, charsetOf, colorLevel, langOf, langOption } from '../../src/cli/environment.js'
import { batch } from './batch.js'

test('language: --lang, FPSIM_LANG, LC_ALL, LC_MESSAGES, LANG; the first that is set decides', () => {
  const rows: readonly (readonly [string | undefined, Record<string, string>, 'en' | 'zh'])[] = [
    [undefined, {}, 'en'],
    ['zh', {}, 'zh'],
    ['en', { FPSIM_LANG: 'zh', LC_ALL: 'zh_CN.UTF-8' }, 'en'],
    [undefined, { FPSIM_LANG: 'zh', LC_ALL: 'en_US.UTF-8', LANG: 'en_US.UTF-8' }, 'zh'],
    [undefined, { FPSIM_LANG: 'en', LC_ALL: 'zh_CN.UTF-8' }, 'en'],
    [undefined, { LC_ALL: 'zh_CN.UTF-8', LC_MESSAGES: 'en_US', LANG: 'en_US' }, 'zh'],
    [undefined, { LC_MESSAGES: 'zh_TW.UTF-8', LANG: 'en_US.UTF-8' }, 'zh'],
    [undefined, { LC_ALL: '', LANG: 'zh_CN.UTF-8' }, 'zh'],
    [undefined, { LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }, 'en'],
    [undefined, { LC_ALL: 'C.UTF-8', LANG: 'zh_CN.UTF-8' }, 'en'],
    [undefined, { LANG: 'ZH' }, 'zh'],
    [undefined, { LANG: 'zh_CN' }, 'zh'],
    [undefined, { LANG: 'fr_FR.UTF-8' }, 'en'],
    [undefined, { LC_ALL: 'de_DE.UTF-8', LANG: 'zh_CN.UTF-8' }, 'en'],
    [undefined, { LC_CTYPE: 'zh_CN.UTF-8' }, 'en'],
  ]
  for (const [option, env, lang] of rows) assert.equal(langOf(option, env), lang, JSON.stringify([option, env]))
})

test('the language of errors about the command line itself', () => {
  assert.equal(langOption(['underflow', '--lang', 'zh']), 'zh')
  assert.equal(langOption(['--lang=zh', 'underflow']), 'zh')
  assert.equal(langOption(['underflow', '--lang']), undefined)
  assert.equal(langOption(['underflow']), undefined)
})

test('colour: --no-color, --color, FORCE_COLOR, NO_COLOR, TERM=dumb, then whether a terminal looks on', () => {
  const term = { TERM: 'xterm' }
  const rows: readonly (readonly [string[], Record<string, string>, boolean, number])[] = [
    [[], {}, false, 0],
    [[], {}, true, 1],
    [[], term, true, 1],
    [[], { TERM: 'xterm-256color' }, true, 2],
    [[], { TERM: 'xterm', COLORTERM: 'truecolor' }, true, 3],
    [[], { TERM: 'xterm-256color', COLORTERM: '24bit' }, true, 3],
    [[], { TERM: 'xterm-256color' }, false, 0],
    [[], { TERM: 'dumb' }, true, 0],
    [[], { TERM: 'xterm', NO_COLOR: '1' }, true, 0],
    [[], { TERM: 'xterm', NO_COLOR: '' }, true, 1],
    [[], { FORCE_COLOR: '1' }, false, 1],
    [[], { FORCE_COLOR: '2' }, false, 2],
    [[], { FORCE_COLOR: '3', TERM: 'dumb', NO_COLOR: '1' }, false, 3],
    [[], { FORCE_COLOR: 'true' }, false, 1],
    [[], { FORCE_COLOR: '0', TERM: 'xterm' }, true, 0],
    [[], { FORCE_COLOR: 'false', TERM: 'xterm' }, true, 0],
    [['color'], {}, false, 1],
    [['color'], { NO_COLOR: '1', TERM: 'xterm-256color' }, false, 2],
    [['no-color'], { FORCE_COLOR: '3' }, true, 0],
    [['color', 'no-color'], term, true, 0],
  ]
  for (const [flags, env, isTerminal, level] of rows)
    assert.equal(colorLevel(new Set(flags), env, isTerminal), level, JSON.stringify([flags, env, isTerminal]))
})

test('character set: ASCII only where the locale names another encoding', () => {
  const rows: readonly (readonly [Record<string, string>, 'unicode' | 'ascii'])[] = [
    [{}, 'unicode'],
    [{ LANG: 'C' }, 'unicode'],
    [{ LANG: 'POSIX' }, 'unicode'],
    [{ LANG: 'en_US.UTF-8' }, 'unicode'],
    [{ LANG: 'en_US.utf8' }, 'unicode'],
    [{ LANG: 'zh_CN' }, 'unicode'],
    [{ LANG: 'en_US.ISO-8859-1' }, 'ascii'],
    [{ LANG: 'zh_CN.GBK' }, 'ascii'],
    [{ LANG: 'en_US.UTF-8', LC_CTYPE: 'de_DE.ISO-8859-15' }, 'ascii'],
    [{ LANG: 'zh_CN.GBK', LC_ALL: 'zh_CN.UTF-8' }, 'unicode'],
  ]
  for (const [env, charset] of rows) assert.equal(charsetOf(env), charset, JSON.stringify(env))
})

test('ambiguous characters: asked, FPSIM_AMBIGUOUS, else wide only for legacy East Asian terminals', () => {
  const rows: readonly (readonly [string | undefined, Record<string, string>, string, 'narrow' | 'wide'])[] = [
    [undefined, {}, 'linux', 'narrow'],
    ['wide', {}, 'linux', 'wide'],
    ['narrow', { FPSIM_AMBIGUOUS: 'wide' }, 'linux', 'narrow'],
    ['auto', { FPSIM_AMBIGUOUS: 'wide' }, 'linux', 'wide'],
    [undefined, { FPSIM_AMBIGUOUS: 'wide' }, 'linux', 'wide'],
    [undefined, { FPSIM_AMBIGUOUS: 'nonsense' }, 'linux', 'narrow'],
    [undefined, { LANG: 'zh_CN.UTF-8' }, 'linux', 'narrow'],
    [undefined, { LANG: 'zh_CN.UTF-8' }, 'darwin', 'narrow'],
    [undefined, { LANG: 'zh_CN.GBK' }, 'linux', 'wide'],
    [undefined, { LANG: 'ja_JP.eucJP' }, 'linux', 'wide'],
    [undefined, { LANG: 'ko_KR.EUC-KR' }, 'linux', 'wide'],
    [undefined, { LANG: 'zh_TW.Big5' }, 'linux', 'wide'],
    [undefined, { LANG: 'de_DE.ISO-8859-1' }, 'linux', 'narrow'],
    [undefined, { LANG: 'zh_CN' }, 'win32', 'wide'],
    [undefined, { LANG: 'zh_CN', WT_SESSION: '1' }, 'win32', 'narrow'],
    [undefined, { LANG: 'zh_CN', TERM_PROGRAM: 'vscode' }, 'win32', 'narrow'],
    [undefined, {}, 'win32', 'narrow'],
    ['narrow', { LANG: 'zh_CN.GBK' }, 'win32', 'narrow'],
  ]
  for (const [option, env, platform, width] of rows)
    assert.equal(ambiguousWidth(option, env, platform), width, JSON.stringify([option, env, platform]))
})

test('the environment reaches the screen', () => {
  const first = (env: Record<string, string>): string => batch([['list']], { env })[0]?.out ?? ''
  assert.match(first({}), /^1 Numbers/)
  assert.match(first({ LANG: 'zh_CN.UTF-8' }), /^1 数的表示/)
  assert.match(first({ FPSIM_LANG: 'zh', LC_ALL: 'en_US.UTF-8' }), /^1 数的表示/)
  const colored = batch([['inspect', '0.1']], { env: { FORCE_COLOR: '1' } })[0]?.out ?? ''
  assert.ok(colored.includes('\u001b['))
  assert.ok(!batch([['inspect', '0.1']])[0]?.out.includes('\u001b'))
})
