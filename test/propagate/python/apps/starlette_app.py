"""Starlette by itself."""
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from ways import by_aiohttp, by_requests


def ask(_request):
    return JSONResponse(by_requests())


async def ask_async(_request):
    return JSONResponse(await by_aiohttp())


app = Starlette(routes=[Route('/sync/requests', ask), Route('/async/aiohttp', ask_async)])
