"""The page in the kit that a student reads first, as Markdown and as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course_utils.checks.call import SECONDS

TEXT = """\
# Filters & Memory: start here

This folder holds the exercises, as notebooks in `exercises`, and a small package, the file that
ends in `.whl`. While you work on an answer, it tells you whether the answer is right, and what is
wrong if it is not. You set it up once; after that you need no network.

## 1. Set up

You need Python {python} or newer, from [python.org](https://www.python.org/downloads/). Unpack the
kit, open a terminal **in this folder** (on Windows a PowerShell: right-click the folder, *Open in
Terminal*), and type the three lines for your system.

Linux and macOS:

```
python3 --version
python3 -m venv .venv
.venv/bin/python -m pip install "./{wheel}[notebook]"
```

Windows:

```
py --version
py -m venv .venv
.venv\\Scripts\\python -m pip install "./{wheel}[notebook]"
```

The first line must answer {python} or newer. The second makes the folder `.venv`, in which the
course keeps to itself and changes nothing else on your machine; where Debian or Ubuntu refuse it,
run `sudo apt install python3-venv` first. The third fetches NumPy, Matplotlib and JupyterLab.
{torch}
## 2. Write

Each time you come back, open a terminal in this folder and start JupyterLab: on Linux and macOS
with `.venv/bin/python -m jupyter lab`, on Windows with `.venv\\Scripts\\python -m jupyter lab`.
Open a notebook there:

{notebooks}

Read a statement, put your code in place of `raise NotImplementedError`, and run the cell with
Shift+Enter. Then run the cell below it, which calls `check`.

If you prefer an editor such as VS Code, open the notebook in it and choose the Python in `.venv` as
its kernel.

## 3. Read what `check` says

- **A table** has one row for each case: what is special about it, what goes in, how far off your
  answer is, and whether it is right.
- **Below it** stands where the first wrong case parts from the right one: which output, which
  index, which number.
- **A hint** follows when your mistake is one that many have made before you.

To take a case apart, fetch its inputs: `from course_utils.checks import case_inputs`, then
`args, kwargs = case_inputs("{exercise}", 1)`, and call your function with
`{exercise}(*args, **kwargs)`.

## 4. Hand in

Choose *Restart Kernel and Run All Cells* once more, because an answer may lean on a cell that you
have deleted since. Save the notebook, keep its name, and hand in that one file. Leave the check
cells as they are. The same checks grade your work, with other numbers in them.

## When something does not work

- **`No module named 'course_utils'`**: the notebook runs in another Python. Start JupyterLab as in
  step 2.
- **`No module named 'sklearn'`**: the photographs in `course_utils.data` come with scikit-learn.
  Install as in step 1, with `[notebook,data]` at the end.
- **`requires a different Python`**: yours is older than {python}. Install a newer one, delete
  `.venv`, and set up again.
- **A check does not come back**: there is a loop that never ends. On Linux and macOS the check
  stops it after {seconds:g} seconds, or after those that the statement gives; on Windows press the
  square button, *Interrupt the kernel*.
"""

TORCH = """
For {titles} you need [PyTorch](https://pytorch.org/get-started/locally/) as well. It is
large: if you have no graphics card for it, install the CPU build from that page first. Then type
the third line with `[notebook,torch]` at its end in place of `[notebook]`.
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
    torch: Sequence[str] = (),
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
    torch : sequence of str
        The titles of the notebooks that need PyTorch.
    """
    listed = "\n".join(f"- {title}: `{path}`" for path, title in notebooks.items())
    titles = " and ".join(f"*{title}*" for title in torch)
    return TEXT.format(
        wheel=wheel,
        notebooks=listed,
        python=python,
        exercise=exercise,
        seconds=SECONDS,
        torch=TORCH.format(titles=titles) if torch else "",
    )


def to_html(page: str) -> str:
    """Return the page as HTML that stands alone and suits light and dark screens and paper."""
    import mistune  # comes with nbgrader

    return HTML.format(body=mistune.html(page))
