"""Messages that contain themselves, found in the .proto files.

protobuf-c unpacks by recursion: a message nested in itself lets a peer
choose how deep.
"""

import re

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
MESSAGE = re.compile(r"\bmessage\s+(\w+)\s*\{")
FIELD = re.compile(r"(?:^|[;{}])\s*(?:repeated\s+|optional\s+)?"
                   r"(?:map\s*<\s*\w+\s*,\s*)?([\w.]+)\s*>?\s+\w+\s*=\s*\d+")


def body_end(text, at):
    depth = 1
    while depth:
        depth += (text[at] == "{") - (text[at] == "}")
        at += 1
    return at


def references(text):
    """{message: the types of its fields}, by last name."""
    text = COMMENT.sub("", text)
    found = {}
    for match in MESSAGE.finditer(text):
        body = text[match.end():body_end(text, match.end()) - 1]
        types = {t.split(".")[-1] for t in FIELD.findall(";" + body)}
        found.setdefault(match.group(1), set()).update(types)
    return found


def recursive(texts):
    """The messages that can contain themselves, sorted."""
    graph = {}
    for text in texts:
        for name, types in references(text).items():
            graph.setdefault(name, set()).update(types)

    def reaches(start):
        seen, todo = set(), list(graph[start])
        while todo:
            name = todo.pop()
            if name == start:
                return True
            if name not in seen:
                seen.add(name)
                todo.extend(graph.get(name, ()))
        return False

    return sorted(name for name in graph if reaches(name))
