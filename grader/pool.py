"""Executes submissions in parallel: one worker a thread, each with a cluster that is ready.

A worker's cluster is reset after each submission. One that cannot be made as new is thrown away, and so is
one whose submission crashed or ran out of time, and one on which something of ours failed: that submission
is tried again on a fresh one.
"""

from __future__ import annotations

import itertools
import os
import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from nbformat import NotebookNode, from_dict

from course import memory
from grader.isolation.sandbox import Sandbox
from grader.limits import MB, Limits
from grader.process import WorkerError, WorkerProcess

RETRIES = 2
_MOST_BY_ITSELF = 16
_MEMORY = 768 * MB  # a cluster and its two kernels
Key = TypeVar("Key")


def usual_jobs() -> int:
    """How many submissions are executed at once where nobody says: two a processor.

    A submission takes 7 s of CPU time or less in 20 s: the checks wait whether Pods stay ready. No more
    than there is memory for.
    """
    at_once = 2 * len(os.sched_getaffinity(0))
    return max(1, min(at_once, memory.available() // _MEMORY, _MOST_BY_ITSELF))


@dataclass(frozen=True)
class Executed:
    """What came of one notebook.

    Attributes:
        notebook: with outputs and marks; None where it was not gradable.
        problem: why it was not gradable.
        seconds: of the execution.
        attempts: how often it was tried.
    """

    notebook: NotebookNode | None
    problem: str = ""
    seconds: float = 0.0
    attempts: int = 1


class Pool(Generic[Key]):
    """So many workers; a context manager, at whose end all are gone.

    Args:
        jobs: how many notebooks are executed at once.
        isolated: whether walls stand around the students' code.
        cluster: where each one's cluster comes from, one of course.cluster.KINDS; empty: they need none.
        limits: what each may use.
    """

    def __init__(
        self, sandbox: Sandbox, *, jobs: int, isolated: bool, cluster: str, limits: Limits
    ) -> None:
        self._sandbox, self._isolated, self._cluster, self._limits = (
            sandbox,
            isolated,
            cluster,
            limits,
        )
        self._jobs: queue.SimpleQueue[tuple[Key, NotebookNode] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Key, Executed] | BaseException] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._workers: dict[int, WorkerProcess] = {}
        # A worker ends with the thread that started it, so each thread lives as long as the pool.
        self._threads = [
            threading.Thread(
                target=self._work, args=(number,), name=f"worker {number}", daemon=True
            )
            for number in range(jobs)
        ]

    def __enter__(self) -> Pool[Key]:
        return self

    def __exit__(self, problem: object = None, *_: object) -> None:
        self._ending.set()
        # A cluster that is a process of ours ends with its worker. One of Docker's has to be ended by it.
        if problem or self._cluster != "kind":
            for worker in list(self._workers.values()):
                worker.interrupt()
        started = [thread for thread in self._threads if thread.ident]
        for _thread in started:
            self._jobs.put(None)
        for thread in started:
            thread.join()

    def run(self, notebooks: Iterable[tuple[Key, NotebookNode]]) -> Iterator[tuple[Key, Executed]]:
        """Execute all, and give each as soon as it is done, in no order."""
        coming = iter(notebooks)
        first = list(itertools.islice(coming, 2 * len(self._threads)))
        waiting = len(first)
        for job in first:
            self._jobs.put(job)
        for thread in self._threads[:waiting]:  # who has nothing to do needs no cluster
            if thread.ident is None:
                thread.start()
        while waiting:
            done = self._done.get()
            if isinstance(done, BaseException):
                raise done
            waiting -= 1
            for job in itertools.islice(coming, 1):  # no more than are worked on, and one more each
                self._jobs.put(job)
                waiting += 1
            yield done

    def _work(self, number: int) -> None:
        try:
            self._prepare(number)
            while (job := self._jobs.get()) is not None and not self._ending.is_set():
                key, notebook = job
                self._done.put((key, self._execute(number, notebook)))
        except BaseException as problem:  # nothing else would tell the one who waits
            self._done.put(problem)
        finally:
            self._discard(number)

    def _prepare(self, number: int) -> WorkerProcess:
        """The worker of this thread: a new one, where there is none, or it is not as new again."""
        worker = self._workers.get(number)
        if worker is not None:
            try:
                worker.wait_ready()
            except WorkerError:
                self._discard(number)
                if not worker.used:  # it never was ready: that is a try that failed
                    raise
            else:
                return worker
        worker = WorkerProcess(self._sandbox, isolated=self._isolated, cluster=self._cluster)
        self._workers[number] = worker
        return worker

    def _discard(self, number: int) -> None:
        if worker := self._workers.pop(number, None):
            worker.end()

    def _execute(self, number: int, notebook: NotebookNode) -> Executed:
        problem = ""
        for attempt in range(1, RETRIES + 2):
            try:
                answer: dict[str, Any] = self._prepare(number).execute(notebook, self._limits)
            except WorkerError as failed:
                answer = {"not_gradable": str(failed)}
            if "notebook" in answer:
                done = from_dict(answer["notebook"])
                if done.metadata["kubelab"]["outcome"] != "scored":
                    self._discard(number)  # nobody knows what else it did
                return Executed(done, "", answer["seconds"], attempt)
            problem = str(answer.get("not_gradable") or answer.get("broken") or answer)
            self._discard(number)
            if self._ending.is_set():
                break
        return Executed(None, problem, attempts=attempt)
