import { askApi, type Api } from '../api.ts'
import { findComment } from '../find-comment.ts'
import type { PullRequest } from '../pipeline.ts'

type Place = { readonly api: Api, readonly repository: string, readonly number: number, readonly writes: boolean }

type Comment = {
  readonly id: number
  readonly body?: string | null
  readonly user?: { readonly login?: string, readonly type?: string } | null
}

/** A pull request of GitHub. */
export function githubPullRequest ({ api, repository, number, writes }: Place): PullRequest {
  const comments = `/repos/${repository}/issues/${number}/comments`
  const write = async (marker: string, body: string, makes: boolean): Promise<void> => {
    const login = await ownLogin(api)
    const isOurs = ({ user }: Comment) => login === undefined ? user?.type === 'Bot' : user?.login === login
    const found = await findComment<Comment>(api, comments, marker, isOurs)
    if (found !== undefined) await askApi(api, 'PATCH', `/repos/${repository}/issues/comments/${found.id}`, { body })
    else if (makes) await askApi(api, 'POST', comments, { body })
  }
  return {
    isOpen: async () => {
      const { state } = await askApi(api, 'GET', `/repos/${repository}/pulls/${number}`) as { readonly state: string }
      return state !== 'closed'
    },
    write: writes ? write : undefined,
    right: 'the permission "pull-requests: write"'
  }
}

/** The account of a person's token; a workflow's own token is a bot's and may not ask. */
async function ownLogin (api: Api): Promise<string | undefined> {
  return await askApi(api, 'GET', '/user').then(user => (user as { readonly login?: string }).login, () => undefined)
}
