"""Files made to do harm: nothing is executed, nothing is fetched, only our own refusal escapes."""

import codecs
import json
import pickle
import random
import re
import tempfile
import time
from html import escape
from importlib.util import find_spec
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import emergence as em
from emergence.build import make_simulation
from emergence.compose import compose
from emergence.errors import Refusal
from emergence.exchange import FORMATS, to_networkx, write_network
from emergence.network_io import read_network

LAUGHS = "".join(f'<!ENTITY l{k} "{f"&l{k - 1};" * 10}">' for k in range(1, 10))
BODY = {
    ".graphml": '<graphml><graph><node id="{0}"/><node id="B"/><edge source="{0}" target="B"/></graph></graphml>',
    ".gexf": '<gexf><graph><nodes><node id="A" label="{0}"/></nodes></graph></gexf>',
}
TYPES = {
    "billion laughs": (f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>', "&l9;"),
    "quadratic": (f'<!DOCTYPE x [<!ENTITY l0 "{"ha" * 5000}">]>', "&l0;" * 5000),
    "external file": ('<!DOCTYPE x [<!ENTITY l0 SYSTEM "file://{secret}">]>', "&l0;"),
    "external type": ('<!DOCTYPE x SYSTEM "file://{secret}">', "A"),
    "parameter entity": ('<!DOCTYPE x [<!ENTITY % p SYSTEM "file://{secret}"> %p;]>', "A"),
    "type alone": ("<!DOCTYPE x>", "A"),
    "lower case": ("<!doctype x>", "A"),
    "entity alone": ('<!ENTITY l0 "ha">', "A"),
}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "utf-32", "utf-7", "cp037"]


def refused(path, *args):
    """Return the problems with which a file is refused, quickly."""
    began = time.perf_counter()
    with pytest.raises(Refusal) as caught:
        read_network(path, *args)
    assert time.perf_counter() - began < 1
    return caught.value.problems


@pytest.mark.parametrize("suffix", BODY)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("declaration, use", TYPES.values(), ids=TYPES)
def test_document_types_and_entities_are_refused(tmp_path, suffix, encoding, declaration, use):
    """Protects memory and the user's other files, whatever the encoding says."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the-secret-itself")
    declared = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}.get(encoding, encoding)
    head = f'<?xml version="1.0" encoding="{declared}"?>\n{declaration.replace("{secret}", str(secret))}\n'
    path = tmp_path / f"net{suffix}"
    path.write_bytes((head + BODY[suffix].format(use)).encode(encoding))
    found = refused(path)
    assert "the-secret-itself" not in " ".join(found)
    if encoding not in ("utf-32", "utf-7", "cp037") and declaration.startswith("<!DOCTYPE"):
        assert re.search(r"line 2, column \d+: a document type or entity, which is never read", found[0])


@pytest.mark.parametrize("suffix", BODY)
def test_a_declaration_of_one_encoding_in_a_file_of_another(tmp_path, suffix):
    """Protects against hiding a document type behind a second reading of the bytes."""
    text = '<?xml version="1.0" encoding="{}"?><!DOCTYPE x [<!ENTITY e "x">]>' + BODY[suffix].format("&e;")
    for mark, real, told in [
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-8"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-7"),
        (b"", "utf-8", "utf-16"),
        (b"", "utf-16-le", "utf-8"),
        (codecs.BOM_UTF8, "utf-8", "utf-7"),
    ]:
        path = tmp_path / f"net{suffix}"
        path.write_bytes(mark + text.format(told).encode(real))
        assert refused(path)
    harmless = '<?xml version="1.0" encoding="utf-8"?><graphml><graph><node id="&lt;!DOCTYPE x&gt;"/></graph></graphml>'
    path = tmp_path / "fine.graphml"
    path.write_bytes(codecs.BOM_UTF16_LE + harmless.encode("utf-16-le"))
    assert read_network(path).ids == ["<!DOCTYPE x>"]


def test_other_ways_to_make_a_parser_work_for_nothing(tmp_path):
    """Protects time: depth, attributes, tokens and brackets without end."""
    many = " ".join(f'a{k}="{k}"' for k in range(50_000))
    files = {
        "depth.graphml": "<graphml>" + "<g>" * 200_000,
        "attributes.graphml": f"<graphml {many}><graph/>",
        "same.graphml": "<graphml " + 'a="1" ' * 50_000 + "/>",
        "token.gexf": "<gexf><!--" + "-" * 1_000_000,
        "open.gexf": "<gexf" * 100_000,
        "depth.json": "[" * 1_000_000,
        "objects.json": '{"nodes":' * 200_000,
        "element.json": '{"nodes": [{"id": ' + "[" * 500_000,
        "digits.json": '{"nodes": [{"id": 1, "x": ' + "9" * 1_000_000 + '}], "links": []}',
        "exponent.json": '{"nodes": [{"id": 1, "x": 1e' + "9" * 100_000 + '}], "links": []}',
        "string.json": '{"nodes": ["' + "\\\\" * 500_000,
        "quotes.csv": "source,target\n" + '"' * 500_000,
        "fields.csv": "," * 300_000 + "\n",
        "names.csv": ",".join(f"c{k}" for k in range(20_000)) + "\n1",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.write_text(content)
        assert refused(path), name


class _Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("pickled-and-run"),))


def test_pickles_are_never_loaded(tmp_path, monkeypatch):
    """Protects against code in data, whatever the file is called."""
    monkeypatch.chdir(tmp_path)
    for protocol in range(6):
        for suffix in (".pkl", ".pickle", ".gpickle", ".npy", ".npz", "", *FORMATS, ".xml"):
            path = tmp_path / f"net{suffix}"
            path.write_bytes(pickle.dumps(_Bomb(), protocol))
            assert refused(path)
            good = tmp_path / "good.csv"
            good.write_text("source,target\nA,B\n")
            assert refused(good, path)
    assert not (tmp_path / "pickled-and-run").exists()


NAMES = [
    "../../etc/passwd",
    "/etc/passwd",
    "..\\..\\boot.ini",
    "~/.ssh/id_rsa",
    "C:\\x",
    "con",
    "nul.txt",
    ".",
    "..",
    "a/b",
    "a%2fb",
    "${HOME}",
    "$(touch x)",
    "`touch x`",
    "-rf",
    "x;y",
    "|x",
    "file:///etc/passwd",
    "x" * 500,
]


def everything(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def write_csv(folder, names):
    """Write a ring of firms with these ids and names, and return the overrides that read it."""
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    ties = [f"{a},{b}" for a, b in zip(quoted, quoted[1:] + quoted[:1], strict=True)]
    (folder / "ties.csv").write_text("source,target\n" + "\n".join(ties) + "\n", encoding="utf-8")
    (folder / "firms.csv").write_text("id,name\n" + "\n".join(f"{n},{n}" for n in quoted) + "\n", encoding="utf-8")
    return ["network=file", f"network.ties={folder / 'ties.csv'}", f"network.firms={folder / 'firms.csv'}"]


def test_names_are_never_paths(tmp_path, monkeypatch):
    """Protects the disk: runs and exports write their own file names, and only where they were told to."""
    from emergence.runs import write

    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    words = write_csv(home, NAMES)
    outside = everything(tmp_path)
    result = em.run(*words, "steps=2", f"output.folder={home / 'runs'}")
    folder = write(result)
    exports = home / "exports"
    exports.mkdir()
    for suffix in FORMATS:
        write_network(result.simulation.world, exports / f"net{suffix}")
    made = everything(tmp_path) - outside
    tables = {"steps.parquet", "firms.parquet", "ties.parquet", "events.parquet", "manifest.json"}
    runs = f"home/runs/{folder.name}"
    assert re.fullmatch(r"baseline-[0-9a-f]{12}", folder.name)
    assert made == {
        *("home/runs", runs, "home/exports", "home/exports/net_firms.csv"),
        *(f"{runs}/{name}" for name in tables),
        *(f"home/exports/net{suffix}" for suffix in FORMATS),
    }
    assert set(result.simulation.world.ids.values()) == set(NAMES)


BASE_MARKUP = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    "<img src=x:alert(alt) onerror=eval(src) alt=1>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "</svg><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!--<img src=--><img src=x onerror=alert(1)//>",
    "<a href=javascript:alert(1)>x</a>",
    '<a href="jav&#x09;ascript:alert(1)">x</a>',
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=data:text/html;base64,PHNjcmlwdD4=>",
    "<embed src=//x.example>",
    "<base href=//x.example>",
    "<meta http-equiv=refresh content=0;url=//x.example>",
    "<link rel=stylesheet href=//x.example>",
    "<style>@import '//x.example'</style>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<math><mtext></mtext><script>alert(1)</script></math>",
    "<form action=javascript:alert(1)><button>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<div style=background:url(javascript:alert(1))>",
    "<table background=javascript:alert(1)>",
    "<x onclick=alert(1)>x</x>",
    "<\u200bscript>alert(1)</script>",
    "\u202e<script>alert(1)</script>",
    "\ufeff<script>alert(1)</script>x",
    "<ſcript>alert(1)</ſcript>",
    "＜script＞alert(1)＜/script＞<b>x</b>",
    "%3Cscript%3E<i>x</i>",
    "&lt;script&gt;<u>x</u>",
    "&#60;script&#62;<s>x</s>",
    "\\u003cscript\\u003e<q>x</q>",
    "{{7*7}}<p>x</p>",
    "${7*7}<p>y</p>",
    "$\\mathrm{x}$<p>z</p>",
    "$<script>alert(1)</script>",
    "<?xml version='1.0'?><x/>",
    "<!DOCTYPE html><x>",
]
# Again in capitals, or with a slash where there was a blank: 100 in all.
PAYLOADS = BASE_MARKUP + [f"{k}{text.swapcase().replace(' ', '/')}" for k, text in enumerate(BASE_MARKUP)]


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.skipif(not find_spec("emergence.report"), reason="there is no report")
def test_markup_in_names_is_shown_not_obeyed(tmp_path):
    """Protects whoever opens a report on firms that somebody else has named."""
    from emergence.report.html import write_report
    from emergence.runs import write

    assert len(set(PAYLOADS)) == 100
    shown = 0
    for part in range(5):
        # In turns, so that each payload is the name of a firm that the report has reason to mention.
        names = PAYLOADS[part * 20 : part * 20 + 20]
        home = tmp_path / str(part)
        home.mkdir()
        words = write_csv(home, names)
        # The first firm of each part is tied to all others.
        rest = names[2:-1]
        with (home / "ties.csv").open("a", encoding="utf-8") as file:
            first = names[0].replace('"', '""')
            file.writelines('"{}","{}"\n'.format(first, name.replace('"', '""')) for name in rest)
        result = em.run(*words, "steps=6", "seed=1", f"output.folder={home / 'runs'}")
        page = write_report(result, write(result)).read_text(encoding="utf-8")
        for name in names:
            assert name not in page.replace(escape(name), "").replace(escape(name, quote=False), ""), name
            shown += escape(name) in page or escape(name, quote=False) in page
        assert not re.search(r"<script|javascript:[^<]*[\"'][^<]*>|<iframe|<object|<embed|<base\b", page.lower())
    assert shown > 5


def test_markup_goes_through_files_unharmed(tmp_path):
    """Protects names: the way out and in again neither obeys nor changes them."""
    world = make_simulation(compose(write_csv(tmp_path, PAYLOADS))).world
    graph = to_networkx(world)
    for suffix in FORMATS:
        net = read_network(*write_network(world, tmp_path / f"net{suffix}"))
        assert net.ids == list(graph) and set(net.names) == set(PAYLOADS)


def good_files():
    """Return one small good file of each format, as bytes."""
    graph = nx.MultiGraph()
    for k in range(6):
        graph.add_node(f"f{k}", name=f"Firma {k} & Söhne", sector="food", x=k / 2, size=10.0 + k)
    for k in range(5):
        graph.add_edge(f"f{k}", f"f{k + 1}", layer="social", strength=k / 5, since=2000 + k)
        graph.add_edge("f0", f"f{k + 1}", layer="operational", supplier="f0", strength=0.5, since=2001)
    ties = "".join(f'f{k};f{k + 1};social;{k / 5};2001;"a;b"\n'.replace(".", ",") for k in range(6))
    files = {".csv": ("source;target;layer;strength;since;note\n" + ties).encode("utf-8-sig")}
    with tempfile.TemporaryDirectory() as folder:
        nx.write_graphml(graph, f"{folder}/net.graphml")
        nx.write_gexf(graph, f"{folder}/net.gexf")
        for suffix in (".graphml", ".gexf"):
            files[suffix] = Path(f"{folder}/net{suffix}").read_bytes()
    files[".json"] = json.dumps(nx.node_link_data(graph), indent=1, ensure_ascii=False).encode()
    return files


PIECES = [
    b"\0",
    b'"',
    b"'",
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r",
    b"<",
    b">",
    b"/>",
    b"&",
    b"&#0;",
    b"&#xD800;",
    b"]]>",
    b"<!--",
    b"<![CDATA[",
    b"<!DOCTYPE x>",
    b"<?x?>",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"null",
    b"true",
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"-1",
    b"99999999999999999999",
    b"\\ud800",
    b"\\",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xe9",
    b"\xc3",
    b"\xed\xa0\x80",
    b"f1",
    b"year",
    b"layer",
    b'id="f1"',
    b"2001,5",
]


def mutant(luck, content):
    """Return a good file with one to four things done to it."""
    content = bytearray(content)
    for _ in range(luck.choice([1, 1, 1, 2, 4])):
        at = luck.randrange(len(content) + 1)
        kind = luck.randrange(8)
        if kind == 0 and content:
            content[luck.randrange(len(content))] ^= 1 << luck.randrange(8)
        elif kind == 1:
            del content[at:]
        elif kind == 2:
            content[at:at] = luck.choice(PIECES)
        elif kind == 3:
            content[at : at + luck.randrange(12)] = luck.choice(PIECES)
        elif kind == 4:
            content[at:at] = luck.randbytes(luck.randint(1, 6))
        elif kind == 5:
            del content[at : at + luck.randint(1, 40)]
        else:
            lines = content.splitlines(keepends=True)
            if not lines:
                continue
            one, two = luck.randrange(len(lines)), luck.randrange(len(lines))
            if kind == 6:
                lines.insert(one, lines[two])
            else:
                a, b = luck.sample([b",", b";", b"\t", b"<", b">", b'"', b":", b"="], 2)
                lines[one] = lines[one].replace(a, b)
            content = bytearray(b"".join(lines))
    return bytes(content)


def try_mutants(folder, count, seed):
    """Read mutants of every format; return how many were read and how many refused."""
    files = good_files()
    read = refusals = 0
    for k in range(count):
        suffix = list(files)[k % len(files)]
        luck = random.Random(f"{seed}-{k}")
        path = folder / f"net{suffix}"
        path.write_bytes(mutant(luck, files[suffix]))
        began = time.perf_counter()
        try:
            net = read_network(path)
        except Refusal as refusal:
            refusals += 1
            assert refusal.problems and all(problem.isprintable() for problem in refusal.problems)
            assert len(str(refusal).splitlines()) <= 3
        else:
            read += 1
            check(net)
        assert time.perf_counter() - began < 1, f"mutant {seed}-{k} took over a second"
    return read, refusals


def check(net):
    """Assert what holds for any network that was read."""
    assert len(net.ids) == len(set(net.ids)) == len(net.names) and all(net.ids) and all(net.names)
    assert not (net.source == net.target).any()
    assert not ((net.strength < 0) | (net.strength > 1)).any()
    assert not ((net.since < 1000) | (net.since > 3000)).any()
    assert not (net.attributes["size"] <= 0).any()
    ties = set()
    for a, b, layer, both in zip(net.source, net.target, net.layer, net.direction, strict=True):
        for way in [(a, b), (b, a)] if layer == 0 and both else [(a, b) if layer == 0 else tuple(sorted((a, b)))]:
            assert (layer, *way) not in ties
            ties.add((layer, *way))
    for column in [*net.extra_ties.values()]:
        assert len(column) == net.source.size
    "".join(net.names).encode("utf-8")


def test_good_files_are_good(tmp_path):
    for suffix, content in good_files().items():
        (tmp_path / f"net{suffix}").write_bytes(content)
        check(read_network(tmp_path / f"net{suffix}"))


def test_500_mutants_are_read_or_refused(tmp_path):
    """Protects the program from any content of a file; the mutants are the same every time."""
    read, refusals = try_mutants(tmp_path, 500, "short")
    assert read >= 25 and refusals >= 250


@pytest.mark.long
def test_10000_mutants_are_read_or_refused(tmp_path):
    """The same at length."""
    read, refusals = try_mutants(tmp_path, 10_000, "long")
    assert read >= 500 and refusals >= 5000


def spoiled_states(path):
    """Files that claim to be saved states: truncated, patched out of bounds, of another shape, not one at all."""
    import io

    whole = path.read_bytes()
    yield whole[: len(whole) // 2]
    yield b"PK nonsense"
    with np.load(path) as arrays:
        good = {name: arrays[name] for name in arrays.files}
    for name, value in (
        ("development.nbr", np.full_like(good["development.nbr"], 2_000_000_000)),
        ("firms.sector", np.full_like(good["firms.sector"], 90)),
        ("firms.cash", np.full_like(good["firms.cash"], np.nan)),
        ("ptr.strategic", good["ptr.strategic"][::-1].copy()),
        ("slots", good["slots"] + 5),
        ("scalars", np.frombuffer(b"{}", np.uint8)),
    ):
        buffer = io.BytesIO()
        np.savez(buffer, **(good | {name: value}))
        yield buffer.getvalue()


def test_a_damaged_state_is_refused_and_crashes_nothing(tmp_path):
    from emergence.build import make_simulation
    from emergence.compose import compose
    from emergence.step import Simulation

    path = tmp_path / "state.npz"
    make_simulation(compose(["firms=20"])).advance(2).save(path)
    for k, content in enumerate(spoiled_states(path)):
        bad = tmp_path / f"bad{k}.npz"
        bad.write_bytes(content)
        with pytest.raises(Refusal):
            Simulation.load(bad)
    with pytest.raises(Refusal, match="no such file"):
        Simulation.load(tmp_path / "none.npz")


def test_a_state_imports_nothing_that_it_names(tmp_path, monkeypatch):
    import json

    from emergence.build import make_simulation
    from emergence.compose import compose
    from emergence.step import Simulation

    (tmp_path / "evilmod.py").write_text("raise SystemExit('executed')")
    monkeypatch.chdir(tmp_path)
    make_simulation(compose(["firms=20"])).save(tmp_path / "state.npz")
    with np.load(tmp_path / "state.npz") as arrays:
        good = {name: arrays[name] for name in arrays.files}
    scalars = json.loads(good["scalars"].tobytes())
    scalars["extra"]["settings"]["plugins"] = ["evilmod"]
    good["scalars"] = np.frombuffer(json.dumps(scalars).encode(), np.uint8)
    np.savez(tmp_path / "sent.npz", **good)
    with pytest.raises(Refusal, match="evilmod"):
        Simulation.load(tmp_path / "sent.npz")
