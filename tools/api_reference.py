#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/API.md from the public headers, and the rule that every public symbol is documented.

    tools/api_reference.py            writes docs/API.md
    tools/api_reference.py --check    writes nothing; names, as file:line, what lacks a comment, and a stale docs/API.md

Documented is what has a comment of its own, above it or after it, or stands directly under a shared one: no empty line
between, the same scope. It is asked of every class, struct, enumeration, free function, constant and type name, and of
member functions. Not asked of

  what says it all itself    a const member function without parameters that cannot fail, operators, destructors,
                             copying and moving, defaulted and deleted members
  what is said elsewhere     overrides (the base class says it), data members and member types (their class does), values
                             of an enumeration (the enumeration does; or each value does, and it need not)
"""

import argparse
import pathlib
import re
import sys

import api_symbols

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLASSES = ("class", "struct", "union")
OPENING = """<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Written by tools/api_reference.py from the headers (`make docs`). Change the comments there, not this file. -->
# The C++ interface

Every public symbol, by layer from the lowest rung up, as the headers document it. A program links `aegis::<layer>` and
includes `aegis/<layer>/<header>.h`; layers below come with it. Start with [TUTORIAL.md](TUTORIAL.md) and
[examples/](../examples/), and come here to look things up.

Words used throughout: **ordinary threads** may wait, lock and allocate; **real-time** names what a lane's thread may call.
`Result<T>` holds a value or an `Error`; a refusal is a verdict and no error. Durations are `aegis::Duration`, never bare
numbers.
"""


# ---- the rule ----

def needs_comment(symbol, head):
    if symbol.kind == "friend" or symbol.name.startswith(("operator", "~")):
        return False
    if not symbol.owner:
        return True
    if symbol.kind != "function":
        return symbol.kind == "enum"
    if re.search(r"(=\s*(default|delete)|\b(override|final))$", head.strip()):
        return False
    short = symbol.owner.split("::")[-1].split("<")[0]
    if symbol.name == short and re.match(rf"\((const )?{short}\s*&&?\s*\w*\)", symbol.arguments):
        return False
    accessor = symbol.const and symbol.arguments.startswith("()") and not symbol.type.startswith(("Result", "Status"))
    return not accessor


def values_are_covered(symbol, header):
    """Each value of an enumeration with a comment of its own, or under one shared with the values before it."""
    at, last, found = symbol.line, header.head(symbol.line, braces_are_value=True)[1], 0
    for line in range(at, last + 1):
        match = re.match(r"\s*(k\w+)", header.at(line))
        if match and match.group(1) in symbol.values:
            if not (header.comment_after(line) or header.is_under_comment(line)):
                return False
            found += 1
    return found == len(symbol.values) > 0


def undocumented(symbols, headers):
    for symbol in symbols:
        header = headers[symbol.file]
        head = header.head(symbol.line, symbol.kind in ("variable", "typedef"))[0]
        if not needs_comment(symbol, head) or header.is_covered(symbol.line):
            continue
        if symbol.kind == "enum" and values_are_covered(symbol, header):
            continue
        yield f"{symbol.file}:{symbol.line}: {symbol.kind} {symbol.qualified} has no comment"


# ---- the page ----

def prose(doc):
    """A comment as Markdown: paragraphs, lists, and what was indented as a block of its own."""
    out, block, is_block = [], [], False

    def flush():
        if not block:
            return
        while block and not block[-1]:
            block.pop()
        if is_block:
            code = any(re.search(r"([A-Za-z_>]\(|=).*;\s*(//.*)?$", line) for line in block)
            margin = min(len(line) - len(line.lstrip()) for line in block if line)
            out.extend([f"```{'cpp' if code else 'text'}", *(line[margin:] for line in block), "```", ""])
        else:
            out.extend([*(escaped(line) for line in block), ""])
        block.clear()

    in_list = False
    for line in doc.splitlines():
        indented = line.startswith("  ")
        if not line:
            if is_block:
                block.append("")
            else:
                flush()
                in_list = False
            continue
        if not indented:
            in_list = re.match(r" ?([-*]|\d+\.|\(\w\)) ", line) is not None or (in_list and line.startswith(" "))
        wants_block = indented and not in_list
        if wants_block != is_block:
            flush()
            is_block = wants_block
        block.append(line)
    flush()
    return "\n".join(out).rstrip()


def escaped(line):
    """Text that Markdown and HTML would take for markup, outside of `code`."""
    parts = line.split("`")
    if len(parts) % 2 == 0:
        return re.sub(r"([*_<`])", r"\\\1", line)
    for index in range(0, len(parts), 2):
        parts[index] = re.sub(r"(\*|<|(?<!\w)_|_(?!\w))", r"\\\1", parts[index])
    return "`".join(parts)


def declaration(symbol, header):
    """A free symbol or a member as its header writes it, without bodies."""
    whole = symbol.kind in ("variable", "typedef", "enum", "friend")
    head, last = header.head(symbol.line, braces_are_value=whole)
    if symbol.kind == "enum":
        head = "\n".join(header.lines[header.begin(symbol.line) - 1:last - 1] + [header.at(last).split(";")[0]])
    if symbol.kind == "function":
        head = re.sub(r"\s+:\s(?!:)[\s\S]*$", "", head) if symbol.name == symbol.namespace.split("::")[-1] else head
    after = header.comment_after(last)
    if not after or symbol.kind == "enum" or "NOLINT" in after:
        return head + ";"
    gap = header.at(last).index(after.split("\n")[0]) - len(head.split("\n")[-1]) - 1 if whole else 0
    return f"{head};{' ' * max(gap, 2)}{after}"


def synopsis(symbol, header, members):
    """A class with its public members, their comments and the empty lines that group them."""
    head, _ = header.head(symbol.line)
    margin = header.indent(symbol.line)
    out = [head + " {"] + ([" " * margin + " public:"] if symbol.kind == "class" else [])
    opening = len(out)
    for index, member in enumerate(members):
        comment = header.comment_above(member.line)
        first = comment.start
        if index > 0 and not header.at(first - 1).strip():
            out.append("")
        out += [header.at(line) for line in comment if "NOLINT" not in header.at(line)]
        out += align(declaration(member, header))
    if len(out) == opening:
        return undented(head + ";", margin)
    return undented("\n".join(out + [" " * margin + "};"]), margin)


def align(text):
    """A comment that goes on below keeps the column in which it begins."""
    lines = text.split("\n")
    code = api_symbols.without_comment(lines[0], strip=False)
    for index, line in enumerate(lines[1:], 1):
        if line.startswith("//"):
            lines[index] = " " * len(code) + line
        else:
            code = api_symbols.without_comment(line, strip=False)
    return lines


def undented(text, margin):
    return "\n".join(line[margin:] if line[:margin].isspace() else line for line in text.split("\n")) if margin else text


def entries(symbols, header):
    """Free symbols that share a comment or a paragraph of the header stand together; a class stands alone."""
    groups = []
    for symbol in symbols:
        first = header.comment_above(symbol.line)
        alone = symbol.kind in CLASSES
        joins = (groups and not alone and not first and header.at(first.start - 1).strip()
                 and groups[-1][-1].kind not in CLASSES)
        if joins:
            groups[-1].append(symbol)
        else:
            groups.append([symbol])
    return groups


def title(group, members):
    """`struct Outer::Inner`, or the names of what stands together."""
    first = group[0]
    if first.kind in CLASSES:
        outer = first.namespace.split("::")[-1] + "::" if first.namespace in members else ""
        return f"`{first.kind} {outer}{first.name}`"
    return ", ".join(f"`{name}`" for name in dict.fromkeys(symbol.name for symbol in group))


def remark_before(symbol, header):
    """What the header says as a whole: comments that stand alone between its namespace and its first symbol."""
    last = header.comment_above(symbol.line).start - 1
    first = last
    while first > 0 and (header.is_comment(first) or not header.at(first).strip()):
        first -= 1
    texts = [re.sub(r"^// ?", "", header.at(line)) for line in range(first + 1, last + 1)]
    return "\n".join(texts).strip()


def render_header(file, symbols, header):
    free = [symbol for symbol in symbols if not symbol.owner]
    members = {}
    for symbol in symbols:
        if symbol.owner:
            members.setdefault(symbol.owner, []).append(symbol)
    include = file.split("/include/")[1]
    out = [f"### {include}", ""]
    opening = remark_before(free[0], header) if free else ""
    if opening:
        out += [prose(opening), ""]
    for group in entries(free, header):
        first = group[0]
        is_class = first.kind in CLASSES
        out += [f"#### {title(group, members)}", ""]
        if header.comment_above(first.line) and first.doc:
            out += [prose(first.doc), ""]
        if is_class:
            text = synopsis(first, header, members.get(first.qualified, []))
        else:
            text = "\n".join(line for symbol in group for line in align(declaration(symbol, header)))
        out += ["```cpp", text, "```", ""]
    return out


def ladder(root):
    words = re.search(r"set\(AEGIS_LADDER ([^)]*)\)", (root / "cmake/AegisLayer.cmake").read_text()).group(1)
    return [layer for layer in words.split() if (root / "src" / layer / "include").is_dir()]


def purpose(root, layer):
    """The first sentence of the layer's README that says what it is."""
    text = (root / "src" / layer / "README.md").read_text()
    paragraph = next(part for part in text.split("\n\n") if part.strip() and not part.startswith(("#", "<!--")))
    return paragraph.split(" Uses ")[0].split(" May use ")[0].strip()


def anchor(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def render(root, symbols, headers):
    out, by_file = [OPENING], {}
    for symbol in symbols:
        by_file.setdefault(symbol.file, []).append(symbol)
    layers = ladder(root)
    files = {layer: [file for file in by_file if file.startswith(f"src/{layer}/")] for layer in layers}
    out += ["| layer | headers |", "|---|---|"]
    for layer in layers:
        names = [file.split(f"/include/aegis/{layer}/")[1] for file in files[layer]]
        links = " · ".join(f"[{name}](#{anchor(f'aegis/{layer}/{name}')})" for name in names)
        out.append(f"| [{layer}](#{anchor(layer)}) | {links} |")
    for layer in layers:
        out += ["", f"## {layer}", "", purpose(root, layer), "", f"More: [src/{layer}/README.md](../src/{layer}/README.md)", ""]
        for file in files[layer]:
            out += render_header(file, by_file[file], headers[file])
    return "\n".join(out).rstrip() + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when something lacks a comment or is stale")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, help="the repository")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    symbols, headers = api_symbols.read_symbols(root)
    page, target = render(root, symbols, headers), root / "docs/API.md"
    if not arguments.check:
        target.write_text(page, encoding="utf-8")
        return 0
    findings = list(undocumented(symbols, headers))
    if not target.is_file() or target.read_text(encoding="utf-8") != page:
        findings.append("docs/API.md:1: is not what the headers say; run `make docs`")
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
