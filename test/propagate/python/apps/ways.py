"""Every way to ask the server at BACK, each by what all requests of the app share. Answers with what that was sent."""
import asyncio
import json
import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import aiohttp
import grpc
import httpx
import requests
import urllib3

BACK = os.environ['BACK']

session = cache(requests.Session)
httpx_client = cache(httpx.Client)
httpx_async_client = cache(httpx.AsyncClient)
http2_client = cache(lambda: httpx.AsyncClient(http1=False, http2=True))
pool = cache(urllib3.PoolManager)
aiohttp_session = cache(aiohttp.ClientSession)


async def by_httpx_async():
    return (await httpx_async_client().get(BACK)).json()


async def by_http2():
    return (await http2_client().get(os.environ['BACK_HTTP2'])).json()


async def by_aiohttp():
    async with aiohttp_session().get(BACK) as response:
        return await response.json()


async def by_task():
    return await asyncio.create_task(by_aiohttp())


async def by_thread():
    return await asyncio.to_thread(by_requests)


def by_requests():
    return session().get(BACK).json()


def by_httpx():
    return httpx_client().get(BACK).json()


def by_urllib():
    with urllib.request.urlopen(BACK) as response:
        return json.load(response)


def by_urllib3():
    return json.loads(pool().request('GET', BACK).data)


def by_grpc():
    """Over a server of gRPC, which asks the back."""
    return json.loads(grpc_channel().unary_unary('/chain.Chain/Ask')(b''))


class AskBack(grpc.GenericRpcHandler):
    def service(self, handler_call_details):
        return grpc.unary_unary_rpc_method_handler(lambda _request, _context: json.dumps(by_requests()).encode())


class AskBackAsync(grpc.GenericRpcHandler):
    def service(self, handler_call_details):
        async def answer(_request, _context):
            return json.dumps(await by_aiohttp()).encode()
        return grpc.unary_unary_rpc_method_handler(answer)


@cache
def grpc_server():
    return grpc.server(ThreadPoolExecutor(4))


@cache
def grpc_channel():
    server = grpc_server()
    server.add_generic_rpc_handlers([AskBack()])
    port = server.add_insecure_port('127.0.0.1:0')
    server.start()
    return grpc.insecure_channel(f'127.0.0.1:{port}')


aio = {}


async def start_grpc_aio():
    aio['server'] = grpc.aio.server()
    aio['server'].add_generic_rpc_handlers([AskBackAsync()])
    port = aio['server'].add_insecure_port('127.0.0.1:0')
    await aio['server'].start()
    aio['channel'] = grpc.aio.insecure_channel(f'127.0.0.1:{port}')


async def by_grpc_aio():
    return json.loads(await aio['channel'].unary_unary('/chain.Chain/Ask')(b''))


SYNC = {'requests': by_requests, 'httpx': by_httpx, 'urllib': by_urllib, 'urllib3': by_urllib3, 'grpc': by_grpc}
ASYNC = {
    'httpx-async': by_httpx_async, 'http2': by_http2, 'aiohttp': by_aiohttp, 'grpc-aio': by_grpc_aio,
    'task': by_task, 'thread': by_thread,
}
