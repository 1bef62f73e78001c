"""The texts of the errors that the sources can tell."""

import ast
import re
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2] / "Sources"
PYTHON = (SOURCES.parent / "config/engines", SOURCES.parent / "config/sdk")
# Stands where a text is put in.
GAP = "\\(...)"
# What makes an error or hands a text on to one, and which of its arguments without a label the text is.
MAKERS = {"JobError": 2, "ArchiveError": -1, "ValidationError": 0, "mistake": -1, "wrong": -1, "failed": 1}
# What doctor, a migration's plan and `manifest validate` find wrong: the text is alone, or behind what it is about.
FINDER = r"(?<!func )(?<![\w.])\.?error\((?!about:)"
FINDING = r"\b(?:Jobs/Manifests|Migration|Setup)/|Readiness\.swift$"
# A reason is such a text: why a stage failed or was skipped, why a job is kept.
LABELLED = r"(?<![\w.])(?<!var )(?<!let )reason:(?=\s+\S)"
# Functions and variables that answer with such a text.
TELLERS = (
    r"\bstatic func flaw\(|\bvar message: String \{\n    switch|\blet flaw = \"|\bstatic let noText"
    r"|\bfunc objection\(|\blet reason = \"")


# What tells of something that was wrong while the work goes on, and the texts of the cluster's programs.
NOTICES = r"(?<![\w\"])(?:\.warning|warn|notice|say|trouble|Console\.error|Console\.note|Failure|StageRefusal)\("


def texts():
    """Each text, with its file and line."""
    for file in sorted(SOURCES.rglob("*.swift")):
        source = file.read_text()
        for place, expression in [*made(source), *found(file, source), *labelled(source), *told(source)]:
            for text in literals(expression):
                # What holds no word of its own is another error's text.
                if not re.search(r"[a-z]{3}", text.replace(GAP, "")):
                    continue
                yield text, f"{file.relative_to(SOURCES)}:{source.count(chr(10), 0, place) + 1}"


def python_texts():
    """Each text that an engine or the drop-in raises, ends with or warns of, with its file and line."""
    for folder in PYTHON:
        for file in sorted(folder.glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                text = python_text(node)
                if text and re.search(r"[a-z]{3}", text.replace(GAP, "")):
                    yield text, f"{file.relative_to(SOURCES.parent)}:{node.lineno}"


def python_text(node):
    call = node.exc if isinstance(node, ast.Raise) else node
    if not isinstance(call, ast.Call) or not call.args:
        return None
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    text = with_python_gaps(call.args[-1])
    if isinstance(node, ast.Raise):
        # What a checkpoint's reader finds stands in the brackets of the error that it becomes.
        return None if name == "UnpicklingError" else text
    if name == "log":
        return text.removeprefix("error: ") if text.startswith("error: ") else None
    return text if name in ("_stop", "exit", "warning", "error") else None


def with_python_gaps(expression):
    if isinstance(expression, ast.Constant):
        return str(expression.value)
    if isinstance(expression, ast.JoinedStr):
        return "".join(map(with_python_gaps, expression.values))
    return GAP


def reasons(source):
    """Each text of a reason."""
    for _, expression in labelled(source):
        yield from (text for text in literals(expression) if re.search(r"[a-z]{3}", text.replace(GAP, "")))


def notices():
    """Each text of a notice, with its file and line."""
    for file in sorted(SOURCES.rglob("*.swift")):
        source = file.read_text()
        for call in re.finditer(NOTICES, source):
            if is_comment(source, call.start()) or re.search(r"(?:func|case|struct) $", source[:call.start()]):
                continue
            for part in arguments(source, call.end() - 1)[0]:
                for text in literals(part):
                    if re.search(r"[a-z]{3}", text.replace(GAP, "")):
                        yield text, f"{file.relative_to(SOURCES)}:{source.count(chr(10), 0, call.start()) + 1}"


def made(source):
    for maker, number in MAKERS.items():
        for call in re.finditer(rf"\b(?:{maker})\(", source):
            if is_comment(source, call.start()) or source[:call.start()].endswith("func "):
                continue
            given = [part for part in arguments(source, call.end() - 1)[0] if not re.match(r"\w+:", part)]
            if -len(given) <= number < len(given):
                yield call.start(), given[number]


def found(file, source):
    if not re.search(FINDING, str(file)):
        return
    for call in re.finditer(FINDER, source):
        if not is_comment(source, call.start()):
            yield call.start(), arguments(source, call.end() - 1)[0][:2][-1]
    # Those that are made beforehand, and what cannot be done without a program.
    made = r'\blet (?:message|lost) = (".*)|\bneeded: (".*)|\bmessage: (".*?"),\s*(?:remedy:|$)|severity: \.error, message: (".*)'
    for text in re.finditer(made, source):
        yield text.start(), text[text.lastindex]


def is_comment(source, place):
    return "//" in source[source.rfind("\n", 0, place) + 1:place]


def labelled(source):
    for label in re.finditer(LABELLED, source):
        if is_comment(source, label.start()):
            continue
        opening = source.rfind("(", 0, label.end())
        while opening >= 0 and arguments(source, opening)[1] < label.end():
            opening = source.rfind("(", 0, opening)
        for part in arguments(source, opening)[0]:
            if re.match("reason:", part):
                # What stands in brackets names a field.
                yield label.start(), re.sub(r'\["\w+"\]|said\("\w+"\)', "", part)


def told(source):
    for teller in re.finditer(TELLERS, source):
        if source[teller.end() - 1] == '"':
            yield teller.start(), source[teller.end() - 1:source.index("\n", teller.end())]
        else:
            end = re.search(r"\n  }|\n\n", source[teller.end():] + "\n\n")
            body = source[teller.end():teller.end() + end.start()]
            yield teller.start(), "\n".join(re.findall(r"(?:return|:|\?) (\".*)", body))


def arguments(source, at):
    """What stands in the brackets that open there, parted by its commas, and where they close."""
    depth, parts, begin = 0, [], at + 1
    while True:
        if source[at] == '"':
            at = end_of_literal(source, at)
            continue
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(source[at], 0)
        if depth == 0 or depth == 1 and source[at] == ",":
            parts.append(source[begin:at].strip())
            begin = at + 1
        if depth == 0:
            return parts, at
        at += 1


def end_of_literal(source, at):
    quote = '"""' if source.startswith('"""', at) else '"'
    at += len(quote)
    while not source.startswith(quote, at):
        if source.startswith("\\(", at):
            at = arguments(source, at + 1)[1] + 1
        else:
            at += 2 if source[at] == "\\" else 1
    return at + len(quote)


def literals(expression):
    # What is broken over lines is one.
    expression = re.sub(r'"\s*\+\s*"', "", expression)
    at = 0
    while (at := expression.find('"', at)) >= 0:
        end = end_of_literal(expression, at)
        yield with_gaps(expression[at + 1:end - 1])
        at = end


def with_gaps(literal):
    text, at = "", 0
    while at < len(literal):
        if literal.startswith("\\(", at):
            at, text = arguments(literal, at + 1)[1] + 1, text + GAP
        elif literal[at] == "\\":
            at, text = at + 2, text + literal[at + 1]
        else:
            at, text = at + 1, text + literal[at]
    return text
