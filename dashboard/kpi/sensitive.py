"""Hides small counts of sensitive matters in a table of cells; never changes a total that is shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def suppress(cells: Mapping[str, int], below: int) -> dict[str, int | None]:
    """One row of a table whose total is shown: counts from 1 to ``below`` - 1 become None.

    A lone hidden cell could be had by subtraction from the total, and so could two whose sum gives them away
    (1 + 1 = 2). So further cells are hidden, smallest first, until at least two are hidden and together they
    hold ``below`` or more; when the row cannot reach that, all its cells are hidden, zeros too.
    Zero alone is never hidden otherwise: that nothing was reported identifies nobody.
    """
    hidden = {key for key, count in cells.items() if 0 < count < below}
    if not hidden:
        return dict(cells)
    rest = sorted((count, key) for key, count in cells.items() if count >= below)
    while len(hidden) < 2 or sum(cells[key] for key in hidden) < below:
        if not rest:
            return dict.fromkeys(cells)
        hidden.add(rest.pop(0)[1])
    return {key: None if key in hidden else count for key, count in cells.items()}


def suppress_table(
    table: Mapping[str, Mapping[str, int]], sensitive: Collection[str], below: int
) -> dict[str, dict[str, int | None]]:
    """Rows are categories, columns are places, and the totals of both are shown (all rows have all columns).

    Sensitive rows are suppressed as above. Then every row and every column that has exactly one hidden cell gets
    a second one, until subtraction from no total gives a hidden count away.
    """
    shown: dict[str, dict[str, int | None]] = {
        row: suppress(cells, below) if row in sensitive else dict(cells) for row, cells in table.items()
    }
    places = list(next(iter(table.values()), {}))
    lines = [[(row, place) for place in places] for row in table]
    lines += [[(row, place) for row in table] for place in places]
    changed = True
    while changed:
        changed = False
        for line in lines:
            hidden = [cell for cell in line if shown[cell[0]][cell[1]] is None]
            rest = [cell for cell in line if shown[cell[0]][cell[1]] is not None]
            if len(hidden) == 1 and rest:
                row, place = min(rest, key=lambda cell: (table[cell[0]][cell[1]] == 0, table[cell[0]][cell[1]], cell))
                shown[row][place] = None
                changed = True
    return shown
