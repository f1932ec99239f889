import type { Picture, PodPicture, Standing } from '../view-types.ts'
import { svg } from './dom.ts'
import { plural, rate } from './format.ts'
import { divertedKey, passedKey, type Rates } from './rates.ts'

const BOX = { width: 232, height: 48 } as const
const GAP = 16
const COLUMNS = [0, 340, 680] as const
const WIDTH = COLUMNS[2] + BOX.width
const TOP = 32
const MAX_CALLERS = 8

type Box = {
  readonly x: number
  readonly y: number
  readonly title: string
  readonly text: string
  readonly tone: string
}

type Edge = { readonly from: Box, readonly to: Box, readonly kind: 'diverted' | 'passed', readonly rate: number | undefined }

/** Callers, pods, and who answers, with lines where requests go. */
export function drawFlow (picture: Picture, standing: Standing, rates: Rates): SVGSVGElement {
  const pods = picture.pods.filter(({ intercept }) => intercept === standing.intercept)
  const callers = callersOf(picture, standing)
  const rows = Math.max(pods.length, Math.min(callers.length, MAX_CALLERS) || 1, 2)
  const height = TOP + rows * (BOX.height + GAP)
  const podBoxes = column(1, pods.map(pod => ({ title: pod.name, text: podText(pod), tone: pod.state === 'diverting' ? 'good' : 'warn' })), height)
  const callerBoxes = column(0, callers.length === 0
    ? [{ title: 'Callers', text: 'no diverted request yet', tone: 'ghost' }]
    : callers.slice(0, MAX_CALLERS).map(({ name, caller, count }) =>
      ({ title: name ?? caller, text: name === undefined ? plural(count, 'request') : `${caller} · ${plural(count, 'request')}`, tone: '' })), height)
  const [you, app] = column(2, [
    { title: 'Your program', text: standing.developer, tone: 'accent' },
    { title: 'The app', text: 'everybody else\'s requests', tone: '' }
  ], height) as [Box, Box]
  const edges = [
    ...pods.flatMap((pod, index) => podEdges(picture, pod, podBoxes[index] as Box, you, app, rates)),
    ...callers.slice(0, MAX_CALLERS).flatMap(({ caller, pods: through }, index) => pods.flatMap((pod, at): Edge[] =>
      through.has(pod.name)
        ? [{ from: callerBoxes[index] as Box, to: podBoxes[at] as Box, kind: 'diverted', rate: rates.of(divertedKey(caller, pod.name, standing.intercept)) }]
        : []))
  ]
  return svg('svg', { class: 'flow', viewBox: `-1 0 ${WIDTH + 2} ${height}`, role: 'img', 'aria-label': describe(pods, callers.length, standing) },
    ...['Callers', 'Pods', 'Answered by'].map((name, index) =>
      svg('text', { class: 'flow-head', x: COLUMNS[index] as number, y: 12 }, name)),
    ...edges.map(drawEdge),
    ...[...callerBoxes, ...podBoxes, you, app].map(drawBox))
}

type Caller = { readonly caller: string, readonly name: string | undefined, readonly pods: Set<string>, count: number }

/** One for each address, the busiest first. */
function callersOf ({ callers }: Picture, { intercept }: Standing): readonly Caller[] {
  const found = new Map<string, Caller>()
  for (const { caller, name, pod, diverted } of callers.filter(one => one.intercept === intercept)) {
    const known = found.get(caller) ?? { caller, name, pods: new Set<string>(), count: 0 }
    known.count += diverted
    known.pods.add(pod)
    found.set(caller, known)
  }
  return [...found.values()].sort((a, b) => b.count - a.count)
}

function podEdges (picture: Picture, pod: PodPicture, box: Box, you: Box, app: Box, rates: Rates): readonly Edge[] {
  const diverted = picture.callers.filter(one => one.pod === pod.name && one.intercept === pod.intercept)
    .map(({ caller }) => rates.of(divertedKey(caller, pod.name, pod.intercept)))
  const known = diverted.filter(one => one !== undefined)
  const sum = known.length === 0 ? undefined : known.reduce((all, one) => all + one, 0)
  return [
    { from: box, to: you, kind: 'diverted', rate: sum },
    { from: box, to: app, kind: 'passed', rate: rates.of(passedKey(pod.name, pod.intercept)) }
  ]
}

function podText ({ state, passed }: PodPicture): string {
  return `${state}${passed === undefined ? '' : ` · ${passed} passed to the app`}`
}

function column (index: 0 | 1 | 2, boxes: readonly Pick<Box, 'title' | 'text' | 'tone'>[], height: number): readonly Box[] {
  const used = boxes.length * BOX.height + (boxes.length - 1) * GAP
  const top = TOP + (height - TOP - GAP - used) / 2
  return boxes.map((box, at) => ({ ...box, x: COLUMNS[index], y: top + at * (BOX.height + GAP) }))
}

function drawBox ({ x, y, title, text, tone }: Box): SVGElement {
  return svg('g', { class: `node ${tone}`, transform: `translate(${x} ${y})` },
    svg('title', {}, `${title}: ${text}`),
    svg('rect', { width: BOX.width, height: BOX.height, rx: 8 }),
    svg('text', { class: 'node-title', x: 12, y: 20 }, shorten(title, 29)),
    svg('text', { class: 'node-text', x: 12, y: 37 }, shorten(text, 34)))
}

function drawEdge ({ from, to, kind, rate: perSecond }: Edge): SVGElement {
  const [x1, y1, x2, y2] = [from.x + BOX.width, from.y + BOX.height / 2, to.x, to.y + BOX.height / 2]
  const middle = (x1 + x2) / 2
  const isBusy = perSecond !== undefined && perSecond > 0
  return svg('g', { class: `edge ${kind}${isBusy ? ' busy' : ''}` },
    svg('path', { d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}` }),
    ...isBusy ? [svg('text', { x: middle, y: (y1 + y2) / 2 - 6 }, rate(perSecond))] : [])
}

function describe (pods: readonly PodPicture[], callers: number, { workload, developer }: Standing): string {
  const diverting = pods.filter(({ state }) => state === 'diverting').length
  return `${plural(callers, 'caller')} of ${workload}; ${diverting} of ${plural(pods.length, 'pod')} divert to ${developer}`
}

// The end of a pod's name tells it from its sisters.
function shorten (text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 9)}…${text.slice(-8)}`
}
