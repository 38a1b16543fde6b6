/** Bytes, seconds and ratios with their units, the same in every language. */
import { number } from './numbers.js'

/** A number in the largest unit of which there is at least one; `unit(i)` is 1000^i or 1024^i. */
function inUnit(x: number, names: readonly string[], step: number): string {
  let size = x
  let i = 0
  // 1023.7 KiB is written as 1 MiB: compared after rounding to three digits.
  while (i < names.length - 1 && Number(size.toPrecision(3)) >= step) {
    size /= step
    i++
  }
  return `${number(size)} ${names[i]}`
}

/** 430 B, 24.9 GiB: powers of 1024. */
export const bytes = (x: number): string => inUnit(x, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'], 1024)

/** 55.1 ms, 120 µs, 4.57 s. */
export function seconds(x: number): string {
  if (x === 0) return '0 s'
  if (x >= 0.9995) return `${number(x)} s`
  if (x >= 0.9995e-3) return `${number(x * 1e3)} ms`
  return x >= 0.9995e-6 ? `${number(x * 1e6)} µs` : `${number(x * 1e9)} ns`
}

/** 7.12×. */
export const times = (x: number): string => `${number(x)}×`
