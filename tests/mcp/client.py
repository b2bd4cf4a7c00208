"""An agent that speaks MCP with the official Python SDK: what it sees goes to standard output, a line of
JSON each; a line on standard input lets it go on. `client.py MODE COUNTERSIGN DIR HEAD`.
"""

import asyncio
import json
import sys
from typing import Any, Literal

from mcp import StdioServerParameters
from mcp.client.client import Client
from mcp.client.extension import ClientExtension, ResultClaim
from mcp.client.stdio import stdio_client
from mcp_types import CallToolResult, Request, RequestParams, Result

TASKS = "io.modelcontextprotocol/tasks"


class TaskHandle(Result):
    result_type: Literal["task"]
    task_id: str
    status: str


class GetTaskParams(RequestParams):
    task_id: str


class TaskState(Result):
    task_id: str
    status: str
    result: dict[str, Any] | None = None


def say(what, **more):
    print(json.dumps({"what": what, **more}), flush=True)


async def go_on():
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


class Tasks(ClientExtension):
    """Polls the task that stands for a tool's result, as the extension says."""

    identifier = TASKS

    async def resolve(self, handle, context):
        say("task", id=handle.task_id, status=handle.status)
        while True:
            request = Request(method="tasks/get", params=GetTaskParams(task_id=handle.task_id))
            state = await context.session.send_request(request, TaskState)
            if state.status != "working":
                say("task ended", status=state.status)
                return CallToolResult.model_validate(state.result)
            await asyncio.sleep(0.1)

    def claims(self):
        return [ResultClaim(result_type="task", model=TaskHandle, resolve=self.resolve)]


def told(result):
    text = result.content[0].text
    return {"error": text} if result.is_error else json.loads(text)


async def main(mode, countersign, directory, head):
    server = StdioServerParameters(command=countersign, args=["mcp", "-C", directory])
    extensions = [Tasks()] if mode == "tasks" else []
    async with Client(stdio_client(server), mode="legacy" if mode == "legacy" else "auto", extensions=extensions) as client:
        say("server", name=client.server_info.name, version=client.protocol_version)
        tools = await client.list_tools()
        say("tools", names=sorted(tool.name for tool in tools.tools))
        evidence = [{"metric": "val_bpb", "before": 1.0, "after": 0.9}]
        put = told(await client.call_tool("propose_change", {"title": f"by {mode}", "head": head, "evidence": evidence}))
        say("proposed", **put)
        logged = told(await client.call_tool("log_metrics", {"metrics": {"loss": 2.5}, "step": 1, "trial": mode}))
        say("logged", **logged)
        if mode != "tasks":
            say("waited", **told(await client.call_tool("await_decision", {"id": put["id"], "max_wait_s": 0.2})))
        await go_on()
        say("decided", **told(await client.call_tool("await_decision", {"id": put["id"], "max_wait_s": 50})))
        say("feedback", **told(await client.call_tool("get_feedback", {"id": put["id"]})))
        say("wrong", **told(await client.call_tool("propose_change", {"title": "x", "head": "nowhere"})))


asyncio.run(main(*sys.argv[1:]))
