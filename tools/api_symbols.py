# SPDX-License-Identifier: Apache-2.0
"""The public symbols of the headers: Doxygen says what they are and where, the header says how they look.

Doxygen's own rendering of a declaration differs between its versions and loses the layout; the text comes from the
source, at the position that Doxygen names.
"""

import dataclasses
import os
import pathlib
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

TOOLS = pathlib.Path(__file__).resolve().parent
OPTIONS = {
    "PROJECT_NAME": "AegisRT", "FILE_PATTERNS": "*.h", "RECURSIVE": "YES", "EXTRACT_ALL": "YES", "EXTRACT_PRIVATE": "NO",
    "GENERATE_HTML": "NO", "GENERATE_LATEX": "NO", "GENERATE_XML": "YES", "XML_PROGRAMLISTING": "NO",
    "MARKDOWN_SUPPORT": "NO", "AUTOLINK_SUPPORT": "NO", "QUIET": "YES", "WARNINGS": "NO",
    "INPUT_FILTER": f'"/usr/bin/python3 {TOOLS / "doxygen_comments.py"}"',
}
COMMENT_LINE = re.compile(r"^(\s*)//")


@dataclasses.dataclass
class Symbol:
    kind: str          # class, struct, function, enum, typedef, variable, friend
    name: str          # without its namespace; nested: Outer::Inner
    namespace: str     # or the class, for a member
    file: str          # relative to the root
    line: int          # where its name stands
    doc: str           # the comment above it, as written
    owner: str = ""    # qualified name of the class it is a member of
    arguments: str = ""
    type: str = ""
    const: bool = False
    values: list = dataclasses.field(default_factory=list)  # of an enum: their lines

    @property
    def qualified(self):
        return f"{self.namespace}::{self.name}"


class Header:
    """A header's text, and what of it belongs to the declaration at a line. Lines count from 1."""

    def __init__(self, path):
        self.lines = path.read_text(encoding="utf-8").splitlines()

    def at(self, line):
        return self.lines[line - 1] if 0 < line <= len(self.lines) else ""

    def is_comment(self, line):
        return COMMENT_LINE.match(self.at(line)) is not None

    def indent(self, line):
        return len(self.at(line)) - len(self.at(line).lstrip())

    def begin(self, line):
        """The first line of the declaration whose name stands at `line`: template<> and attributes go with it."""
        while True:
            above = without_comment(self.at(line - 1))
            if not above or above.startswith("#") or above[-1] in ";{}:,":
                return line
            line -= 1

    def head(self, line, braces_are_value=False):
        """The declaration from its first line up to its body or its semicolon, and the line where that is."""
        first, depth, text = self.begin(line), 0, []
        for number in range(first, len(self.lines) + 1):
            code = without_comment(self.at(number), strip=False)
            for column, sign in enumerate(code):
                if sign in "([":
                    depth += 1
                elif sign in ")]":
                    depth -= 1
                elif sign == "{" and not (braces_are_value or depth > 0):
                    text.append(code[:column].rstrip())
                    return "\n".join(text).rstrip(), number
                elif sign in "{}":
                    depth += 1 if sign == "{" else -1
                elif sign == ";" and depth == 0:
                    text.append(code[:column])
                    return "\n".join(text), number
            text.append(code.rstrip())
        return "\n".join(text), len(self.lines)

    def comment_above(self, line):
        """Lines of the comment that stands directly above the declaration at `line`, in its column."""
        first = self.begin(line)
        above = first
        while self.is_comment(above - 1) and self.indent(above - 1) == self.indent(first):
            above -= 1
        return range(above, first)

    def comment_after(self, line):
        """The comment that ends `line`, with the lines below that go on in its column. Text as written, or ''."""
        code = without_comment(self.at(line), strip=False)
        rest = self.at(line)[len(code):]
        if not rest:
            return ""
        column, texts, below = len(code), [rest], line + 1
        while self.is_comment(below) and self.indent(below) == column:
            texts.append(self.at(below).strip())
            below += 1
        return "\n".join(texts)

    def is_covered(self, line):
        """A comment of its own, or one that it shares: nothing empty between that and it, in the same scope."""
        return bool(self.comment_after(line) or self.comment_after(self.head(line)[1])) or self.is_under_comment(line)

    def is_under_comment(self, line):
        first = self.begin(line)
        column, above = self.indent(first), first - 1
        while self.at(above).strip() and self.indent(above) >= column:
            if self.is_comment(above) and self.indent(above) == column:
                return True
            above -= 1
        return False


def without_comment(text, strip=True):
    """A line of code less the comment that ends it; a // within a string is none."""
    for match in re.finditer(r"//", text):
        if text[:match.start()].count('"') % 2 == 0:
            text = text[:match.start()]
            break
    return text.strip() if strip else text


def run_doxygen(root, output):
    headers = sorted(str(path.relative_to(root)) for path in root.glob("src/*/include"))
    settings = "".join(f"{key} = {value}\n" for key, value in OPTIONS.items())
    settings += f"INPUT = {' '.join(headers)}\nOUTPUT_DIRECTORY = {output}\n"
    subprocess.run(["doxygen", "-"], input=settings, text=True, cwd=root, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def doc_of(node):
    """The text of the first comment: the filter passes it verbatim, and older Doxygens keep the marks in it."""
    found = node.find("detaileddescription//verbatim")
    if found is None or not found.text:
        return ""
    return "\n".join(re.sub(r"^\s*///<? ?", "", line).rstrip() for line in found.text.splitlines()).strip("\n")


def flat(node):
    return "".join(node.itertext()).strip() if node is not None else ""


def relative(location, root):
    file = location.get("declfile") or location.get("file")
    return os.path.relpath(os.path.join(root, file), root)


def read_symbols(root):
    """Every public symbol of src/*/include, and the text of each header. A header that Doxygen skips is an error."""
    with tempfile.TemporaryDirectory(prefix="aegisrt_api_") as folder:
        run_doxygen(root, folder)
        compounds = [ElementTree.parse(path).getroot().find("compounddef")
                     for path in sorted(pathlib.Path(folder, "xml").glob("*.xml")) if path.name != "index.xml"]
    symbols = {}
    for compound in compounds:
        if compound is not None:
            for symbol in symbols_of(compound, root):
                symbols[(symbol.file, symbol.line, symbol.qualified)] = symbol
    headers = {str(path.relative_to(root)): Header(path) for path in sorted(root.glob("src/*/include/**/*.h"))}
    return sorted(symbols.values(), key=lambda symbol: (symbol.file, symbol.line)), headers


def symbols_of(compound, root):
    kind, name = compound.get("kind"), flat(compound.find("compoundname"))
    is_class = kind in ("class", "struct", "union")
    if not (is_class or kind == "namespace") or not name.startswith("aegis") or compound.get("prot", "public") != "public":
        return
    if is_class:
        location = compound.find("location")
        outer, _, short = re.sub(r"<.*", "", name).rpartition("::")
        yield Symbol(kind, short + name[len(re.sub(r"<.*", "", name)):], outer, relative(location, root),
                     int(location.get("line")), doc_of(compound))
    for member in compound.iter("memberdef"):
        if member.get("prot") != "public":
            continue
        location = member.find("location")
        yield Symbol(member.get("kind"), flat(member.find("name")), name, relative(location, root),
                     int(location.get("declline") or location.get("line")), doc_of(member),
                     owner=name if is_class else "", arguments=flat(member.find("argsstring")),
                     type=flat(member.find("type")), const=member.get("const") == "yes",
                     values=[flat(value.find("name")) for value in member.iter("enumvalue")])
