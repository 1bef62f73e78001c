"use strict";
(() => {
  const table = document.getElementById("table"), body = table.tBodies[0], find = document.getElementById("find");
  const shown = document.getElementById("shown"), nothing = document.getElementById("nothing");
  const chips = [...document.querySelectorAll("[data-show]")], heads = [...table.querySelectorAll("[data-sort]")];
  const known = new Set(chips.map(chip => chip.dataset.show));
  const order = chips.map(chip => chip.dataset.show);
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const rows = [...body.rows].map((row, index) => ({ row, index, outcome: row.className }));
  const folded = words => words.toLowerCase().normalize("NFKD");
  const text = item => item.text ??= folded([...item.row.cells].slice(0, 5).map(cell => cell.textContent).join(" "));
  const number = (item, key) => item[key] ??= Number(item.row.dataset[key] ?? -1);
  const values = {
    film: item => item.film ??= item.row.cells[0].querySelector("bdi").textContent,
    result: item => item.rank ??= order.indexOf(item.outcome),
    duration: item => number(item, "d"), wait: item => number(item, "w"), start: item => number(item, "s")
  };
  // Of times the longest are wanted first.
  const isUsuallyDown = key => key === "duration" || key === "wait";
  let state = { show: "", sort: "", down: false, words: "" };

  const apply = () => {
    const words = folded(state.words).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const item of rows) {
      const fits = (!state.show || item.outcome === state.show) && words.every(word => text(item).includes(word));
      item.row.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = count === rows.length ? "" : `${count} of ${rows.length} shown`;
    nothing.hidden = count > 0 || rows.length === 0;
    for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.show === state.show));
  };
  const sort = () => {
    const value = values[state.sort], sign = state.down ? -1 : 1;
    const sorted = value ? [...rows].sort((left, right) => {
      const [a, b] = [value(left), value(right)];
      return sign * (typeof a === "string" ? collator.compare(a, b) : a - b) || left.index - right.index;
    }) : rows;
    const all = document.createDocumentFragment();
    for (const item of sorted) all.append(item.row);
    body.append(all);
    for (const head of heads) {
      if (head.dataset.sort === state.sort) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  };
  const remember = () => {
    const parts = [];
    if (state.show) parts.push(state.show);
    if (state.sort) parts.push("sort=" + (state.down === isUsuallyDown(state.sort) ? "" : "-") + state.sort);
    if (state.words) parts.push("find=" + encodeURIComponent(state.words));
    history.replaceState(null, "", "#" + parts.join("&"));
  };
  // #failed&sort=duration&find=words shows a part, sort=-duration the other way round; #jID is a film's row.
  const read = () => {
    const hash = location.hash.slice(1), next = { show: "", sort: "", down: false, words: "" };
    const target = hash && document.getElementById(hash);
    if (target && body.contains(target)) {
      if (target.hidden) { state = { ...next, sort: state.sort, down: state.down }; find.value = ""; apply(); }
      target.scrollIntoView({ block: "center" });
      return;
    }
    if (target) return;
    for (const part of hash.split("&")) {
      const [key, value] = part.split(/=(.*)/s);
      if (known.has(key) && value === undefined) next.show = key;
      if (key === "sort" && value) {
        next.sort = value.replace(/^-/, "");
        next.down = value.startsWith("-") !== isUsuallyDown(next.sort);
      }
      if (key === "find" && value) try { next.words = decodeURIComponent(value); } catch { next.words = value; }
    }
    state = next;
    find.value = state.words;
    if (state.sort) sort();
    apply();
  };

  for (const chip of chips) chip.addEventListener("click", () => { state.show = chip.dataset.show; apply(); remember(); });
  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(head.firstChild);
    head.prepend(button);
    button.addEventListener("click", () => {
      const key = head.dataset.sort, first = isUsuallyDown(key);
      if (state.sort !== key) state = { ...state, sort: key, down: first };
      else if (state.down === first) state = { ...state, down: !first };
      else state = { ...state, sort: "", down: false };
      sort(); remember();
    });
  }
  let timer;
  find.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { state.words = find.value; apply(); remember(); }, rows.length > 1000 ? 120 : 0);
  });
  find.form.addEventListener("submit", event => event.preventDefault());
  find.form.hidden = false;
  addEventListener("hashchange", read);
  if (location.hash) read();
})();
