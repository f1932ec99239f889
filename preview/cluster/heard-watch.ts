import { Watch, type KubeConfig } from '@kubernetes/client-node'
import type { News } from '../news.ts'

export type AskForWatch = Watch['watch']

/** Of `Watch`: for so long it waits for an answer, and then for each next word. */
const SILENT_MS = 30_000

/**
 * A watch that tells whether the API server is there. Where nothing has come for a while, as in any quiet cluster,
 * a ListWatch asks for a new one; where nobody answers it would do so for ever, and show on what was taken back.
 */
export class HeardWatch extends Watch {
  readonly #news: Pick<News, 'onNews' | 'onTrouble'>
  readonly #ask: AskForWatch

  constructor (
    kubeConfig: KubeConfig,
    news: Pick<News, 'onNews' | 'onTrouble'>,
    ask: AskForWatch = async (...asked) => await super.watch(...asked)
  ) {
    super(kubeConfig)
    this.#news = news
    this.#ask = ask
  }

  override async watch (...[path, query, onEvent, onDone]: Parameters<AskForWatch>): Promise<AbortController> {
    let isAnswered = false
    let isOver = false
    const controller = await this.#ask(path, query, onEvent, (error: Error | null) => {
      isOver = true
      const isSilent = error?.name === 'TimeoutError'
      if (isSilent) this.#news.onTrouble(SILENT_MS)
      // Not asked for once more, but listed first: that is given up sooner.
      onDone(isSilent && !isAnswered ? new Error('The API server does not answer') : error)
    })
    isAnswered = !isOver
    if (isAnswered) this.#news.onNews()
    return controller
  }
}
