"""Tornado, with its own HTTP client: `python tornado_app.py PORT`."""
import asyncio
import json
import sys

import tornado.httpclient
import tornado.web

from ways import ASYNC, BACK, SYNC


class Ask(tornado.web.RequestHandler):
    async def get(self, kind, way):
        self.write(SYNC[way]() if kind == 'sync' else await ASYNC[way]())


class AskByItsOwn(tornado.web.RequestHandler):
    async def get(self):
        response = await tornado.httpclient.AsyncHTTPClient().fetch(BACK)
        self.write(json.loads(response.body))


async def main():
    app = tornado.web.Application([('/own', AskByItsOwn), ('/(sync|async)/(.*)', Ask)])
    app.listen(int(sys.argv[1]), '127.0.0.1')
    await asyncio.Event().wait()

asyncio.run(main())
