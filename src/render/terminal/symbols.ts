/** Every string on its way to the screen: control characters out, and where the screen wants it, symbols as ASCII. */

/** Characters two columns wide under every rule: ideographs, kana, Hangul syllables, full-width forms. */
const wide =
  /[\u2e80-\u2fd5\u3001-\u3029\u3031-\u303c\u3041-\u3096\u309b-\u30ff\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u

/** Characters kept besides: those whose width every library agrees on (no emoji: cli-table3 counts many as two). */
const narrow =
  /[ -~\u00a1-\u00ac\u00ae-\u03ff\u0400-\u0482\u048a-\u0513\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u209f\u2100-\u214f\u2190-\u22ff\u2308-\u230b\u2500-\u25ff\u2713\u2717]/u
const emoji = /(?![ -~])\p{Emoji}/u

export const isWide = (char: string): boolean => wide.test(char)

/** Emoji that have a plain twin. */
const twins: Readonly<Record<string, string>> = { '✔': '✓', '✖': '✗', '↔': '<->', '™': '(TM)', '©': '(c)', '®': '(R)' }

/** One line of clean text: no control characters, no escape codes, no invisible or two-faced characters. */
export function clean(text: string): string {
  if (/^[ -~]*$/.test(text)) return text
  let out = ''
  for (const char of text.normalize('NFC')) {
    if (narrow.test(char) && !emoji.test(char)) out += char
    else if (wide.test(char)) out += char
    else if (/[\s\p{Zs}\p{Zl}\p{Zp}]/u.test(char)) out += ' '
    else if (/[\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}]/u.test(char)) continue
    else out += twins[char] ?? '?'
  }
  return out
}

// biome-ignore format: a map of symbols reads best as a grid
const ascii: Readonly<Record<string, string>> = {
  '×': 'x', '÷': '/', '→': '->', '←': '<-', '↑': '^', '↓': 'v', '↔': '<->', '⇒': '=>', '⇐': '<=', '⇔': '<=>',
  '≤': '<=', '≥': '>=', '≠': '!=', '≈': '~', '≡': '==', '∼': '~', '±': '+-', '∓': '-+', '∞': 'Inf', '√': 'sqrt',
  '∑': 'sum', '∏': 'prod', '∫': 'int', '∂': 'd', '∇': 'grad', '∈': 'in', '∉': 'not in', '⌊': 'floor(', '⌋': ')',
  '⌈': 'ceil(', '⌉': ')', '∗': '*', '∘': 'o', '⋅': '*', '·': '*', '•': '*', '…': '...', '⋯': '...', '✓': '+', '✗': 'x',
  '°': 'deg', '“': '"', '”': '"', '„': '"', '‘': "'", '’': "'", '‚': "'", '′': "'", '″': '"', '«': '<<', '»': '>>',
  '—': '--', '–': '-', '−': '-', '‐': '-', '‑': '-', '‒': '-', '―': '--', '½': '1/2', '¼': '1/4', '¾': '3/4',
  'µ': 'u', 'μ': 'u', 'α': 'alpha', 'β': 'beta', 'γ': 'gamma', 'δ': 'delta', 'ε': 'eps', 'ζ': 'zeta', 'η': 'eta',
  'θ': 'theta', 'κ': 'kappa', 'λ': 'lambda', 'ν': 'nu', 'ξ': 'xi', 'π': 'pi', 'ρ': 'rho', 'σ': 'sigma', 'τ': 'tau',
  'φ': 'phi', 'χ': 'chi', 'ψ': 'psi', 'ω': 'omega', 'Γ': 'Gamma', 'Δ': 'Delta', 'Θ': 'Theta', 'Λ': 'Lambda',
  'Σ': 'Sigma', 'Φ': 'Phi', 'Ψ': 'Psi', 'Ω': 'Omega', 'Π': 'Pi', '‰': '0/00', '§': 'section ', '¶': '', '¬': 'not ',
  'ß': 'ss', 'æ': 'ae', 'ø': 'o', 'đ': 'd', 'ł': 'l', 'Ø': 'O', 'Æ': 'AE', '¥': 'Y', '£': 'GBP', '€': 'EUR', '│': '|',
  '─': '-', '█': '#', '░': '.', '▒': ':', '▓': '%', '■': '#', '□': 'o', '●': '*', '○': 'o', '▲': '^', '▼': 'v',
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻'
const subscripts = '₀₁₂₃₄₅₆₇₈₉₊₋'
const levelled = (run: string, from: string): string =>
  [...run].map((char) => '0123456789+-'[from.indexOf(char)]).join('')

/** Clean text with every symbol spelled in ASCII; wide letters stay if `keepWide`, since their width is never in doubt. */
export function spellOut(text: string, keepWide: boolean): string {
  if (/^[ -~]*$/.test(text)) return text
  const spelled = clean(text)
    .replaceAll('……', '...')
    .replaceAll('——', '--')
    .replaceAll(' · ', ' - ')
    .replace(/[⁰¹²³⁴-⁹⁺⁻]+/g, (run) => `^${levelled(run, superscripts)}`)
    .replace(/[₀-₉₊₋]+/g, (run) => levelled(run, subscripts))
  let out = ''
  for (const char of spelled) {
    if (/[ -~]/.test(char) || (keepWide && wide.test(char))) out += char
    else if (Object.hasOwn(ascii, char)) out += ascii[char]
    else if (!/\p{M}/u.test(char)) {
      // An accented letter is its base letter; what is left has no ASCII spelling.
      const base = fullWidth(char).normalize('NFD').replace(/\p{M}/gu, '')
      out += /^[ -~]+$/.test(base) ? base : '?'
    }
  }
  return out
}

/** Full-width ASCII and the Chinese full stop and commas by their ASCII twins. */
function fullWidth(char: string): string {
  const point = char.codePointAt(0) ?? 0
  if (point >= 0xff01 && point <= 0xff5e) return String.fromCodePoint(point - 0xfee0)
  return { '。': '.', '、': ',', '《': '<', '》': '>', '「': '"', '」': '"', '【': '[', '】': ']' }[char] ?? char
}
