"""The agent: whether it runs and answers, and whether a window for the PIN could be opened."""

from typing import ClassVar

from agent import VERSION
from agent.failures import Code
from agent.selftest.context import Context
from agent.selftest.ports_look import daemon_runs
from agent.selftest.results import Outcome, bad, good
from agent.selftest.seen import PromptSeen


class Daemon:
    """The agent of this user answers."""

    name: ClassVar[str] = "daemon"
    needs: ClassVar[tuple[str, ...]] = ("ports",)

    async def run(self, context: Context) -> Outcome:
        """By its greeting, on any of its ports."""
        seen = await context.secure_ports()
        ours = next((one for one in seen if one.ours), None)
        if ours is None:
            if any(one.hello for one in seen):
                return bad(Code.OTHER_USER, program=next(one.program for one in seen if one.hello))
            silent = [one for one in seen if one.silent]
            if silent and daemon_runs(context.settings.state):
                return bad("agent_silent", port=str(silent[0].port))
            return bad("agent_not_running")
        if ours.version and ours.version != VERSION:
            return bad("agent_other_version", version=ours.version, newest=VERSION)
        return good(port=str(ours.port), version=ours.version)


class Host:
    """A card host can be started, and could ask for a PIN."""

    name: ClassVar[str] = "host"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """By starting a process like one, which gets its way of asking ready and shows nothing."""
        examined = await context.prompt()
        seen = next((step for step in examined.steps if isinstance(step, PromptSeen)), None)
        if seen is None:
            return bad(Code.HOST_FAILED)
        return good() if seen.can_ask else bad(Code.NO_PROMPT)
