/** The words of one training step, laid open. In Chinese. */
import { type step as english, stops } from '../en/step.js'
import { brief, number, percent, scale, shortest } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])
const weight = (v: Values, key: string): string => number(n(v, key), 7)

/** unscale_()，有几个时为第 2 个 unscale_()。 */
const call = (v: Values): string => (n(v, 'nth') === 0 ? s(v, 'call') : `第 ${s(v, 'nth')} 个 ${s(v, 'call')}`)

const why = (v: Values): string =>
  n(v, 'rightSkipped') === n(v, 'rightAttempts')
    ? ''
    : v['doubles'] === true
      ? '，因为每个正常的步都使缩放系数翻倍'
      : '，等缩放系数降下来'

const within = (v: Values): string => (n(v, 'iteration') > 1 ? `，第 ${s(v, 'iteration')} 次迭代` : '')

const kindOf = (problem: string): string => (stops[problem] ?? problem).split(':')[0] as string

/** What stands behind an error, since its own sentence is English in PyTorch too. */
const because: Readonly<Record<string, string>> = {
  'already-unscaled': '自上次 update() 以来已反缩放过一次；再除一次，梯度会小 S 倍。',
  'unscale-after-step': 'step() 已经反缩放并用过这些梯度。',
  'already-stepped': '每个优化器只 step() 一次，然后 update()。',
  'scale-first': '没有先调用 scale(loss)，就没有可除的系数。',
  'no-checks-for-optimizer': '没有梯度可检查：先 backward()，中间不要 zero_grad()。',
  'no-checks': 'update() 依据 unscale_() 或 step() 的检查结果，应放在它们之后。',
  'no-param-groups': '这里应传入优化器，而不是参数。',
  'no-loss': '还什么都没有计算：前向传播在先。',
  'graph-freed': '每次反向传播都需要自己的前向传播。',
  'bce-autocast': 'autocast 拒绝 BCELoss，应改用 BCEWithLogitsLoss。',
  'fp16-gradients': '主权重为 FP32，梯度也应为 FP32。',
}

export const step: typeof english = {
  errors: {},
  findings: {
    'step-kept': (v: Values) =>
      `${v['scaleless'] === true ? '不做损失缩放' : `损失 × ${scale(n(v, 'scale'))}`}：梯度 ${shortest(n(v, 'gradient'))} 到优化器时为 ${number(n(v, 'applied'), 4)}；权重从 ${weight(v, 'before')} 变为 ${weight(v, 'after')}，为精确移动量的 ${percent(n(v, 'share'))}。`,
    'step-lost-plain': (v: Values) =>
      `不缩放时，backward() 在 ${s(v, 'format')} 中把它变成 0：权重不动，也没有任何报错。`,
    'step-lost-anyway': (v: Values) =>
      `${v['scaleless'] === true ? '不缩放时，' : `损失 × ${scale(n(v, 'scale'))} 仍然太小：`}backward() 在 ${s(v, 'format')} 中把梯度 ${shortest(n(v, 'gradient'))} 变成 0。权重不动，也没有任何报错。`,
    'step-was-skipped': (v: Values) => {
      const [skipped, all] = [n(v, 'skipped'), n(v, 'steps')]
      const which = all === 1 ? '这一步被跳过' : `${all} 步中跳过 ${skipped} 步`
      const after =
        n(v, 'scaleAfter') < n(v, 'scale') && v['isRight'] === true
          ? `缩放系数降到 ${scale(n(v, 'scaleAfter'))}，训练继续：这正是缩放器的工作。`
          : ''
      return `${which}：损失 × ${scale(n(v, 'scale'))} 使某个梯度在 ${s(v, 'format')} 中变成 Inf 或 NaN（其余权重的梯度为 ${brief(n(v, 'rest'))}）。${after}`
    },
    'step-error': (v: Values) => {
      const problem = s(v, 'problem')
      return `${call(v)}${within(v)}：${stops[problem] ?? problem}${because[problem] === undefined ? '' : ` ${because[problem]}`}`
    },
    'step-adds-up': (v: Values) =>
      `缺少 zero_grad：第 ${s(v, 'last')} 次迭代的 ${call(v)} 加到 w.grad 中遗留的 ${number(n(v, 'before'))} 上。${n(v, 'factor') === 1 ? '' : `它已就地反缩放，下次反缩放后只占 1/${scale(n(v, 'factor'))}，几乎看不出来。`}在 FP32 中不缩放也不裁剪，${s(v, 'steps')} 步之后是梯度的 ${number(n(v, 'times'))} 倍；而 Inf 会永远留下（--rest 1.5）。`,
    'step-stuck': () =>
      '缺少 zero_grad：被跳过那一步的 Inf 永远留在 .grad 中。Inf 加任何数仍是 Inf，之后每一步都会被跳过。',
    'step-clipped-scaled': (v: Values) => {
      const cut = n(v, 'coefficient') < 1
      const limit = `${call(v)} 在 unscale_() 之前，是拿放大 ${scale(n(v, 'factor'))} 倍的梯度与 max_norm ${brief(n(v, 'maxNorm'))} 比较，实际阈值只有 ${number(n(v, 'threshold'))}`
      return cut
        ? `${limit}。范数为 ${number(n(v, 'norm'))}：全部梯度被缩小到 1/${number(1 / n(v, 'coefficient'))}。`
        : `${limit}。此处范数 ${number(n(v, 'norm'))} 还在其下；更大的就会被压扁。`
    },
    'step-wrong-factor': (v: Values) =>
      n(v, 'factor') > 1
        ? `${call(v)}：优化器得到的梯度大到 ${scale(n(v, 'factor'))} 倍：${n(v, 'multiplied') > n(v, 'factor') ? `乘以了 ${scale(n(v, 'multiplied'))}，只除以 ${scale(n(v, 'multiplied') / n(v, 'factor'))}` : '没有反缩放'}。`
        : `${call(v)}：优化器得到的梯度只有 1/${scale(1 / n(v, 'factor'))}：除以缩放系数比乘以它多了一次。`,
    'step-no-gradient': (v: Values) => `${call(v)}：.grad 为 None，什么都不动，也没有任何报错。`,
    'step-not-finite-applied': (v: Values) => `${call(v)}：无穷大的梯度进入权重，没有任何检查。`,
    'step-scaled-twice': (v: Values) =>
      `${call(v)} 又缩放了一次损失：总共 × ${scale(n(v, 'factor'))}，而反缩放只除以 ${scale(n(v, 'scale'))} 一次。`,
    'step-accumulated': (v: Values) =>
      `一步之前有 ${s(v, 'parts')} 次反向传播，中间没有 zero_grad：这是梯度累积。累积的和是平均值的 ${s(v, 'parts')} 倍：应先把每个损失除以 ${s(v, 'parts')}（loss / ${s(v, 'parts')}）。`,
    'step-zero': (v: Values) =>
      `精确的梯度就是 dL/dy · x = ${shortest(n(v, 'back'))} · ${shortest(n(v, 'activation'))} = 0：没有可丢失的，权重也不会动。`,
    'step-swallowed': (v: Values) =>
      `${v['scaleless'] === true ? '' : `损失 × ${scale(n(v, 'scale'))}：`}梯度 ${shortest(n(v, 'gradient'))} 到优化器时为 ${number(n(v, 'applied'), 4)}，却被权重 ${weight(v, 'before')} 吞没：更新 ${number(n(v, 'update'))} 太小，fp32 在那里的半个步长为 ${number(n(v, 'half'))}。`,
    'step-no-clip': (v: Values) => `--max-norm ${brief(n(v, 'maxNorm'))} 不起作用：这里没有裁剪的调用。`,
    'step-gan-skips': (v: Values) => {
      const [d, g, all] = [n(v, 'd'), n(v, 'g'), n(v, 'steps')]
      const name = (skips: number): string => (skips > 0 ? '跳过更新（梯度为 Inf）' : '照常更新')
      const what =
        all === 1
          ? d > 0 && g > 0
            ? '，两者都跳过更新（梯度为 Inf）'
            : `，optimizer_d ${name(d)}，optimizer_g ${name(g)}`
          : `，各 ${all} 步中 optimizer_d 跳过 ${d} 步，optimizer_g 跳过 ${g} 步`
      return `两个优化器共用一个缩放器，修复后${what}；缩放系数共回退 ${s(v, 'backoffs')} 次，${scale(n(v, 'scale'))} → ${scale(n(v, 'scaleAfter'))}。`
    },
    'step-loop-legend': (v: Values) =>
      `此处只有一个权重，用 SGD，学习率 ${brief(n(v, 'lr'))}；原文用 ${s(v, 'optimizer')}`,
    'step-never': () => '没有 step()，权重不会动。',
    'step-compare': (v: Values) => {
      const share = n(v, 'share')
      const same = share === n(v, 'rightShare')
      return same
        ? `权重最后仍为 ${weight(v, 'after')}，与正确顺序相同：此处没有造成损害。`
        : `权重最后为 ${weight(v, 'after')}，为精确移动量的 ${percent(share)}；正确顺序下为 ${weight(v, 'right')}，${percent(n(v, 'rightShare'))}。`
    },
    'step-compare-stopped': (v: Values) =>
      `程序在那里结束，权重为 ${weight(v, 'after')}，为精确移动量的 ${percent(n(v, 'share'))}；正确顺序下为 ${weight(v, 'right')}，${percent(n(v, 'rightShare'))}。`,
    'step-lost': (v: Values) =>
      `${call(v)}：梯度 ${shortest(n(v, 'gradient'))} 在 ${s(v, 'format')} 中变成 0；之后什么都救不回来。`,
    'step-missing': (v: Values) => `缺少：${s(v, 'missing')}。一次迭代看不出来，加 --steps 3 就看得出来。`,
    'step-legend': (v: Values) =>
      `${n(v, 'iteration') > 0 ? `第 ${s(v, 'iteration')} 次迭代；` : ''}w：跟踪的权重（FP32）；v：其余权重合为一个，梯度 ${brief(n(v, 'rest'))}；SGD，学习率 ${brief(n(v, 'lr'))}`,
    'step-try': (v: Values) => `试一试：${s(v, 'what')}`,
    'step-survey': (v: Values) =>
      `课程的 ${s(v, 'loops')} 个训练循环中，${n(v, 'loops') - n(v, 'wrong')} 个原样就正确，${s(v, 'wrong')} 个有错。`,
    'step-right-mixed-precision-training': () =>
      '原样正确：scale、backward、unscale_、clip、step、update。zero_grad 放在末尾与放在开头一样好。',
    'step-right-train-with-amp': () => '原样正确：先 zero_grad，autocast 只包住前向传播，然后 scale、step、update。',
    'step-right-large-model': () => '原样正确。若要加梯度裁剪，须先调用 scaler.unscale_(optimizer)。',
    'step-right-computer-vision': () => '原样正确：与 train_with_amp 顺序相同，与模型无关。',
    'step-right-nlp-with-amp': () =>
      '原样正确。学习率 2e-5 之所以安全，是因为权重一直是 FP32：autocast 转换的只是副本。',
    'step-right-simple-10-20-10': () => '在这些数值下没有出错。',
    'step-right-nlp': () => '在这些数值下没有出错。',
    'step-right-loss-scaling': () => '在这些数值下没有出错。',
    'step-right-performance-comparison': () => '在这些数值下没有出错。',
    'step-right-gan': () => '在这些数值下没有出错。',
    'step-right-tensorflow': (v: Values) => `在 ${s(v, 'format')} 中，本例没有概率变成 0。`,
    'step-loop-moves': (v: Values) =>
      `${s(v, 'steps')} 步之后权重为 ${weight(v, 'after')}，为精确移动量的 ${percent(n(v, 'share'))}。`,
    'step-loop-skips': (v: Values) =>
      `${n(v, 'optimizers') > 1 ? '两个优化器共 ' : ''}${s(v, 'attempts')} 步中跳过 ${s(v, 'skipped')} 步：损失 × ${scale(n(v, 'scale'))} 时某个梯度在 ${s(v, 'format')} 中上溢，缩放系数回退到 ${scale(n(v, 'scaleAfter'))}。`,
    'step-loop-error': (v: Values) => {
      const problem = s(v, 'problem')
      return `程序在第 ${s(v, 'line')} 行停下：${stops[problem] ?? problem}${because[problem] === undefined ? '' : ` ${because[problem]}`}`
    },
    'step-loop-stuck': (v: Values) =>
      `第 ${s(v, 'line')} 行：缺少 zero_grad。初始缩放系数 ${scale(n(v, 'scale'))} 太大（${brief(n(v, 'rest'))} × ${scale(n(v, 'scale'))} 为 Inf），这个 Inf 永远留在 .grad 中：${s(v, 'attempts')} 步中跳过 ${s(v, 'skipped')} 步，缩放系数降到 ${scale(n(v, 'scaleAfter'))}${n(v, 'scaleAfter') > 0 ? '，还会继续降' : ''}。`,
    'step-loop-adds-up': (v: Values) =>
      `没有 CUDA 时（FP32，缩放器关闭），旧梯度则不断累加：${s(v, 'steps')} 步中的最后一步用的是梯度的 ${number(n(v, 'times'))} 倍。`,
    'step-loop-leftover': (v: Values) =>
      `第 ${s(v, 'line')} 行：缺少 zero_grad。每次反向传播都加到上一步遗留的梯度上。缩放器会把它再除以 ${scale(n(v, 'scale'))}，所以几乎看不出来，直到出现第一个 Inf：它会永远留下。`,
    'step-loop-divided': (v: Values) =>
      `第 ${s(v, 'line')} 行：以梯度自身的 ${s(v, 'format')} 做除法，${number(n(v, 'before'))} / ${scale(n(v, 'scale'))} 又变成 0：缩放白做了。`,
    'step-loop-inf': (v: Values) =>
      `第 ${s(v, 'checkLine')} 行：没有代码计算 has_overflow。当作 False，缩放系数每步翻倍：${s(v, 'steps')} 步后为 ${scale(n(v, 'scaleAfter'))}，${v['applied'] === true ? `其余权重已是 ${number(n(v, 'broken'))}` : '第一个 Inf 会直接进入权重'}。`,
    'step-loop-no-step': () => '它的 FP32 分支没有优化器步骤：那里的权重一动不动，计时比较的也不是同样的工作。',
    'step-loop-dtype': () =>
      '“step() 把 FP16 梯度转换为 FP32”：.grad 从 backward() 起就是 fp32，与权重一样。step() 只做除法、检查，必要时跳过更新。',
    'step-loop-softmax': (v: Values) =>
      `第 ${s(v, 'line')} 行：softmax 的输出是 ${s(v, 'format')}。这 10 个概率中有 ${s(v, 'lost')} 个变成 0：${number(n(v, 'probability'))} 的损失应为 ${number(n(v, 'loss'))}，而 −ln 0 为 ${number(n(v, 'roundedLoss'))}。（Keras 先把 p 截到 1e-7：于是这种错误不产生梯度。）`,
    'step-loop-softmax-repaired': (v: Values) =>
      `修复后（✓）：最后一层用 float32，得到 ${number(n(v, 'probability'))}，损失为 ${number(n(v, 'loss'))}。损失缩放由 fit() 自己完成。`,
    'step-loop-repaired': (v: Values) =>
      `修复后（✓）：${n(v, 'rightSkipped') > 0 ? `${n(v, 'optimizers') > 1 ? '两个优化器共 ' : ''}${s(v, 'rightAttempts')} 步中跳过 ${s(v, 'rightSkipped')} 步${why(v)}；之后` : `${s(v, 'steps')} 步之后`}权重为 ${weight(v, 'right')}，为精确移动量的 ${percent(n(v, 'rightShare'))}（原样：${percent(n(v, 'share'))}）。`,
  },
  labels: {
    'step-subject': (v: Values) => `w.grad ${brief(n(v, 'gradient'))}，${s(v, 'format')}`,
    'step-title-nlp': () => 'NLP 项目的四段代码',
    'step-call': () => '调用',
    'step-tensor': () => '张量',
    'step-dtype': () => 'dtype',
    'step-happens': () => '发生什么',
    'step-unscaled': () => '不缩放',
    'step-right-order': () => '正确顺序',
    'step-number': (v: Values) => number(n(v, 'value'), n(v, 'digits')),
    'step-lost-number': () => '0，丢失',
    'step-stops': () => '在此停下',
    'step-skipped-cell': () => '跳过更新',
    'step-swallowed-cell': () => '更新丢失',
    'step-fate-rounded': () => '舍入',
    'step-fate-subnormal': () => '只剩几位',
    'step-fate-underflow': () => '丢失：0',
    'step-fate-overflow': () => '上溢',
    'step-fate-saturated': () => '饱和',
    'step-fate-nan': () => 'NaN',
    'step-iteration': () => '步',
    'step-scale-of': (v: Values) =>
      ({ this: '系数', unscaled: '不缩放：系数', right: '正确：系数', written: '原样：系数', repaired: '修复：系数' })[
        s(v, 'run')
      ] ?? s(v, 'run'),
    'step-applied': () => '优化器得到',
    'step-weight': () => '权重',
    'step-outcome-skipped': () => '跳过更新',
    'step-outcome-error': () => '报错',
    'step-outcome-none': () => '无更新',
    'step-is': (v: Values) => `${s(v, 'tensor')} = ${number(n(v, 'value'), n(v, 'digits'))}`,
    'step-remark-error': (v: Values) => kindOf(s(v, 'problem')),
    'step-listing': (v: Values) => `原样（✗ 有错）与修复（✓）；右侧：第 ${s(v, 'iterations')} 次迭代之后`,
    'step-listing-stopped': (v: Values) =>
      `原样（✗ 有错）与修复（✓）；右侧：第 ${s(v, 'iterations')} 次迭代之后，报错之后为修复的结果`,
    'step-listing-right': (v: Values) => `训练循环；右侧：第 ${s(v, 'iterations')} 次迭代之后`,
    'step-class': () => '类别',
    'step-logit': () => 'logit',
    'step-p-fp32': () => 'p（fp32）',
    'step-p-in': (v: Values) => `p（${s(v, 'format')}）`,
    'step-minus-log': () => '−ln p',
    'step-minus-log-in': (v: Values) => `−ln p（${s(v, 'format')}）`,
    'step-loop': () => '--loop',
    'step-line': () => '行',
    'step-wrong': () => '错在哪里',
    'step-moves': () => '权重移动',
    'step-repaired-moves': () => '修复后',
    'step-is-right': () => '原样正确',
    'step-why-simple-10-20-10': () => '缺少 zero_grad',
    'step-why-nlp': () => '缺少 zero_grad',
    'step-why-loss-scaling': () => '在 FP16 中反缩放，不检查 Inf',
    'step-why-performance-comparison': () => 'step(model.parameters())',
    'step-why-gan': () => 'autocast 下的 BCELoss',
    'step-why-tensorflow': () => 'softmax 输出为 float16',
  },
  options: {
    activation: '它的输入，y = w·x 中的 x',
    gradient: 'dL/dy，后面各层传回的梯度',
    rest: '其余全部权重合为一个时的梯度；默认 0.5，其中两个循环以及用 --inf 时为 1.5',
    maxNorm: 'clip_grad_norm_ 的 max_norm（默认 1）',
    inf: '用于 --loop gan：谁的梯度在初始缩放系数下为 Inf：d（判别器）、g（生成器）或 both',
    order: '一次迭代的调用：zero_grad forward scale backward unscale clip step update',
    loop: '课程中的训练循环，原样与修复后各运行一遍：simple-10-20-10、mixed-precision-training、loss-scaling、train-with-amp、large-model、computer-vision、performance-comparison、nlp-with-amp、gan、nlp、tensorflow；all 为总表',
  },
}
