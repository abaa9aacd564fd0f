"""The rules of docs/style.md that a program can check.

A rule takes a Source and yields (line, name, value, message): `name` is what
an exception is written for (a function, or "" for the file), `value` how far
it goes, so that an exception can only shrink.
"""

import os
import re

from source import deepest_block

FILE_LINES, FUNCTION_LINES, NESTING, PARAMETERS = 700, 70, 3, 6

# Who may include whom.  Tests may include everything.
MAY_INCLUDE = {
    "common": {"common"},
    "dataplane": {"common", "proto", "dataplane"},
    "controlplane": {"common", "proto", "controlplane"},
    "cli": {"common", "cli"},
    "simulator": {"common", "simulator"},
}

# The files that know protobuf; everybody else sees structs of ours.
PROTOBUF_FILES = {
    "common/wire.c", "common/wire.h",
    "controlplane/publish/compile.c", "controlplane/publish/exchange.h",
    "controlplane/publish/resource.c",
    "controlplane/usage/collector.h", "controlplane/usage/event.h",
    "dataplane/control/control_private.h", "dataplane/snapshot/build.c",
    "dataplane/snapshot/build_private.h",
    "dataplane/usage/packing.c",
}

# Memory comes from arenas.  Who stands below or beside them: the mechanisms
# themselves, and openers, whose objects live until they are closed.  A file
# is an opener's when it, with those that share its first word, defines such a
# pair.
ALLOCATING_FILES = {
    "common/arena.c", "common/arena_blocks.c", "common/arena_emulation.c",
    "common/buf.c", "common/map.c",
    # Texts that jansson allocates, and a table handed to the caller.
    "cli/context.c", "cli/manifest.c", "cli/output.c", "simulator/example.c",
    # Connections: opened by the kernel, closed by the peer.
    "simulator/connection.c",
}
OPENERS = re.compile(r"(_new|_open|_init|_start|_listen|_dial\w*|_create|_serve)$")
CLOSERS = re.compile(r"(_free|_close|_done|_stop|_unref)$")

BANNED = {
    "strcpy": "str_copy() or memcpy with a length",
    "strcat": "buf_add()", "strncpy": "memcpy with a length",
    "strncat": "buf_add()", "sprintf": "snprintf() or buf_add_format()",
    "vsprintf": "vsnprintf()", "gets": "fgets()", "strtok": "str_cut()",
    "system": "nothing", "popen": "nothing", "rand": "id_random()",
    "srand": "id_random()", "random": "id_random()", "atoi": "str_to_int()",
    "atol": "str_to_int()", "atof": "money_parse()", "alloca": "an arena",
    "setjmp": "nothing", "longjmp": "nothing", "tmpnam": "mkstemp()",
    "localtime": "clock_*()", "gmtime": "clock_*()", "ctime": "clock_*()",
    "sleep": "a condition or a timer", "usleep": "a condition or a timer",
}
# In tests, what is dangerous and not only unwise.
BANNED_IN_TESTS = {"gets", "sprintf", "vsprintf", "system", "popen",
                   "alloca", "tmpnam", "setjmp", "longjmp"}
ALLOCATORS = {"malloc", "calloc", "realloc", "free", "strdup", "strndup",
              "reallocarray", "asprintf", "vasprintf"}
CALL = re.compile(r"(?<![\w.>])(\w+)[ \t]*\(")
SQL = re.compile(
    r"\s*(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s"
    r"|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX)\s|LISTEN\s+\w|NOTIFY\s+\w)")
LIBPQ = re.compile(r"PQ(exec|sendQuery|prepare|connect)\w*")
UNTRACKED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))")
VAGUE_NAMES = re.compile(r"(^|_)(util|utils|helper|helpers|misc|stuff)(_|$)")


def top(source):
    return source.path.split("/")[0]


def file_length(source):
    if source.line_count > FILE_LINES:
        yield 1, "", source.line_count, \
            f"{source.line_count} lines, at most {FILE_LINES}"


def function_length(source):
    for f in source.functions:
        if f.lines > FUNCTION_LINES:
            yield f.line, f.name, f.lines, \
                f"{f.lines} lines, at most {FUNCTION_LINES}"


def nesting(source):
    for f in source.functions:
        depth = deepest_block(source.body(f))
        if depth > NESTING:
            yield f.line, f.name, depth, \
                f"{depth} blocks deep, at most {NESTING}"


def parameters(source):
    for f in source.functions:
        if "struct MHD_Connection *" in f.signature:
            continue    # libmicrohttpd says what its callbacks are given
        if f.parameters > PARAMETERS:
            yield f.line, f.name, f.parameters, \
                f"{f.parameters} parameters, at most {PARAMETERS}"


def purpose(source):
    if not source.text.startswith("/*"):
        yield 1, "", 1, "does not open with a comment that says its purpose"


def pragma_once(source):
    if source.path.endswith(".h") and "#pragma once" not in source.code:
        yield 1, "", 1, "has no #pragma once"


def is_own_header(source, path):
    """x.c opens with x.h; without one, with the header that declares it: one
    of its folder, or of its name elsewhere.  A test opens with what it
    tests."""
    if top(source) == "tests":
        return True
    folder, stem = os.path.split(source.path[:-2])
    return os.path.dirname(path) == folder or \
        os.path.basename(path) == f"{stem}.h"


def include_order(source):
    """Own header, then <system>, then ours by root path, sorted."""
    # cmocka.h wants its neighbours before it.
    includes = [i for i in source.includes
                if not i[2].endswith(".def") and i[2] != "cmocka.h"]
    own = source.path[:-2] + ".h"
    if source.path.endswith(".c") and includes:
        if any(i[2] == own for i in includes) and includes[0][2] != own:
            yield includes[0][0], "", 1, f'"{own}" does not come first'
        if includes[0][1] and is_own_header(source, includes[0][2]):
            includes = includes[1:]
    lines = source.text.splitlines()
    for before, here in zip(includes, includes[1:]):
        between = lines[before[0]:here[0] - 1]
        if any(line.lstrip().startswith(("#if", "#e")) for line in between):
            continue
        if between or (top(source) == "tests" and not here[1]):
            wrong = before[1] > here[1]     # groups: <system>, then ours
        else:
            wrong = before[1:] > here[1:]
        if wrong:
            yield here[0], "", 1, f"{here[2]} belongs before {before[2]}"
            return


def layering(source):
    allowed = MAY_INCLUDE.get(top(source))
    for line, ours, path in source.includes:
        if not ours:
            continue
        if "/" not in path:
            yield line, "", 1, f'"{path}" is not written from the root'
        elif allowed and path.split("/")[0] not in allowed:
            yield line, "", 1, f"{top(source)} must not know {path}"


def protobuf(source):
    if top(source) == "tests" or source.path in PROTOBUF_FILES:
        return
    for line, _, path in source.includes:
        if path.endswith(".pb-c.h") or "protobuf-c" in path:
            yield line, "", 1, "is not among the files that know protobuf"


def sql(source):
    if top(source) == "tests" or source.path.startswith("controlplane/store/"):
        return
    for line, text in source.strings:
        if SQL.match(text):
            yield line, "", 1, "SQL belongs to controlplane/store/"
    for match in LIBPQ.finditer(source.code):
        line = source.code.count("\n", 0, match.start()) + 1
        yield line, "", 1, f"{match.group()}() belongs to controlplane/store/"


def is_openers(source):
    if source.path in ALLOCATING_FILES or top(source) == "tests":
        return True
    names = [f.name for part in source.family() for f in part.functions]
    return any(map(OPENERS.search, names)) and \
        any(map(CLOSERS.search, names))


def banned_calls(source):
    banned = BANNED_IN_TESTS if top(source) == "tests" else BANNED
    for match in CALL.finditer(source.code):
        name = match.group(1)
        line = source.code.count("\n", 0, match.start()) + 1
        if name in banned:
            yield line, name, 1, f"{name}(): use {BANNED[name]}"
        elif name in ALLOCATORS and not is_openers(source):
            yield line, name, 1, f"{name}(): memory comes from an arena"


def typedefs(source):
    for match in re.finditer(r"\btypedef\s+(struct|enum|union)\b"
                             r"(?!\s+\w+\s*\**\s*\()", source.code):
        line = source.code.count("\n", 0, match.start()) + 1
        yield line, "", 1, f"no typedef of a {match.group(1)}"


def gotos(source):
    for match in re.finditer(r"\bgoto\s+(\w+)", source.code):
        line = source.code.count("\n", 0, match.start()) + 1
        label = source.code.find(f"\n{match.group(1)}:", match.end())
        if match.group(1) != "out" or label < 0:
            yield line, match.group(1), 1, "goto only forward, only to out"


def untracked(source):
    for line, text in source.comments:
        match = UNTRACKED.search(text)
        if match:
            yield line, "", 1, f"{match.group()} without an issue number"


def names(source):
    stem = source.path.split("/")[-1][:-2]
    if VAGUE_NAMES.search(stem):
        yield 1, "", 1, "a file is a noun; this name says nothing"
    if top(source) not in MAY_INCLUDE and top(source) != "tests":
        yield 1, "", 1, "C lies in common, the planes, cli, simulator, tests"


RULES = {
    "file-length": file_length, "function-length": function_length,
    "nesting": nesting, "parameters": parameters, "purpose": purpose,
    "pragma-once": pragma_once, "include-order": include_order,
    "layering": layering, "protobuf": protobuf, "sql": sql,
    "banned-call": banned_calls, "typedef": typedefs, "goto": gotos,
    "untracked": untracked, "name": names,
}
