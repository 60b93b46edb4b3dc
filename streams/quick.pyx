# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Ordinary orders and their repetitions, compiled: in one pass from a command's bytes to its decision's bytes and the state behind it.

What comes out is what `decode_command`, `rules.ordinary`, `tables.evolve_orders` and `encode_decision` make of the same record, to the
byte; tests hold it to that, and all works without this module, only slower. It knows records only as our own encoder writes them (keys
in declared order, no white space, no escapes); whatever else there is about a record is left, untouched, to the long way.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Contains, PyDict_DelItem, PyDict_GetItemWithError, PyDict_SetItem
from cpython.long cimport PyLong_AsLongLong, PyLong_FromLongLong
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Realloc
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.string cimport memchr, memcmp, memcpy

from hashlib import blake2b
from sys import intern

from streams.decisions import link
from streams.rules.decide import DECIDER
from streams.rules.rank import rank
from tables.tiers import quota_of

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL

ctypedef long long Int

cdef Int MOMENTS = 253_402_300_800_000
cdef Int NUMBERS = (<Int>1) << 53
cdef Int MOST_UNITS = 1_000_000_000
cdef Int MOST_EACH = 1_000_000
cdef Int MOST_MONEY = 1_000_000_000_000
cdef Int TOO_MANY = (<Int>1) << 60
cdef Int MOST_RANK = 1_000_000
cdef enum:
    ZERO = 48
    NINE = 57
    LOOKED_AT = 64  # nodes, at most
    NAMES = 1 << 16  # of SKUs, remembered
    MANY = 24  # from so many lines on, doubles are looked for by hash


cdef struct Text:
    const char *at
    Py_ssize_t size


cdef struct Reader:
    const char *at
    const char *end


cdef struct Writer:
    char *bytes
    Py_ssize_t size
    Py_ssize_t room


cdef struct Line:
    Text name
    Text listing
    Int quantity
    Int price
    Text sku
    Int each


cdef struct Row:
    Text name
    Text sku
    Int units
    Int free  # units of the SKU before this order: of the segment, and on the node's shelf
    Int on_hand


cdef struct Placed:
    Text order
    Text shop
    Text channel
    Text segment
    Text number
    Int updated_at
    Text digest
    Int placed_at
    Int received_at
    Text currency
    Text region
    Int priority
    Text lines
    Text sealed
    Int charges
    Text paid
    Py_ssize_t discounts  # of lines, in `paid`
    Text shipping


cdef struct Cause:
    Text source
    Int partition
    Int offset
    Int ordinal


# ---------------------------------------------------------------------------------------------- reading
cdef bint plain(const char *at, Py_ssize_t size) noexcept:
    """Nothing escaped, no control characters, sound UTF-8."""
    cdef Py_ssize_t i
    cdef unsigned char low = 0, high = 0
    for i in range(size):
        low |= <unsigned char>at[i] < 0x20
        high |= <unsigned char>at[i]
    if low or memchr(at, 0x5C, size) != NULL:
        return False
    if high & 0x80:
        try:
            PyUnicode_DecodeUTF8(at, size, NULL)
        except Exception:
            return False
    return True


cdef inline bint said(Reader *r, const char *text, Py_ssize_t size) noexcept:
    if r.end - r.at < size or memcmp(r.at, text, size):
        return False
    r.at += size
    return True


cdef inline bint says(Reader *r, bytes text) noexcept:
    return said(r, PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))


cdef inline bint mark(Reader *r, char expected) noexcept:
    if r.at == r.end or r.at[0] != expected:
        return False
    r.at += 1
    return True


cdef inline bint text(Reader *r, Text *into) noexcept:
    """A string, of which `into` gets what is between the quotes."""
    cdef const char *close
    if not mark(r, b'"'):
        return False
    close = <const char *>memchr(r.at, b'"', r.end - r.at)
    if close == NULL:
        return False
    into.at, into.size = r.at, close - r.at
    r.at = close + 1
    return True


cdef inline bint number(Reader *r, Int *into, Int most) noexcept:
    """0 .. `most`, as an encoder writes it."""
    cdef Int value = 0
    cdef const char *begin = r.at
    while r.at < r.end and ZERO <= r.at[0] <= NINE and r.at - begin < 18:
        value = value * 10 + (r.at[0] - ZERO)
        r.at += 1
    into[0] = value
    return r.at > begin and value <= most and (begin[0] != ZERO or r.at - begin == 1)


cdef inline bint signed_number(Reader *r, Int *into, Int most) noexcept:
    cdef bint minus = mark(r, b'-')
    if not number(r, into, most) or (minus and not into[0]):
        return False
    if minus:
        into[0] = -into[0]
    return True


cdef inline bint cause_of(Reader *r, Cause *cause) noexcept:
    return (
        mark(r, b'[') and text(r, &cause.source) and cause.source.size > 0
        and mark(r, b',') and number(r, &cause.partition, NUMBERS)
        and mark(r, b',') and number(r, &cause.offset, NUMBERS)
        and mark(r, b',') and number(r, &cause.ordinal, NUMBERS)
        and mark(r, b']')
    )


cdef bint is_order_key(Text key) noexcept:
    """tenant/shop/order"""
    cdef const char *slash = <const char *>memchr(key.at, b'/', key.size)
    return slash != NULL and memchr(slash + 1, b'/', key.at + key.size - slash - 1) != NULL


cdef bint line_of(Reader *r, Line *line) noexcept:
    """A line of one part."""
    return (
        mark(r, b'[') and text(r, &line.name) and mark(r, b',') and text(r, &line.listing)
        and mark(r, b',') and number(r, &line.quantity, MOST_UNITS)
        and mark(r, b',') and signed_number(r, &line.price, MOST_MONEY)
        and says(r, b',[[') and text(r, &line.sku) and mark(r, b',') and number(r, &line.each, MOST_EACH) and line.each > 0
        and says(r, b']]]')
    )


cdef inline bint paid_of(Reader *r, Text *line, Int *amount) noexcept:
    """What is paid for a line."""
    return mark(r, b'[') and text(r, line) and mark(r, b',') and number(r, amount, MOST_MONEY) and mark(r, b']')


cdef bint row_of(Reader *r, Row *row) noexcept:
    """A row without origins."""
    return (
        mark(r, b'[') and text(r, &row.name) and mark(r, b',') and text(r, &row.sku)
        and mark(r, b',') and number(r, &row.units, MOST_UNITS * MOST_EACH) and says(r, b',[]]')
    )


cdef bint candidate_of(Reader *r) noexcept:
    cdef Text skipped
    cdef Int number_of
    if not (mark(r, b'[') and text(r, &skipped) and mark(r, b',') and number(r, &number_of, 1 << 60) and says(r, b',[')):
        return False
    if not mark(r, b']'):
        while True:
            if not signed_number(r, &number_of, 1 << 60):
                return False
            if mark(r, b']'):
                break
            if not mark(r, b','):
                return False
    return mark(r, b',') and text(r, &skipped) and mark(r, b']')


cdef bint same(Text a, Text b) noexcept:
    return a.size == b.size and not memcmp(a.at, b.at, a.size)


# ---------------------------------------------------------------------------------------------- writing
cdef inline int put(Writer *w, const char *at, Py_ssize_t size) except -1:
    cdef char *more
    if w.room - w.size < size:
        more = <char *>PyMem_Realloc(w.bytes, 2 * (w.room + size) + 1024)
        if more == NULL:
            raise MemoryError
        w.bytes, w.room = more, 2 * (w.room + size) + 1024
    memcpy(w.bytes + w.size, at, size)
    w.size += size


cdef inline int write(Writer *w, bytes literal) except -1:
    put(w, PyBytes_AS_STRING(literal), PyBytes_GET_SIZE(literal))


cdef inline int write_text(Writer *w, Text found) except -1:
    put(w, b'"', 1)
    put(w, found.at, found.size)
    put(w, b'"', 1)


cdef inline int write_int(Writer *w, Int value) except -1:
    cdef char digits[24]
    cdef int i = 24
    cdef bint minus = value < 0
    if minus:
        value = -value
    while True:
        i -= 1
        digits[i] = <char>(ZERO + value % 10)
        value //= 10
        if not value:
            break
    if minus:
        i -= 1
        digits[i] = b'-'
    put(w, digits + i, 24 - i)


cdef inline int pack_head(Writer *w, unsigned char head, unsigned long long value, int size) except -1:
    """A byte that says what follows, and a big-endian number of `size` bytes."""
    cdef char found[9]
    cdef int i
    found[0] = <char>head
    for i in range(size, 0, -1):
        found[i] = <char>(value & 0xFF)
        value >>= 8
    put(w, found, size + 1)


cdef inline int pack_text(Writer *w, Text found) except -1:
    if found.size < 32:
        pack_head(w, 0xA0 | <unsigned char>found.size, 0, 0)
    elif found.size < 1 << 8:
        pack_head(w, 0xD9, found.size, 1)
    elif found.size < 1 << 16:
        pack_head(w, 0xDA, found.size, 2)
    else:
        pack_head(w, 0xDB, found.size, 4)
    put(w, found.at, found.size)


cdef inline int pack_int(Writer *w, Int value) except -1:
    if value >= 0:
        if value < 1 << 7:
            pack_head(w, <unsigned char>value, 0, 0)
        elif value < 1 << 8:
            pack_head(w, 0xCC, value, 1)
        elif value < 1 << 16:
            pack_head(w, 0xCD, value, 2)
        elif value < <Int>1 << 32:
            pack_head(w, 0xCE, value, 4)
        else:
            pack_head(w, 0xCF, value, 8)
    elif value >= -32:
        pack_head(w, <unsigned char>(value & 0xFF), 0, 0)
    elif value >= -(1 << 7):
        pack_head(w, 0xD0, value, 1)
    elif value >= -(1 << 15):
        pack_head(w, 0xD1, value, 2)
    elif value >= -(<Int>1 << 31):
        pack_head(w, 0xD2, value, 4)
    else:
        pack_head(w, 0xD3, value, 8)


cdef inline int pack_array(Writer *w, Py_ssize_t size) except -1:
    if size < 16:
        pack_head(w, 0x90 | <unsigned char>size, 0, 0)
    elif size < 1 << 16:
        pack_head(w, 0xDC, size, 2)
    else:
        pack_head(w, 0xDD, size, 4)


# ---------------------------------------------------------------------------------------------- state
cdef Text text_of(str found):
    cdef Text into
    into.at = PyUnicode_AsUTF8AndSize(found, &into.size)
    return into


cdef inline str str_of(Text found):
    return PyUnicode_DecodeUTF8(found.at, found.size, NULL)


cdef struct Name:
    unsigned long long spelt
    PyObject *text


cdef Name *names = <Name *>PyMem_Calloc(NAMES, sizeof(Name))


cdef inline object sku_of(Text found):
    """The one string that names this SKU in all cells, mostly remembered from the order before."""
    cdef unsigned long long spelt = 14695981039346656037ULL
    cdef Py_ssize_t i
    cdef Name *name
    cdef Text known
    for i in range(found.size):
        spelt = (spelt ^ <unsigned char>found.at[i]) * 1099511628211ULL
    name = &names[(spelt ^ (spelt >> 32)) & (NAMES - 1)]
    if name.text != NULL and name.spelt == spelt:
        known = text_of(<str>name.text)
        if same(known, found):
            return <object>name.text
    text = intern(str_of(found))
    Py_INCREF(text)
    Py_XDECREF(name.text)
    name.spelt, name.text = spelt, <PyObject *>text
    return text


cdef inline Int units_of(dict cells, object sku) except? -1:
    cdef PyObject *found = PyDict_GetItemWithError(cells, sku)
    return 0 if found == NULL else PyLong_AsLongLong(<object>found)


cdef inline int add_units(dict cells, object sku, Int units) except -1:
    cdef PyObject *found = PyDict_GetItemWithError(cells, sku)
    if found == NULL:
        PyDict_SetItem(cells, sku, PyLong_FromLongLong(units))
    else:
        PyDict_SetItem(cells, sku, PyLong_FromLongLong(PyLong_AsLongLong(<object>found) + units))


cdef inline int set_units(dict cells, object sku, Int units) except -1:
    """As `tables.stock.add` leaves it: no cell holds zero."""
    if units:
        PyDict_SetItem(cells, sku, PyLong_FromLongLong(units))
    elif PyDict_Contains(cells, sku):
        PyDict_DelItem(cells, sku)


cdef class Quick:
    """The compiled way of one ledger: what it needs room for."""

    cdef Writer record
    cdef Writer packed
    cdef Line *lines
    cdef Row *rows
    cdef Py_ssize_t count
    cdef Py_ssize_t room
    cdef Placed placed
    cdef Cause cause

    def __dealloc__(self):
        PyMem_Free(self.record.bytes)
        PyMem_Free(self.packed.bytes)
        PyMem_Free(self.lines)
        PyMem_Free(self.rows)

    # ------------------------------------------------------------------------------------------ commands -> decisions
    def decide(self, ledger, Int offset, bytes value, Py_ssize_t most):
        """Key and record of the decision, with the ledger as it leaves it; None, nothing done, when the command has to go the long way.
        `most`: bytes that a record may have."""
        cdef Text name
        cdef dict free
        cdef list skus
        if ledger.decider != DECIDER or not self._read_command(value, &name):
            return None
        pool = ledger.pools.get(str_of(name))
        if pool is None:
            return None
        source = f"{str_of(self.cause.source)}/{self.cause.partition}"
        shop_name, key = str_of(self.placed.shop), str_of(self.placed.order)
        shop = pool.shops.get(shop_name)
        if (
            (self.cause.offset, self.cause.ordinal) <= ledger.causes.get(source, (-1, -1))
            or shop is None or not shop.active
        ):
            return None
        if key in pool.orders:
            return self._repeated(ledger, pool, offset, name, pool.orders.at_rest(key), most, source)
        flow = pool.policy.flow
        if flow is not None and flow.asks_more(shop_name):
            return None
        if pool.rates is not None:
            return None
        if pool.deferred or pool.free.get(quota_of(shop_name)) or self.placed.placed_at <= pool.forgotten.get(shop_name, -1):
            return None
        segment = shop.segment
        free = pool.free.get(segment)
        self.placed.segment = text_of(segment)
        if free is None or not _simple(self.placed.segment):
            return None
        skus = self._distinct()
        if skus is None or not self._promised(free, skus):
            return None
        ranking = rank(pool, segment, str_of(self.placed.region), "")
        return self._decided(ledger, pool, ranking, offset, name, segment, free, key, skus, most, source) if ranking.final else None

    cdef object _repeated(self, ledger, pool, Int offset, Text pool_name, bytes order, Py_ssize_t most, str source):
        """The same revision of an order of one revision, once more."""
        cdef Writer *w = &self.packed
        w.size = 0
        self._pack_head()
        if order is None or PyBytes_GET_SIZE(order) < w.size or memcmp(PyBytes_AS_STRING(order), w.bytes, w.size):
            return None
        w = &self.record
        self._write_head(ledger, pool, pool_name, offset)
        write(w, b'{"type":"Duplicate","of":')
        write_text(w, self.placed.order)
        write(w, b'}]}')
        if w.size > most:
            return None
        record = PyBytes_FromStringAndSize(w.bytes, w.size)
        _advance(ledger, pool, self.cause, source, offset, record)
        return pool_name.at[:pool_name.size], record

    cdef object _decided(self, ledger, pool, ranking, Int offset, Text pool_name, segment, dict free, key, list skus, Py_ssize_t most, source):
        cdef Py_ssize_t chosen = 0, best = min(len(ranking.names), <Py_ssize_t>LOOKED_AT)
        cdef Int covers[LOOKED_AT]
        cdef bint whole = False
        cdef str fulfilment
        while chosen < best:
            stock = pool.stock.get(ranking.names[chosen])
            covers[chosen] = self._covered(None if stock is None else stock.on_hand, skus, &whole)
            if whole:
                break
            chosen += 1
        if not whole:
            return None
        node = ranking.names[chosen]
        if not pool.is_told_only(node):
            return None
        fulfilment = "F" + blake2b(f"{pool.name}/{offset}/0".encode(), digest_size=10).hexdigest()
        self._write_decision(ledger, pool, pool_name, offset, ranking, chosen, covers, fulfilment)
        if self.record.size > most:
            return None
        record = PyBytes_FromStringAndSize(self.record.bytes, self.record.size)
        self._take(pool, stock, free, key, node, fulfilment, skus)
        _advance(ledger, pool, self.cause, source, offset, record)
        return pool_name.at[:pool_name.size], record

    cdef bint _read_command(self, bytes value, Text *pool) except -1:
        cdef Reader r
        cdef Placed *p = &self.placed
        cdef Int units = 0
        cdef Py_ssize_t i
        r.at = PyBytes_AS_STRING(value)
        r.end = r.at + PyBytes_GET_SIZE(value)
        p.region.size = p.sealed.size = p.shipping.size = 0
        p.region.at = p.sealed.at = p.shipping.at = b""
        p.priority = p.charges = 0
        if not (
            says(&r, b'{"type":"PlaceOrder","order":') and plain(r.at, r.end - r.at) and text(&r, &p.order) and is_order_key(p.order)
            and says(&r, b',"shop":') and text(&r, &p.shop)
            and says(&r, b',"channel":') and text(&r, &p.channel)
            and says(&r, b',"number":') and text(&r, &p.number)
            and says(&r, b',"updated_at":') and number(&r, &p.updated_at, MOMENTS - 1)
            and says(&r, b',"digest":') and text(&r, &p.digest)
            and says(&r, b',"placed_at":') and number(&r, &p.placed_at, MOMENTS - 1)
            and says(&r, b',"received_at":') and number(&r, &p.received_at, MOMENTS - 1)
            and says(&r, b',"currency":') and text(&r, &p.currency)
            and says(&r, b',"lines":') and self._read_lines(&r)
        ):
            return False
        if says(&r, b',"region":') and not (text(&r, &p.region) and p.region.size):
            return False
        if says(&r, b',"priority":') and not (signed_number(&r, &p.priority, MOST_RANK) and p.priority):
            return False
        if says(&r, b',"sealed":') and not (text(&r, &p.sealed) and p.sealed.size):
            return False
        if says(&r, b',"charges":') and not (number(&r, &p.charges, MOST_MONEY) and p.charges):
            return False
        if not self._read_paid(&r):
            return False
        if says(&r, b',"shipping":') and not (text(&r, &p.shipping) and p.shipping.size):
            return False
        if not (says(&r, b',"pool":') and text(&r, pool) and says(&r, b',"cause":') and cause_of(&r, &self.cause) and mark(&r, b'}')):
            return False
        for i in range(self.count):
            self.rows[i].name, self.rows[i].sku = self.lines[i].name, self.lines[i].sku
            self.rows[i].units = self.lines[i].quantity * self.lines[i].each
            units += self.rows[i].units
            if not self.rows[i].units or units > 1 << 60:
                return False
        return r.at == r.end

    cdef bint _read_lines(self, Reader *r) except -1:
        """At least one."""
        cdef const char *begin = r.at
        self.count = 0
        if not mark(r, b'['):
            return False
        while True:
            self._make_room()
            if not line_of(r, &self.lines[self.count]):
                return False
            self.count += 1
            if mark(r, b']'):
                self.placed.lines.at, self.placed.lines.size = begin, r.at - begin
                return True
            if not mark(r, b','):
                return False

    cdef bint _read_paid(self, Reader *r) noexcept:
        """One at least, where it is said at all."""
        cdef Placed *p = &self.placed
        cdef Text line
        cdef Int amount
        p.discounts = p.paid.size = 0
        if not says(r, b',"paid":'):
            return True
        p.paid.at = r.at
        if not mark(r, b'['):
            return False
        while paid_of(r, &line, &amount):
            p.discounts += 1
            if mark(r, b']'):
                p.paid.size = r.at - p.paid.at
                return True
            if not mark(r, b','):
                return False
        return False

    cdef int _make_room(self) except -1:
        cdef Py_ssize_t room = 2 * self.room + 16
        cdef Line *lines
        cdef Row *rows
        if self.count < self.room:
            return 0
        lines = <Line *>PyMem_Realloc(self.lines, room * sizeof(Line))
        if lines == NULL:
            raise MemoryError
        self.lines = lines
        rows = <Row *>PyMem_Realloc(self.rows, room * sizeof(Row))
        if rows == NULL:
            raise MemoryError
        self.rows, self.room = rows, room

    cdef list _distinct(self):
        """The SKUs, line by line; None when one, or the name of a line, is there twice."""
        cdef Py_ssize_t i, j
        cdef list skus = [sku_of(self.rows[i].sku) for i in range(self.count)]
        if self.count >= MANY:
            names = {str_of(self.rows[i].name) for i in range(self.count)}
            return skus if len(set(skus)) == len(names) == self.count else None
        for i in range(1, self.count):
            for j in range(i):
                if same(self.rows[i].sku, self.rows[j].sku) or same(self.rows[i].name, self.rows[j].name):
                    return None
        return skus

    cdef bint _promised(self, dict free, list skus) except -1:
        """All that is wanted is free."""
        cdef Py_ssize_t i
        for i in range(self.count):
            self.rows[i].free = units_of(free, skus[i])
            if self.rows[i].free < self.rows[i].units:
                return False
        return True

    cdef Int _covered(self, dict on_hand, list skus, bint *whole) except -1:
        """Units that a shelf has of what is wanted; `whole`: all of it."""
        cdef Int units, covers = 0
        cdef Py_ssize_t i
        whole[0] = on_hand is not None
        if on_hand is None:
            return 0
        for i in range(self.count):
            self.rows[i].on_hand = units_of(on_hand, skus[i])
            units = min(self.rows[i].on_hand, self.rows[i].units)
            covers += units
            if units < self.rows[i].units:
                whole[0] = False
        return covers

    cdef int _write_head(self, ledger, pool, Text pool_name, Int offset) except -1:
        """Up to the events."""
        cdef Writer *w = &self.record
        cdef Cause *cause = &self.cause
        w.size = 0
        write(w, b'{"pool":')
        write_text(w, pool_name)
        write(w, b',"seq":')
        write_int(w, pool.seq + 1)
        write(w, b',"src_offset":')
        write_int(w, offset)
        write(w, b',"command_id":"')
        put(w, cause.source.at, cause.source.size)
        write(w, b'/')
        write_int(w, cause.partition)
        write(w, b'/')
        write_int(w, cause.offset)
        write(w, b'/')
        write_int(w, cause.ordinal)
        write(w, b'","cause":[')
        write_text(w, cause.source)
        write(w, b',')
        write_int(w, cause.partition)
        write(w, b',')
        write_int(w, cause.offset)
        write(w, b',')
        write_int(w, cause.ordinal)
        write(w, b'],"decider":')
        write_int(w, DECIDER)
        write(w, b',"policy_version":')
        write_int(w, pool.policy_version)
        write(w, b',"prev":')
        write_text(w, text_of(ledger.chain))
        write(w, b',"events":[')

    cdef int _write_decision(
        self, ledger, pool, Text pool_name, Int offset, ranking, Py_ssize_t chosen, Int *covers, str fulfilment
    ) except -1:
        cdef Writer *w = &self.record
        cdef Placed *p = &self.placed
        cdef Py_ssize_t i
        cdef Text name
        spelt = ranking.spelt(chosen)
        self._write_head(ledger, pool, pool_name, offset)
        write(w, b'{"type":"OrderPlaced","order":')
        write_text(w, p.order)
        write(w, b',"shop":')
        write_text(w, p.shop)
        write(w, b',"channel":')
        write_text(w, p.channel)
        write(w, b',"segment":')
        write_text(w, p.segment)
        write(w, b',"number":')
        write_text(w, p.number)
        write(w, b',"revision":1,"updated_at":')
        write_int(w, p.updated_at)
        write(w, b',"digest":')
        write_text(w, p.digest)
        write(w, b',"placed_at":')
        write_int(w, p.placed_at)
        write(w, b',"received_at":')
        write_int(w, p.received_at)
        write(w, b',"currency":')
        write_text(w, p.currency)
        write(w, b',"region":')
        write_text(w, p.region)
        write(w, b',"priority":')
        write_int(w, p.priority)
        write(w, b',"lines":')
        put(w, p.lines.at, p.lines.size)
        if p.sealed.size:
            write(w, b',"sealed":')
            write_text(w, p.sealed)
        if p.charges:
            write(w, b',"charges":')
            write_int(w, p.charges)
        if p.discounts:
            write(w, b',"paid":')
            put(w, p.paid.at, p.paid.size)
        if p.shipping.size:
            write(w, b',"shipping":')
            write_text(w, p.shipping)
        write(w, b'},{"type":"Considered","order":')
        write_text(w, p.order)
        write(w, b',"criteria":')
        write(w, spelt.criteria)
        write(w, b',"candidates":[')
        for i in range(chosen):
            other = ranking.spelt(i)
            write(w, other.before)
            write_int(w, covers[i])
            write(w, other.after)
            write(w, b'"not_needed"],' if covers[i] else b'"no_stock"],')
        write(w, spelt.before)
        write_int(w, covers[chosen])
        write(w, spelt.after)
        write(w, b'"chosen"]')
        write(w, spelt.rest)
        write(w, b',{"type":"Reserved","order":')
        write_text(w, p.order)
        write(w, b',"fulfilment":"')
        name = text_of(fulfilment)
        put(w, name.at, name.size)
        write(w, b'","node":')
        write(w, spelt.node)
        write(w, b',"rows":[')
        for i in range(self.count):
            write(w, b'[' if i == 0 else b',[')
            write_text(w, self.rows[i].name)
            write(w, b',')
            write_text(w, self.rows[i].sku)
            write(w, b',')
            write_int(w, self.rows[i].units)
            write(w, b',[]]')
        write(w, b']}]}')

    # ------------------------------------------------------------------------------------------ decisions -> state
    def fold(self, ledger, Int offset, bytes record):
        """Take in a decision about an ordinary order. Returns (pool, order, segment, SKUs, units), see streams.ledger.Ordinary; None,
        nothing done, when it is another one, or does not follow from the one before."""
        cdef Text name, prev, node, fulfilment, order
        cdef Int seq, src_offset, ordered = 0, reserved = 0
        cdef dict free
        cdef bint whole
        cdef Py_ssize_t i
        cdef list skus
        if not self._read_decision(record, &name, &seq, &src_offset, &prev, &order, &fulfilment, &node):
            return None
        pool_name, key, node_name = str_of(name), str_of(order), str_of(node)
        pool = ledger.pools.get(pool_name)
        if pool is None or seq != pool.seq + 1 or src_offset != ledger.last + 1 or str_of(prev) != ledger.chain or key in pool.orders:
            return None
        segment = str_of(self.placed.segment)
        free, stock = pool.free.get(segment), pool.stock.get(node_name)
        if free is None or stock is None or pool.time_to_accept(node_name):
            return None
        skus = self._distinct()
        if skus is None:
            return None
        for i in range(self.count):
            self.rows[i].free = units_of(free, skus[i])
            ordered = min(ordered + self.lines[i].quantity * self.lines[i].each, TOO_MANY)
            reserved = min(reserved + self.rows[i].units, TOO_MANY)
        self._covered(stock.on_hand, skus, &whole)
        self._take(pool, stock, free, key, node_name, str_of(fulfilment), skus)
        _advance(ledger, pool, self.cause, f"{str_of(self.cause.source)}/{self.cause.partition}", src_offset, record)
        return pool_name, key, segment, skus, reserved if ordered == reserved < TOO_MANY else 0

    # ------------------------------------------------------------------------------------------ decisions -> fulfilments
    def ordered(self, bytes record, Int partition):
        """What the node is told of an ordinary order: (src_offset, ordinal, when its raw record was received, pool, key, value), as
        `rules.fulfil` has it; None when it is another decision."""
        cdef Writer *w = &self.record
        cdef Text pool, prev, order, fulfilment, node, tenant, shop, name
        cdef Int seq, src_offset
        cdef Py_ssize_t i
        if not self._read_decision(record, &pool, &seq, &src_offset, &prev, &order, &fulfilment, &node):
            return None
        if not _split(order, &tenant, &order) or not _split(order, &shop, &name):
            return None
        w.size = 0
        write(w, b'{"type":"FulfilmentOrdered","id":')
        write_text(w, fulfilment)
        write(w, b',"tenant":')
        write_text(w, tenant)
        write(w, b',"shop":')
        write_text(w, shop)
        write(w, b',"order":')
        write_text(w, name)
        write(w, b',"pool":')
        write_text(w, pool)
        write(w, b',"node":')
        write_text(w, node)
        write(w, b',"lines":[')
        for i in range(self.count):
            write(w, b'{"line":' if i == 0 else b',{"line":')
            write_text(w, self.rows[i].name)
            write(w, b',"sku":')
            write_text(w, self.rows[i].sku)
            write(w, b',"quantity":')
            write_int(w, self.rows[i].units)
            write(w, b'}')
        write(w, b'],"partition":')
        write_int(w, partition)
        write(w, b',"src_offset":')
        write_int(w, src_offset)
        # behind OrderPlaced and Considered
        write(w, b',"ordinal":2')
        if self.placed.sealed.size:
            write(w, b',"recipient":')
            write_text(w, self.placed.sealed)
        if self.placed.shipping.size:
            write(w, b',"shipping":')
            write_text(w, self.placed.shipping)
        write(w, b'}')
        value = PyBytes_FromStringAndSize(w.bytes, w.size)
        key = self.placed.order
        return src_offset, 2, self.placed.received_at, pool.at[:pool.size], key.at[:key.size], value

    cdef bint _read_decision(
        self, bytes record, Text *pool, Int *seq, Int *src_offset, Text *prev, Text *order, Text *fulfilment, Text *node
    ) except -1:
        cdef Reader r
        cdef Placed *p = &self.placed
        cdef Text skipped
        cdef Int unused
        r.at = PyBytes_AS_STRING(record)
        r.end = r.at + PyBytes_GET_SIZE(record)
        p.sealed.size = p.shipping.size = p.charges = 0
        p.sealed.at = p.shipping.at = b""
        if not (
            says(&r, b'{"pool":') and text(&r, pool)
            and says(&r, b',"seq":') and number(&r, seq, NUMBERS)
            and says(&r, b',"src_offset":') and number(&r, src_offset, NUMBERS)
            and says(&r, b',"command_id":') and text(&r, &skipped)
            and says(&r, b',"cause":') and cause_of(&r, &self.cause)
            and says(&r, b',"decider":') and number(&r, &unused, NUMBERS)
            and says(&r, b',"policy_version":') and number(&r, &unused, NUMBERS)
            and says(&r, b',"prev":') and text(&r, prev)
            and says(&r, b',"events":[{"type":"OrderPlaced","order":') and text(&r, &p.order)
            and says(&r, b',"shop":') and text(&r, &p.shop)
            and says(&r, b',"channel":') and text(&r, &p.channel)
            and says(&r, b',"segment":') and text(&r, &p.segment)
            and says(&r, b',"number":') and text(&r, &p.number)
            and says(&r, b',"revision":1,"updated_at":') and number(&r, &p.updated_at, MOMENTS - 1)
            and says(&r, b',"digest":') and text(&r, &p.digest)
            and says(&r, b',"placed_at":') and number(&r, &p.placed_at, MOMENTS - 1)
            and says(&r, b',"received_at":') and number(&r, &p.received_at, MOMENTS - 1)
            and says(&r, b',"currency":') and text(&r, &p.currency)
            and says(&r, b',"region":') and text(&r, &p.region)
            and says(&r, b',"priority":') and signed_number(&r, &p.priority, MOST_RANK)
            and says(&r, b',"lines":') and self._read_lines(&r)
        ):
            return False
        if says(&r, b',"sealed":') and not (text(&r, &p.sealed) and p.sealed.size):
            return False
        if says(&r, b',"charges":') and not (number(&r, &p.charges, MOST_MONEY) and p.charges):
            return False
        if not self._read_paid(&r):
            return False
        if says(&r, b',"shipping":') and not (text(&r, &p.shipping) and p.shipping.size):
            return False
        if not (says(&r, b'},{"type":"Considered","order":') and text(&r, &skipped) and self._read_considered(&r)):
            return False
        if not (
            says(&r, b',{"type":"Reserved","order":') and text(&r, order) and same(order[0], p.order)
            and says(&r, b',"fulfilment":') and text(&r, fulfilment)
            and says(&r, b',"node":') and text(&r, node)
            and says(&r, b',"rows":[') and self._read_rows(&r) and says(&r, b'}]}')
        ):
            return False
        return r.at == r.end and plain(PyBytes_AS_STRING(record), PyBytes_GET_SIZE(record))

    cdef bint _read_considered(self, Reader *r) noexcept:
        cdef Text skipped
        cdef Int more
        if not says(r, b',"criteria":['):
            return False
        if not mark(r, b']'):
            while True:
                if not text(r, &skipped):
                    return False
                if mark(r, b']'):
                    break
                if not mark(r, b','):
                    return False
        if not says(r, b',"candidates":['):
            return False
        while True:
            if not candidate_of(r):
                return False
            if mark(r, b']'):
                break
            if not mark(r, b','):
                return False
        if says(r, b',"more":') and not number(r, &more, NUMBERS):
            return False
        return mark(r, b'}')

    cdef bint _read_rows(self, Reader *r) noexcept:
        """As many as there are lines."""
        cdef Py_ssize_t i
        for i in range(self.count):
            if (i > 0 and not mark(r, b',')) or not row_of(r, &self.rows[i]):
                return False
        return mark(r, b']')

    cdef int _take(self, pool, stock, dict free, key, node, str fulfilment, list skus) except -1:
        """As `evolve` does it: the units move, the order is kept packed."""
        cdef dict on_hand = stock.on_hand, reserved = stock.reserved
        cdef Py_ssize_t i
        for i in range(self.count):
            set_units(on_hand, skus[i], self.rows[i].on_hand - self.rows[i].units)
            set_units(free, skus[i], self.rows[i].free - self.rows[i].units)
            add_units(reserved, skus[i], self.rows[i].units)
        self._pack(text_of(node), text_of(fulfilment))
        pool.orders.keep(key, PyBytes_FromStringAndSize(self.packed.bytes, self.packed.size))
        pool.index[fulfilment] = key

    cdef int _pack_head(self) except -1:
        """What tells one revision of an order from another."""
        cdef Writer *w = &self.packed
        pack_array(w, 34)
        pack_int(w, self.placed.updated_at)
        pack_array(w, 1)
        pack_text(w, self.placed.digest)

    cdef int _pack(self, Text node, Text fulfilment) except -1:
        """A tables.orders.Order, field by field."""
        cdef Writer *w = &self.packed
        cdef Placed *p = &self.placed
        cdef Py_ssize_t i
        w.size = 0
        self._pack_head()
        pack_int(w, 1)
        pack_text(w, p.shop)
        pack_text(w, p.segment)
        pack_text(w, p.region)
        pack_int(w, p.priority)
        pack_int(w, p.placed_at)
        pack_array(w, self.count)
        for i in range(self.count):
            pack_array(w, 5)
            pack_text(w, self.lines[i].name)
            pack_text(w, self.lines[i].listing)
            pack_int(w, self.lines[i].quantity)
            pack_int(w, self.lines[i].price)
            write(w, b"\x91\x92")
            pack_text(w, self.lines[i].sku)
            pack_int(w, self.lines[i].each)
        pack_text(w, p.sealed)
        # holds, released, cancelled, rejected, waiting, shipped, returned, refused_by; one fulfilment
        write(w, b"\x90\x90\xc2\xc2\x90\x90\x90\x90\x81")
        pack_text(w, fulfilment)
        pack_array(w, 5)
        pack_text(w, node)
        pack_array(w, self.count)
        for i in range(self.count):
            pack_array(w, 4)
            pack_text(w, self.rows[i].name)
            pack_text(w, self.rows[i].sku)
            pack_int(w, self.rows[i].units)
            pack_array(w, 0)
        # nothing asked for, no stage told, no answer; no reductions, not over, no parcels, nothing delivered
        write(w, b"\x90\xa0\xa0\xc0\xff\xc0\x90")
        self._pack_paid()
        pack_int(w, p.charges)
        pack_text(w, p.currency)
        # not unpaid, nothing after, not left although it was cancelled, nothing given back; no gifts, nothing bought, no city of ours
        write(w, b"\xc2\xc0\xc2\xc0")
        pack_text(w, p.shipping)
        write(w, b"\x90\xc0\xa0")

    cdef int _pack_paid(self) except -1:
        cdef Writer *w = &self.packed
        cdef Placed *p = &self.placed
        cdef Reader r
        cdef Text line
        cdef Int amount
        cdef Py_ssize_t i
        r.at, r.end = p.paid.at, p.paid.at + p.paid.size
        pack_array(w, p.discounts)
        for i in range(p.discounts):
            r.at += 1  # a bracket or a comma
            paid_of(&r, &line, &amount)
            pack_array(w, 2)
            pack_text(w, line)
            pack_int(w, amount)


cdef bint _split(Text found, Text *head, Text *rest) noexcept:
    """At the first slash."""
    cdef const char *slash = <const char *>memchr(found.at, b'/', found.size)
    if slash == NULL:
        return False
    head.at, head.size = found.at, slash - found.at
    rest.at, rest.size = slash + 1, found.at + found.size - slash - 1
    return True


cdef bint _simple(Text found) noexcept:
    """Written as it is."""
    return plain(found.at, found.size) and memchr(found.at, b'"', found.size) == NULL


cdef int _advance(ledger, pool, Cause cause, str source, Int offset, bytes record) except -1:
    pool.seq += 1
    if (cause.offset, cause.ordinal) > ledger.causes.get(source, (-1, -1)):
        ledger.causes[source] = (cause.offset, cause.ordinal)
    ledger.last = offset
    ledger.chain = link(record)
