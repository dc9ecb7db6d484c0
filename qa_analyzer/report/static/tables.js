"use strict";
// Sorting of finished tables, and the table of calls: drawn a page at a time from rows of text, never from markup.
(() => {
  const PAGE_ROWS = 50;
  const collator = new Intl.Collator("zh-CN", { numeric: true });

  function element(name, options = {}, children = []) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(options)) {
      if (key === "text") made.textContent = value;
      else if (key === "class") made.className = value;
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  // Missing figures come last whichever way the column is sorted.
  function compare(left, right, descending) {
    const leftMissing = left === null || left === "";
    const rightMissing = right === null || right === "";
    if (leftMissing || rightMissing) return leftMissing - rightMissing;
    const order = typeof left === "number" ? left - right : collator.compare(left, right);
    return descending ? -order : order;
  }

  function sortButton(header, onSort) {
    const button = element("button", { type: "button" });
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      // Figures are most often wanted from the top, names from the start.
      const first = header.dataset.sort === "number" ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const next = header.getAttribute("aria-sort") === first ? other : first;
      for (const sibling of header.parentElement.children) sibling.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", next);
      onSort(next === "descending");
    });
  }

  function sortable(table) {
    const headers = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    headers.forEach((header, index) => {
      if (!header.dataset.sort) return;
      const numeric = header.dataset.sort === "number";
      const valueOf = (row) => {
        const cell = row.cells[index];
        const text = cell.dataset.value ?? cell.textContent.trim();
        if (!numeric) return text === "—" ? "" : text;
        const value = Number.parseFloat(text);
        return Number.isNaN(value) ? null : value;
      };
      sortButton(header, (descending) => {
        const rows = [...body.rows].map((row) => [valueOf(row), row]);
        rows.sort((a, b) => compare(a[0], b[0], descending));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  function callTable(host) {
    const { rows, criteria, tags, words } = JSON.parse(document.getElementById(host.dataset.table).textContent);
    const grades = ["excellent", "pass", "to_improve", "fail", "unscored"];
    for (const row of rows) row.text = `${row.id} ${row.agent} ${row.team} ${row.queue}`.toLowerCase();
    const state = { text: "", team: "", grade: "", criterion: "", verdict: "", tag: "", page: 0, sort: null, descending: false };
    let chosen = rows;

    const search = element("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    const filters = element("div", { class: "filters", role: "search", "aria-label": words.filters }, [
      element("label", { class: "grow", text: words.search }, [search]),
    ]);
    function select(key, label, options) {
      const field = element("select", { "data-filter": key }, [element("option", { value: "", text: words.all })]);
      for (const [value, text] of options) field.append(element("option", { value, text }));
      field.addEventListener("change", () => {
        state[key] = field.value;
        update();
      });
      filters.append(element("label", { text: label }, [field]));
    }
    const teams = [...new Set(rows.map((row) => row.team))].filter(Boolean).sort(collator.compare);
    if (teams.length > 1) select("team", words.filter_team, teams.map((team) => [team, team]));
    select("grade", words.filter_grade, [
      ...grades.filter((grade) => rows.some((row) => row.grade === grade)).map((grade) => [grade, words[`grade_${grade}`]]),
      ...(rows.some((row) => row.red) ? [["red", words.red]] : []),
    ]);
    select("criterion", words.filter_criterion, criteria.map((criterion, index) => [String(index), criterion.name]));
    select("verdict", words.filter_verdict, ["f", "u", "p", "n"].map((letter) => [letter, words[`verdict_${letter}`]]));
    if (Object.keys(tags).length) select("tag", words.filter_tag, Object.entries(tags));
    const reset = element("button", { type: "button", class: "button", text: words.reset });
    filters.append(reset);

    const columns = [
      ["call", "text", (row) => row.id],
      ["agent", "text", (row) => row.agent],
      ["team", "text", (row) => row.team],
      ["at", "text", (row) => row.at],
      ["duration", "number", (row) => row.s],
      ["score", "number", (row) => row.score],
      ["grade", "text", null],
      ["verdicts", "number", (row) => [...row.v].filter((letter) => letter === "f").length],
      ["tags", "text", (row) => row.risks.concat(row.tags).map((code) => tags[code]).join(" ")],
      ["mood", "text", (row) => row.shift],
    ];
    const headRow = element("tr");
    for (const [key, kind, valueOf] of columns) {
      const numeric = kind === "number" && key !== "verdicts";
      const header = element("th", { scope: "col", text: words[key], ...(numeric ? { class: "num" } : {}) });
      headRow.append(header);
      if (!valueOf) continue;
      header.dataset.sort = kind;
      sortButton(header, (descending) => {
        state.sort = valueOf;
        state.descending = descending;
        update();
      });
    }
    const body = element("tbody");
    const table = element("table", { class: "grid calls" }, [
      element("caption", { class: "sr", text: words.caption }),
      element("thead", {}, [headRow]),
      body,
    ]);
    const count = element("span", { "aria-live": "polite" });
    const place = element("span");
    const previous = element("button", { type: "button", class: "button", text: words.previous });
    const next = element("button", { type: "button", class: "button", text: words.next });
    const pager = element("div", { class: "pager" }, [previous, place, next, count]);
    host.append(filters, element("div", { class: "scroll" }, [table]), pager);

    function matches(row) {
      if (state.text && !state.text.split(/\s+/).every((part) => row.text.includes(part))) return false;
      if (state.team && row.team !== state.team) return false;
      if (state.grade && (state.grade === "red" ? !row.red : row.grade !== state.grade)) return false;
      if (state.tag && !row.tags.includes(state.tag) && !row.risks.includes(state.tag)) return false;
      if (state.criterion === "") return !state.verdict || row.v.includes(state.verdict);
      const letter = row.v[Number(state.criterion)];
      // A criterion alone asks for the calls that failed it.
      return letter === (state.verdict || "f");
    }

    function marks(row) {
      const cell = element("td", { class: "ticks" });
      const label = [];
      for (const letter of ["f", "u"]) {
        const names = criteria.filter((_, index) => row.v[index] === letter).map((criterion) => criterion.name);
        if (!names.length) continue;
        cell.append(element("span", { class: letter, text: `${words[`sign_${letter}`]}${names.length} ` }));
        label.push(`${words[`verdict_${letter}`]} ${names.length}: ${names.join(", ")}`);
      }
      if (!label.length) cell.append(element("span", { class: "p", text: words.sign_p }));
      cell.title = label.join("\n") || words.verdict_p;
      return cell;
    }

    function draw(row) {
      const tagCell = element("td");
      for (const code of row.risks) tagCell.append(element("span", { class: "chip c-risk", text: tags[code] }), " ");
      for (const code of row.tags) tagCell.append(element("span", { class: "chip c-complaint", text: tags[code] }), " ");
      const gradeCell = element("td", {}, [
        element("span", { class: `grade g-${row.grade}`, text: words[`grade_${row.grade}`] }),
      ]);
      if (row.red) gradeCell.append(" ", element("span", { class: "reason r-red_line", text: words.red }));
      return element("tr", {}, [
        element("th", { scope: "row" }, [element("a", { href: row.page, text: row.id })]),
        element("td", { text: row.agent }),
        element("td", { text: row.team || "—" }),
        element("td", { class: "num", text: row.at || "—" }),
        element("td", { class: "num", text: row.s === null ? "—" : `${Math.floor(row.s / 60)}:${String(row.s % 60).padStart(2, "0")}` }),
        element("td", { class: "num", text: row.score === null ? "—" : String(row.score) }),
        gradeCell,
        marks(row),
        tagCell,
        element("td", { text: row.shift ? (words[`shift_${row.shift}`] ?? row.shift) : "—" }),
      ]);
    }

    function drawPage() {
      const pages = Math.max(1, Math.ceil(chosen.length / PAGE_ROWS));
      state.page = Math.min(state.page, pages - 1);
      const from = state.page * PAGE_ROWS;
      body.replaceChildren(...chosen.slice(from, from + PAGE_ROWS).map(draw));
      if (!chosen.length) body.append(element("tr", {}, [element("td", { colspan: String(columns.length), text: words.none_found })]));
      place.textContent = words.page.replace("{page}", state.page + 1).replace("{pages}", pages);
      count.textContent = words.shown.replace("{count}", chosen.length).replace("{total}", rows.length);
      previous.disabled = state.page === 0;
      next.disabled = state.page === pages - 1;
    }

    function update() {
      chosen = rows.filter(matches);
      if (state.sort) {
        const keyed = chosen.map((row) => [state.sort(row), row]);
        keyed.sort((a, b) => compare(a[0], b[0], state.descending));
        chosen = keyed.map(([, row]) => row);
      }
      state.page = 0;
      drawPage();
    }

    search.addEventListener("input", () => {
      state.text = search.value.trim().toLowerCase();
      update();
    });
    reset.addEventListener("click", () => {
      search.value = "";
      Object.assign(state, { text: "", team: "", grade: "", criterion: "", verdict: "", tag: "" });
      for (const field of filters.querySelectorAll("select")) field.value = "";
      update();
    });
    // A figure elsewhere on the page leads to the calls behind it.
    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-find-criterion], [data-find-tag]");
      if (!link) return;
      reset.click();
      const index = criteria.findIndex((criterion) => criterion.id === link.dataset.findCriterion);
      const wanted = { criterion: index < 0 ? "" : String(index), verdict: link.dataset.findVerdict ?? "", tag: link.dataset.findTag ?? "" };
      Object.assign(state, wanted);
      for (const [key, value] of Object.entries(wanted)) {
        const field = filters.querySelector(`[data-filter="${key}"]`);
        if (field) field.value = value;
      }
      update();
    });
    previous.addEventListener("click", () => {
      state.page -= 1;
      drawPage();
    });
    next.addEventListener("click", () => {
      state.page += 1;
      drawPage();
    });
    drawPage();
  }

  // What can be scrolled must be reached by the keyboard, and only then.
  const reachable = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });

  for (const table of document.querySelectorAll("table.sortable")) sortable(table);
  for (const host of document.querySelectorAll(".call-table")) callTable(host);
  for (const box of document.querySelectorAll(".scroll")) reachable.observe(box);
})();
