/** Elementary functions that give the same bits on every machine and Node version, from the WebAssembly module. */

/*
 * Math.exp and its kin may differ between engines; WebAssembly's float64 arithmetic may not. The error bounds below are
 * the largest errors measured, rounded up: against correctly rounded values on about 2,100 points a function
 * (test/vectors/kernel) and 6,000 random ones. Results that are NaN are JavaScript's NaN whatever bits the machine made.
 * Source, where not said otherwise: AssemblyScript's NativeMath, which descends from musl and FreeBSD's msun.
 */
import { machine } from './machine.js'

/** WebAssembly leaves a NaN's sign and payload to the machine; they show once a NaN is stored in a typed array. */
const canonical = (x: number): number => (Number.isNaN(x) ? Number.NaN : x)

/**
 * e^x. At most 0.51 ulp. NaN gives NaN, Inf Inf, −Inf 0, ±0 and subnormals 1. Results below 2^-1022 are subnormal and
 * rounded once; beyond 709.78… Inf, below −745.13… 0.
 */
export const exp = (x: number): number => canonical(machine().exp(x))

/** e^x − 1, without cancellation near 0. At most 1.5 ulp. NaN gives NaN, Inf Inf, −Inf −1; −0 and subnormals stay themselves. */
export const expm1 = (x: number): number => canonical(machine().expm1(x))

/** The natural logarithm. At most 0.52 ulp. NaN and x < 0 give NaN, ±0 −Inf, Inf Inf, 1 +0; subnormals like all others. */
export const log = (x: number): number => canonical(machine().log(x))

/** The logarithm to base 2, ln x / ln 2. At most 1.6 ulp, so a power of two may miss its exponent: that is format/bits.ts's exponentOf. Edges as `log`. */
export const log2 = (x: number): number => log(x) / log(2)

/** ln(1 + x), without cancellation near 0. At most 0.8 ulp. NaN and x < −1 give NaN, −1 −Inf, Inf Inf; −0 and subnormals stay. */
export const log1p = (x: number): number => canonical(machine().log1p(x))

/** The hyperbolic tangent. At most 2.2 ulp. NaN gives NaN, ±Inf ±1; −0 and subnormals stay themselves. */
export const tanh = (x: number): number => canonical(machine().tanh(x))

/**
 * The sine of x radians. At most 0.75 ulp up to |x| = 1.6e6, 1.2 ulp to the largest float64. NaN and ±Inf give NaN; −0 and
 * subnormals stay themselves. Large x: our own reduction by 190 bits of 2/π (assembly/sincos.ts).
 */
export const sin = (x: number): number => canonical(machine().sin(x))

/** The cosine of x radians. At most 0.75 ulp up to |x| = 1.6e6, 1.2 ulp to the largest float64. NaN and ±Inf give NaN, ±0 1. */
export const cos = (x: number): number => canonical(machine().cos(x))

/**
 * The error function 2/√π ∫₀ˣ e^(−t²) dt. At most 0.75 ulp. NaN gives NaN, ±Inf ±1, −0 −0; subnormals are rounded once.
 * Method: interpolating polynomials, one about 0 and 46 on eighths up to 6 (assembly/erf.ts); ours.
 */
export const erf = (x: number): number => canonical(machine().erf(x))
