import { askApi, type Api } from '../api.ts'
import { findComment } from '../find-comment.ts'
import type { PullRequest } from '../pipeline.ts'

type Note = { readonly id: number, readonly body?: string | null, readonly author?: { readonly id?: number } }

/** A merge request of GitLab, which calls its comments notes. */
export function gitlabMergeRequest (api: Api, project: string, number: string): PullRequest {
  const path = `/projects/${project}/merge_requests/${number}`
  return {
    isOpen: async () => {
      const { state } = await askApi(api, 'GET', path) as { readonly state: string }
      return state !== 'closed' && state !== 'merged'
    },
    write: async (marker, body, makes) => {
      const { id } = await askApi(api, 'GET', '/user') as { readonly id: number }
      const found = await findComment<Note>(api, `${path}/notes`, marker, ({ author }) => author?.id === id)
      if (found !== undefined) await askApi(api, 'PUT', `${path}/notes/${found.id}`, { body })
      else if (makes) await askApi(api, 'POST', `${path}/notes`, { body })
    },
    right: 'a project access token with the scope "api" and the role Reporter in WAYLAY_GITLAB_TOKEN'
  }
}
