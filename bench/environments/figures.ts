import { plain, ratio, type FigureRule } from '../figures.ts'

/** What the project promises of environments. */
export const ENVIRONMENTS_FIGURE_RULES: readonly FigureRule[] = [
  plain('env.up_ms.alone', 'up', 'alone', 'wholeMs', { atMost: 10_000 }),
  plain('env.list_ms', 'list', 'list', 'wholeMs', { atMost: 2000 }),
  plain('env.down_all_ms', 'down', 'gone', 'wholeMs', { atMost: 120_000 }),
  // The same proxy before another app: what fifty intercepts and their sessions add for callers who want none.
  ratio('env.unmarked_p50.standing_vs_none', 'standing', ['standing', 'quiet'], 'p50Us', { atMost: 1.1 })
]
