"""The best way to pair rows with columns: the Hungarian method with potentials, exact, O(n³).

SciPy has it, and 50 MB besides; `make test` would bring them to everyone for forty lines. Held
against every permutation of small tables in `test_adversary.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

Table = Sequence[Sequence[float]]


def assign(scores: Table) -> list[int]:
    """The column for each row so that the sum of their scores is highest.

    ``scores`` is a square table. Of several best ways one is taken that depends on the order of
    rows and columns: whoever asks must have shuffled them.
    """
    size = len(scores)
    # As in the usual presentation, row and column 0 are helpers; costs are negated scores.
    row_price = [0.0] * (size + 1)
    column_price = [0.0] * (size + 1)
    taken_by = [0] * (size + 1)
    for row in range(1, size + 1):
        taken_by[0] = row
        column = 0
        slack = [inf] * (size + 1)
        came_from = [0] * (size + 1)
        visited = [False] * (size + 1)
        while taken_by[column]:
            visited[column] = True
            current = taken_by[column]
            costs, price = scores[current - 1], row_price[current]
            step, nearest = inf, 0
            for other in range(1, size + 1):
                if visited[other]:
                    continue
                reduced = -costs[other - 1] - price - column_price[other]
                if reduced < slack[other]:
                    slack[other], came_from[other] = reduced, column
                if slack[other] < step:
                    step, nearest = slack[other], other
            for other in range(size + 1):
                if visited[other]:
                    row_price[taken_by[other]] += step
                    column_price[other] -= step
                else:
                    slack[other] -= step
            column = nearest
        while column:
            taken_by[column] = taken_by[came_from[column]]
            column = came_from[column]
    result = [0] * size
    for column in range(1, size + 1):
        result[taken_by[column] - 1] = column - 1
    return result
