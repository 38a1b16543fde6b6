/** The words of `fpsim learn` and of progress, in Chinese. */
import type { learn as english } from '../en/learn.js'

type Values = Readonly<Record<string, unknown>>

const distance = (v: Values): string => {
  const above = v['side'] === 'above'
  if (v['measure'] === 'points') return `${above ? '偏高' : '偏低'} ${v['by']} 个百分点`
  if (v['measure'] === 'difference') return `相差 ${v['by']}`
  if (v['measure'] === 'share') return `${above ? '偏大' : '偏小'} ${v['by']}`
  return above ? `是实际值的 ${v['by']} 倍` : `只有实际值的 ${v['by']} 分之一`
}

const grades: Readonly<Record<string, (v: Values) => string>> = {
  exact: () => '完全正确。',
  beside: (v) => `不对：${distance(v)}，这里必须完全准确。`,
  close: (v) => `非常接近：${distance(v)}。`,
  near: (v) => `接近：${distance(v)}。`,
  order: (v) => `数量级正确：${distance(v)}。`,
  far: (v) => `相差很远：${distance(v)}。`,
}

const wrong = (v: Values): string =>
  v['side'] === 'none' ? `不是 ${v['given']}。` : `${v['given']} 太${v['side'] === 'above' ? '大' : '小'}了。`

const goesOn = (v: Values): string => (v['next'] === '' ? '' : `fpsim learn 将从 ${v['next']} 继续。`)

export const learn: typeof english = {
  errors: {},
  findings: {
    progressNotKept: (v: Values) => `${v['cause']}学习进度未能保存；可将 FPSIM_STATE 设为一个可写的文件夹。`,
    progressNewer: (v: Values) =>
      `${v['file']} 由更新版本的 fpsim 写成（文件版本 ${v['version']}）：保持原样不动，这次的进度不会保存。`,
    progressDamaged: (v: Values) => `${v['file']} 已损坏，原文件另存为 ${v['aside']}；能读出的部分仍然有效。`,
    progressBusy: (v: Values) =>
      `学习进度未能保存：${v['file']} 被另一个 fpsim 占用。若没有别的 fpsim 在运行，请删除它。`,
    learnNear: (v: Values) => (grades[String(v['grade'])] ?? (() => ''))(v),
    learnKeys: () => '输入 ? 看提示，直接回车看答案，s 跳到下一课，q 离开。学过的内容会保存。',
    learnHead: (v: Values) => `${v['chapter']} ${v['title']}，第 ${v['at']} 课，共 ${v['of']} 课`,
    learnOwn: () => '自己的课程',
    learnTrains: (v: Values) => `本课要做训练：${v['recipes']} 种配方，每种 ${v['steps']} 步。随时可用 Ctrl-C 离开。`,
    learnTime: (v: Values) => `在本机上大约还需 ${v['seconds']} 秒。`,
    learnQuestion: (v: Values) =>
      `第 ${v['at']} 题，共 ${v['of']} 题。${v['ask']}${v['within'] === undefined ? '' : `（±${v['within']}）`}${v['seen'] === true ? '答案的数就在上面的屏幕上：是哪一个？' : ''}`,
    learnHint: (v: Values) => `提示：${v['hint']}`,
    learnNoHint: () => '猜测没有提示：任何数都可以，直接回车则跳过。',
    learnRight: (v: Values) => `正确，是 ${v['answer']}。`,
    learnWrong: (v: Values) => `${wrong(v)}再试一次；? 看提示，直接回车看答案。`,
    learnWrongLast: (v: Values) => `${wrong(v)}答案是 ${v['answer']}。`,
    learnAnswer: (v: Values) => `答案是 ${v['answer']}。`,
    learnNoNumber: (v: Values) => `“${v['text']}”不是数。可以写 65536、2^-24、5.96e-8、1/3、3 %。`,
    learnDone: (v: Values) =>
      v['of'] === 0
        ? `本课完成。已完成 ${v['done']} / ${v['all']} 课。`
        : `本课完成，${v['of']} 题答对 ${v['right']} 题。已完成 ${v['done']} / ${v['all']} 课。`,
    learnExercises: (v: Values) => `本课有 ${v['exercises']} 道练习：fpsim exercise ${v['name']}`,
    learnChapter: (v: Values) => `第 ${v['chapter']} 章完成。`,
    learnNext: (v: Values) => `下一课：${v['name']}。${v['ask']}`,
    learnAllDone: (v: Values) =>
      `全部 ${v['all']} 课都已完成。fpsim learn 课名 可重学一课，--all 加上进阶课程；更多题目见 fpsim exercise 和 fpsim interview。`,
    learnBye: (v: Values) => `已完成 ${v['done']} / ${v['all']} 课。fpsim learn 将从 ${v['next']} 继续。`,
    learnNoInput: (v: Values) =>
      `在终端中运行 fpsim learn ${v['name']} 即可答题，也可从标准输入逐行给出答案；答案见 --json。`,
    learnNothing: () => '没有可清除的学习进度。',
    learnForget: (v: Values) =>
      `将清除 ${v['file']} 中的 ${v['lessons']} 课、${v['exercises']} 道练习、${v['cards']} 张卡片的进度。`,
    learnForgot: (v: Values) => `已清除。原有内容存于 ${v['file']}。`,
    learnKept: () => '没有清除任何内容。',
    learnCounted: (v: Values) => `已完成 ${v['done']} / ${v['all']} 课，未学完 ${v['begun']} 课。${goesOn(v)}`,
    learnMarked: (v: Values) =>
      `${v['doneMark']} 已完成 ${v['done']} / ${v['all']} 课   ${v['begunMark']} 未学完 ${v['begun']} 课`,
    learnGoesOn: goesOn,
    learnWhere: (v: Values) =>
      v['file'] === ''
        ? 'FPSIM_STATE=off：不保存学习进度。'
        : `学习进度只存于 ${v['file']}。可用 FPSIM_STATE 改变位置：一个文件夹、一个以 .json 结尾的文件，或 off（不保存）。`,
    learnSecret: () => '答案都由运行算出，--json 会列出：这里没有任何东西靠保密。',
  },
  labels: {
    'learn-guess': () => '你的猜测：',
    'learn-answer': () => '你的答案：',
    'learn-go': () => '回车继续，s 跳过，q 离开：',
    'learn-forget': () => '输入 yes 确认：',
    'learn-lesson': () => '课程',
    'learn-state': () => '状态',
    'learn-off': () => '最好的猜测',
    'learn-quiz': () => '题目',
    'learn-exact': () => '准确',
    'learn-not-it': () => '不对',
    'learn-some-off': (v: Values) => `相差 ${v['by']}`,
    'learn-times-off': (v: Values) => `相差 ${v['by']} 倍`,
    'learn-sign': () => '符号相反',
    'learn-done': () => '已完成',
    'learn-begun': () => '未学完',
  },
  options: {
    'learn.all': '也包括进阶课程',
    'learn.list': '逐课列出学习进度',
    'learn.reset': '清除学习进度（会先询问）',
  },
}
