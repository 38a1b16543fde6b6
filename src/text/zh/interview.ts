/** The words of the interview cards, in Chinese. */
import type { interview as english } from '../en/interview.js'

const verdicts: Readonly<Record<string, string>> = {
  false: '错',
  true: '对',
  depends: '看情况',
  open: '无法判定',
}

export const interview: typeof english = {
  errors: {},
  findings: {
    cardsCounted: (v) =>
      `${v['topics']} 个主题共 ${v['cards']} 张卡片：问题、思路、答案、追问，以及作为证据的一次运行。${v['graded'] === 0 ? '' : `已自评 ${v['graded']} 张，其中 ${v['known']} 张不低于 2 分。`}`,
    cardsBegin: () =>
      '开始：fpsim interview --quiz。随机一题：fpsim interview --random。完整的模拟面试（附评分表）：fpsim interview --mock 8。题目列表：--list，按主题：--topic 主题。导入 Anki：--export anki --output cards.tsv。',
    cardsHint: () => 'fpsim interview ID 显示一张卡片；加 --quiz 则先提问。',
    cardScore: (v) =>
      `${v['cards']} 张卡片，得 ${v['points']} 分，满分 ${v['possible']} 分。${v['weakest'] === '' ? '' : `最薄弱的主题：${v['weakest']}。`}`,
    cardScoreNone: () => '没有给任何一题评分。',
    cardAgain: (v) => `再看一遍：${v['commands']}`,
    cardSheet: (v) =>
      `${v['cards']} 道题，请口头作答，约需 ${v['minutes']} 分钟。标准输入中没有内容：在终端中运行，可逐题作答并得到评分表。`,
    cardRepeat: (v) => `同样的题目再来一次：${v['command']}`,
  },
  labels: {
    cardOutline: () => '思路',
    cardConcept: () => '概念',
    cardSteps: () => '步骤',
    cardEffect: () => '作用',
    cardCase: () => '项目案例',
    cardSummary: () => '总结',
    cardNext: () => '追问',
    cardProof: () => '证据',
    cardId: () => '卡片',
    cardTopic: () => '主题',
    cardCount: () => '张数',
    cardKnown: () => '已掌握',
    cardTitle: () => '内容',
    cardQuestion: () => '问题',
    cardGrade: () => '自评',
    cardOf: (v) => `第 ${v['i']} 题，共 ${v['n']} 题`,
    cardThink: () => '先口头作答，再按回车键（s 跳过，q 结束）：',
    cardGradeAsk: () => '答得怎么样？0 不会，1 答出一部分，2 答出大部分，3 全部答出（s 跳过，q 结束）：',
    cardGradeAgain: () => '请输入 0、1、2 或 3；s 跳过，q 结束：',
    cardClaims: () => '说法',
    cardVerdict: (v) => `${verdicts[String(v['verdict'])]}：${v['ids']}`,
    cardDeck: () => 'fpsim 面试',
    cardIds: () => '见 fpsim interview --list 列出的 id',
  },
  options: {
    'interview.topic': '只看一个主题的卡片',
    'interview.list': '列出题目，以及已有的自评',
    'interview.random': '随机一张卡片；与 --quiz 合用则打乱顺序',
    'interview.quiz': '先提问，按回车键后显示答案，再自评 0 到 3 分；最不熟的卡片在前',
    'interview.mock': '从各主题抽 N 张卡片做模拟面试，附评分表；--seed 可重现',
    'interview.export': '导出全部卡片（两种语言；给出 --lang 则只有该语言），用于 Anki、电子表格或文档',
  },
}
