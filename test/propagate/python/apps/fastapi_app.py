"""FastAPI: its thread pool for what is not async, background tasks, an answer in parts, an app in an app."""
import asyncio
import json
from contextlib import asynccontextmanager

from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import StreamingResponse

from ways import ASYNC, SYNC, by_aiohttp, by_requests, start_grpc_aio

done = {}


@asynccontextmanager
async def lifespan(_app):
    await start_grpc_aio()
    yield


app = FastAPI(lifespan=lifespan)
inner = FastAPI()
app.mount('/inner', inner)
inner.get('/requests')(by_requests)


@app.get('/sync/{way}')
def ask(way):
    return SYNC[way]()


@app.get('/async/{way}')
async def ask_async(way):
    return await ASYNC[way]()


@app.get('/stream')
async def stream():
    async def parts():
        yield ' '
        await asyncio.sleep(0)
        yield json.dumps(await by_aiohttp())
    return StreamingResponse(parts(), media_type='application/json')


@app.get('/begin/{name}')
def begin(name: str, tasks: BackgroundTasks):
    def work():
        done[name] = by_requests()
    tasks.add_task(work)
    return {}


@app.get('/done/{name}')
async def wait(name: str):
    while name not in done:
        await asyncio.sleep(0.01)
    return done.pop(name)
