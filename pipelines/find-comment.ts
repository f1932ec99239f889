import { askApi, type Api } from './api.ts'

const PAGE_SIZE = 100

/**
 * The first comment that begins with the marker, page by page.
 *
 * @param isOurs anybody can write a comment that begins so, and change it afterwards: into theirs nothing is written.
 */
export async function findComment<Comment extends { readonly body?: string | null }> (
  api: Api, path: string, marker: string, isOurs: (comment: Comment) => boolean
): Promise<Comment | undefined> {
  for (let page = 1; ; page++) {
    const comments = await askApi(api, 'GET', `${path}?per_page=${PAGE_SIZE}&page=${page}`) as readonly Comment[]
    const found = comments.find(comment => comment.body?.startsWith(marker) === true && isOurs(comment))
    if (found !== undefined || comments.length < PAGE_SIZE) return found
  }
}
