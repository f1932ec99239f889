import { InvalidArgumentError, type Command } from 'commander'
import { SECRET_NAME } from '../../common/injected.ts'
import { PREVIEW_DOMAIN, PREVIEW_DOMAIN_WORDS } from '../../intercepts/preview-domain.ts'
import { outputOption } from '../output-option.ts'

// As shells count SIGINT.
export const INTERRUPTED_EXIT_CODE = 130

/** The flags that `install` and `upgrade` share. */
export function addInstallFlags (command: Command): Command {
  return command
    .option('--image-registry <prefix>', 'where the images come from, for example registry.example.org/waylay')
    .option('--image-pull-secret <name>', 'Secret in waylay-system by which they are pulled; injected pods get a copy; "" for none', parseSecretName)
    .option('--webhook-image <image>', 'image of the webhook, in full')
    .option('--sidecar-image <image>', 'image of the two injected containers, in full')
    .option('--propagate-image <image>', 'image of what waylay.dev/propagate adds to apps, in full')
    .option('--preview-domain <domain>', 'run the gateway of shared previews for *.<domain>, with :port where it is not 443; "" for none', parsePreviewDomain)
    .option('--preview-tls-secret <name>', 'Secret in waylay-system with the certificate of *.<domain>; "" where TLS ends at an ingress', parseSecretName)
    .option('--preview-image <image>', 'image of the preview gateway, in full')
    .option('--timeout-seconds <seconds>', 'longest wait for the webhook, and again for the injection', parseSeconds, 120)
    .option('--force-conflicts', 'overwrite what others have changed; take over what Helm or kubectl installed')
    .option('--dry-run', 'ask the API server what would be made and changed; make and change nothing')
    .addOption(outputOption())
}

function parseSeconds (text: string): number {
  const seconds = Number(text)
  if (!Number.isInteger(seconds) || seconds < 1) throw new InvalidArgumentError('Expected a whole number of seconds, 1 or more.')
  return seconds
}

function parsePreviewDomain (text: string): string {
  if (text !== '' && !PREVIEW_DOMAIN.test(text)) throw new InvalidArgumentError(`"${text}" is not ${PREVIEW_DOMAIN_WORDS}.`)
  return text
}

function parseSecretName (text: string): string {
  if (text !== '' && !SECRET_NAME.test(text)) throw new InvalidArgumentError(`"${text}" cannot be the name of a Secret.`)
  return text
}
