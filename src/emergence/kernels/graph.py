"""Half-edge CSR: each tie is stored at both ends, sorted by row and partner's row."""

import numpy as np
from numba import njit


@njit(cache=True, inline="always")
def find(ptr, nbr, i, j):
    """Return the position of partner `j` in row `i`, or -1."""
    lo = ptr[i]
    hi = ptr[i + 1]
    while lo < hi:
        mid = (lo + hi) >> 1
        if nbr[mid] < j:
            lo = mid + 1
        else:
            hi = mid
    if lo < ptr[i + 1] and nbr[lo] == j:
        return lo
    return -1


@njit(cache=True, inline="always")
def common(ptr, nbr, i, j):
    """Count the partners that `i` and `j` share."""
    a = ptr[i]
    b = ptr[j]
    enda = ptr[i + 1]
    endb = ptr[j + 1]
    count = 0
    while a < enda and b < endb:
        if nbr[a] == nbr[b]:
            count += 1
            a += 1
            b += 1
        elif nbr[a] < nbr[b]:
            a += 1
        else:
            b += 1
    return count


@njit(cache=True, nogil=True)
def insert_places(ptr, nbr, rows, partners):
    """Return where new half-edges go once inserted, and the new row pointer.

    Parameters
    ----------
    ptr : int64[n + 1]
    nbr : int32[m]
    rows, partners : int32[k]
        New half-edges, sorted by (row, partner), none of them present.

    Returns
    -------
    int64[k], int64[n + 1]
    """
    n = ptr.size - 1
    new_ptr = np.zeros(n + 1, np.int64)
    places = np.empty(rows.size, np.int64)
    for k in range(rows.size):
        lo = ptr[rows[k]]
        hi = ptr[rows[k] + 1]
        while lo < hi:
            mid = (lo + hi) >> 1
            if nbr[mid] < partners[k]:
                lo = mid + 1
            else:
                hi = mid
        places[k] = lo + k
        new_ptr[rows[k] + 1] += 1
    for i in range(n):
        new_ptr[i + 1] += new_ptr[i] + ptr[i + 1] - ptr[i]
    return places, new_ptr


@njit(cache=True, nogil=True)
def insert_column(column, width, count, places, values):
    """Shift the first `count` rows right in place and put `values` at `places` (ascending).

    Column and values are flat, so many entries a row as `width` says: runs of plain memory move fastest.
    """
    stop = count
    for k in range(places.size - 1, -1, -1):
        # Between two insertions a whole run moves by the number of insertions before it.
        start = places[k] - k
        column[(start + k + 1) * width : (stop + k + 1) * width] = column[start * width : stop * width]
        column[places[k] * width : (places[k] + 1) * width] = values[k * width : (k + 1) * width]
        stop = start


@njit(cache=True, nogil=True)
def drop_pointer(ptr, gone):
    """Return the row pointer once the half-edges at positions `gone` (int64[k], ascending) are out."""
    n = ptr.size - 1
    new_ptr = np.empty(n + 1, np.int64)
    k = 0
    for i in range(n + 1):
        while k < gone.size and gone[k] < ptr[i]:
            k += 1
        new_ptr[i] = ptr[i] - k
    return new_ptr


@njit(cache=True, nogil=True)
def drop_column(column, width, count, gone):
    """Close the gaps at rows `gone` (int64[k], ascending) among the first `count`, in place; flat, as above."""
    for k in range(gone.size):
        stop = gone[k + 1] if k + 1 < gone.size else count
        column[(gone[k] - k) * width : (stop - k - 1) * width] = column[(gone[k] + 1) * width : stop * width]


@njit(cache=True, nogil=True)
def mark_dead_ends(ptr, nbr, alive, drop):
    """Mark every half-edge at whose either end a firm is not alive (bool[n])."""
    for i in range(ptr.size - 1):
        for h in range(ptr[i], ptr[i + 1]):
            if not alive[i] or not alive[nbr[h]]:
                drop[h] = 1


@njit(cache=True, nogil=True)
def relabel(nbr, new_row):
    """Replace each partner's row by `new_row[row]` in place."""
    for h in range(nbr.size):
        nbr[h] = new_row[nbr[h]]


@njit(cache=True, nogil=True)
def owners(ptr):
    """Return the row that owns each half-edge, int32[m]."""
    out = np.empty(ptr[-1], np.int32)
    for i in range(ptr.size - 1):
        for h in range(ptr[i], ptr[i + 1]):
            out[h] = i
    return out
