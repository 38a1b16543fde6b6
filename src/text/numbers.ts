/** How numbers are written, the same in both languages unless a function takes one. No Intl: equal bytes everywhere. */

const stripZeros = (s: string): string => (s.includes('.') ? s.replace(/\.?0+$/, '') : s)

/** −0, ±Inf and NaN by name; everything else as `write` writes it. */
function finite(x: number, write: (x: number) => string): string {
  if (Number.isNaN(x)) return 'NaN'
  if (x === Infinity) return 'Inf'
  if (x === -Infinity) return '-Inf'
  return Object.is(x, -0) ? '-0' : write(x)
}

/** Three significant digits, as a plain decimal from 1e-4 to 1e6, else as 1.23e-8. */
export function number(x: number, digits = 3): string {
  return finite(x, (v) => {
    const size = Math.abs(v)
    if (v === 0) return '0'
    if (Number.isInteger(v) && size < 1e6) return String(v)
    if (size >= 1e-4 && size < 1e6) {
      const fixed = stripZeros(v.toPrecision(digits))
      return fixed.includes('e') ? String(Math.round(v)) : fixed
    }
    return v
      .toExponential(digits - 1)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e')
  })
}

/** The shortest decimal that reads back as the same float64. */
export const shortest = (x: number): string => finite(x, (v) => String(v).replace('e+', 'e'))

/** A fraction as a percentage: three significant digits, two decimals at most; never 0 % for something, nor 100 % for not quite all. */
export function percent(x: number): string {
  return finite(x, (v) => {
    const p = v * 100
    const size = Math.abs(p)
    if (p === 0) return '0 %'
    if (size < 0.005) return '<0.01 %'
    if (p < 100 && p >= 99.995) return '>99.99 %'
    const decimals = size >= 99.95 || size < 9.995 ? 2 : size < 99.95 ? 1 : 0
    return `${stripZeros(p.toFixed(decimals))} %`
  })
}

/** 2^k for a power of two from 2^11 up or below 1/8, digits otherwise. */
export function power(x: number): string {
  return finite(x, (v) => {
    // Halving and doubling are exact, so this loop ends at 1 only for a power of two.
    let k = 0
    let size = Math.abs(v)
    for (; size >= 2; k++) size /= 2
    for (; size > 0 && size < 1; k--) size *= 2
    return size === 1 && (k >= 11 || k <= -4) ? `${v < 0 ? '-' : ''}2^${k}` : number(v, 6)
  })
}

/** Units of a count, smallest first: from which size on, and digits behind the point where they are fixed. */
const units = {
  en: [
    { size: 1e3, name: 'k' },
    { size: 1e6, name: 'M' },
    { size: 1e9, name: 'G' },
    { size: 1e12, name: 'T' },
  ],
  zh: [
    { size: 1e4, name: '万', decimals: 1 },
    { size: 1e8, name: '亿', decimals: 2 },
    { size: 1e12, name: '万亿', decimals: 2 },
  ],
} as const

/** How many: every digit below 100,000, then 12.5 M in English and 1246.4 万 in Chinese. */
export function count(x: number, lang: 'en' | 'zh'): string {
  const size = Math.abs(x)
  if (!(size < 1e15) || !Number.isInteger(x)) return number(x)
  if (size < 1e5) return number(x, 5)
  let text = ''
  for (const unit of units[lang]) {
    // Compared after rounding: 999,999 is 1 M, not 1000 k.
    const inUnit = size / unit.size
    const written = 'decimals' in unit ? inUnit.toFixed(unit.decimals) : inUnit.toPrecision(inUnit < 1000 ? 3 : 4)
    if (Number(written) >= 1) text = `${stripZeros(written)} ${unit.name}`
  }
  return x < 0 ? `-${text}` : text
}

/** A limit of a parameter: a power of two by its name where digits hide it, else every digit. */
export const bound = (x: number): string => {
  const named = power(x)
  return named.includes('^') && !(Number.isInteger(x) && Math.abs(x) <= 1e6) ? named : shortest(x)
}

/** A loss scale: the digits of an integer up to a million, else as `power` writes it. */
export const scale = (x: number): string => (Number.isInteger(x) && x > 0 && x <= 1e6 ? String(x) : power(x))

/** Every digit where there are few, else three of them. */
export const brief = (x: number): string => (shortest(x).length <= 8 ? shortest(x) : number(x))
