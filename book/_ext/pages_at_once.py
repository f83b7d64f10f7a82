"""Run the cells of several pages at a time, before the notebook extension runs one after another.

What is run here goes into its cache, where it finds each page under the same key. A page that fails
is left to it: it runs the page again, and reports the error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from course_utils.cores import cores
from course_utils.page_kernels import PageKernelManager

LOG = logging.getLogger(__name__)


def run_pages(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Run those of the pages that are to be read whose cells are not in the cache."""
    if app.config.nb_execution_mode != "cache" or cores() == 1:
        return
    cache = get_cache(app.config.nb_execution_cache_path)
    todo = {
        path: notebook
        for name in docnames
        if (notebook := _notebook(env, path := Path(env.doc2path(name)))) is not None
        and not _is_known(cache, notebook)
    }
    if len(todo) < 2:
        return
    with _one_core_each(), ThreadPoolExecutor(cores()) as pool:
        running = {
            pool.submit(_run, path, notebook, app.config.nb_execution_timeout): path
            for path, notebook in todo.items()
        }
        for future in as_completed(running):
            path, result = running[future], future.result()
            if result.err is None:
                data = {"execution_seconds": result.time}
                bundle = CacheBundleIn(todo[path], str(path), data=data)
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
                LOG.info("%s: ran in %.1f s", path.name, result.time)


def _notebook(env: BuildEnvironment, path: Path) -> NotebookNode | None:
    """Return a page as the notebook extension will read it; nothing if no cell of it runs."""
    text = path.read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    if reader is None:
        return None
    notebook = reader.read(text)
    return notebook if any(cell.cell_type == "code" for cell in notebook.cells) else None


def _is_known(cache: JupyterCacheAbstract, notebook: NotebookNode) -> bool:
    try:
        cache.match_cache_notebook(notebook)
    except KeyError:
        return False
    return True


def _run(path: Path, notebook: NotebookNode, seconds: float) -> ExecutionResult:
    return single_nb_execution(
        notebook,
        cwd=str(path.parent),
        timeout=seconds,
        allow_errors=False,
        meta_override=True,
        kernel_manager_class=PageKernelManager,
    )


@contextmanager
def _one_core_each() -> Iterator[None]:
    """Have each page that starts meanwhile compute on one core."""
    before = dict(os.environ)
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("env-before-read-docs", run_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
