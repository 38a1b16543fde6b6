/** Philox4x32-7, eight counters at once: the same words as data/rng.ts, in bulk. */

// @ts-ignore: decorator
@inline const m0: i32 = 0xd2511f53
// @ts-ignore: decorator
@inline const m1: i32 = 0xcd9e8d57

/** The keys of the rounds, each in all lanes: two of 16 bytes a round. */
const keys: usize = memory.data(224, 16)

// @ts-ignore: decorator
@inline function low(p: v128, q: v128): v128 {
  return v128.shuffle<u32>(p, q, 0, 2, 4, 6)
}
// @ts-ignore: decorator
@inline function high(p: v128, q: v128): v128 {
  return v128.shuffle<u32>(p, q, 1, 3, 5, 7)
}

/** Lane j of the four vectors is block j: transposed, the draws come in order. */
// @ts-ignore: decorator
@inline function put(at: usize, x0: v128, x1: v128, x2: v128, x3: v128): void {
  const p = v128.shuffle<u32>(x0, x1, 0, 4, 1, 5)
  const q = v128.shuffle<u32>(x2, x3, 0, 4, 1, 5)
  const r = v128.shuffle<u32>(x0, x1, 2, 6, 3, 7)
  const s = v128.shuffle<u32>(x2, x3, 2, 6, 3, 7)
  v128.store(at, v128.shuffle<u64>(p, q, 0, 2))
  v128.store(at, v128.shuffle<u64>(p, q, 1, 3), 16)
  v128.store(at, v128.shuffle<u64>(r, s, 0, 2), 32)
  v128.store(at, v128.shuffle<u64>(r, s, 1, 3), 48)
}

/**
 * n draws from block `counter` on, in order; n is rounded up to 32. The blocks must share the upper half of their
 * counters: floor(block / 2^32) is the second word, the other two are 0.
 */
export function fillDraws(at: usize, n: i32, counter: u64, k0: i32, k1: i32): void {
  const a = i32x4.splat(m0)
  const b = i32x4.splat(m1)
  for (let round = 0; round < 7; round++) {
    v128.store(keys + (<usize>round << 5), i32x4.splat(k0 + round * 0x9e3779b9))
    v128.store(keys + (<usize>round << 5), i32x4.splat(k1 + round * 0xbb67ae85), 16)
  }
  // The first two rounds of words that are 0 or alike in all blocks.
  const alike = <u64>(<u32>k0 ^ <u32>(counter >> 32)) * <u64><u32>m0
  const second2 = v128.xor(i32x4.splat(<i32>(alike >> 32)), v128.load(keys + 32, 16))
  const second3 = i32x4.splat(<i32>alike)
  const second0 = v128.load(keys + 32)
  const first2 = v128.load(keys, 16)
  let block = i32x4.add(i32x4.splat(<i32>counter), i32x4(0, 1, 2, 3))
  const end = at + (<usize>n << 2)
  for (; at < end; at += 128) {
    let l0 = i64x2.extmul_low_i32x4_u(block, a)
    let h0 = i64x2.extmul_high_i32x4_u(block, a)
    block = i32x4.add(block, i32x4.splat(4))
    let l2 = i64x2.extmul_low_i32x4_u(block, a)
    let h2 = i64x2.extmul_high_i32x4_u(block, a)
    block = i32x4.add(block, i32x4.splat(4))
    let x2 = v128.xor(high(l0, h0), first2)
    let y2 = v128.xor(high(l2, h2), first2)
    let x3 = low(l0, h0)
    let y3 = low(l2, h2)

    l0 = i64x2.extmul_low_i32x4_u(x2, b)
    h0 = i64x2.extmul_high_i32x4_u(x2, b)
    l2 = i64x2.extmul_low_i32x4_u(y2, b)
    h2 = i64x2.extmul_high_i32x4_u(y2, b)
    let x0 = v128.xor(high(l0, h0), second0)
    let y0 = v128.xor(high(l2, h2), second0)
    x2 = v128.xor(x3, second2)
    y2 = v128.xor(y3, second2)
    let x1 = low(l0, h0)
    let y1 = low(l2, h2)
    x3 = second3
    y3 = second3

    for (let key = keys + 64; key < keys + 224; key += 32) {
      const xl0 = i64x2.extmul_low_i32x4_u(x0, a)
      const xh0 = i64x2.extmul_high_i32x4_u(x0, a)
      const xl2 = i64x2.extmul_low_i32x4_u(x2, b)
      const xh2 = i64x2.extmul_high_i32x4_u(x2, b)
      const yl0 = i64x2.extmul_low_i32x4_u(y0, a)
      const yh0 = i64x2.extmul_high_i32x4_u(y0, a)
      const yl2 = i64x2.extmul_low_i32x4_u(y2, b)
      const yh2 = i64x2.extmul_high_i32x4_u(y2, b)
      x0 = v128.xor(v128.xor(high(xl2, xh2), x1), v128.load(key))
      x2 = v128.xor(v128.xor(high(xl0, xh0), x3), v128.load(key, 16))
      y0 = v128.xor(v128.xor(high(yl2, yh2), y1), v128.load(key))
      y2 = v128.xor(v128.xor(high(yl0, yh0), y3), v128.load(key, 16))
      x1 = low(xl2, xh2)
      x3 = low(xl0, xh0)
      y1 = low(yl2, yh2)
      y3 = low(yl0, yh0)
    }
    put(at, x0, x1, x2, x3)
    put(at + 64, y0, y1, y2, y3)
  }
}
