"""What all widgets share: one ES module each, live through anywidget, and complete in a page that has no kernel.

In Jupyter, VS Code and Colab the module is run by anywidget and the state is synchronised. In the rendered book the
same module is inlined in the output's ``text/html``, with a small model in place of the kernel, so that it works from a
server or from a file on disk and asks nobody for anything.
"""

from __future__ import annotations

import base64
import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import anywidget
import numpy as np
import traitlets

HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import\s*\{[^}]*\}\s*from\s*"\./([\w.-]+)";?\s*$', re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)


@cache
def bundle(name: str) -> str:
    """One ES module out of a widget's module and those it imports (``import {...} from "./other.js"``), each once.

    Only the last one keeps its exports. All modules of a bundle share one scope, so no two may define a name alike.

    Raises:
        ValueError: when a module imports in another way, or holds what would end its script in a page.
    """
    order: list[str] = []

    def visit(module: str) -> None:
        if module not in order:
            for imported in _IMPORT.findall(_read(module)):
                visit(imported)
            order.append(module)

    visit(name)
    pieces = [_IMPORT.sub("", _read(module)) for module in order]
    for module, piece in zip(order, pieces, strict=True):
        renamed = any(re.search(r"\bas\b", names[0]) for names in _IMPORT.finditer(_read(module)))
        if renamed or re.search(r"^\s*import\b|^export\s*\{|</script|<!--", piece, re.MULTILINE):
            raise ValueError(f"{module}: wanted imports as in `import {{ x }} from \"./y.js\"`, exports at each "
                             "definition, and neither '</script' nor '<!--'")  # fmt: skip
    return "\n".join([_EXPORT.sub("", piece) for piece in pieces[:-1]] + pieces[-1:])


@cache
def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def pack(array: np.ndarray, low: float = 0.0, high: float = 1.0) -> dict[str, Any]:
    """An array as JSON: one byte a value between ``low`` and ``high``, base64; ``unpack`` in ui.js reads it back.

    The error is at most (high - low) / 510.
    """
    scaled = (np.asarray(array, float) - low) / (high - low)
    bytes_ = np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)
    data = base64.b64encode(bytes_.tobytes()).decode("ascii")
    return {"shape": list(bytes_.shape), "low": low, "high": high, "data": data}


class Widget(anywidget.AnyWidget):
    """Base of the widgets: a state in JSON, a module, and a picture and words for where no script runs.

    A subclass names its module and its title, and gives ``state`` (all the module is told), ``description`` (what there
    is to see and to do, in words) and, when there is one, ``picture`` (PNG or JPEG of the first view).
    """

    module: ClassVar[str] = ""
    title: ClassVar[str] = ""

    state = traitlets.Dict().tag(sync=True)
    _css = _read("widgets.css")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Bundle the subclass's module as anywidget's ``_esm``."""
        if "module" in cls.__dict__:  # traitlets makes subclasses of its own, whose _esm is a trait
            cls._esm = bundle(cls.module)
        super().__init_subclass__(**kwargs)

    def __init__(self, state: dict[str, Any], description: str, picture: bytes | None = None) -> None:
        super().__init__(state=state)
        self.description = description
        self.picture = picture

    def to_html(self) -> str:
        """The widget as a piece of a page that needs no kernel and no other file."""
        number = f"paf-{uuid4().hex[:12]}"
        state = json.dumps(self.state, allow_nan=False).replace("<", "\\u003c")  # no tag or comment can start in it
        picture = ""
        if self.picture is not None:
            source = base64.b64encode(self.picture).decode("ascii")
            kind = "jpeg" if self.picture.startswith(b"\xff\xd8") else "png"
            picture = f'<img src="data:image/{kind};base64,{source}" alt="">'
        return f"""<div class="paf-widget" id="{number}" role="group" aria-label="{html.escape(self.title)}">
<style>{_read("widgets.css")}</style>
<div class="paf-still">{picture}<p>{html.escape(self.description)}</p></div>
<div class="paf-live" hidden></div>
<script type="application/json">{state}</script>
<script type="module">
{bundle(type(self).module)}
startStatic(document.getElementById("{number}"), render);
</script>
</div>"""

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The live view, and beside it the page's own: the book shows ``text/html``, a notebook the widget."""
        found = super()._repr_mimebundle_(**kwargs)
        data, metadata = found if isinstance(found, tuple) else (found or {}, {})
        return {**data, "text/html": self.to_html()}, metadata
