import { ratio, type FigureRule } from '../figures.ts'

const SIDES = ['waylay', 'kubectl'] as const

/** What the project promises of the preview on the developer's machine. */
export const PREVIEW_FIGURE_RULES: readonly FigureRule[] = [
  ratio('preview.throughput.vs_kubectl_port_forward', 'small', SIDES, 'requestsPerSecond', { atLeast: 0.8 }),
  ratio('preview.large.vs_kubectl_port_forward', 'large', SIDES, 'mbPerSecond', { atLeast: 0.8 }),
  ratio('preview.upload.vs_kubectl_port_forward', 'upload', SIDES, 'mbPerSecond', { atLeast: 0.8 })
]
