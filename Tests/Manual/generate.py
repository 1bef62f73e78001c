#!/usr/bin/env python3
"""Writes the pages of section 1 from what the programs say of their commands: generate.py CPWX CPWX-STAGE FOLDER.

The input is the JSON of swift-argument-parser's --experimental-dump-help, the output mdoc(7).
"""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

DATE = "November 28, 2026"
# What a command's page points to besides its own.
MORE = {
    "cpwx": [
        "cpwx-env(5)", "cpwx.yaml(5)", "cpwx-archive(5)", "cpwx-layout(7)", "cpwx-nights(7)", "cpwx-scaling(7)", "cpwx-stage(1)"],
    "cpwx run": ["cpwx-env(5)", "cpwx.yaml(5)", "cpwx-nights(7)", "cpwx-scaling(7)"],
    "cpwx init": ["cpwx-env(5)", "cpwx-layout(7)"],
    "cpwx doctor": ["cpwx-env(5)"],
    "cpwx job env": ["cpwx-env(5)"],
    "cpwx archive": ["cpwx-archive(5)"],
    "cpwx migrate": ["cpwx-layout(7)"],
}


def escaped(text):
    """A line of text as roff has it."""
    text = text.replace("\\", "\\e").replace("…", "...")
    return "\\&" + text if text.startswith((".", "'")) else text


def sentences(text):
    """Text with each sentence on a line of its own, and none longer than 80 columns, as mdoc wants it."""
    apart = re.sub(r"(?<=[.!?]) (?=[A-Z(])", "\n", " ".join(text.split())).split("\n")
    return [
        escaped(line) for sentence in apart
        for line in textwrap.wrap(sentence, 78, break_long_words=False, break_on_hyphens=False)]


def word(text):
    """An argument of a macro, which is no macro itself."""
    text = escaped(text)
    if " " in text:
        return '"' + text.replace('"', '\\(dq') + '"'
    return "\\&" + text if re.fullmatch(r"[A-Z%][a-z1]?[a-z]?|[.,:;()\[\]?!|]", text) else text


def listing(lines):
    return [".Bd -literal -offset indent", *(escaped(line) for line in lines), ".Ed"]


def dump(program):
    done = subprocess.run([program, "--experimental-dump-help"], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["command"]


def blocks(discussion):
    """The parts of a discussion: (heading or None, lines)."""
    for part in discussion.split("\n\n"):
        lines = part.split("\n")
        if re.fullmatch(r"[A-Z][A-Z ]+", lines[0]):
            yield lines[0], [line for line in lines[1:] if line.startswith(" ")]
            rest = [line for line in lines[1:] if not line.startswith(" ")]
            if rest:
                yield None, rest
        else:
            yield None, lines


class Page:
    def __init__(self, path, command, commands):
        self.path, self.command, self.commands = path, command, commands
        self.name = "-".join(path)
        default = command.get("defaultSubcommand")
        # A group that does something by itself does what this subcommand does.
        self.default = next((sub for sub in command.get("subcommands", []) if sub["commandName"] == default), None)
        self.blocks = list(blocks(command.get("discussion", "")))

    @property
    def arguments(self):
        told = self.default or self.command
        return [argument for argument in told.get("arguments", []) if argument["shouldDisplay"]]

    def text(self):
        lines = [
            '.\\" Made from the program by Tests/Manual/generate.py: change the help text there, then run make manual.',
            f".Dd {DATE}", f".Dt {self.name.upper()} 1", ".Os", ".Sh NAME", f".Nm {self.name}",
            f".Nd {escaped(self.brief)}", ".Sh SYNOPSIS", *self.synopsis(), ".Sh DESCRIPTION", *self.description(),
            *self.exit_status(), *self.examples(), ".Sh SEE ALSO", *self.see_also()]
        return "\n".join(lines) + "\n"

    @property
    def brief(self):
        abstract = self.command["abstract"].rstrip(".")
        return abstract[0].lower() + abstract[1:]

    @staticmethod
    def form(argument):
        """An argument as it is written: its macros."""
        value = word(argument.get("valueName", "value"))
        if argument["kind"] == "positional":
            return f"Ar {value}" + (" ..." if argument["isRepeating"] else "")
        name = argument["preferredName"]
        flag = f"Fl {'-' if name['kind'] == 'long' else ''}{name['name']}"
        return flag if argument["kind"] == "flag" else f"{flag} Ar {value}"

    def synopsis(self):
        lines = [f'.Nm "{" ".join(self.path)}"']
        if self.command.get("subcommands") and not self.default:
            return lines + [".Ar command", ".Op Ar ..."]
        for argument in sorted(self.arguments, key=lambda argument: argument["kind"] == "positional"):
            if any(name["name"] in ("help", "version") for name in argument.get("names", [])):
                continue
            form = self.form(argument)
            lines.append(f".Op {form}" if argument["isOptional"] else f".{form}")
        return lines

    def description(self):
        lines = sentences(self.command["abstract"])
        for heading, part in self.blocks:
            if heading in ("EXAMPLES", "EXIT CODES"):
                continue
            if heading:
                lines += [f".Ss {heading.capitalize()}", *listing([line.strip() for line in part])]
            elif not part[0].startswith("Then see:"):
                lines += [".Pp", *sentences(" ".join(part))]
        subcommands = [sub for sub in self.command.get("subcommands", []) if sub.get("shouldDisplay", True) and sub["commandName"] != "help"]
        if subcommands:
            lines += [".Ss Commands", ".Bl -tag -width Ds"]
            for sub in subcommands:
                lines += [f".It Xr {self.name}-{sub['commandName']} 1", *sentences(sub["abstract"])]
            lines.append(".El")
        lines += [*([".Ss Arguments and options"] if subcommands else []), ".Bl -tag -width Ds"]
        section = None
        for argument in self.arguments:
            title = argument.get("sectionTitle")
            if title != section and title:
                lines += [".El", f".Ss {title}", ".Bl -tag -width Ds"]
            elif title != section:
                lines += [".El", ".Ss Common options", ".Bl -tag -width Ds"]
            section = title
            lines += self.item(argument)
        return lines + [".El"]

    def item(self, argument):
        if argument["kind"] == "positional":
            head = self.form(argument)
        else:
            names = [f"Fl {'-' if name['kind'] == 'long' else ''}{name['name']}" for name in argument["names"]]
            head = " , ".join(names)
            if argument["kind"] == "option":
                head += f" Ar {word(argument.get('valueName', 'value'))}"
        text = " ".join(filter(None, [argument.get("abstract"), argument.get("discussion")]))
        if "(default:" not in text and argument.get("defaultValue") not in (None, "", "false", "true"):
            text += f" (default: {argument['defaultValue']})"
        return [f".It {head}", *sentences(text)]

    def exit_status(self):
        for heading, part in self.blocks:
            if heading == "EXIT CODES":
                rows = [re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in part]
                rows = [row for pair in rows for row in ([f".It {pair[0]}", *sentences(pair[1])])]
                more = [] if self.name == "cpwx" else [".Pp", "All others are those of", ".Xr cpwx-errors 7 ."]
                return [".Sh EXIT STATUS", '.Bl -tag -width "130, 143" -compact', *rows, ".El", *more]
        return [".Sh EXIT STATUS", "Those of", ".Xr cpwx-errors 7 ."]

    def examples(self):
        part = next(part for heading, part in self.blocks if heading == "EXAMPLES")
        return [".Sh EXAMPLES", *listing([line[2:] for line in part])]

    def see_also(self):
        pages = {"cpwx-errors(7)", *MORE.get(" ".join(self.path), [])}
        if len(self.path) > 1:
            pages.add("-".join(self.path[:-1]) + "(1)")
        for heading, part in self.blocks:
            if heading is None and part[0].startswith("Then see:"):
                for mention in re.findall(r"cpwx [a-z]+(?: [a-z]+)?", " ".join(part)):
                    words = mention.replace("cpwx help", "cpwx").split()
                    while words and tuple(words) not in self.commands:
                        words.pop()
                    pages.add("-".join(words) + "(1)")
        pages.discard(self.name + "(1)")
        split = sorted((int(page[-2]), page[:-3]) for page in pages)
        return [f".Xr {name} {section}" + (" ," if number < len(split) else "") for number, (section, name) in enumerate(split, 1)]


def walk(command, path=()):
    path = (*path, command["commandName"])
    yield path, command
    for sub in command.get("subcommands", []):
        if sub.get("shouldDisplay", True) and sub["commandName"] != "help":
            yield from walk(sub, path)


def stage_page(program):
    command = dump(program)
    parts = list(blocks(command["discussion"]))
    told = [line for heading, part in parts if not heading and not part[0].startswith("Then see:") for line in part]
    examples = next(part for heading, part in parts if heading == "EXAMPLES")
    lines = [
        '.\\" Made from the program by Tests/Manual/generate.py: change the help text there, then run make manual.',
        f".Dd {DATE}", ".Dt CPWX-STAGE 1", ".Os", ".Sh NAME", ".Nm cpwx-stage",
        ".Nd do one stage's work on one job", ".Sh SYNOPSIS", ".Nm", ".Ar stage", ".Ar argument ...", ".Sh DESCRIPTION",
        *sentences(command["abstract"]), ".Pp", *sentences(" ".join(told)), ".Pp",
        "The built-in pipeline calls it; it can be called by hand on a job's folder, too.", "The stages:",
        ".Bl -tag -width Ds"]
    for sub in command["subcommands"]:
        if sub["commandName"] == "help":
            continue
        usage = subprocess.run([program, sub["commandName"], "--help"], stdout=subprocess.PIPE, check=True).stdout.decode()
        form = re.search(r"USAGE: cpwx-stage \S+ ?(.*)", usage).group(1).lower()
        arguments = "".join(f" Ar {word(part.replace('_', '-'))}" for part in form.split())
        lines += [f".It Cm {sub['commandName']}{arguments}", *sentences(sub["abstract"])]
    lines += [
        ".El", ".Sh EXIT STATUS", "Those of", ".Xr cpwx-errors 7 .", ".Sh EXAMPLES",
        *listing([line[2:] for line in examples]), ".Sh SEE ALSO", ".Xr cpwx 1 ,", ".Xr cpwx-manifest-show 1 ,", ".Xr cpwx-env 5 ,", ".Xr cpwx.yaml 5 ,", ".Xr cpwx-errors 7"]
    return "\n".join(lines) + "\n"


def help_of_all(cpwx, stage, commands):
    """What every command's --help prints, on 80 columns."""
    calls = [[cpwx, "help", *path[1:]] for path in commands] + [[stage, "--help"]]
    calls += [[stage, path[1], "--help"] for path, _ in walk(dump(stage)) if len(path) > 1]
    texts = [subprocess.run(call, stdout=subprocess.PIPE, check=True).stdout.decode() for call in calls]
    return ("\n" + "-" * 80 + "\n").join(texts)


def main(cpwx, stage, folder):
    commands = dict(walk(dump(cpwx)))
    pages = {f"{'-'.join(path)}.1": Page(path, command, commands).text() for path, command in commands.items()}
    pages["cpwx-stage.1"] = stage_page(stage)
    for old in Path(folder).glob("cpwx*.1"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (Path(folder) / name).write_text(text)
    return commands


if __name__ == "__main__":
    known = main(*sys.argv[1:])
    Path(__file__).with_name("help.txt").write_text(help_of_all(*sys.argv[1:3], known))
