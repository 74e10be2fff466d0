"""The comparator of the web benchmark: an aiohttp server over TLS that answers one path and knows nothing else."""

import asyncio
import ssl
import sys

from aiohttp import web


async def _hello(request: web.Request) -> web.Response:
    return web.json_response({"service": "cardlogin", "protocol": 1})


async def _serve(port: int, chain: str, key: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    app = web.Application()
    app.add_routes([web.get("/v1/hello", _hello)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context, backlog=1024).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
