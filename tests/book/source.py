"""A page as its author wrote it: prose, code cells, equations and pictures, without building it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"

FENCE = re.compile(r"^\s*(?P<marks>`{3,}|:{3,}|~{3,})(?P<info>.*)$")
OPTION = re.compile(r"^\s*:[\w-]+:")
LABEL = re.compile(r"^\s*\([\w:.-]+\)=\s*$")
# Directives whose text is no prose of the page: programs, formulas, figures' files, indexes.
NO_PROSE = {
    "code-cell",
    "code",
    "code-block",
    "math",
    "raw",
    "bibliography",
    "glue",
    "find-the-bug",
    "concept-index",
    "tableofcontents",
    "eval-rst",
}
PICTURES = {"figure", "image"}
EXPLORER = re.compile(r'<div[^>]*class="[^"]*-explorer\b')
FOLDS = {"hide-cell", "hide-input", "remove-cell", "remove-input"}
INLINE = [
    (re.compile(r"\$\$.*?\$\$", re.DOTALL), "¤"),
    (re.compile(r"\$[^$\n]+(?:\n[^$\n]+)?\$"), "¤"),
    (re.compile(r"\{[\w:.-]+\}`([^`<]*?)\s*<[^`>]*>`"), r"\1"),  # {term}`filters <filter>`
    (re.compile(r"\{(?:eq|cite|cite:\w+|ref|numref)\}`[^`]*`"), " "),
    (re.compile(r"\{[\w:.-]+\}`([^`]*)`"), r"\1"),
    (re.compile(r"`+[^`]*`+"), " "),
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), " "),
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"<[^>\n]+>"), " "),
    (re.compile(r"https?://\S+"), " "),
]
WORD = re.compile(r"[A-Za-z][\w'’-]*")


@dataclass(frozen=True)
class Cell:
    """A code cell: where it begins, its tags and its program."""

    line: int
    tags: frozenset[str]
    header: str
    code: str

    @property
    def visible(self) -> bool:
        """Whether a reader sees its program without opening a fold."""
        return not self.tags & FOLDS

    @property
    def draws(self) -> bool:
        """Whether what it puts on the page is a figure with a caption or an alternative text."""
        return bool(re.search(r"\b(figure|image):", self.header)) and "remove-cell" not in self.tags


@dataclass(frozen=True)
class Line:
    """A line of prose, as it is written; `kind` is text, heading, table, quote or option."""

    number: int
    text: str
    kind: str = "text"
    boxes: tuple[str, ...] = ()


@dataclass
class Source:
    """A page under `book/`, read from its text."""

    name: str
    text: str
    lines: list[Line] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    formulas: list[tuple[int, str, bool]] = field(default_factory=list)  # line, TeX, numbered
    pictures: list[tuple[int, str, bool]] = field(default_factory=list)  # line, kind, described

    def __post_init__(self) -> None:
        """Read the page once."""
        head = re.match(r"---\n(.*?)\n---\n", self.text, re.DOTALL)
        self.head = (yaml.safe_load(head[1]) or {}) if head else {}
        first = head[0].count("\n") if head else 0
        self._read(self.text.splitlines(), first)

    @property
    def folder(self) -> str:
        """The folder under book/, or nothing for a page beside the folders."""
        return self.name.rpartition("/")[0]

    @property
    def is_index(self) -> bool:
        """Whether this is the first page of a topic, a folder that has an assignment."""
        return self.name.endswith("/index") and (ROOT / "solutions" / self.folder).is_dir()

    @property
    def description(self) -> str:
        """What a search engine shows of the page."""
        meta = ((self.head.get("myst") or {}).get("html_meta")) or {}
        return str(meta.get("description lang=en", ""))

    @cached_property
    def prose(self) -> list[tuple[int, str]]:
        """The sentences' text by line: no code, no formula, no quotation, no address."""
        text = "\n".join(
            line.text if line.kind in ("text", "heading") else "" for line in self._by_number()
        )
        return list(enumerate(plain(text).split("\n"), start=1))

    @property
    def words(self) -> int:
        """Words in paragraphs, headings, lists, boxes and captions; of folded solutions none."""
        folded = {line.number for line in self.lines if "solution" in line.boxes}
        return sum(len(WORD.findall(text)) for line, text in self.prose if line not in folded)

    def _by_number(self) -> Iterator[Line]:
        found = {line.number: line for line in self.lines}
        for number in range(1, self.text.count("\n") + 2):
            yield found.get(number, Line(number, ""))

    def _read(self, lines: list[str], start: int) -> None:
        fences: list[tuple[str, str]] = []  # marks and directive of each open fence
        number = start
        while number < len(lines):
            line = lines[number]
            number += 1
            fence = FENCE.match(line)
            if fence and fences and not fence["info"].strip():
                marks = fences[-1][0]
                if fence["marks"][0] == marks[0] and len(fence["marks"]) >= len(marks):
                    fences.pop()
                    continue
            if fence and fence["info"].strip():
                info = fence["info"].strip()
                directive = re.match(r"\{([\w:.-]+)\}", info)
                name = directive[1] if directive else "code"
                if name in NO_PROSE or name == "code":
                    number = self._literal(name, lines, number, fence["marks"])
                    continue
                if name in PICTURES:
                    ahead = "\n".join(lines[number : number + 12])
                    self.pictures.append((number, name, bool(re.search(r":alt:\s*\S", ahead))))
                fences.append((fence["marks"], name))
                title = info[len(directive[0]) if directive else 0 :].strip()
                if title and name not in PICTURES:
                    self.lines.append(Line(number, title, boxes=self._boxes(fences)))
                continue
            if EXPLORER.search(line):
                self.pictures.append((number, "explorer", True))
            if re.search(r"!\[[^\]]+\]\(", line):
                self.pictures.append((number, "image", True))
            if line.strip().startswith("$$") or re.match(r"\s*\\begin\{(equation|align)", line):
                number = self._display(lines, number)
                continue
            self.lines.append(Line(number, line, _kind(line), self._boxes(fences)))
            for tex in re.findall(r"(?<!\\)\$([^$]+)\$", line):
                self.formulas.append((number, tex, False))

    @staticmethod
    def _boxes(fences: list[tuple[str, str]]) -> tuple[str, ...]:
        return tuple(name for _, name in fences)

    def _literal(self, name: str, lines: list[str], number: int, marks: str) -> int:
        """Read a block whose text is no prose, and return the line after it."""
        first, body = number, []
        closing = re.compile(rf"^\s*{re.escape(marks[0])}{{{len(marks)},}}\s*$")
        while number < len(lines) and not closing.match(lines[number]):
            body.append(lines[number])
            number += 1
        text = "\n".join(body)
        if name == "code-cell":
            cell = _cell(first, text)
            self.cells.append(cell)
            if cell.draws:
                described = bool(re.search(r"\balt:\s*\S", cell.header))
                self.pictures.append((first, "cell", described))
        elif name == "math":
            self.formulas.append((first, text, bool(re.search(r"^\s*:label:", text, re.M))))
        elif name == "raw" and EXPLORER.search(text):
            self.pictures.append((first, "explorer", True))
        return number + 1

    def _display(self, lines: list[str], number: int) -> int:
        """Read a displayed formula, and return the line after it."""
        first = number
        text = lines[number - 1]
        dollars = text.strip().startswith("$$")
        ended = (
            (lambda t: t.count("$$") >= 2)
            if dollars
            else (lambda t: re.search(r"\\end\{(equation|align)\*?\}", t))
        )
        while not ended(text) and number < len(lines):
            text += "\n" + lines[number]
            number += 1
        numbered = bool(re.search(r"\$\$\s*\([\w:.-]+\)\s*$", text)) or bool(
            re.search(r"\\begin\{(equation|align)\}", text) and not dollars
        )
        self.formulas.append((first, text, numbered))
        return number


def plain(text: str) -> str:
    """Return prose without code, roles and addresses, with ¤ for a formula and its lines kept."""
    for pattern, instead in INLINE:
        text = pattern.sub(
            lambda m, instead=instead: (
                m.expand(instead) + "\n" * (m[0].count("\n") - m.expand(instead).count("\n"))
            ),
            text,
        )
    return text


def _kind(line: str) -> str:
    text = line.strip()
    if OPTION.match(line) or LABEL.match(line) or text.startswith("%"):
        return "option"
    if text.startswith(">"):
        return "quote"
    if text.startswith("|"):
        return "table"
    return "heading" if text.startswith("#") else "text"


def _cell(line: int, text: str) -> Cell:
    head, code = "", text
    if found := re.match(r"\s*---\n(.*?)\n---\n?", text, re.DOTALL):
        head, code = found[1], text[found.end() :]
    elif found := re.match(r"(?:\s*:[\w-]+:.*\n?)+", text):
        head, code = found[0], text[found.end() :]
    tags = re.search(r"tags:\s*\[([^\]]*)\]|tags:\s*\n((?:\s*- .*\n?)+)", head)
    names = re.findall(r"[\w-]+", (tags[1] or tags[2]) if tags else "")
    return Cell(line, frozenset(names), head, code.strip())


def read(path: Path) -> Source:
    """Read a page of the book."""
    name = path.relative_to(BOOK).with_suffix("").as_posix()
    return Source(name, path.read_text(encoding="utf-8"))


def pages() -> list[Source]:
    """Read every page that there is under book/, in folders of any depth."""
    return [read(path) for path in sorted(BOOK.rglob("*.md"))]
