"""What tidy knows about one C file: its code without comments and strings,
its strings, its functions (by universal-ctags), its includes."""

import functools
import json
import os
import re
import subprocess
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)"""
    r"""|(?P<string>"(?:\\.|[^"\\\n])*")"""
    r"""|(?P<char>'(?:\\.|[^'\\\n])*')""",
    re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.M)


@dataclass
class Function:
    name: str
    line: int
    end: int
    signature: str

    @property
    def lines(self):
        return self.end - self.line + 1

    @property
    def parameters(self):
        inner = self.signature.strip()[1:-1].strip()
        if inner in ("", "void"):
            return 0
        depth, count = 0, 1
        for c in inner:
            depth += (c in "([{") - (c in ")]}")
            count += c == "," and depth == 0
        return count


class Source:
    """One file; `path` is relative to the root, with slashes."""

    def __init__(self, root, path):
        self.path = path
        self.text = (root / path).read_text(encoding="utf-8")
        self._root, self._absolute = root, root / path
        self.comments, self.strings = [], []
        self.code = TOKEN.sub(self._blank, self.text)

    def _blank(self, match):
        text = match.group()
        line = self.text.count("\n", 0, match.start()) + 1
        if match.lastgroup == "comment":
            self.comments.append((line, text))
        elif match.lastgroup == "string":
            self.strings.append((line, text[1:-1]))
            return '"' + " " * (len(text) - 2) + '"'
        return re.sub(r"[^\n]", " ", text)

    def family(self):
        """The .c files of the folder that share the first word of its name:
        link.c, link_socket.c."""
        folder, name = os.path.split(self.path)
        word = re.split(r"[_.]", name)[0]
        for path in sorted((self._root / folder).glob(f"{word}*.c")):
            if re.split(r"[_.]", path.name)[0] == word:
                yield read(self._root, f"{folder}/{path.name}")

    @property
    def line_count(self):
        return len(self.text.splitlines())

    @functools.cached_property
    def includes(self):
        """(line, is ours, path), in order; code keeps the quotes' places."""
        found = []
        for match in INCLUDE.finditer(self.text):
            line = self.text.count("\n", 0, match.start()) + 1
            found.append((line, match.group(1) == '"', match.group(2)))
        return found

    @functools.cached_property
    def functions(self):
        out = subprocess.run(
            ["ctags", "--language-force=C", "--kinds-C=f",
             "--output-format=json", "--fields=+neS", "-o", "-",
             str(self._absolute)],
            check=True, capture_output=True, text=True).stdout
        found = []
        for row in map(json.loads, filter(None, out.splitlines())):
            if row.get("_type") == "tag" and "end" in row:
                found.append(Function(row["name"], row["line"], row["end"],
                                      row.get("signature", "()")))
        return found

    def body(self, function):
        """The function's code, from its opening brace to its last."""
        lines = self.code.splitlines()[function.line - 1:function.end]
        text = "\n".join(lines)
        return text[text.find("{"):]


@functools.cache
def read(root, path):
    return Source(root, path)


def is_block(code, brace):
    """Does the brace at this place open a block, not a list of values?"""
    before = code[:brace].rstrip()
    if before.endswith((";", "{", "}", ":", "else", "do")):
        return not re.search(r"[=,(]\s*\{$", before)
    if not before.endswith(")"):
        return False
    depth, at = 0, len(before) - 1
    while at >= 0:
        depth += (before[at] == ")") - (before[at] == "(")
        if depth == 0:
            break
        at -= 1
    word = re.search(r"(\w+)\s*$", before[:at])
    return bool(word) and word.group(1) not in ("return", "sizeof")


def deepest_block(body):
    """How many blocks lie inside each other, the function's own not counted."""
    stack, deepest = [], 0
    for at, c in enumerate(body):
        if c == "{":
            stack.append(at == 0 or is_block(body, at))
            deepest = max(deepest, sum(stack))
        elif c == "}" and stack:
            stack.pop()
    return max(deepest - 1, 0)
