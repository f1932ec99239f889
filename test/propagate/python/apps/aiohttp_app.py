"""A server of aiohttp: `python aiohttp_app.py PORT`."""
import sys

from aiohttp import web

from ways import ASYNC, by_aiohttp


async def ask(request):
    return web.json_response(await ASYNC[request.match_info['way']]())


async def answer(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for _ in socket:
        await socket.send_json(await by_aiohttp())
    return socket


app = web.Application()
app.router.add_get('/async/{way}', ask)
app.router.add_get('/socket', answer)
web.run_app(app, host='127.0.0.1', port=int(sys.argv[1]), print=None)
