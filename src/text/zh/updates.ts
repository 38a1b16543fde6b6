/** The words of updates that are too small for their weight. In Chinese. */
import type { updates as english } from '../en/updates.js'
import { brief, number, percent, power, shortest } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const short = (x: number): string => (power(x).includes('^') ? power(x) : brief(x))

const sum = (w: number, delta: number): string => `${short(w)} ${delta < 0 ? '−' : '+'} ${short(Math.abs(delta))}`

const signed = (x: number): string => (x < 0 ? `−${short(-x)}` : short(x))

function stuck(v: Values, key: string): string {
  const [format, from, everyOther] = [s(v, key), n(v, `${key}Stuck`), n(v, `${key}EveryOther`)]
  const size = (x: number): string => signed(v['negative'] === true ? -x : x)
  const up = v['negative'] === true ? '以下' : '以上'
  if (!Number.isNaN(everyOther))
    return `能改变各种大小的 ${format} 权重（${size(everyOther)} 及${up}只能改变每两个中的一个）`
  if (Number.isNaN(from)) return `能改变各种大小的 ${format} 权重`
  if (v[`${key}Everything`] === true) return `无法改变任何 ${format} 权重`
  if (v[`${key}Above`] === true)
    return `无法改变${v['negative'] === true ? '小于' : '大于'} ${size(from)} 的 ${format} 权重`
  return `无法改变 ${size(from)} 及${up}的 ${format} 权重`
}

export const updates: typeof english = {
  errors: {},
  findings: {
    lostUpdateLost: (v: Values) =>
      `在 ${s(v, 'format')} 中 ${sum(n(v, 'weight'), n(v, 'update'))} = ${shortest(n(v, 'after'))}：更新丢失。它${v['odd'] === true ? '至少要有' : '必须超过'}半个步长 ${short(n(v, 'half'))}。`,
    lostUpdateKept: (v: Values) =>
      `在 ${s(v, 'format')} 中 ${sum(n(v, 'weight'), n(v, 'update'))} = ${shortest(n(v, 'after'))}：权重改变了。那里的半个步长为 ${short(n(v, 'half'))}。`,
    lostUpdateBeyond: (v: Values) =>
      `在 ${s(v, 'format')} 中 ${sum(n(v, 'weight'), n(v, 'update'))} = ${shortest(n(v, 'after'))}：超出了该格式的范围。`,
    lostUpdateStuck: (v: Values) =>
      `大小为 ${signed(n(v, 'update'))} 的更新${stuck(v, 'format')}${v['other'] === undefined ? '' : `，${stuck(v, 'other')}`}。`,
    keepStops: (v: Values) => {
      const where =
        n(v, 'stuckSince') === 0
          ? `始终停在 ${number(n(v, 'last'), 5)}`
          : `在 ${s(v, 'stuckSince')} 次更新后停在 ${number(n(v, 'last'), 5)}`
      const why =
        v['keeping'] === 'plain'
          ? `（那里的半个步长为 ${short(n(v, 'half'))}）`
          : v['keeping'] === 'kahan'
            ? '（更新太小，连补偿项也不变）'
            : ''
      return `${s(v, 'recipe')} ${where}${why}，而 fp32 到达 ${number(n(v, 'reference'), 5)}。`
    },
    keepWrong: (v: Values) =>
      `${s(v, 'recipe')} 在动，却到了 ${number(n(v, 'last'), 5)}：每次更新都舍入成该格式的整步。fp32 到达 ${number(n(v, 'reference'), 5)}。`,
    keepGone: (v: Values) => `${s(v, 'recipe')} 最后成为 ${shortest(n(v, 'last'))}：超出了该格式的范围。`,
    keepFollows: (v: Values) =>
      `${s(v, 'recipes').replaceAll(', ', '、')} ${v['many'] === true ? '都' : ''}到达 fp32 的终点 ${number(n(v, 'reference'), 5)}，相差不超过一个步长。`,
    keepChance: (v: Values) =>
      `${s(v, 'recipe')} 到达 ${number(n(v, 'last'), 5)}，偏差 ${number(n(v, 'off'))}：平均而言是对的（见 stochastic-rounding）。`,
    keepTrace: (v: Values) =>
      `优化器更新的是 ${s(v, 'master')} 主权重；${s(v, 'format')} 副本每一步都由它重新生成。主权重就是权重本身，不是备份。`,
    srNearest: (v: Values) =>
      `就近舍入：${s(v, 'updates')} 次 ${short(n(v, 'update'))} 的更新使 ${s(v, 'format')} 到达 ${number(n(v, 'last'), 6)}，精确值为 ${number(n(v, 'exact'), 6)}。`,
    srRight: (v: Values) =>
      Number.isNaN(n(v, 'off'))
        ? `随机舍入：${s(v, 'runs')} 次运行都到达 ${number(n(v, 'mean'), 5)}，次数太少，看不出概率。`
        : `随机舍入，${s(v, 'runs')} 次运行的平均：${number(n(v, 'mean'), 5)} ± ${number(n(v, 'error'), 2)}，与精确值相差 ${number(Math.abs(n(v, 'off')), 2)} 个标准误。`,
    srNoChance: (v: Values) =>
      `这里没有随机性：每次运行都到达 ${number(n(v, 'last'), 6)}，因为没有和落在 ${s(v, 'format')} 的两个值之间。`,
    srDrowned: (v: Values) =>
      `随机舍入来得太晚：${s(v, 'master')} 先把 ${sum(n(v, 'weight'), n(v, 'update'))} 舍入回原来的权重。若和是精确的，每次有 ${number(n(v, 'odds'))} 的概率会改变权重。`,
    srBeyond: (v: Values) =>
      `${percent(n(v, 'beyond'))} 的运行超出了 ${s(v, 'format')} 的范围（理论值 ${percent(n(v, 'expected'))}）；此后平均值不再有意义。`,
    srOne: (v: Values) =>
      `单次运行的偏差约为 ${number(n(v, 'spread'))}（理论值 ${number(n(v, 'theory'))}）；${percent(n(v, 'two'))} 的运行在其两倍之内。`,
    srEdge: (v: Values) =>
      `在最大值处则不然：${brief(n(v, 'top'))} + ${brief(n(v, 'part'))} ${n(v, 'high') === n(v, 'top') ? '从不改变' : `有 ${percent(n(v, 'odds'))} 的概率变成 ${shortest(n(v, 'high'))}；若饱和则从不改变`}。`,
  },
  labels: {
    lostUpdateMap: () => '能改变权重的最小更新：低于各自的线就丢失',
    lostUpdateMapOutward: () => '能使权重远离 0 的最小更新：低于各自的线就丢失',
    lostUpdateWeightAxis: () => '权重',
    lostUpdateLevel: (v: Values) => `Δ = ${short(n(v, 'update'))}`,
    lostUpdateWeightIn: (v: Values) => `w（${s(v, 'format')}）`,
    lostUpdateDelta: () => 'Δ',
    lostUpdateRatio: () => 'w/Δ',
    lostUpdateAfter: () => 'w + Δ',
    lostUpdatePower: (v: Values) => short(n(v, 'value')),
    lostUpdateBelowHalf: () => '丢失：不到半个步长',
    lostUpdateTieStays: () => '丢失：正好一半，w 为偶，不动',
    lostUpdateTieMoves: () => '改变：正好一半，w 为奇，取偶',
    lostUpdateAboveHalf: () => '改变：超过半个步长',
    lostUpdateOutside: () => '超出范围',
    'param-weight': () => '权重',
    'param-update': () => '更新',
    'param-other': () => '第二种格式',
    'metric-weightBefore': () => '权重',
    'metric-weightAfter': () => '更新后的权重',
    'metric-halfStep': () => '半个步长',
    'metric-weightOverUpdate': () => 'w/Δ',
    'metric-firstLostRatio': () => '最先丢失的 w/Δ',
    'metric-lastKeptRatio': () => '最后保留的 w/Δ',
    'metric-otherFirstLostRatio': () => '最先丢失（第二种格式）',
    'metric-otherLastKeptRatio': () => '最后保留（第二种格式）',
    'metric-stuckFrom': () => '从此不动',
    'metric-otherStuckFrom': () => '从此不动（第二种格式）',
    keepSubject: (v: Values) => `${s(v, 'updates')} 次 ${short(n(v, 'update'))} 的更新`,
    keepPaths: () => '每次更新之后的权重',
    keepDifferences: () => '每次更新之后与 fp32 之差',
    keepUpdatesAxis: () => '更新次数',
    'keep-master': () => '主权重',
    'keep-stochastic': () => '随机舍入',
    'keep-kahan': () => 'Kahan',
    keepAlone: (v: Values) => `只用 ${s(v, 'format')}`,
    keepMasterCopy: (v: Values) => `${s(v, 'master')} 主权重`,
    keepSeenCopy: (v: Values) => `其 ${s(v, 'format')} 副本`,
    keepKahanWeight: (v: Values) => `${s(v, 'format')} + Kahan`,
    keepKahanRest: () => '其补偿项',
    keepRecipe: () => '方案',
    keepEnds: () => '终点',
    keepOff: () => '− fp32',
    keepStuck: () => '不动始于',
    keepWeightBytes: () => '每权重字节',
    keepAllBytes: () => '连同 Adam',
    'param-recipes': () => '方案',
    'param-trace': () => '逐次显示',
    'param-updates': () => '更新次数',
    'metric-exact': () => '精确值',
    'metric-fp32': () => 'fp32',
    'metric-fp16': () => 'fp16',
    'metric-fp16Master': () => 'fp16-master',
    'metric-fp16Sr': () => 'fp16-sr',
    'metric-fp16Kahan': () => 'fp16-kahan',
    'metric-bf16': () => 'bf16',
    'metric-bf16Master': () => 'bf16-master',
    'metric-bf16Sr': () => 'bf16-sr',
    'metric-bf16Kahan': () => 'bf16-kahan',
    'metric-plain': () => '单独',
    'metric-master': () => '加主权重',
    'metric-stochastic': () => '随机舍入',
    'metric-kahan': () => 'Kahan',
    'metric-fp16StuckSince': () => 'fp16 不动始于',
    'metric-bf16StuckSince': () => 'bf16 不动始于',
    srSubject: (v: Values) => `${s(v, 'runs')} 次运行，各 ${s(v, 'updates')} 次更新，${s(v, 'format')}`,
    srRuns: (v: Values) => `每次更新之后与精确权重之差（${s(v, 'format')}）`,
    srMean: (v: Values) => `${s(v, 'runs')} 次平均`,
    srOneRun: () => '一次运行',
    srNearestLeaves: () => '就近舍入（已出图）',
    srBandTop: () => '理论 + 2σ',
    srBandBottom: () => '理论 − 2σ',
    srOffColumn: () => '偏差（标准误）',
    srSpread: () => '标准差 σ',
    srTheory: () => '理论 σ',
    srSix: (v: Values) => number(n(v, 'value'), 6),
    srErrors: (v: Values) => (Number.isNaN(n(v, 'off')) ? '–' : number(n(v, 'off'), 2)),
    'param-runs': () => '运行次数',
    'metric-nearest': () => '就近舍入',
    'metric-mean': () => '平均',
    'metric-standardError': () => '标准误',
    'metric-meanOff': () => '偏差（标准误）',
    'metric-spread': () => '标准差',
    'metric-theoryMean': () => '理论平均',
    'metric-theorySpread': () => '理论标准差',
    'metric-spreadRatio': () => '标准差 / 理论',
    'metric-withinTwo': () => '2σ 之内',
    'metric-beyond': () => '超出范围',
    'metric-beyondExpected': () => '超出范围（理论）',
  },
  options: {
    weight: '要更新的权重',
    update: '加到权重上的更新 Δ：学习率 × 梯度',
    other: '第二种格式，与第一种画在一起',
    recipes: '权重的保存方式，用逗号分隔，或 all：fp32、fp16、fp16-master、fp16-sr、fp16-kahan、bf16 …',
    updates: '更新多少次',
    trace: '逐次显示这么多次更新，代替图',
    runs: '运行多少次，每次各有自己的随机数',
  },
}
