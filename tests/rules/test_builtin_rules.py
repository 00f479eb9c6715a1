"""The rules that come with the program: in order, right about their own examples, loadable from an egg."""

import json
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from crawler.commands.rules import example_document
from pipelines.engine import Document, Engine, Piece, load
from pipelines.engine.document import PARTS
from pipelines.engine.reading import EXAMPLE_KEYS, RULE_KEYS, SIGNAL_KEYS
from pipelines.engine.rule import CATEGORIES, FAMILIES
from pipelines.engine.schema import schema
from pipelines.engine.selftest import failures

RULES = files("rules")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load([RULES]))


def test_every_rule_finds_its_examples_and_spares_the_honest_ones(engine: Engine) -> None:
    assert [str(fault) for fault in failures(engine, example_document)] == []


def test_what_is_not_sought_would_change_nothing(engine: Engine) -> None:
    """A verdict seeks what may still matter, explaining seeks everything: both say the same of all examples."""
    active = {rule.id for rule in engine.ruleset.rules if rule.status == "active"}
    examples = [example for rule in engine.ruleset.rules for example in (*rule.positive, *rule.negative)]
    assert len(examples) > 300
    for document in map(example_document, examples):
        outcomes = [outcome for outcome in engine.explain(document) if outcome.rule in active]
        everything = {outcome.match for outcome in outcomes if outcome.match is not None}
        said = set(engine.judge(document))
        assert said <= everything
        assert {match.vector for match in everything - said} <= {"linked"}, "links of a planted page are left out"


def test_the_self_test_can_fail(tmp_path: Path) -> None:
    text = (RULES / "loans.yaml").read_text("utf-8")
    (tmp_path / "common.yaml").write_text((RULES / "common.yaml").read_text("utf-8"), encoding="utf-8")
    (tmp_path / "loans.yaml").write_text(text.replace('unless: "honest_police or', 'unless: "loan_words or'), "utf-8")
    found = failures(Engine(load([tmp_path])), example_document)
    assert any("positive example is not found: an honest context spares it" in fault.text for fault in found)


def test_rules_load_from_an_egg_as_from_a_folder(tmp_path: Path) -> None:
    egg = tmp_path / "project.egg"
    with zipfile.ZipFile(egg, "w") as archive:
        for name in ("common.yaml", "gambling.yaml", "lists/lists.yaml"):
            archive.writestr(f"rules/{name}", (RULES / name).read_bytes())
        archive.writestr(
            "rules/lists/own.yaml",
            'format: 1\nkind: lists\nlists:\n  - {file: "a.txt", category: adult, format: plain}\n',
        )
        archive.writestr("rules/lists/a.txt", "xxx.example\n")
    folder = tmp_path / "rules"
    folder.mkdir()
    for name in ("common.yaml", "gambling.yaml"):
        (folder / name).write_bytes((RULES / name).read_bytes())
    packed = load([zipfile.Path(egg, "rules/")])
    assert packed.digest == load([folder]).digest
    assert packed.lists.match("www.xxx.example", "adult") == "xxx.example"


def test_the_schema_beside_the_rules_is_the_loaders(engine: Engine) -> None:
    assert json.loads((RULES / "schema.json").read_text("utf-8")) == schema()


def test_the_page_about_the_format_names_every_word_of_it() -> None:
    page = (RULES / "README.md").read_text("utf-8")
    words = {*RULE_KEYS, *SIGNAL_KEYS, *FAMILIES, *PARTS, *EXAMPLE_KEYS} - {"when", "unless"}
    assert sorted(word for word in words if word not in page) == []
    assert len(page.splitlines()) < 140


def test_the_rule_in_the_page_about_the_format_works_as_it_stands(tmp_path: Path) -> None:
    page = (RULES / "README.md").read_text("utf-8")
    (tmp_path / "cakes.yaml").write_text(page.split("```yaml\n")[1].split("```")[0], "utf-8")
    engine = Engine(load([RULES, tmp_path]))
    found = engine.judge(Document(None, "", "text", [Piece("text", "Bán bánh lậu giá sỉ")]))
    assert [(match.rule, match.confidence) for match in found] == [("smuggled-cakes", "confirmed")]
    assert failures(engine, example_document) == []


@pytest.mark.parametrize("category", ["gambling", "adult", "loans"])
def test_each_vector_has_a_rule(engine: Engine, category: str) -> None:
    assert category in CATEGORIES
    names = {rule.id.rpartition("-")[2] for rule in engine.ruleset.rules if rule.category == category}
    assert {"promotion", "links", "redirect"} <= names


def test_remedies_are_vietnamese(engine: Engine) -> None:
    for rule in engine.ruleset.rules:
        assert any(letter in rule.remedy for letter in "ạảãâấầẩđêếềệôốộơợưứự"), rule.id
        assert rule.falsepositives, rule.id


@pytest.mark.parametrize(
    "spam",
    [
        "NHÀ CÁI ABC88 - NẠP ĐẦU TẶNG 100K",
        "nha cai abc88 nap dau tang 100k",
        "n.h.à c.á.i ABC88, nạp đầu 100%",
        "𝐧𝐡à 𝐜á𝐢 𝐀𝐁𝐂𝟖𝟖 nạp đầu 100%",
        "nhà\u00adcái".replace("\u00ad", " ") + " ABC88 nạp đầu",
        "Công an bắt giữ. Nhà cái ABC88, link vào https://abc88.example/ nạp đầu 100%",
    ],
)
def test_disguises_and_bought_innocence_do_not_help(engine: Engine, spam: str) -> None:
    from pipelines.judge import text_document

    assert engine.verdict(text_document(spam)).word == "confirmed"


@pytest.mark.parametrize(
    "honest",
    [
        "Bàn ca nhạc chào mừng năm học mới tại sân trường",
        "Học sinh lớp 6A bắn cá bằng cung tên trong trò chơi dân gian",
        "Lịch thi: phòng 88, số báo danh 789, lớp 12A7, khóa K68",
        "Trường có sân chơi, trò chơi vận động, ưu đãi học phí, đăng ký ngay tại văn phòng",
        "Casino là gì? Theo Nghị định, người Việt Nam vào casino phải đủ điều kiện; vi phạm bị phạt tiền",
        "Thầy Nguyễn Văn Cái làm nhà cho hộ nghèo",
    ],
)
def test_school_life_is_clean(engine: Engine, honest: str) -> None:
    from pipelines.judge import text_document

    assert engine.verdict(text_document(honest)).word == "clean"


def test_a_box_of_betting_partners_is_linked_although_its_anchors_stand_in_the_text(engine: Engine) -> None:
    anchors = ("ABC99 – nhà cái cá cược thể thao", "Game bài đổi thưởng Tài xỉu 68", "Soi cầu lô đề miền Bắc")
    pieces = [Piece("text", "Đối tác " + " ".join(anchors), "main>div.partners")]
    pieces += [Piece("anchor", a, "main>div.partners", target=f"http://p{n}.example/") for n, a in enumerate(anchors)]
    found = engine.judge(Document("https://s.vn/doi-tac", "s.vn", "html", pieces))
    assert {(match.category, match.vector) for match in found} == {("gambling", "linked")}
