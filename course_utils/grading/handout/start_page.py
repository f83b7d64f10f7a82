"""The page in the kit that a student reads first, as Markdown and as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from course_utils.checks.call import SECONDS
from course_utils.desk.command import progress_line
from course_utils.grading.secret import PREFIX

TEXT = """\
# Filters & Memory: start here

This folder holds the exercises, as notebooks in `exercises`, and a small package, the file that
ends in `.whl`. While you work on an answer, it tells you whether the answer is right, and what is
wrong if it is not. You set it up once; after that you need no network.
{book}
## 1. Set up

You need Python {python} or newer, from [python.org](https://www.python.org/downloads/). Unpack the
kit, open a terminal **in this folder** (on Windows a PowerShell: right-click the folder, *Open in
Terminal*), and type the four lines for your system, one after the other.

Linux and macOS:

```
python3 --version
python3 -m venv .venv
.venv/bin/python -m pip install "./{wheel}[notebook]"
.venv/bin/course progress
```

Windows:

```
py --version
py -m venv .venv
.venv\\Scripts\\python -m pip install "./{wheel}[notebook]"
.venv\\Scripts\\course progress
```

The first line must answer {python} or newer. The second makes the folder `.venv`, in which the
course keeps to itself and changes nothing else on your machine; where Debian or Ubuntu refuse it,
run `sudo apt install python3-venv` first. The third fetches NumPy, Matplotlib and JupyterLab, which
takes a minute or two. **It worked** if the fourth lists the assignments, such as

```
{first}
```
{torch}
## 2. Write

Each time you come back, open a terminal in this folder and start JupyterLab. Linux and macOS:

```
.venv/bin/python -m jupyter lab
```

Windows:

```
.venv\\Scripts\\python -m jupyter lab
```

Your browser opens; if it does not, open the address that the terminal shows, the one with `token`
in it. Open a notebook there:

{notebooks}

Read a statement, put your code in place of `raise NotImplementedError`, and run the cell with
Shift+Enter. Then run the cell below it, which calls `check`. *Run All Cells* goes on behind a
check that does not pass, and the last cell says how many points you have.

**To stop**, save the notebook, then choose *File*, *Shut Down* in JupyterLab, or press Ctrl+C in
the terminal, twice. Closing the browser's window alone leaves it running.

If you prefer an editor such as VS Code, open the notebook in it and choose the Python in `.venv` as
its kernel.

## 3. Read what `check` says

- **The first line** is the verdict, and your points.
- **Below it** the first wrong case is opened: the call, what is right and what is wrong of its
  results, and what was expected.
- **A hint** follows when your mistake is one that many have made before you.{hints}
- **The last line** adds up your points since the kernel was started, and says what comes next.

To take a case apart, run it alone, with what you print and the traceback of an error:
`check("{exercise}", {exercise}, case=1)`. Or fetch its inputs:
`from course_utils.checks import case_inputs`, then
`args, kwargs = case_inputs("{exercise}", 1)`, and call your function with
`{exercise}(*args, **kwargs)`.

## 4. See how far you are, or begin anew

In a terminal in this folder (on Windows with `.venv\\Scripts\\course`):

```
.venv/bin/course progress
.venv/bin/course check {slug}
.venv/bin/course reset {slug} {exercise}
```

The first adds up the points of all your notebooks as they were saved. The second runs a whole
notebook from its first cell, as grading will. The third puts an exercise back to what was handed
out; without the exercise's name, the whole notebook. Your notebook as it was is kept beside it, so
nothing that you wrote and saved is lost.

## 5. Hand in

Choose *Restart Kernel and Run All Cells* once more, because an answer may lean on a cell that you
have deleted since. Save the notebook, keep its name, and hand in that one file{where}
Leave the check cells as they are. The same checks grade your work, with other numbers in them.
{drawn}
## When something does not work

- **`No module named 'course_utils'`**: the notebook runs in another Python. Start JupyterLab as in
  step 2.
- **`No module named 'sklearn'`**: the photographs in `course_utils.data` come with scikit-learn.
  Install as in step 1, with `[notebook,data]` at the end.
{missing}- **`requires a different Python`**: yours is older than {python}. Install a newer one,
  delete `.venv`, and set up again.
- **The folder was moved or renamed**, and `.venv` does not work any more: delete `.venv`, and set
  up again. Your notebooks stay.
- **A check does not come back**: there is a loop that never ends. On Linux and macOS the check
  stops it after {seconds:g} seconds, or after those that the statement gives; on Windows press the
  square button, *Interrupt the kernel*.
"""

TORCH = """
[PyTorch](https://pytorch.org/get-started/locally/) is for a few exercises only:

{needy}

**Without it** all others work. It is large; this fetches the build for the CPU, which is much
smaller on Linux (on macOS leave `--index-url` and the address out).

```
.venv/bin/python -m pip install torch --index-url https://download.pytorch.org/whl/cpu
```

On Windows the line begins with `.venv\\Scripts\\python`.
"""

NO_TORCH = """\
- **`No module named 'torch'`**: that exercise needs PyTorch, see step 1. The others do not.
"""

BOOK = """
**The book** is in it, too: open [its first page](book/intro.html). Where a statement names a
section, its link leads to that page, and the section names the exercise. JupyterLab shows a page
plain until you press *Trust HTML* above it; a browser shows it as it is. Where a check links to a
picture, copy the address below the link into a browser: the picture then shows such a case.
"""
NO_BOOK = """
Where a statement links to a section of the book, the link works in kits that hold the book. In this
one, look the section up where your course has it.
"""
STEPS = """ Here
  hints come one by one: the check says where, and `hint` of what kind, then more."""
NOWHERE = """ where
your course collects work; its page or your instructor says where that is."""

DRAWN = """
These numbers are drawn from a secret and your code. The secret is fixed already; when grading is
over it may be shown, and then you can see that it is the one: the SHA-256 of `{prefix}` with the
secret behind it is

{commitments}
"""

HTML = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Filters &amp; Memory: start here</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1.05rem/1.55 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto;
  padding: 0 1rem }}
h1, h2 {{ line-height: 1.25 }}
h2 {{ margin-top: 2rem }}
code {{ background: rgba(128, 128, 128, .15); border-radius: .25em; padding: .1em .3em;
  overflow-wrap: anywhere }}
pre {{ background: rgba(128, 128, 128, .15); border-radius: .4em; padding: .8em 1em;
  white-space: pre-wrap }}
pre code {{ background: none; padding: 0 }}
@page {{ margin: 1.2cm 1.5cm }}
@media print {{
  body {{ font-size: 9pt; line-height: 1.35; max-width: none; margin: 0; padding: 0 }}
  h1, h2 {{ margin: .8rem 0 0 }}
  p, ul, pre {{ margin: .5em 0 }}
}}
</style>
</head>
<body>
{body}</body>
</html>
"""


def start_page(
    wheel: str,
    notebooks: Mapping[str, str],
    *,
    python: str,
    exercise: str,
    points: float,
    torch: Mapping[str, str] | None = None,
    book: bool = False,
    steps: bool = False,
    hand_in: str = "",
    commitments: Mapping[str, str] | None = None,
) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    wheel : str
        The name of the wheel's file.
    notebooks : mapping of str to str
        The title of each notebook, by its path in the kit.
    python : str
        The oldest version of Python that will do.
    exercise : str
        The exercise that is named in the example.
    points : float
        Of the first notebook.
    torch : dict of str to str, optional
        Which exercises need PyTorch, by the titles of their notebooks.
    book : bool
        Whether the book is in the kit.
    steps : bool
        Whether hints come one by one.
    hand_in : str
        Where to hand in.
    commitments : dict of str to str, optional
        What is published of each assignment's secret, by the name of the assignment.
    """
    listed = "\n".join(f"- {title}: `{path}`" for path, title in notebooks.items())
    needy = "\n".join(f"- *{title}*: {which}" for title, which in (torch or {}).items())
    slug = Path(next(iter(notebooks))).stem
    return TEXT.format(
        wheel=wheel,
        notebooks=listed,
        python=python,
        exercise=exercise,
        seconds=SECONDS,
        torch=TORCH.format(needy=needy) if torch else "",
        missing=NO_TORCH if torch else "",
        first=progress_line(slug, points),
        slug=slug,
        book=BOOK if book else NO_BOOK,
        hints=STEPS if steps else "",
        where=f":\n{hand_in}" if hand_in else NOWHERE,
        drawn=_drawn(commitments or {}),
    )


def _drawn(commitments: Mapping[str, str]) -> str:
    if not commitments:
        return ""
    listed = "\n".join(f"- for `{slug}`: `{text}`" for slug, text in commitments.items())
    return DRAWN.format(prefix=PREFIX, commitments=listed)


def to_html(page: str) -> str:
    """Return the page as HTML that stands alone and suits light and dark screens and paper."""
    import mistune  # comes with nbgrader

    return HTML.format(body=mistune.html(page))
