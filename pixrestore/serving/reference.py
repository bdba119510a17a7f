"""The page at ``/docs``: what the API's own description says, without a script or another host."""

from __future__ import annotations

from html import escape
from typing import Any

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""What browsers may load for the page: nothing that is not in it."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ border-bottom: 1px solid #8888; padding: .3rem .6rem }}
th, td {{ text-align: left; vertical-align: top }}
code, pre {{ font-family: ui-monospace, monospace }}
pre {{ background: #8882; overflow-x: auto; padding: .6rem }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>For programs the same is at <a href="/openapi.json">/openapi.json</a>.</p>
{sections}
</main>
</body>
</html>
"""


def reference_page(described: dict[str, Any], address: str) -> str:
    """Return the page in HTML.

    Parameters
    ----------
    described : dict
        The description of the API, as OpenAPI has it.
    address : str
        Where the server is reached, for examples.
    """
    sections = [
        _section(path, method.upper(), said, address)
        for path, methods in described["paths"].items()
        for method, said in methods.items()
    ]
    info = described["info"]
    title = escape(f"{info['title']} {info['version']}")
    return _PAGE.format(title=title, sections="\n".join(sections))


def _section(path: str, method: str, said: dict[str, Any], address: str) -> str:
    lines = [f"<h2><code>{method} {escape(path)}</code></h2>"]
    lines += [f"<p>{escape(part)}</p>" for part in said.get("description", "").split("\n\n")]
    lines.append(f"<pre>{escape(_example(path, method, address))}</pre>")
    rows = [
        (_code(one["name"]), escape(_kind(one["schema"])), escape(one.get("description", "")))
        for one in said.get("parameters", [])
    ]
    form = said.get("requestBody", {}).get("content", {}).get("multipart/form-data", {})
    parts = [
        (_code(name), "file", escape(part.get("description", "the photo")))
        for name, part in form.get("schema", {}).get("properties", {}).items()
    ]
    answers = [
        (_code(status), "", escape(answer["description"]))
        for status, answer in said.get("responses", {}).items()
    ]
    lines += _table("in the address", rows) + _table("part of a form", parts)
    lines += _table("status", answers)
    return "\n".join(lines)


def _example(path: str, method: str, address: str) -> str:
    place = f"{address}{path}"
    if method == "GET":
        return f"curl {place}"
    if path.endswith("/restore"):
        return f"curl --data-binary @old.jpg '{place}?task=denoise' -o new.jpg"
    return f"curl --data-binary @old.jpg {place}"


def _kind(schema: dict[str, Any]) -> str:
    """Return the type of a parameter, its range and its default, for people."""
    item = schema.get("items", schema)
    kind = ", ".join(map(str, item["enum"])) if item.get("enum") else item["type"]
    if "minimum" in schema or "maximum" in schema:
        kind += f" {schema.get('minimum', '')} to {schema.get('maximum', '')}".rstrip()
    if "default" in schema:
        kind += f" [{schema['default']}]"
    return kind


def _table(head: str, rows: list[tuple[str, str, str]]) -> list[str]:
    if not rows:
        return []
    cells = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    lines = "\n".join(f"<tr>{line}</tr>" for line in cells)
    return [f"<table><tr><th>{head}</th><th></th><th></th></tr>", lines, "</table>"]


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
