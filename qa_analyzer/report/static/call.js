"use strict";
// Listening: a moment anywhere on the page plays from there and shows its turn. Without a recording it only shows it.
(() => {
  const audio = document.getElementById("audio");
  const list = document.getElementById("turns");
  const turns = [...document.querySelectorAll(".turn")];
  const timeline = document.getElementById("timeline");
  const playhead = document.getElementById("playhead");
  const spoken = document.getElementById("spoken");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let shown = null;

  if (audio) document.body.classList.add("has-audio");

  // Scrolls only the transcript, so that the verdict being read stays where it is; on narrow screens, the page.
  function bring(turn) {
    if (list.scrollHeight > list.clientHeight + 1) {
      const box = list.getBoundingClientRect();
      const at = turn.getBoundingClientRect();
      if (at.top < box.top || at.bottom > box.bottom) {
        const top = list.scrollTop + at.top - box.top - (box.height - at.height) / 3;
        list.scrollTo({ top, behavior: calm ? "auto" : "smooth" });
      }
    }
  }

  function show(turn, follow) {
    if (turn === shown) return;
    for (const marked of document.querySelectorAll(".turn.current, .turnbar.current")) {
      marked.classList.remove("current");
      marked.removeAttribute("aria-current");
    }
    shown = turn;
    if (!turn) return;
    turn.classList.add("current");
    turn.setAttribute("aria-current", "true");
    const bar = document.querySelector(`.turnbar[data-turn="${turn.id.slice(5)}"]`);
    if (bar) bar.classList.add("current");
    if (follow) bring(turn);
  }

  function turnOf(element) {
    return element.dataset.turn === undefined ? null : document.getElementById(`turn-${element.dataset.turn}`);
  }

  // The turn whose start is the latest at or before the moment; turns may overlap.
  function turnAt(seconds) {
    let found = null;
    for (const turn of turns) {
      if (turn.dataset.start !== undefined && Number(turn.dataset.start) <= seconds + 0.05) found = turn;
    }
    return found;
  }

  function seek(seconds) {
    audio.currentTime = seconds;
    const started = audio.play();
    // Browsers may refuse to play; the position is set all the same.
    if (started) started.catch(() => {});
  }

  function listen(element) {
    const turn = turnOf(element);
    const start = element.dataset.start;
    if (turn) show(turn, true);
    if (audio && start !== undefined) {
      seek(Number(start));
      spoken.textContent = element.textContent.trim();
    } else if (turn && list.scrollHeight <= list.clientHeight + 1) {
      turn.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
    }
  }

  document.addEventListener("click", (event) => {
    const jump = event.target.closest(".jump");
    if (jump) {
      event.preventDefault();
      event.stopPropagation();
      listen(jump);
      return;
    }
    const spot = event.target.closest("svg [data-start]");
    if (spot) {
      listen(spot);
      return;
    }
    if (timeline && audio && timeline.contains(event.target)) {
      const box = timeline.getBoundingClientRect();
      seek(((event.clientX - box.left) / box.width) * Number(timeline.dataset.length));
    }
  });

  if (audio) {
    audio.addEventListener("timeupdate", () => {
      const now = audio.currentTime;
      if (playhead) {
        const left = `${(100 * now) / Number(timeline.dataset.length)}%`;
        playhead.setAttribute("x1", left);
        playhead.setAttribute("x2", left);
        playhead.classList.add("on");
      }
      if (!audio.paused) show(turnAt(now), true);
    });
    const speed = document.getElementById("speed");
    speed.addEventListener("change", () => {
      audio.playbackRate = Number(speed.value);
    });
  }

  // A link from another page names a turn: show it and be ready to play from there.
  function arrive() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.classList.contains("turn")) {
      show(target, true);
      if (audio && audio.paused && target.dataset.start !== undefined) audio.currentTime = Number(target.dataset.start);
    }
    if (target.tagName === "DETAILS") target.open = true;
  }
  addEventListener("hashchange", arrive);
  arrive();

  // Paper cannot be clicked: everything is open while printing.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });
})();
