import { DetailView } from './detail-view.ts'
import { byId } from './dom.ts'
import { createHelp } from './help.ts'
import { startKeys } from './keys.ts'
import { ListView } from './list-view.ts'
import { Model, type Connection } from './model.ts'
import { fetchListing, follow } from './server.ts'
import { startTheme } from './theme.ts'
import { attempt } from './toast.ts'
import { Toolbar } from './toolbar.ts'
import { WorkloadView } from './workload-view.ts'

const model = new Model()
const toolbar = new Toolbar(model)
const list = new ListView(model)
const detail = new DetailView(model)
const workload = new WorkloadView(model)
const help = createHelp()

const VIEWS = ['requests', 'workload'] as const
let view: typeof VIEWS[number] = 'requests'

function showView (name: typeof VIEWS[number]): void {
  view = name
  for (const one of VIEWS) {
    const tab = byId(`tab-${one}`)
    tab.setAttribute('aria-selected', String(one === name))
    tab.tabIndex = one === name ? 0 : -1
    byId(`view-${one}`).hidden = one !== name
  }
  workload.show(name === 'workload')
}

function toggleView (): void {
  showView(view === 'requests' ? 'workload' : 'requests')
}

const CONNECTION_TEXT: Readonly<Record<Connection, string>> = {
  live: 'Live', lost: 'Connection lost, trying again', ended: 'The command has ended; what is shown stays'
}

function drawConnection (): void {
  const place = byId('live')
  // Written only when it changes: screen readers read it out.
  if (place.dataset['state'] !== model.connection) place.textContent = CONNECTION_TEXT[model.connection]
  place.dataset['state'] = model.connection
  byId('where').textContent = model.standing.map(({ namespace, workload: name, port }) => `${namespace}/${name}:${port}`).join(', ')
}

function connect (): void {
  const set = (connection: Connection): void => {
    model.connection = connection
    model.tell()
  }
  follow({
    // Also after a gap: what happened meanwhile is in the list.
    opened: () => {
      set('live')
      attempt(async () => { await model.load(fetchListing) })
    },
    changed: change => { model.apply(change) },
    lost: () => { if (model.connection !== 'ended') set('lost') },
    ended: () => { set('ended') }
  })
}

byId('view-requests').append(toolbar.element, list.element, detail.element)
byId('view-workload').append(workload.element)
for (const name of VIEWS) byId(`tab-${name}`).addEventListener('click', () => { showView(name) })
byId('tab-requests').parentElement?.addEventListener('keydown', event => {
  if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
  toggleView()
  byId(`tab-${view}`).focus()
})
byId('help').addEventListener('click', help.toggle)
startTheme(byId('theme'))
startKeys({
  move: step => {
    if (view !== 'requests') return
    model.move(step)
    requestAnimationFrame(() => { list.reveal() })
  },
  enter: () => { document.getElementById('detail-panel')?.focus() },
  leave: () => {
    model.select(undefined)
    // After the list is back where it made way for details.
    requestAnimationFrame(() => { byId('list').focus() })
  },
  filter: () => {
    showView('requests')
    toolbar.input.select()
  },
  replay: () => { detail.replay() },
  copyCurl: () => { detail.copyCurl() },
  show: tab => { detail.show(tab) },
  pause: () => { toolbar.pause() },
  toggleView,
  theme: () => { byId('theme').click() },
  help: help.toggle,
  isBusy: help.isOpen
})
model.listen(() => {
  drawConnection()
  toolbar.draw()
  list.draw()
  detail.draw()
})
// Open exchanges grow older while nothing else happens.
setInterval(() => { if (model.all.some(({ state }) => state === 'open')) model.tell() }, 500)
connect()
