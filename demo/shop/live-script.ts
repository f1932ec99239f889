/** On the page: shows who answers over the WebSocket, as long as it is open. */
export const LIVE_SCRIPT = `
  const way = new Map()
  const show = (look, text) => {
    document.getElementById('dot').className = look
    document.getElementById('way').textContent = text
  }
  const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/live')
  socket.onmessage = ({ data }) => {
    const { service, answeredBy } = JSON.parse(data)
    way.set(service, answeredBy)
    const isYours = [...way.values()].includes('developer')
    show(isYours ? 'developer' : 'app', 'live: ' + [...way].map(hop => hop.join(' by ')).join(', '))
  }
  socket.onclose = () => show('', 'not connected')
`
