"""tidy catches what it promises to catch, and the tree is tidy."""

import pathlib
import textwrap

import metrics
import proto
import pytest
import tidy
from rules import RULES
from source import Source

HEADER = "/*\n * sample.c - a sample.\n */\n"


def findings(tmp_path, code, path="common/sample.c", header=HEADER):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(header + textwrap.dedent(code))
    source = Source(tmp_path, path)
    return {rule for rule, run in RULES.items() if list(run(source))}


def function(body="", parameters="void"):
    return f"static int\nf({parameters})\n{{\n{body}\treturn 0;\n}}\n"


def test_clean_code_passes(tmp_path):
    code = '#include <stdio.h>\n#include <string.h>\n\n' \
        '#include "common/a.h"\n#include "common/b.h"\n\n' + function()
    assert findings(tmp_path, code) == set()


@pytest.mark.parametrize("rule, code, path", [
    ("file-length", "\n" * 700, "common/sample.c"),
    ("function-length", function("\tx();\n" * 70), "common/sample.c"),
    ("nesting", function(
        "\tif (a) {\n\twhile (b) {\n\tfor (;;) {\n\tif (c) {\n\t}}}}\n"),
     "common/sample.c"),
    ("parameters", function(parameters=", ".join(["int a"] * 7)),
     "common/sample.c"),
    ("pragma-once", "int f(void);\n", "common/sample.h"),
    ("include-order", "#include <string.h>\n#include <stdio.h>\n",
     "common/sample.c"),
    ("include-order", '#include "common/a.h"\n#include <stdio.h>\n',
     "cli/sample.c"),
    ("include-order", '#include <stdio.h>\n#include "common/sample.h"\n',
     "common/sample.c"),
    ("layering", '#include "dataplane/request.h"\n', "common/sample.c"),
    ("layering", '#include "controlplane/keyring.h"\n', "dataplane/sample.c"),
    ("layering", '#include "dataplane/request.h"\n', "controlplane/sample.c"),
    ("layering", '#include "sample.h"\n', "common/sample.c"),
    ("protobuf", '#include "proto/link.pb-c.h"\n', "dataplane/sample.c"),
    ("sql", 'const char *q = "SELECT a FROM b";\n', "controlplane/sample.c"),
    ("sql", function("\tPQexecParams(c);\n"), "controlplane/http/sample.c"),
    ("banned-call", function("\tstrcpy(a, b);\n"), "common/sample.c"),
    ("banned-call", function("\tfree(a);\n"), "dataplane/sample.c"),
    ("banned-call", function("\tsystem(a);\n"), "tests/unit/sample.c"),
    ("typedef", "typedef struct a b;\n", "common/sample.c"),
    ("goto", function("again:\n\tx();\n\tgoto again;\n"), "common/sample.c"),
    ("untracked", "/* TODO write this */\n", "common/sample.c"),
    ("name", "", "common/str_utils.c"),
    ("name", "", "docs/sample.c"),
])
def test_bad_code_is_caught(tmp_path, rule, code, path):
    assert findings(tmp_path, code, path) == {rule}


def test_missing_purpose_is_caught(tmp_path):
    assert findings(tmp_path, "int a;\n", header="") == {"purpose"}


@pytest.mark.parametrize("code", [
    "/* strcpy(a, b) in a comment */\n",
    'const char *a = "strcpy(a, b) in a string";\n',
    "/* TODO(#12) has a number */\n",
    function("\tl->free(a);\n\ts.free(b);\n"),
    function("\tx();\n\tgoto out;\nout:\n"),
    function("\tstruct s s = { { { { 1 } } } };\n"),
    function("\tx((struct a){ { { { 1 } } } });\n"),
    function("\tif (a) {\n\twhile (b) {\n\tfor (;;) {\n\tx();\n\t}}}\n"),
    "typedef struct str (*make_fn)(void);\n",
    "#include <string.h>\n#if X\n#include <stdio.h>\n#endif\n",
    "#include <string.h>\n\n#include <curl/curl.h>\n",
    "int\nx_open(void)\n{\n\treturn malloc(1) != 0;\n}\n"
    "void\nx_close(void)\n{\n\tfree(x);\n}\n",
    "int\non(struct MHD_Connection *a, int b, int c, int d, int e, int f, "
    "int g)\n{\n\treturn 0;\n}\n",
])
def test_good_code_is_let_through(tmp_path, code):
    assert findings(tmp_path, code) == set()


def test_sql_and_protobuf_are_allowed_in_their_places(tmp_path):
    assert findings(tmp_path, 'const char *q = "SELECT a FROM b";\n',
                    "controlplane/store/sample.c") == set()
    assert findings(tmp_path, '#include "proto/link.pb-c.h"\n',
                    "dataplane/snapshot/build.c") == set()


def test_recursive_messages_are_found():
    assert proto.recursive(["message A { B b = 1; } message B { int32 c = 1; "
                            "repeated A a = 2; } message C { A a = 1; }"]) \
        == ["A", "B"]
    assert proto.recursive(["message A { oneof x { A a = 1; } }"]) == ["A"]
    assert proto.recursive(["message A { map<string, A> a = 1; }"]) == ["A"]
    assert proto.recursive(["message A { B b = 1; } message B {} // A a = 1;"]
                           ) == []


KEY = ("nesting", "common/a.c:f")


@pytest.mark.parametrize("actual, excused, committed, count", [
    (5, {KEY: 5}, {KEY: 5}, 0),
    (5, {}, {}, 1),
    (6, {KEY: 5}, {KEY: 5}, 1),
    (4, {KEY: 5}, {KEY: 5}, 1),
    (0, {KEY: 5}, {KEY: 5}, 1),
    (6, {KEY: 6}, {KEY: 5}, 1),
    (5, {KEY: 5}, {}, 1),
    (5, {KEY: 5}, None, 0),
])
def test_exceptions_may_only_shrink(actual, excused, committed, count):
    found = {KEY: (actual, ["too deep"])} if actual else {}
    assert len(tidy.judge(found, excused, committed)) == count


def test_metrics_page_carries_help_on():
    page = metrics.page('METRIC(A, counter, "a_total", "x=\\"1\\"", "Help.")\n'
                        'METRIC(B, counter, "a_total", "x=\\"2\\"", "")\n')
    assert '| `a_total` | counter | `x="2"` | Help. |' in page


def test_the_tree_is_tidy():
    root = pathlib.Path(tidy.__file__).resolve().parents[2]
    complaints = tidy.check(root)
    assert not complaints, "\n" + "\n".join(complaints)
