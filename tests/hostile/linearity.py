"""How the time of a piece of work grows with what it is given: growth is compared, not seconds."""

import math
from collections.abc import Callable
from time import process_time
from typing import Any

LEAST_SECONDS = 0.02  # of one measurement: what is shorter says nothing
DOUBLINGS = 5
STEEPEST = 1.5  # the exponent: 1 is linear, 2 is quadratic; sorting and the memory's own pace are between


def exponent(work: Callable[[Any], object], made: Callable[[int], Any]) -> float:
    """How the time of `work` grows with `n`, over five doublings; the size begins where it can be measured."""

    def seconds(n: int) -> float:
        given = made(n)
        best = math.inf
        for _ in range(2):
            began = process_time()
            work(given)
            best = min(best, process_time() - began)
        return best

    n = 64
    while seconds(n) < LEAST_SECONDS / 2**DOUBLINGS and n < 100_000:
        n *= 2
    return math.log2(max(seconds(n * 2**DOUBLINGS), 1e-9) / max(seconds(n), 1e-5)) / DOUBLINGS
