"""The report: one HTML file that needs nothing else, and the figures beside it."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from emergence import store
from emergence.figures import draw_all
from emergence.figures.findings import Findings
from emergence.figures.groups import draw_groups
from emergence.figures.style import Drawn, save
from emergence.report.groups import about_groups, table_of_groups
from emergence.report.reproduce import as_told, command, config_json
from emergence.report.tables import TableText, make_tables
from emergence.report.words import first_page

if TYPE_CHECKING:
    from emergence.runs import Result

SVG_UP_TO = 600_000  # bytes: larger drawings go into the page as PNG


def write_report(result: Result, folder: Path, findings: Findings | None = None) -> Path:
    """Write ``report.html`` and ``figures/`` into a run folder.

    Parameters
    ----------
    result : Result
    folder : Path
        Is made if need be; figures go to ``folder/figures`` as SVG and PNG.
    findings : Findings, optional
        If what follows from the result was computed before.

    Returns
    -------
    Path
        Of the report, which opens without a network and runs no script.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = findings or Findings(result)
    figures = [(drawn, save(drawn, folder / "figures")) for drawn in draw_all(found)]
    of_groups = [(drawn, save(drawn, folder / "figures")) for drawn in draw_groups(found)]
    path = folder / "report.html"
    store.write_text(page(found, figures, folder.name, film(found, folder / "figures"), of_groups), path)
    return path


def film(found: Findings, folder: Path) -> str:
    """Write the animated film into the figures' folder if one is asked for; return its part of the page."""
    if found.settings.output.film != "gif":
        return ""
    from emergence.figures.film import animate

    content = animate(found)
    (folder / "film.gif").write_bytes(content)
    title, data = "The network, month by month", base64.b64encode(content).decode()
    return (
        f'<figure><h3>{title}</h3><div class="card"><img alt="{title}, animated" width="720" height="720" '
        f'src="data:image/gif;base64,{data}"></div><figcaption>Every firm stays at its place; '
        "ties come and go.</figcaption></figure>"
    )


Pictures = list[tuple[Drawn, dict[str, bytes]]]


def page(found: Findings, figures: Pictures, run: str, moving: str = "", of_groups: Pictures | None = None) -> str:
    """Return the page as HTML."""
    words = first_page(found.result, found)
    title = f"{found.title}: {found.start.uid.size:,} firms, {found.end.step:,} months"
    body = [
        f'<header><p class="kind">Report of a run</p><h1>{escape(found.title)}</h1>',
        f'<p class="lead">{escape(lead(found))}</p></header>',
        "<main>",
        plain_words(words),
        '<section aria-labelledby="figures"><h2 id="figures">Figures</h2>',
        *(figure(drawn, files) for drawn, files in figures),
        moving,
        "</section>",
        groups(found, of_groups or []),
        '<section aria-labelledby="tables"><h2 id="tables">Tables</h2>',
        *(table(one) for one in make_tables(found)),
        "</section>",
        reproduce(found, run),
        "</main>",
    ]
    return PAGE.replace("@TITLE@", escape(title)).replace("@STYLE@", STYLE).replace("@BODY@", "\n".join(body))


def lead(found: Findings) -> str:
    """Return one line on what was run."""
    settings = found.settings
    about = settings.about.strip() if as_told(settings) else ""
    what = f"{found.start.uid.size:,} firms over {found.end.step:,} months, seed {settings.seed}."
    return f"{about} {what}".strip()


def plain_words(words: dict[str, list[str]]) -> str:
    """Return the first page."""
    parts = ['<section class="words" aria-labelledby="words"><h2 id="words">In plain words</h2>']
    for title, sentences in words.items():
        items = "".join(f"<li>{escape(without_lead(one))}</li>" for one in sentences)
        parts.append(f"<h3>{escape(title)}</h3><ul>{items}</ul>")
    return "\n".join([*parts, "</section>"])


def groups(found: Findings, figures: Pictures) -> str:
    """Return the section on groups, with its figures and table; nothing for a run without groups."""
    words = about_groups(found)
    if not words:
        return ""
    parts = ['<section class="words" aria-labelledby="groups"><h2 id="groups">Groups</h2>']
    for title, sentences in words.items():
        items = "".join(f"<li>{escape(one)}</li>" for one in sentences)
        parts.append(f"<h3>{escape(title)}</h3><ul>{items}</ul>")
    parts += [figure(drawn, files) for drawn, files in figures]
    text = table_of_groups(found)
    return "\n".join([*parts, *([table(text)] if text.rows else []), "</section>"])


def without_lead(text: str) -> str:
    """Drop the lead that a sentence needs in a terminal but not under its heading."""
    rest = text.removeprefix("How sure: ")
    return rest[:1].upper() + rest[1:]


def figure(drawn: Drawn, files: dict[str, bytes]) -> str:
    """Return a figure with its caption; the picture is part of the page."""
    kind = "svg" if len(files["svg"]) <= SVG_UP_TO else "png"
    mime = "image/svg+xml" if kind == "svg" else "image/png"
    data = base64.b64encode(files[kind]).decode()
    width, height = (round(96 * inches) for inches in drawn.figure.get_size_inches())
    caption = escape(drawn.caption)
    return (
        f"<figure><h3>{escape(drawn.title)}</h3>"
        f'<div class="card" tabindex="0" role="region" aria-label="{escape(drawn.title)}, figure">'
        f'<img alt="{escape(drawn.title)}. {caption}" width="{width}" height="{height}" '
        f'src="data:{mime};base64,{data}"></div><figcaption>{caption}</figcaption></figure>'
    )


def table(text: TableText) -> str:
    """Return a table with its caption."""
    heads = "".join(
        f'<th scope="col"{_kind(k, text)}>{escape(head)}</th>' if head else "<td></td>"
        for k, head in enumerate(text.heads)
    )
    rows = []
    for row in text.rows:
        cells = "".join(f"<td{_kind(k, text)}>{escape(cell)}</td>" for k, cell in enumerate(row) if k)
        rows.append(f'<tr><th scope="row">{escape(row[0])}</th>{cells}</tr>')
    label = escape(text.caption.split(".")[0])
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table><caption>{escape(text.caption)}'
        f"</caption><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _kind(column: int, text: TableText) -> str:
    return "" if column in text.words else ' class="number"'


def reproduce(found: Findings, run: str) -> str:
    """Return how to repeat the run."""
    settings = found.settings
    facts = {"run": run, "seed": str(settings.seed), "version of emergence": store.version()}
    items = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    return (
        '<section aria-labelledby="repeat"><h2 id="repeat">How to reproduce it</h2>'
        f'<pre tabindex="0">{escape(command(settings))}</pre><dl>{items}</dl>'
        "<p>The same settings, seed and version give the same tables, at any number of threads. All tables "
        "are in the run folder beside this file.</p>"
        f'<details><summary>All settings (JSON)</summary><pre tabindex="0">{escape(config_json(settings))}</pre>'
        "</details></section>"
    )


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>@TITLE@</title>
<style>@STYLE@</style>
</head>
<body>
@BODY@
</body>
</html>
"""

STYLE = """
:root { --ink: #1c1c1c; --soft: #555; --page: #fbfaf7; --card: #fff; --line: #d9d6cf; --mark: #0072b2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --soft: #b4b4b4; --page: #16181b; --card: #1f2226; --line: #3a3f45; --mark: #56b4e9; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1.25rem 4rem; background: var(--page); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 2px solid var(--line); font-size: 1.35rem; }
h3 { margin: 1.5rem 0 .4rem; font-size: 1.05rem; }
.kind { margin: 0; color: var(--soft); }
.lead { margin: .5rem 0 0; font-size: 1.1rem; overflow-wrap: anywhere; }
.words ul { margin: 0; padding-left: 1.2rem; max-width: 46rem; }
.words li { margin: .25rem 0; overflow-wrap: anywhere; }
figure { margin: 0 0 2.25rem; }
.card { overflow-x: auto; padding: .5rem; background: #fff; border: 1px solid var(--line); border-radius: 6px; }
.card img { display: block; width: 100%; min-width: 36rem; height: auto; }
figcaption { margin-top: .5rem; max-width: 46rem; color: var(--soft); font-size: .93rem; }
.wide { overflow-x: auto; margin: 0 0 2rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { margin-bottom: .5rem; max-width: min(46rem, calc(100vw - 2rem)); text-align: left; color: var(--soft); }
th, td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { vertical-align: bottom; border-bottom: 2px solid var(--line); }
tbody th { min-width: 9rem; font-weight: 500; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
thead .number { white-space: normal; }
td { white-space: nowrap; }
pre { overflow-x: auto; padding: .75rem; background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
summary { cursor: pointer; }
:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
@media (max-width: 30rem) { body { padding: 1rem .9rem 3rem; } h1 { font-size: 1.5rem; } }
@media print {
  @page { size: A4; margin: 16mm; }
  :root { --ink: #000; --soft: #333; --page: #fff; --card: #fff; --line: #bbb; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .words ul { max-width: none; }
  .words li { margin: .1rem 0; font-size: 9pt; line-height: 1.35; }
  .words h3 { margin: .6rem 0 .2rem; }
  h2 { margin: 1rem 0 .4rem; }
  .card { padding: 0; border: 0; overflow: visible; }
  .card img { min-width: 0; max-height: 235mm; object-fit: contain; }
  .wide { overflow: visible; }
  table { font-size: 8.5pt; }
  figcaption, caption { max-width: none; font-size: 8.5pt; }
  figure, tr, li { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  #figures { break-before: page; }
  details { display: none; }
}
"""
