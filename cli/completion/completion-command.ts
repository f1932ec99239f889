import { Argument, type Command } from 'commander'
import { COMPLETION_SHELLS, type CompletionShell } from './shells.ts'
import type { CliDeps } from '../deps.ts'

/** Adds `completion`, and the hidden command that its scripts call at every press of the tab key. */
export function addCompletionCommand (program: Command, deps: CliDeps): void {
  program.command('completion')
    .summary('print a script that completes waylay\'s words in a shell')
    .description('Print a script for a shell, which then completes commands, flags and the names of what is in the cluster.')
    .addArgument(new Argument('<shell>', 'shell the script is for').choices(COMPLETION_SHELLS))
    .addHelpText('after', `
Examples:
  $ waylay completion bash > waylay.bash && source waylay.bash
  $ waylay completion bash > ~/.local/share/bash-completion/completions/waylay
  $ waylay completion zsh > "\${fpath[1]}/_waylay"
  $ waylay completion fish > ~/.config/fish/completions/waylay.fish

Names of contexts come from the kubeconfig; namespaces, workloads and intercepts are asked of the cluster, which has
two seconds to answer.

Exit codes:
  0 printed   2 wrong arguments`)
    .action(async (shell: CompletionShell) => {
      const { completionScript } = await import('./scripts.ts')
      deps.output.result(completionScript(shell))
    })
  program.command('__complete', { hidden: true })
    .argument('<shell>')
    .argument('[words...]')
    .action(async (shell: CompletionShell, words: readonly string[]) => {
      const { answerShell } = await import('./answer-shell.ts')
      for (const line of await answerShell(program, shell, words, deps)) deps.output.result(line)
    })
}
