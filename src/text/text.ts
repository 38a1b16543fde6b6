/** The two languages under one type: a sentence missing in one of them does not compile. */
import { en } from './en/index.js'
import { zh } from './zh/index.js'

export type Text = typeof en
export type Lang = 'en' | 'zh'

export const languages: Readonly<Record<Lang, Text>> = { en, zh }
