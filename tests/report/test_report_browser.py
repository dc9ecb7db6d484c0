"""The pages as people use them: in a browser, from disk, without a server."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from qa_analyzer.report.report import write_report

pytestmark = pytest.mark.browser

CALLS = 70
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def report(made_up: ModuleType, tone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of which two calls have their recording."""
    sha256 = hashlib.sha256(tone.read_bytes()).hexdigest()
    heard = (
        made_up.evaluation(made_up.BILLING, call_id="heard", sha256=sha256),
        made_up.evaluation(made_up.RUDE, call_id="rude", sha256=sha256, mono=True),
    )
    report_data = made_up.report_data(
        (*made_up.evaluations(CALLS - len(heard)), *heard), audio_paths={"heard": tone, "rude": tone}
    )
    out_dir = tmp_path_factory.mktemp("browser")
    write_report(report_data, out_dir)
    return out_dir


@dataclass
class Visit:
    """One opened page; ``faults``: console messages, exceptions, dialogs, requests that leave the disk."""

    page: Any
    faults: list[str]


@pytest.fixture
def visit(browser: Any, report: Path) -> Iterator[Callable[..., Visit]]:
    """Open a page of the report; at the end no page may have had a fault."""
    visits: list[Visit] = []
    context = browser.new_context()

    def opened(name: str, *, width: int = 1280, folder: Path = report) -> Visit:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        visit = Visit(page, [])
        page.on("console", lambda message: visit.faults.append(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: visit.faults.append(f"exception: {error}"))
        page.on("dialog", lambda dialog: (visit.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: _watch(request.url, visit.faults))
        page.goto(f"{folder.as_uri()}/{name}")
        visits.append(visit)
        return visit

    yield opened
    faults = [fault for visit in visits for fault in visit.faults]
    context.close()
    assert faults == []


def _wait(page: Any, condition: str, timeout_s: float = 10.0) -> None:
    """Wait for a condition on ``audio``; Playwright's own waiting needs the eval that the pages forbid."""
    deadline_s = time.monotonic() + timeout_s
    while not page.evaluate(
        f"(() => {{ const audio = document.getElementById('audio'); return {condition}; }})()"
    ):
        assert time.monotonic() < deadline_s, f"never came true: {condition}"
        page.wait_for_timeout(50)


def _watch(url: str, faults: list[str]) -> None:
    if not url.startswith("file://"):
        faults.append(f"request: {url}")


PAGES = ("index.html", "agents/A101.html", "calls/heard.html", "calls/rude.html", "calls/C0006.html")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_pages_open_without_fault_and_fit(visit: Callable[..., Visit], name: str, width: int) -> None:
    page = visit(name, width=width).page
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Nothing may be cut off either: what is wider than the page scrolls in its own box.
    cut = page.evaluate(
        """() => [...document.querySelectorAll('main *')]
            .filter((element) => !element.closest('.scroll, .sr, svg') && element.clientWidth)
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
            .map((element) => element.outerHTML.slice(0, 80))"""
    )
    assert cut == []


def test_a_verdict_plays_from_its_moment_and_shows_its_turn(visit: Callable[..., Visit]) -> None:
    page = visit("calls/heard.html").page
    _wait(page, "audio.readyState >= 1")
    assert page.evaluate("document.getElementById('audio').duration") == pytest.approx(60, abs=0.1)
    jump = page.locator(".verdict-box:has(#criterion-ownership) > .jump")
    start_s = float(jump.get_attribute("data-start"))
    assert start_s > 20
    jump.click()
    _wait(page, f"audio.currentTime > {start_s}")
    now_s = page.evaluate("document.getElementById('audio').currentTime")
    assert start_s <= now_s < start_s + 5
    assert not page.evaluate("document.getElementById('audio').paused")
    current = page.locator(".turn[aria-current=true]")
    assert current.get_attribute("id") == "turn-4"
    assert "自己去营业厅问一下" in current.inner_text()
    # The click listens; it does not fold the verdict away.
    assert page.locator("#criterion-ownership").get_attribute("open") is not None
    seen = page.evaluate(
        """() => {
            const box = document.getElementById('turns').getBoundingClientRect();
            const turn = document.getElementById('turn-4').getBoundingClientRect();
            return turn.top >= box.top - 1 && turn.bottom <= box.bottom + 1;
        }"""
    )
    assert seen
    assert page.locator("#playhead.on").count() == 1


def test_playing_goes_on_to_the_next_turn(visit: Callable[..., Visit]) -> None:
    page = visit("calls/heard.html").page
    _wait(page, "audio.readyState >= 1")
    page.locator("#turn-1 .jump").click()
    start_s = float(page.locator("#turn-2").get_attribute("data-start"))
    page.evaluate(f"document.getElementById('audio').currentTime = {start_s - 0.3}")
    page.wait_for_selector("#turn-2[aria-current=true]", timeout=5000)


def test_a_verdict_is_played_with_the_keyboard(visit: Callable[..., Visit]) -> None:
    page = visit("calls/heard.html").page
    _wait(page, "audio.readyState >= 1")
    page.locator("#criterion-ownership summary").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    _wait(page, "audio.currentTime > 20")
    assert page.locator(".turn[aria-current=true]").get_attribute("id") == "turn-4"


def test_the_timeline_seeks_and_the_speed_changes(visit: Callable[..., Visit]) -> None:
    page = visit("calls/heard.html").page
    _wait(page, "audio.readyState >= 1")
    box = page.locator("#timeline").bounding_box()
    length_s = float(page.locator("#timeline").get_attribute("data-length"))
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 5)
    _wait(page, f"audio.currentTime >= {length_s / 2 - 0.5}")
    page.select_option("#speed", "1.5")
    assert page.evaluate("document.getElementById('audio').playbackRate") == 1.5


def test_without_a_recording_a_verdict_shows_its_words(visit: Callable[..., Visit]) -> None:
    page = visit("calls/C0006.html", width=390).page
    jump = page.locator(".verdict-box:has(#criterion-closing_courtesy) > .jump")
    jump.scroll_into_view_if_needed()
    jump.click()
    page.wait_for_timeout(600)
    current = page.locator(".turn[aria-current=true]")
    assert current.count() == 1
    assert current.evaluate(
        """(turn) => {
            const box = turn.getBoundingClientRect();
            return box.top >= 0 && box.bottom <= innerHeight;
        }"""
    )


def test_a_link_to_a_turn_is_ready_to_play_there(visit: Callable[..., Visit]) -> None:
    page = visit("calls/heard.html#turn-4").page
    page.wait_for_selector("#turn-4[aria-current=true]")
    start_s = float(page.locator("#turn-4").get_attribute("data-start"))
    _wait(page, f"Math.abs(audio.currentTime - {start_s}) < 0.1")
    assert page.evaluate("document.getElementById('audio').paused")


def test_a_lost_point_opens_its_verdict(visit: Callable[..., Visit]) -> None:
    page = visit("calls/heard.html").page
    page.locator("#criterion-greeting summary .badge").click()
    page.locator("#criterion-greeting summary .badge").click()
    assert page.locator("#criterion-greeting").get_attribute("open") is None
    page.locator("#turn-0 a.chip[href='#criterion-greeting']").click()
    assert page.locator("#criterion-greeting").get_attribute("open") is not None


def _column(page: Any, number: int) -> list[str]:
    texts: list[str] = page.locator(f"table.calls tbody tr > :nth-child({number})").all_inner_texts()
    return texts


def test_calls_are_paged(visit: Callable[..., Visit]) -> None:
    page = visit("index.html").page
    first = _column(page, 1)
    assert len(first) == 50
    page.get_by_role("button", name="下一页").click()
    second = _column(page, 1)
    assert len(second) == CALLS - 50
    assert not set(first) & set(second)
    assert page.get_by_role("button", name="下一页").is_disabled()


def test_calls_are_searched_and_filtered(visit: Callable[..., Visit]) -> None:
    page = visit("index.html").page
    page.get_by_role("searchbox").fill("郑雨欣 c00")
    assert set(_column(page, 2)) == {"郑雨欣（A103）"}
    page.get_by_role("button", name="清除条件").click()
    assert f"符合 {CALLS} 通" in page.locator(".pager").inner_text()
    page.select_option("[data-filter=grade]", "red")
    assert all("红线" in grade for grade in _column(page, 7))
    page.get_by_role("button", name="清除条件").click()
    page.select_option("[data-filter=criterion]", label="先安抚后处理")
    assert all(
        "先安抚后处理" in title
        for title in page.locator("td.ticks").evaluate_all("(cells) => cells.map((cell) => cell.title)")
    )
    page.get_by_role("searchbox").fill("没有这样的通话")
    assert _column(page, 1) == ["没有符合条件的通话。"]


def test_calls_are_sorted_and_what_is_missing_comes_last(visit: Callable[..., Visit]) -> None:
    page = visit("index.html").page
    header = page.locator("table.calls th", has_text="得分")
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    falling = [float(text) for text in _column(page, 6)]
    assert falling == sorted(falling, reverse=True)
    header.get_by_role("button").press("Enter")
    assert header.get_attribute("aria-sort") == "ascending"
    rising = [float(text) for text in _column(page, 6)]
    assert rising == sorted(rising)
    assert rising[0] == 0
    page.locator("table.calls th", has_text="时长").get_by_role("button").click()
    page.get_by_role("button", name="下一页").click()
    lengths = _column(page, 5)
    assert lengths[-1] == "—"
    page.get_by_role("button", name="上一页").click()
    assert "—" not in _column(page, 5)


def test_a_figure_leads_to_its_calls(visit: Callable[..., Visit]) -> None:
    page = visit("index.html").page
    link = page.locator("[data-find-criterion=ownership][data-find-verdict=f]")
    count = int(link.inner_text())
    link.click()
    assert f"符合 {count} 通" in page.locator(".pager").inner_text()
    assert page.locator("[data-filter=verdict]").input_value() == "f"
    page.locator("[data-find-tag=buck_passing]").click()
    assert all("推诿" in tags for tags in _column(page, 9))


def test_agents_are_sorted(visit: Callable[..., Visit]) -> None:
    page = visit("index.html").page
    rows = page.locator("#agents tbody tr")
    assert rows.first.locator("th").inner_text() == "周晓彤（A101）"
    page.locator("#agents th", has_text="平均得分").get_by_role("button").click()
    means = [float(text) for text in rows.locator(":nth-child(4)").all_inner_texts() if text]
    assert means == sorted(means, reverse=True)


def test_the_first_tab_skips_to_the_content(visit: Callable[..., Visit]) -> None:
    page = visit("index.html").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_paper_shows_everything(visit: Callable[..., Visit]) -> None:
    page = visit("calls/heard.html").page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert not page.locator("audio").is_visible()
    assert page.evaluate("getComputedStyle(document.getElementById('turns')).overflowY") == "visible"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() > 0


def test_a_hostile_call_runs_nothing(
    made_up: ModuleType, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    words = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`${alert(3)}"
    plot = replace(
        made_up.REPAIR,
        turns=tuple((role, words) for role, _ in made_up.REPAIR.turns),
        quotes={"greeting": (0, words)},
    )
    plot = replace(plot, complaints=((words, words, 1, words),), fails={"greeting": words})
    write_report(
        made_up.report_data((made_up.evaluation(plot, call_id="C1", agent=(words, words, words)),)), tmp_path
    )
    (agent,) = (tmp_path / "agents").iterdir()
    for name in ("index.html", "calls/C1.html", f"agents/{agent.name}"):
        page = visit(name, folder=tmp_path).page
        assert words in page.locator("main").inner_text()
    assert page.locator("table.calls tbody tr").count() == 1


def test_the_policy_stops_a_script_that_got_in(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto(f"{report.as_uri()}/index.html")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.owned = 1\">')")
    page.evaluate(
        """() => {
            const made = document.createElement('script');
            made.textContent = 'window.owned = 2';
            document.body.append(made);
        }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.owned") is None
    page.close()
