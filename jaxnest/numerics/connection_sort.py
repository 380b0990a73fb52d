"""The order in which NEST's sort leaves connections with equal sources; compiled code.

NEST sorts the connections of a virtual process and synapse model by source with an unstable hybrid sort
(Boost's spreadsort and pdqsort). The order among equal sources decides the order of summation of
multapses, of random draws in stochastic synapses and of GetConnections, so it is reproduced here.

Entries are packed as ``key << 32 | original position``; only the key is compared.
"""

from __future__ import annotations

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import prefetch
from jaxnest.compile.kinds import I4, I8, I8x2
from jaxnest.compile.operations import apart

_STABLE = 24
"""Below this length, pdqsort is an insertion sort, which is stable."""
_RADIX = 1000
"""From this length on, the radix sort takes over."""
_DEPTH = 512
"""How many ranges pdqsort may have to come back to: few bad partitions, and in others each side has an eighth."""
_BINS = 1 << 13
"""More than the radix sort ever makes at a time."""
_CACHED = 1 << 16
"""So many entries are in the processor's cache; of more, it does not foresee which of them are needed next."""
_AHEAD = 64
"""How many bytes ahead in its bin an entry is fetched into the cache."""
_SMALLEST_BIN = 1 << 11
"""Bins with fewer entries are left to pdqsort."""


def nest_order(keys: np.ndarray) -> np.ndarray | None:
    """Return the original positions in the order of NEST's sort, or None if nothing moves.

    Parameters
    ----------
    keys : numpy.ndarray
        The sources, non-negative and below 2^31.
    """
    n = len(keys)
    if _STABLE <= n < _RADIX:
        order = np.empty(n, np.int64)
        return order if _order_few(keys, order, np.empty((_DEPTH, 4), np.int64)) else None
    entries = _sorted_entries(keys, np.arange(n, dtype=np.int32))
    if entries is None:
        return None
    np.bitwise_and(entries, 0xFFFFFFFF, out=entries)
    return entries


def nest_sorted(keys: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return where stretches of equal keys begin, their keys, and the values, in the order of NEST's sort of the keys.

    None is returned if nothing moves.

    Parameters
    ----------
    keys : numpy.ndarray
        The sources, non-negative and below 2^31.
    values : numpy.ndarray
        A number of 32 bits for each of them.
    """
    entries, n = _sorted_entries(keys, values), len(keys)
    if entries is None:
        return None
    n_runs = _count_runs(entries)
    starts, ids = np.empty(n_runs, np.int64), np.empty(n_runs, np.int32)
    _unpack(entries, starts, ids, entries.view(np.int32))
    entries.resize((n + 1) // 2, refcheck=False)  # fresh memory would take longer than all of this
    return starts, ids, entries.view(np.int32)[:n]


def grouped(keys: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where the values of each key begin, the keys, and the values by key, those of one in their present order.

    Parameters
    ----------
    keys : numpy.ndarray
        Non-negative numbers of 32 bits, none of which is much larger than there are different ones.
    values : numpy.ndarray
        A number of 32 bits for each of them.
    """
    counts = np.zeros(int(keys.max()) + 1, np.int64)
    _count(keys, counts)
    ids = np.flatnonzero(counts)
    ends = np.cumsum(counts)
    begins = ends - counts
    moved = np.empty(len(values), np.int32)
    starts = begins[ids]
    _group(keys, np.ascontiguousarray(values, np.int32), begins, moved)
    return starts, ids.astype(np.int32), moved


def _sorted_entries(keys: np.ndarray, values: np.ndarray) -> np.ndarray | None:
    n = len(keys)
    ordered = n < 2 or bool(np.all(keys[1:] >= keys[:-1]))
    if ordered and (n < _STABLE or n >= _RADIX):
        return None
    entries = np.empty(n, np.int64)
    if n < _RADIX:
        np.left_shift(keys, 32, out=entries, dtype=np.int64)
        entries |= values.view(np.uint32)
    else:
        _pack(np.ascontiguousarray(keys, np.int32), values, entries)
    if n < _STABLE:
        return entries[np.argsort(keys, kind="stable")]
    ranges = np.empty((_DEPTH, 4), np.int64)
    if n < _RADIX:
        _pdq(entries, 0, n, ranges)
    else:
        _spread(entries, ranges, np.empty((2, _BINS), np.int64), np.empty((n // _SMALLEST_BIN + 2, 2), np.int64))
    return entries


def in_order_of_creation(keys: np.ndarray) -> np.ndarray | None:
    """Return the positions in the order of a stable sort, or None if nothing moves.

    Parameters
    ----------
    keys : numpy.ndarray
        The sources.
    """
    return None if np.all(keys[1:] >= keys[:-1]) else np.argsort(keys, kind="stable")


@apart()
def _count(keys: I4, counts: I8) -> None:
    for i in range(len(keys)):
        counts[keys[i]] += 1


@apart()
def _group(keys: I4, values: I4, places: I8, moved: I4) -> None:
    for i in range(len(keys)):
        place = places[keys[i]]
        moved[place] = values[i]
        places[keys[i]] = place + 1


@apart()
def _pack(keys: I4, values: I4, entries: I8) -> None:
    for i in range(len(keys)):
        entries[i] = (np.int64(keys[i]) << 32) | (np.int64(values[i]) & 0xFFFFFFFF)


@apart(few=_RADIX)
def _count_runs(entries: I8) -> int:
    n = 1
    for i in range(1, len(entries)):
        n += (entries[i] >> 32) != (entries[i - 1] >> 32)
    return n


@apart(few=_RADIX)
def _unpack(entries: I8, starts: I8, ids: I4, values: I4) -> None:
    """Note where stretches of equal keys begin, and bring the values into the first half of the entries themselves."""
    k, last = 0, np.int64(-1)
    for i in range(len(entries)):
        entry = np.int64(entries[i])
        key = entry >> 32
        if key != last:
            starts[k], ids[k], last = i, key, key
            k += 1
        low = entry & 0xFFFFFFFF
        values[i] = low if low < 0x80000000 else low - 0x100000000


@njit(cache=True)
def _bit_length(x: int) -> int:
    n = 0
    while x > 0:
        x >>= 1
        n += 1
    return n


@njit(cache=True)
def _less(a: int, b: int) -> bool:
    return (a >> 32) < (b >> 32)


@njit(cache=True)
def _swap(a: np.ndarray, i: int, j: int) -> None:
    a[i], a[j] = a[j], a[i]


@njit(cache=True)
def _insertion(a: np.ndarray, b: int, e: int, guarded: int, limit: int) -> bool:
    """Sort [b, e); give up (False) after more than `limit` moves, if that is not negative."""
    moved = 0
    for cur in range(b + 1, e):
        if _less(a[cur], a[cur - 1]):
            x = a[cur]
            j = cur
            while True:
                a[j] = a[j - 1]
                j -= 1
                if (guarded != 0 and j == b) or not _less(x, a[j - 1]):
                    break
            a[j] = x
            moved += cur - j
        if limit >= 0 and moved > limit:
            return False
    return True


@njit(cache=True)
def _sort2(a: np.ndarray, i: int, j: int) -> None:
    if _less(a[j], a[i]):
        _swap(a, i, j)


@njit(cache=True)
def _sort3(a: np.ndarray, i: int, j: int, k: int) -> None:
    _sort2(a, i, j)
    _sort2(a, j, k)
    _sort2(a, i, j)


@njit(cache=True)
def _choose_pivot(a: np.ndarray, b: int, e: int) -> None:
    """Bring the pivot to `b`."""
    n = e - b
    h = n // 2
    if n > 128:
        _sort3(a, b, b + h, e - 1)
        _sort3(a, b + 1, b + h - 1, e - 2)
        _sort3(a, b + 2, b + h + 1, e - 3)
        _sort3(a, b + h - 1, b + h, b + h + 1)
        _swap(a, b, b + h)
    else:
        _sort3(a, b + h, b, e - 1)


@njit(cache=True)
def _partition_right(a: np.ndarray, b: int, e: int) -> tuple[int, bool]:
    """Partition around a[b], equal elements to the right; also tell whether nothing had to move."""
    pivot = a[b]
    first, last = b + 1, e
    while _less(a[first], pivot):
        first += 1
    if first - 1 == b:
        while first < last:
            last -= 1
            if _less(a[last], pivot):
                break
    else:
        last -= 1
        while not _less(a[last], pivot):
            last -= 1
    done = first >= last
    while first < last:
        _swap(a, first, last)
        first += 1
        while _less(a[first], pivot):
            first += 1
        last -= 1
        while not _less(a[last], pivot):
            last -= 1
    position = first - 1
    a[b] = a[position]
    a[position] = pivot
    return position, done


@njit(cache=True)
def _partition_left(a: np.ndarray, b: int, e: int) -> int:
    """Partition around a[b], equal elements to the left."""
    pivot = a[b]
    first, last = b, e - 1
    while _less(pivot, a[last]):
        last -= 1
    if last + 1 == e:
        while first < last:
            first += 1
            if _less(pivot, a[first]):
                break
    else:
        first += 1
        while not _less(pivot, a[first]):
            first += 1
    while first < last:
        _swap(a, first, last)
        last -= 1
        while _less(pivot, a[last]):
            last -= 1
        first += 1
        while not _less(pivot, a[first]):
            first += 1
    a[b] = a[last]
    a[last] = pivot
    return last


@njit(cache=True)
def _heap_adjust(a: np.ndarray, b: int, hole: int, length: int, value: int) -> None:
    """Let the hole sink to a leaf, then push the value up."""
    top = hole
    child = hole
    while child < (length - 1) // 2:
        child = 2 * (child + 1)
        if _less(a[b + child], a[b + child - 1]):
            child -= 1
        a[b + hole] = a[b + child]
        hole = child
    if length % 2 == 0 and child == (length - 2) // 2:
        child = 2 * (child + 1)
        a[b + hole] = a[b + child - 1]
        hole = child - 1
    parent = (hole - 1) // 2
    while hole > top and _less(a[b + parent], value):
        a[b + hole] = a[b + parent]
        hole = parent
        parent = (hole - 1) // 2
    a[b + hole] = value


@apart()
def _heap_sort(a: I8, b: int, e: int) -> None:
    n = e - b
    for parent in range((n - 2) // 2, -1, -1):
        _heap_adjust(a, b, parent, n, a[b + parent])
    while n > 1:
        n -= 1
        value = a[b + n]
        a[b + n] = a[b]
        _heap_adjust(a, b, 0, n, value)


@njit(cache=True)
def _break_pattern(a: np.ndarray, b: int, pivot: int, e: int) -> None:
    """Swap some elements of both sides of a bad partition."""
    left, right = pivot - b, e - (pivot + 1)
    if left >= _STABLE:
        q = left // 4
        _swap(a, b, b + q)
        _swap(a, pivot - 1, pivot - q)
        if left > 128:
            _swap(a, b + 1, b + q + 1)
            _swap(a, b + 2, b + q + 2)
            _swap(a, pivot - 2, pivot - (q + 1))
            _swap(a, pivot - 3, pivot - (q + 2))
    if right >= _STABLE:
        q = right // 4
        _swap(a, pivot + 1, pivot + 1 + q)
        _swap(a, e - 1, e - q)
        if right > 128:
            _swap(a, pivot + 2, pivot + 2 + q)
            _swap(a, pivot + 3, pivot + 3 + q)
            _swap(a, e - 2, e - (1 + q))
            _swap(a, e - 3, e - (2 + q))


@apart(few=_RADIX)
def _pdq(a: I8, b: int, e: int, ranges: I8x2) -> None:
    """Pattern-defeating quicksort of [b, e); `ranges` has room for what is left to do."""
    bad, leftmost = _bit_length(e - b) - 1, 1
    left = 0
    while True:
        if e - b < _STABLE:
            _insertion(a, b, e, leftmost, -1)
        else:
            _choose_pivot(a, b, e)
            if leftmost == 0 and not _less(a[b - 1], a[b]):
                b = _partition_left(a, b, e) + 1
                continue
            position, done = _partition_right(a, b, e)
            in_order = False
            if position - b < (e - b) // 8 or e - (position + 1) < (e - b) // 8:
                bad -= 1
                if bad == 0:
                    _heap_sort(a, b, e)
                    in_order = True
                else:
                    _break_pattern(a, b, position, e)
            elif done:
                in_order = _insertion(a, b, position, 1, 8) and _insertion(a, position + 1, e, 1, 8)
            if not in_order:
                ranges[left, 0], ranges[left, 1], ranges[left, 2], ranges[left, 3] = position + 1, e, bad, 0
                left += 1
                e = position
                continue
        if left == 0:
            return
        left -= 1
        b, e, bad, leftmost = ranges[left, 0], ranges[left, 1], ranges[left, 2], ranges[left, 3]


@apart(few=_RADIX)
def _order_few(keys: I4, order: I8, ranges: I8x2) -> bool:
    """Find the order of so few entries that pdqsort alone sorts them; return whether any moves."""
    for i in range(len(keys)):
        order[i] = keys[i]
        order[i] = (order[i] << 32) | i
    _pdq(order, 0, len(keys), ranges)
    moved = False
    for i in range(len(keys)):
        order[i] &= 0xFFFFFFFF
        moved |= order[i] != i
    return moved


@njit(cache=True)
def _extremes(a: np.ndarray, b: int, e: int) -> tuple[int, int, bool]:
    """Return smallest and largest key, and whether [b, e) is in order."""
    low = high = a[b] >> 32
    falls = 0
    for i in range(b + 1, e):  # without branches, so that the compiler takes several at once
        key = a[i] >> 32
        falls += key < (a[i - 1] >> 32)
        low, high = min(low, key), max(high, key)
    return low, high, falls == 0


@njit(cache=True)
def _division_shift(key_range: int, n: int) -> int:
    """Return the number of low bits of the key that do not tell bins apart."""
    bits = _bit_length(key_range)
    shift = bits - _bit_length(n)
    if shift <= 0 and bits <= 12:
        return 0
    return shift + 2 if shift + 2 > bits - 11 else bits - 11


@njit(cache=True)
def _into_bins(a: np.ndarray, b: int, e: int, shift: int, first_bin: int, n_bins: int, bins: np.ndarray) -> None:
    """Bring every element into its bin, in place, and leave the ends of the bins in the first row of `bins`."""
    free, size = bins[0], bins[1]
    ahead = a.ctypes.data + _AHEAD
    fits = e - b <= _CACHED
    for k in range(n_bins):
        size[k] = 0
    for i in range(b, e):
        size[(a[i] >> shift) - first_bin] += 1
    free[0] = b
    for k in range(1, n_bins):
        free[k] = free[k - 1] + size[k - 1]
    end = b
    for k in range(n_bins - 1):
        end += size[k]
        current = free[k]
        while current < end:
            own = (a[current] >> shift) - first_bin
            while own != k:
                i = free[own]
                free[own] = i + 1
                if not fits:
                    prefetch(ahead + 8 * i)
                other = (a[i] >> shift) - first_bin
                moved = a[i]
                if other != k:
                    j = free[other]
                    free[other] = j + 1
                    if not fits:
                        prefetch(ahead + 8 * j)
                    moved = a[j]
                    a[j] = a[i]
                a[i] = a[current]
                a[current] = moved
                own = (moved >> shift) - first_bin
            current += 1
        free[k] = end
    free[n_bins - 1] = e


@njit(cache=True)
def _small_bin(shift: int) -> int:
    """Return the number of entries from which on a bin is sorted by radix again."""
    digits, reach = 9, 11
    while reach < shift:
        digits += 1
        reach += digits
    return 1 << (digits + 2)


@apart()
def _spread(a: I8, ranges: I8x2, bins: I8x2, pending: I8x2) -> None:
    """Radix sort, bin by bin, with pdqsort for small bins; what is left to do is `pending`."""
    pending[0, 0], pending[0, 1] = 0, len(a)
    left = 1
    while left > 0:
        left -= 1
        b, e = pending[left, 0], pending[left, 1]
        low, high, ordered = _extremes(a, b, e)
        if ordered:
            continue
        shift = _division_shift(high - low, e - b)
        first_bin = low >> shift
        n_bins = (high >> shift) - first_bin + 1
        _into_bins(a, b, e, shift + 32, first_bin, n_bins, bins)
        if shift == 0:
            continue
        for k in range(n_bins):
            end = bins[0, k]
            if end - b >= _small_bin(shift):
                pending[left, 0], pending[left, 1] = b, end
                left += 1
            elif end - b >= 2:
                _pdq(a, b, end, ranges)
            b = end
