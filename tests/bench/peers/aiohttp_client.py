# SPDX-License-Identifier: MIT
"""Edits by aiohttp, written by hand, IN_FLIGHT at a time.

    aiohttp_client.py URL INPUT OUT N IN_FLIGHT [CA]
"""
import asyncio
import base64
import json
import os
import ssl
import sys

import aiohttp

URL, INPUT, OUT = sys.argv[1:4]
COUNT, WIDTH = map(int, sys.argv[4:6])
CA = sys.argv[6] if len(sys.argv) > 6 else None


def form(row):
    with open(INPUT, "rb") as picture:
        content = picture.read()
    body = aiohttp.FormData()
    body.add_field("model", "gpt-image-1")
    body.add_field("prompt", f"Row {row}: make the sky a warm orange sunset")
    body.add_field("size", "1024x1024")
    body.add_field("image", content, filename="in.png", content_type="image/png")
    return body


async def edit(session, row):
    async with session.post(f"{URL}/images/edits", data=form(row)) as reply:
        reply.raise_for_status()
        text = await reply.read()
    picture = base64.b64decode(json.loads(text)["data"][0]["b64_json"])
    with open(f"{OUT}/{row:06d}.png", "wb") as out:
        out.write(picture)


async def worker(session, rows):
    for row in rows:
        await edit(session, row)


async def main():
    trust = ssl.create_default_context(cafile=CA) if CA else None
    rows = iter(range(COUNT))
    async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=trust), read_bufsize=1 << 20,
            timeout=aiohttp.ClientTimeout(total=600),
            headers={"Authorization": "Bearer sk-bench-01"}) as session:
        await asyncio.gather(*(worker(session, rows) for _ in range(min(WIDTH, COUNT))))


os.makedirs(OUT, exist_ok=True)
if COUNT:
    asyncio.run(main())
