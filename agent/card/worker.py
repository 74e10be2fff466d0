"""The driver thread: modules are given no locks and may have none, so one thread makes all their calls."""

import queue
import sys
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from agent.card.frames import HostAnswer
from agent.failures import Code, FailureError

Result = TypeVar("Result")


class Job(Generic[Result]):
    """A call under way; `done` tells, then `result` gives its value or raises FailureError."""

    def __init__(self, call: Callable[[], Result]) -> None:
        self._call = call
        self._value: Result | None = None
        self._failure: FailureError | None = None
        self._done = threading.Event()

    @property
    def done(self) -> bool:
        """Whether the call has ended."""
        return self._done.is_set()

    def run(self) -> None:
        """Makes the call; anything but a FailureError becomes host_failed, so that the thread lives on."""
        try:
            self._value = self._call()
        except FailureError as failure:
            self._failure = failure
        except Exception as error:
            # The kind alone: a text could hold what was given to the driver.
            print(f"card host: {type(error).__name__}", file=sys.stderr)
            self._failure = FailureError(Code.HOST_FAILED)
        self._done.set()

    def wait(self, seconds: float) -> bool:
        """Whether the call ended within some seconds."""
        return self._done.wait(seconds)

    def result(self) -> Result:
        """The value of a call that is done; raises its FailureError."""
        if self._failure is not None:
            raise self._failure
        return self._value  # type: ignore[return-value]  # set by run() whenever there is no failure


class Worker:
    """Runs jobs one after the other in a thread that does not keep the process alive.

    `keep` brings an answer into safety that the driver could still take along: called in that thread.
    """

    def __init__(self, keep: Callable[[HostAnswer], None] = lambda answer: None) -> None:
        self.keep = keep
        self._jobs: queue.SimpleQueue[Job[object]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="driver", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def submit(self, call: Callable[[], Result]) -> Job[Result]:
        """Queues a call."""
        job = Job(call)
        self._jobs.put(job)  # type: ignore[arg-type]  # the queue does not look at the value
        return job

    def _loop(self) -> None:
        while True:
            self._jobs.get().run()
