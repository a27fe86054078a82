"""A widget as anywidget runs it: a model in place of the static one, and a view that closes."""

from __future__ import annotations

import json
from typing import Any

from paflib.widgets.base import Widget

_RUN = """async ([esm, css, state]) => {
    const { default: widget } = await import(URL.createObjectURL(new Blob([esm], { type: 'text/javascript' })));
    document.head.append(Object.assign(document.createElement('style'), { textContent: JSON.parse(css) }));
    const listeners = {};
    const model = { state, get: (k) => model[k], save_changes: () => { window.saved.push(model.state); },
        set: (k, v) => { model[k] = v; listeners[`change:${k}`]?.forEach((f) => f()); },
        on: (e, f) => { (listeners[e] ??= new Set()).add(f); }, off: (e, f) => listeners[e].delete(f) };
    Object.assign(window, { model, saved: [], listeners });
    window.close_view = widget.render({ model, el: document.getElementById('out') });
}"""


def go_live(show: Any, widget: Widget) -> Any:
    """The widget on a page, run from its module; ``window.saved`` has every state that Python would have heard."""
    shown = show("<div id=out></div>")
    shown.page.evaluate(_RUN, [widget._esm, json.dumps(widget._css), widget.state])
    return shown


def python_says(shown: Any, state: dict[str, Any]) -> None:
    """Python gives the widget a state."""
    shown.page.evaluate("state => model.set('state', state)", state)


def close(shown: Any) -> None:
    """The view closes, and the widget no longer listens."""
    shown.page.evaluate("window.close_view()")
    assert shown.page.evaluate("listeners['change:state'].size") == 0
    assert [error for error in shown.errors if "blob:" not in error] == []
