"""The driver thread: results, failures, order."""

import threading

import pytest

from agent.card.worker import Job, Worker
from agent.failures import Code, FailureError
from tests.stand.waiting import LIMIT


@pytest.fixture
def worker() -> Worker:
    """A running driver thread."""
    worker = Worker()
    worker.start()
    return worker


def boom() -> None:
    """Fails as a driver's wrapper may."""
    raise RuntimeError("secret")


def test_value_comes_back(worker: Worker) -> None:
    job = worker.submit(lambda: 42)
    assert job.wait(LIMIT)
    assert job.done
    assert job.result() == 42


def test_failure_keeps_its_code_and_tries(worker: Worker) -> None:
    def fail() -> None:
        raise FailureError(Code.PIN_WRONG, 2)

    job = worker.submit(fail)
    assert job.wait(LIMIT)
    with pytest.raises(FailureError) as caught:
        job.result()
    assert (caught.value.code, caught.value.tries_left) == (Code.PIN_WRONG, 2)


def test_exception_becomes_host_failed_and_the_thread_lives_on(worker: Worker) -> None:
    job = worker.submit(boom)
    after = worker.submit(lambda: "alive")
    assert after.wait(LIMIT)
    assert after.result() == "alive"
    with pytest.raises(FailureError) as caught:
        job.result()
    assert caught.value.code is Code.HOST_FAILED
    assert "secret" not in str(caught.value)


def test_jobs_run_one_after_the_other_in_one_thread(worker: Worker) -> None:
    def call(number: int) -> Job[tuple[int, int]]:
        return worker.submit(lambda: (number, threading.get_ident()))

    jobs = [call(number) for number in range(20)]
    assert jobs[-1].wait(LIMIT)
    results = [job.result() for job in jobs]
    assert [number for number, _ in results] == list(range(20))
    assert len({thread for _, thread in results}) == 1


def test_job_under_way_is_not_done(worker: Worker) -> None:
    gate = threading.Event()
    job: Job[bool] = worker.submit(lambda: gate.wait(LIMIT))
    assert not job.done
    assert not job.wait(0.01)
    gate.set()
    assert job.wait(LIMIT)


def test_thread_does_not_keep_the_process_alive(worker: Worker) -> None:
    job = worker.submit(lambda: threading.current_thread().daemon)
    assert job.wait(LIMIT)
    assert job.result() is True
