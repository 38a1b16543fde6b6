/** Whole powers of a number below 1, as Adam's bias corrections need them. */

/** A number as high + low, about 106 bits. */
type Pair = readonly [high: number, low: number]

/** x as two numbers of 26 bits (Veltkamp). */
function halves(x: number): Pair {
  const shifted = x * 134217729 // 2^27 + 1
  const upper = shifted - (shifted - x)
  return [upper, x - upper]
}

/** Dekker's product, and the cross terms of the low parts. */
function multiply([a, a1]: Pair, [b, b1]: Pair): Pair {
  const product = a * b
  const [ah, al] = halves(a)
  const [bh, bl] = halves(b)
  const rest = al * bl - (product - ah * bh - al * bh - ah * bl) + (a * b1 + a1 * b)
  const high = product + rest
  return [high, rest - (high - product)]
}

/**
 * base^n for 0 <= base <= 1 and an integer n >= 0. At most 0.5 ulp and 2^-90 more where the result is above 1e-280;
 * below, less exact, which 1 − base^n does not see. 0^0 is 1. Method: squaring in double-double arithmetic.
 */
export function wholePower(base: number, n: number): number {
  let result: Pair = [1, 0]
  let square: Pair = [base, 0]
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(result, square)
    square = multiply(square, square)
  }
  return result[0] + result[1]
}
