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
        # Between two insertions a whole run moves by the number of insertions before it. Assigning slices would
        # do the same, but copies what overlaps; unsigned places let the compiler move whole runs.
        start = places[k] - k
        shift = np.uint64((k + 1) * width)
        for behind in range(np.uint64(stop * width), np.uint64(start * width), -1):
            at = np.uint64(behind - 1)
            column[at + shift] = column[at]
        for part in range(width):
            column[places[k] * width + part] = values[k * width + part]
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
    to = np.uint64(gone[0] * width) if gone.size else np.uint64(0)
    for k in range(gone.size):
        stop = gone[k + 1] if k + 1 < gone.size else count
        for at in range(np.uint64((gone[k] + 1) * width), np.uint64(stop * width)):
            column[to] = column[at]
            to += np.uint64(1)


@njit(cache=True, nogil=True)
def dead_ends(ptr, nbr, rows):
    """Return the positions of all half-edges, ascending, at whose either end is one of some firms (rows, int64[k])."""
    gone = np.zeros(ptr.size - 1, np.bool_)
    most = 0
    for i in rows:
        gone[i] = True
        most += 2 * (ptr[i + 1] - ptr[i])
    found, count = np.empty(most, np.int64), 0
    for i in rows:
        for h in range(ptr[i], ptr[i + 1]):
            found[count] = h
            count += 1
            if not gone[nbr[h]]:
                found[count] = find(ptr, nbr, np.int64(nbr[h]), i)
                count += 1
    return np.sort(found[:count])


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
