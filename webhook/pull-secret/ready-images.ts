import { PULL_SECRET_NAME } from '../../common/contract.ts'
import type { InjectionPlan } from '../injection/plan.ts'
import { skipWarning } from '../injection/skip.ts'
import type { AdmissionRequest } from '../review.ts'
import type { Readiness } from './keeper.ts'

type ReadyDeps = {
  /** The setting: the Secret's name in our own namespace. */
  readonly name: string
  readonly systemNamespace: string
  readonly prepare: (namespace: string) => Promise<Readiness>
}

/**
 * Makes sure that the images of an injected pod can be pulled before it is let through: a pod that waits for an image
 * of ours for ever would be an app that does not start. A dry run leaves no copy behind, and asks for none.
 */
export function createReadyImages ({ name, systemNamespace, prepare }: ReadyDeps) {
  return async (
    { namespace, dryRun }: Pick<AdmissionRequest, 'namespace' | 'dryRun'>, plan: InjectionPlan
  ): Promise<InjectionPlan> => {
    if ((plan.kind !== 'inject' && plan.kind !== 'propagate') || dryRun) return plan
    const readiness = await prepare(namespace)
    switch (readiness) {
      case 'ready': return plan
      case 'forbidden': {
        const warning = `waylay: its images need the Secret ${PULL_SECRET_NAME} in ${namespace}, which waylay may not ` +
          `copy: copy ${systemNamespace}/${name}, or see docs/install.md`
        return { ...plan, warnings: [...plan.warnings, warning] }
      }
      case 'missing': return skip(`${systemNamespace} has no Secret "${name}" of type kubernetes.io/dockerconfigjson`)
      case 'failed': return skip('the pull secret of its images could not be copied; the webhook\'s log says why')
    }
  }
}

function skip (why: string): InjectionPlan {
  const reason = { kind: 'pull-secret', why } as const
  const warning = skipWarning(reason)
  return { kind: 'skip', reason, ...(warning !== undefined && { warning }) }
}
