from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import pytest

from qa_analyzer.analysis.call_analysis import Rise, VoiceCue, VoiceCueKind
from qa_analyzer.analysis.rising_terms import RisingTerm, TermExample
from qa_analyzer.report.html_pages import content_policy
from qa_analyzer.report.report import write_report
from qa_analyzer.scoring.evaluation import Verdict

GOLDEN = Path(__file__).with_name("golden")

ReadPage = Callable[[str], Any]


def _pages(out_dir: Path) -> dict[str, str]:
    return {
        path.relative_to(out_dir).as_posix(): path.read_text("utf-8")
        for path in sorted(out_dir.rglob("*.html"))
    }


@pytest.fixture(scope="module", params=["zh", "en"])
def report(
    request: pytest.FixtureRequest, made_up: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A report with text and mono calls, an agent nobody named and an odd call id."""
    calls = [
        *made_up.evaluations(24),
        made_up.evaluation(
            made_up.RUDE, call_id="A/B 通话#1?x=%41", agent=(None, None, None), started_at=None
        ),
    ]
    out_dir = tmp_path_factory.mktemp(f"report-{request.param}")
    write_report(made_up.report_data(calls), out_dir, lang=request.param)
    return out_dir


def test_every_call_and_agent_has_a_page(report: Path) -> None:
    assert len(list((report / "calls").iterdir())) == 25
    assert len(list((report / "agents").iterdir())) == 7


@pytest.fixture(scope="module")
def pages(report: Path, read_page: ReadPage) -> dict[str, Any]:
    """The report's pages, parsed."""
    return {name: read_page(html) for name, html in _pages(report).items()}


def test_links_lead_to_files_and_places_that_are_there(pages: dict[str, Any]) -> None:
    followed = 0
    for name, page in pages.items():
        for link in page.links:
            path, _, fragment = link.partition("#")
            target = os.path.normpath(PurePosixPath(name).parent / unquote(path)) if path else name
            assert target in pages, (name, link)
            if fragment:
                assert fragment in pages[target].ids, (name, link)
            followed += 1
    assert followed > 500


def test_rows_of_the_call_table_lead_to_pages(report: Path) -> None:
    listed = {}
    for name, html in _pages(report).items():
        for table in re.findall(r'<script type="application/json" id="call-rows">(.*?)</script>', html):
            rows = json.loads(table)["rows"]
            listed[name] = len(rows)
            for row in rows:
                assert (report / PurePosixPath(name).parent / row["page"]).resolve().is_file(), (name, row)
    assert listed.pop("index.html") == sum(listed.values()) == 25


def test_nothing_leads_out_of_the_report(report: Path) -> None:
    for name, html in _pages(report).items():
        assert not re.search(r"(?i)https?:|//[a-z]|@import|url\((?!#)", html), name


def test_every_page_forbids_what_it_does_not_need(report: Path, pages: dict[str, Any]) -> None:
    for name, html in _pages(report).items():
        page = pages[name]
        policies = [
            meta["content"]
            for meta in page.all("meta")
            if meta.get("http-equiv") == "Content-Security-Policy"
        ]
        (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
        (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        assert policies == [content_policy(script, style)]
        assert "unsafe" not in policies[0]
        # Either would be dead under this policy, and would say that the page is built wrongly.
        assert [attributes for _, attributes in page.elements if "style" in attributes] == []
        assert [key for _, attributes in page.elements for key in attributes if key.startswith("on")] == []


def test_ids_are_unique_and_labels_point_somewhere(pages: dict[str, Any]) -> None:
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), name
        for _, attributes in page.elements:
            if attributes.get("aria-labelledby"):
                assert attributes["aria-labelledby"] in page.ids, name
        assert len(page.all("h1")) == 1, name
        assert all(cell.get("scope") in ("col", "row") for cell in page.all("th")), name
        hidden = [svg for svg in page.all("svg") if svg.get("aria-hidden") == "true"]
        named = [svg for svg in page.all("svg") if svg.get("role") == "img" and svg.get("aria-label")]
        assert len(hidden) + len(named) == len(page.all("svg")), name


def test_the_language_is_declared_and_complete(report: Path, pages: dict[str, Any]) -> None:
    english = report.name.startswith("report-en")
    for name, page in pages.items():
        assert page.all("html") == [{"lang": "en" if english else "zh-CN"}]
        assert "{" not in page.text, name
    text = pages["index.html"].text
    assert ("Call quality report" in text) is english
    assert ("通话质检报告" in text) is not english


HOSTILE = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)></title></style>"
    "&amp;]]>{{7*7}}{% x %}😀\u202e\u2028"
)


def test_what_is_said_in_a_call_never_becomes_markup(
    made_up: ModuleType, tmp_path: Path, read_page: ReadPage
) -> None:
    plot = replace(
        made_up.REPAIR,
        turns=tuple((role, f"{text}{HOSTILE}") for role, text in made_up.REPAIR.turns),
        complaints=(("outage", "network", 1, HOSTILE), (HOSTILE, HOSTILE, 3, "信号")),
        quotes={**made_up.REPAIR.quotes, "offer_help": (0, HOSTILE)},
        fails={"offer_help": HOSTILE},
    )
    hostile = made_up.evaluation(plot, call_id=f"x{HOSTILE}", agent=(f"a{HOSTILE}", HOSTILE, HOSTILE))
    plain = made_up.evaluation(made_up.REPAIR, call_id="plain", flips={"offer_help": Verdict.FAIL})
    failure = replace(made_up.report_data().failures[0], call_id=HOSTILE, message=HOSTILE, source=HOSTILE)
    report_data = made_up.report_data((hostile, plain), failures=(failure,))
    write_report(report_data, tmp_path)
    for name, html in _pages(tmp_path).items():
        page = read_page(html)
        assert len(page.all("script")) == (1 if name.startswith("calls/") else 2), name
        assert page.all("img") == [], name
        assert "<script>alert" not in html
        assert [key for _, attributes in page.elements for key in attributes if key.startswith("on")] == []
        assert len(page.all("body")) == len(page.all("style")) == len(page.all("main")) == 1
    (call_page,) = [html for name, html in _pages(tmp_path).items() if name.startswith("calls/x")]
    shown = "".join(read_page(call_page).texts)
    # It is all there to read, as it was said.
    assert shown.count(HOSTILE) >= len(plot.turns)


def test_equal_input_gives_equal_pages(made_up: ModuleType, tmp_path: Path) -> None:
    report_data = made_up.report_data(made_up.evaluations(6))
    write_report(report_data, tmp_path / "one")
    write_report(report_data, tmp_path / "two")
    assert _pages(tmp_path / "one") == _pages(tmp_path / "two")


def test_a_resumed_run_shows_the_audio_of_all_its_calls(made_up: ModuleType, tmp_path: Path) -> None:
    report_data = made_up.report_data(made_up.evaluations(2))
    resumed = replace(report_data.run, audio_s=0.0, heard_s=2.5 * 3600)
    index = write_report(replace(report_data, run=resumed), tmp_path).read_text("utf-8")
    assert "<dt>录音时长（小时）</dt><dd>2.50</dd>" in index
    assert "倍实时" not in index, "nothing was processed in this run, so it had no pace"


def test_a_report_of_nothing_still_says_what_failed(
    made_up: ModuleType, tmp_path: Path, read_page: ReadPage
) -> None:
    index = write_report(made_up.report_data(()), tmp_path)
    text = read_page(index.read_text("utf-8")).text
    assert "C9001" in text
    assert "文件为空" in text


def test_an_unscored_call_shows_a_dash_and_no_zero(
    made_up: ModuleType, tmp_path: Path, read_page: ReadPage
) -> None:
    nothing_judged = made_up.evaluation(flips=dict.fromkeys(made_up.WEIGHTS, Verdict.UNSCORABLE))
    write_report(made_up.report_data((nothing_judged,), failures=()), tmp_path)
    text = read_page((tmp_path / "calls" / "C0001.html").read_text("utf-8")).text
    assert "— 未评分" in text
    index = read_page((tmp_path / "index.html").read_text("utf-8")).text
    assert "1 通未评分，不计入" in index


def _words(html: str, read_page: ReadPage) -> str:
    """Return what a page says, a line a piece of text: readable in a review, blind to styles and scripts."""
    return "\n".join(line for piece in read_page(html).texts if (line := " ".join(piece.split()))) + "\n"


@pytest.mark.parametrize("name", ["index", "agents/A101", "calls/C0001", "calls/C0002", "calls/C0003"])
def test_pages_say_what_they_said_before(
    name: str, made_up: ModuleType, tmp_path: Path, read_page: ReadPage
) -> None:
    """Compare with the golden pages; set UPDATE_GOLDEN=1 to write them anew, then read the difference."""
    calls = (
        made_up.evaluation(made_up.BILLING, call_id="C0001"),
        made_up.evaluation(made_up.RUDE, call_id="C0002", mono=True),
        made_up.evaluation(
            made_up.REPAIR, call_id="C0003", timed=False, flips={"greeting": Verdict.UNSCORABLE}
        ),
    )
    write_report(made_up.report_data(calls), tmp_path)
    said = _words((tmp_path / f"{name}.html").read_text("utf-8"), read_page)
    golden = GOLDEN / f"{name.replace('/', '-')}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(said, "utf-8")
    assert said == golden.read_text("utf-8")


def test_a_verdict_outside_the_scorecard_is_not_lost(
    made_up: ModuleType, tmp_path: Path, read_page: ReadPage
) -> None:
    report_data = made_up.report_data((made_up.evaluation(),))
    first, *others = report_data.scorecard.sections
    report_data = replace(report_data, scorecard=replace(report_data.scorecard, sections=tuple(others)))
    write_report(report_data, tmp_path)
    page = read_page((tmp_path / "calls" / "C0001.html").read_text("utf-8"))
    assert {f"criterion-{criterion.criterion_id}" for criterion in first.criteria} <= set(page.ids)
    assert "其他评分项" in page.text


@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh", ("声音变大 +6 分贝", "语速变快 +41%")), ("en", ("louder, +6 dB", "faster, +41%"))],
)
def test_a_raised_voice_is_told_beside_the_words(
    made_up: ModuleType, tmp_path: Path, lang: str, words: tuple[str, str]
) -> None:
    plain = made_up.evaluation(call_id="C1")
    rises = {
        VoiceCueKind.LOUDNESS: Rise(6.2, 3.0),
        VoiceCueKind.PITCH: Rise(2.0, 1.0),
        VoiceCueKind.RATE: Rise(0.5, 4.0),
    }
    cue = VoiceCue(1, 3.0, rises, (VoiceCueKind.LOUDNESS, VoiceCueKind.RATE))
    raised = replace(plain, analysis=replace(plain.analysis, voice_cues=(cue, VoiceCue(3, 9.0, rises, ()))))
    write_report(made_up.report_data((raised,)), tmp_path, lang=lang)
    page = (tmp_path / "calls" / "C1.html").read_text("utf-8")
    turn = page[page.index('id="turn-1"') : page.index('id="turn-2"')]
    assert all(word in turn for word in words)
    assert page.count('r-voice"') == 2


def test_rising_terms_lead_to_the_turns_that_hold_them(made_up: ModuleType, tmp_path: Path) -> None:
    call = made_up.evaluation(call_id="C1")
    terms = (
        RisingTerm(
            "闪购礼包",
            9,
            1,
            12.5,
            False,
            (TermExample("C1", 1, "…<b>闪购礼包</b>怎么扣"), TermExample("gone", 0, "别处")),
        ),
        RisingTerm("断网", 5, 0, 8.0, True),
    )
    write_report(made_up.report_data((call,), rising_terms=terms), tmp_path / "two")
    page = (tmp_path / "two" / "index.html").read_text("utf-8")
    assert '<a href="calls/C1.html#turn-1">…&lt;b&gt;闪购礼包&lt;/b&gt;怎么扣</a>' in page
    assert "别处" not in page
    assert '<th scope="row">断网</th><td class="num">5</td><td class="num">0</td><td>是</td>' in page
    write_report(made_up.report_data((call,), rising_terms=()), tmp_path / "none")
    assert "没有明显增多的词" in (tmp_path / "none" / "index.html").read_text("utf-8")
    write_report(made_up.report_data((call,)), tmp_path / "one")
    assert "本周客户说得更多的词" not in (tmp_path / "one" / "index.html").read_text("utf-8")
