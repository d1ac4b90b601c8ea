"""Lists and calls the tools of an MCP server with the official Python client.

mcp_client.py CALLS COMMAND ARGS...: CALLS is a JSON list of [tool, arguments]. Prints one JSON object.
"""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main(calls, command):
    server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = [tool.name for tool in (await session.list_tools()).tools]
        results = []
        for name, arguments in calls:
            result = await session.call_tool(name, arguments)
            results.append({
                "is_error": result.is_error,
                "text": result.content[0].text,
                "structured": result.structured_content,
            })
    print(json.dumps({"tools": tools, "results": results}))


asyncio.run(main(json.loads(sys.argv[1]), sys.argv[2:]))
