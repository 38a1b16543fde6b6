/** The words of watching a training, and of reading its log. In Chinese. */
import type { monitor as english } from '../en/monitor.js'
import { count, number, percent, power } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])
const c = (v: Values, key: string): string => count(n(v, key), 'zh')
const known = (v: Values, key: string): boolean => Number.isFinite(n(v, key))
const place = (v: Values, at: string, line: string): string =>
  known(v, at) ? `第 ${s(v, at)} 次迭代` : `第 ${s(v, line)} 行`

const writers: Readonly<Record<string, string>> = {
  apex: 'apex',
  deepspeed: 'DeepSpeed',
  megatron: 'Megatron-LM',
  fairseq: 'fairseq',
  other: 'loss_scale',
}

export const monitor: typeof english = {
  errors: {},
  findings: {
    monitorNoStep: (v: Values) =>
      `${c(v, 'steps')} 步全部上溢，与系数无关（最后为 ${power(n(v, 'final'))}）：梯度本身含有 Inf 或 NaN${known(v, 'first') ? `；第 ${s(v, 'first')} 步首次报警` : ''}。`,
    monitorNoticed: (v: Values) => {
      const wrong = known(v, 'wrong') ? `；${n(v, 'wrong') === 0 ? '无误报' : `误报 ${s(v, 'wrong')} 次`}` : ''
      if (n(v, 'troubles') === 0) return `此处没有故障：报警 ${s(v, 'alarms')} 次${wrong}。`
      const when = n(v, 'delay') === 0 ? '立即' : `在 ${c(v, 'delay')} 步之内`
      const skips = n(v, 'skipped') === 0 ? '' : `；缩放器跳过 ${s(v, 'skipped')} 个`
      return `${s(v, 'troubles')} 个故障，本监控${n(v, 'noticed') > 0 ? when : ''}发现 ${s(v, 'noticed')} 个${skips}${wrong}。`
    },
    monitorInterview: (v: Values) => {
      const name = '面试文档的监控（100 个损失的 max/min > 10）'
      const warns = n(v, 'wrong') === 0 ? '' : `在第 ${s(v, 'from')}–${s(v, 'to')} 步损失正常下降时报警`
      const crash = known(v, 'crash') ? `第 ${s(v, 'crash')} 步它使训练中断：ZeroDivisionError。` : ''
      if (n(v, 'troubles') === 0) return `${name}${warns || '没有报警'}。${crash}`
      const noticed = n(v, 'noticed') === 0 ? '一个也没发现：NaN > 10 为假' : `发现 ${s(v, 'noticed')} 个`
      return `${name}${noticed}${warns && `；却${warns}`}。${crash}`
    },
    monitorNormHides: (v: Values) =>
      `到第 ${s(v, 'until')} 步，范数变为 ${number(n(v, 'change'), 2)} 倍；在 unscale_ 之前读则为 ${number(n(v, 'read'), 2)} 倍。`,
    monitorBroken: (v: Values) => `${c(v, 'applied')} 步采用了 Inf 或 NaN：无人检查，此后权重全是 NaN。`,
    monitorGaveUp: (v: Values) => `第 ${s(v, 'step')} 步框架抛出错误：系数已到下限而这一步仍然上溢。`,
    monitorLosses: (v: Values) =>
      !known(v, 'lost')
        ? `损失了 ${percent(n(v, 'share'))} 的步；没有梯度被采用。`
        : `损失了 ${percent(n(v, 'share'))} 的步、${percent(n(v, 'lost'))} 的梯度、${percent(n(v, 'updates'))} 的 ${s(v, 'format')} 权重更新。`,

    'monitor-pattern-probing': (v: Values) =>
      `起步时的试探：${c(v, 'opening')} 次上溢使系数从 ${power(n(v, 'first'))} 降到 ${power(n(v, 'openingEnd'))}${n(v, 'overflows') === n(v, 'opening') && n(v, 'iterations') > 0 ? '，此后再无上溢' : ''}。`,
    'monitor-pattern-healthy': (v: Values) =>
      n(v, 'overflows') === 0
        ? `正常：没有上溢；系数从 ${power(n(v, 'first'))} 到 ${power(n(v, 'last'))}。`
        : `正常：上溢 ${c(v, 'overflows')} 次${n(v, 'opening') > 0 ? `，其中 ${c(v, 'opening')} 次在起步时` : ''}${known(v, 'oneIn') ? `（${n(v, 'opening') > 0 ? '此后' : ''}每 ${c(v, 'oneIn')} 次迭代一次）` : ''}，增长 ${c(v, 'growths')} 次；系数保持在 ${power(n(v, 'lowest'))} 与 ${power(n(v, 'peak'))} 之间。`,
    'monitor-pattern-collapse': (v: Values) =>
      n(v, 'opening') === n(v, 'overflows')
        ? `崩溃：每一步都上溢，连续 ${c(v, 'overflows')} 次，系数从 ${power(n(v, 'first'))} 降到 ${power(n(v, 'last'))}。`
        : `崩溃：${place(v, 'peakAt', 'peakLine')}时系数为 ${power(n(v, 'peak'))}，此后减半 ${c(v, 'backoffs')} 次，最后为 ${power(n(v, 'last'))}${n(v, 'last') < 1 ? '：小于 1 的系数反而使梯度变小' : ''}。`,
    'monitor-pattern-stuck-at-minimum': (v: Values) =>
      v['stopped'] === true
        ? `停在下限：${known(v, 'last') ? `最后写出的系数是 ${power(n(v, 'last'))}，随后框架放弃` : '框架放弃；没有一行写出当时的系数'}。`
        : n(v, 'held') < 2
          ? `停在下限：到${place(v, 'lowestAt', 'lowestLine')}时系数已从 ${power(n(v, 'highest'))} 降到 ${power(n(v, 'last'))}，最后 ${c(v, 'flat')} 条记录一直停在那里。`
          : `停在下限：系数为 ${power(n(v, 'last'))}，不能再降；最后 ${c(v, 'held')} 次上溢没有任何改变：每一步都被跳过，模型什么也学不到。`,
    'monitor-pattern-never-grows': (v: Values) =>
      `从不增长：${c(v, 'withoutGrowth')} 次迭代没有增长，本应每 ${s(v, 'interval')} 次增长一次；上溢 ${c(v, 'overflows')} 次，系数最后为 ${power(n(v, 'last'))}。`,
    'monitor-pattern-dead': (v: Values) =>
      `系数已失效：从${place(v, 'deadAt', 'deadLine')}起损失缩放系数为 ${number(n(v, 'dead'))}，再乘什么因子也恢复不了。`,
    'monitor-pattern-too-many-overflows': (v: Values) =>
      n(v, 'growths') >= n(v, 'later') / 2
        ? `增长过于频繁：${c(v, 'afterOpening')} 次迭代中增长 ${c(v, 'growths')} 次、上溢 ${c(v, 'later')} 次，${percent(n(v, 'skippedShare'))} 的步被跳过。`
        : `上溢过多：${c(v, 'afterOpening')} 次迭代中 ${c(v, 'later')} 次，每 ${c(v, 'oneIn')} 次一次；若连续 ${s(v, 'interval')} 步正常后增长（--interval），上溢须少于每 ${c(v, 'critical')} 次一次，系数才能保持。`,
    'monitor-pattern-unscaled': () => '未缩放：每一行的损失缩放系数都是 1，也没有上溢，如同 BF16 或 FP32。',

    'monitor-next-probing': () => '无需处理：动态损失缩放就是这样找到系数的。把初始系数设小些，可以少跳过几步。',
    'monitor-next-healthy': (v: Values) =>
      n(v, 'later') > 0 && n(v, 'later') < 4
        ? '目前无需处理：上溢只有几次，还谈不上频率。多了再看。'
        : n(v, 'oneIn') < n(v, 'critical')
          ? `无需处理：每连续 ${s(v, 'interval')} 步正常（--interval）就试着增长一次，随即退回，每次跳过一步。`
          : `无需处理。若连续 ${s(v, 'interval')} 步正常后增长（--interval），只要上溢少于每 ${c(v, 'critical')} 次迭代一次，系数就能保持。`,
    'monitor-next-collapse': () =>
      '系数再小也没有用：Inf 或 NaN 来自前向计算或数据。查看这些步的损失和批次；退回之前的检查点，跳过这些批次，降低学习率或裁剪梯度；或改用 BF16。',
    'monitor-next-stuck-at-minimum': (v: Values) =>
      v['stopped'] !== true && n(v, 'held') < 2
        ? '损失还在下降吗？若不再下降，说明每一步都被跳过：找出前向计算中第一个 NaN 或 Inf。若仍在下降，说明梯度太大，容不下更大的系数：裁剪梯度、降低学习率，或改用 BF16。'
        : '停止训练：找出前向计算中第一个 NaN 或 Inf（hook、torch.autograd.detect_anomaly），检查数据，softmax 和归一化保持 FP32；或改用 BF16。把下限设得更小没有用。',
    'monitor-next-never-grows': (v: Values) =>
      n(v, 'overflows') === 0
        ? '系数是静态的吗？动态系数到了增长间隔就会增长。请检查设置；其间小的梯度可能下溢归零：fpsim static-scaling。'
        : !known(v, 'oneIn')
          ? '起步之后没有上溢，系数却不增长：是关闭了增长，还是增长间隔更长（--interval）？'
          : `增长间隔未满就又上溢（每 ${c(v, 'oneIn')} 次迭代一次）：缩短间隔，或消除上溢的原因：fpsim scale-collapse。`,
    'monitor-next-dead': (v: Values) =>
      `${n(v, 'dead') === 0 ? '乘以 0 后梯度全为 0，再除以 0 得 NaN' : '梯度全部变成 NaN 或 Inf'}：停止训练，退回之前的检查点，给系数设下限（min_scale），并找出前向计算中第一个 NaN。`,
    'monitor-next-too-many-overflows': (v: Values) =>
      n(v, 'growths') >= n(v, 'later') / 2
        ? `让它少增长些：连续 ${s(v, 'interval')} 步正常后才增长，至多每 ${count(n(v, 'interval') + 1, 'zh')} 步跳过一步。`
        : '从这些步的批次和损失中找原因；缩短增长间隔只能使系数保持：fpsim scale-collapse。',
    monitorLogDead: (v: Values) => `${c(v, 'lines')} 行的损失缩放系数是 NaN 或 Inf，此后又有有限的系数。`,
    'monitor-next-unscaled': () =>
      'BF16 无需处理：它的范围与 FP32 相同。FP16 不缩放则小的梯度变成 0：fpsim underflow。',
    monitorLogNotFinite: (v: Values) => `${c(v, 'lines')} 行的损失是 NaN 或 Inf：前向计算已经出错，与系数无关。`,
    monitorLogCopies: (v: Values) => `每次上溢写了 ${s(v, 'copies')} 遍，每个进程一遍；只计一次。`,
    monitorLogScalers: (v: Values) => `此处有 ${s(v, 'scalers')} 个损失缩放器；显示的是第 ${s(v, 'scaler')} 号。`,
    monitorLogRestarts: (v: Values) => `迭代号回退了 ${c(v, 'restarts')} 次：训练曾重新开始。`,
    monitorLogShort: (v: Values) => `只有 ${c(v, 'recognized')} 行提到损失缩放系数：太少，不足为凭。`,
  },
  labels: {
    'monitor-norm': () => '范数',
    'monitor-norm-read': () => '范数 × 系数',
    'monitor-alarms': () => '报警',
    'monitor-what': () => '发生了什么',
    'monitor-alarm': () => '报警',
    'monitor-value': () => '数值',
    'monitor-interview': () => 'max/min > 10',
    'monitor-fires': (v: Values) =>
      `报警：${number(n(v, 'ratio'))}${n(v, 'length') > 1 ? `，${s(v, 'length')} 步` : ''}`,
    'monitor-crashes': () => 'ZeroDivisionError',
    'monitor-silent': (v: Values) => `无反应${known(v, 'ratio') ? `：${number(n(v, 'ratio'))}` : ''}`,
    'monitor-warns-already': () => '早已报警',
    'monitor-by-chance': () => '偶然的坏批次',
    'monitor-always-overflow': () => '每一步都上溢',
    'monitor-no-trouble': () => '没有故障',
    'monitor-skipped-by-scaler': () => '无：已跳过更新',
    'monitor-missed': () => '无',
    'monitor-trouble-lossSpike': (v: Values) => `损失 × ${number(n(v, 'size'))}`,
    'monitor-trouble-gradientSpike': (v: Values) => `梯度 × ${number(n(v, 'size'))}`,
    'monitor-trouble-nanLoss': () => '损失为 NaN',
    'monitor-trouble-badBatches': (v: Values) => `${c(v, 'size')} 个坏批次`,
    'monitor-alarm-loss-not-finite': () => '损失非有限',
    'monitor-alarm-loss-spike': () => '损失尖峰',
    'monitor-alarm-norm-spike': () => '范数尖峰',
    'monitor-alarm-scale-falls': () => '系数连降',
    'monitor-alarm-scale-below-one': () => '系数小于 1',
    'monitor-alarm-scale-at-minimum': () => '系数到下限',
    'monitor-alarm-scale-never-grows': () => '系数不增长',
    'monitor-alarm-gradients-lost': () => '梯度下溢归零',
    'monitor-value-loss-not-finite': (v: Values) => number(n(v, 'value')),
    'monitor-value-loss-spike': (v: Values) => `${number(n(v, 'value'))}，${number(n(v, 'sigmas'), 2)} σ`,
    'monitor-value-norm-spike': (v: Values) => `${number(n(v, 'value'))}，${number(n(v, 'sigmas'), 2)} σ`,
    'monitor-value-scale-falls': (v: Values) => power(n(v, 'value')),
    'monitor-value-scale-below-one': (v: Values) => power(n(v, 'value')),
    'monitor-value-scale-at-minimum': (v: Values) => power(n(v, 'value')),
    'monitor-value-scale-never-grows': (v: Values) => `${c(v, 'value')} 步`,
    'monitor-value-gradients-lost': (v: Values) => percent(n(v, 'value')),
    'monitor-iteration': () => '迭代',
    'monitor-entry': () => '第几条',
    'monitor-overflow': () => '上溢',
    'monitor-line': () => '行',
    'monitor-at-first': () => '最初',
    'monitor-at-opening': () => '试探结束',
    'monitor-at-highest': () => '最高',
    'monitor-at-lowest': () => '最低',
    'monitor-at-last': () => '最后',
    monitorLogSubject: (v: Values) =>
      `${s(v, 'name')}：${writers[s(v, 'format')] ?? s(v, 'format')}，${c(v, 'lines')} 行中的 ${c(v, 'recognized')} 行`,
    'param-policy': () => '策略',
    'param-loss': () => '最初的损失',
    'param-lossFloor': () => '最后的损失',
    'param-descent': () => '下降步数',
    'param-lossNoise': () => '损失噪声',
    'param-lossSpike': () => '损失尖峰',
    'param-gradientSpike': () => '梯度尖峰',
    'param-badBatches': () => '坏批次',
    'param-badRate': () => '坏批次比例',
    'param-sigmas': () => '标准差倍数',
    'param-interval': () => '增长间隔',
    'param-floor': () => '下限',
    'metric-troubles': () => '故障',
    'metric-noticed': () => '发现',
    'metric-skippedByScaler': () => '缩放器跳过',
    'metric-noticedByInterview': () => 'max/min 发现',
    'metric-alarms': () => '报警',
    'metric-falseAlarms': () => '误报',
    'metric-falseByInterview': () => 'max/min 误报',
    'metric-interviewFirst': () => 'max/min 首次报警',
    'metric-updatesLost': () => '更新丢失',
    'metric-normChange': () => '范数，末比初',
    'metric-readNormChange': () => '范数 × 系数，末比初',
    'metric-logLines': () => '行数',
    'metric-logRecognized': () => '识别的行',
    'metric-logPattern': () => '模式',
    'metric-logOverflows': () => '上溢',
    'metric-logBackoffs': () => '减半次数',
    'metric-logGrowths': () => '加倍次数',
    'metric-logFirst': () => '最初系数',
    'metric-logLast': () => '最后系数',
    'metric-logHighest': () => '最高系数',
    'metric-logLowest': () => '最低系数',
    'metric-logCopies': () => '进程数',
    'metric-logIterations': () => '迭代次数',
  },
  options: {
    'monitor.log':
      '改看你的训练日志，或 - 表示标准输入：apex、DeepSpeed、Megatron-LM、fairseq，以及任何带 loss_scale 的行',
    'monitor.policy': '损失缩放策略：pytorch、keras2、megatron、deepspeed-zero、static……',
    'monitor.loss': '第一步的损失',
    'monitor.lr': '学习率，用于计算更新丢失',
    'monitor.weight': '被更新的权重，用于计算更新丢失',
    'monitor.interval': '日志中的训练连续多少步正常后增长系数；默认取其框架的值',
    'monitor.floor': '日志中的训练的最小系数；默认取其框架的值',
    lossFloor: '损失降到的值',
    descent: '损失与终值之差缩小到 1/e 所需的步数',
    lossNoise: '每一步的损失随机变动至多几倍；1 表示不变',
    lossSpike: '某一步的损失乘以它；1 表示没有',
    gradientSpike: '某一步的梯度乘以它；1 表示没有',
    badBatches: '连续多少步的损失和梯度为 NaN，之前另有单独一步；0 表示没有',
    badRate: '随机为 NaN 的步所占比例，与缩放系数无关',
    sigmas: '比滑动均值高出多少个标准差算尖峰',
  },
}
