// Adds to pages that are complete without it: filters held in the address, tables that sort, charts to explore.
// Nothing is stored, nothing is sent, and nothing is loaded before a reader asks for it.

const address = () => new URLSearchParams(location.search);
const hold = (name, value) => {
  const held = address();
  if (value) held.set(name, value); else held.delete(name);
  history.replaceState(null, "", `${location.pathname}${held.size ? `?${held}` : ""}${location.hash}`);
};
const say = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
const plain = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// Filters: the rows of a table, or the items of a list, whose words hold what is typed.
for (const input of document.querySelectorAll("[data-filter]")) {
  const list = document.getElementById(input.dataset.filter);
  const items = [...list.querySelectorAll(list.tagName === "TABLE" ? "tbody tr" : "li")];
  const status = input.parentElement.querySelector("[role=status]");
  const words = items.map(item => plain((item.cells?.[0] ?? item).textContent));
  const apply = () => {
    const wanted = plain(input.value.trim());
    items.forEach((item, place) => { item.hidden = !words[place].includes(wanted); });
    for (const part of list.querySelectorAll("section")) part.hidden = !part.querySelector("li:not([hidden])");
    const shown = items.filter(item => !item.hidden).length;
    status.textContent = wanted ? say(input.dataset.told, { shown, all: items.length }) : "";
    list.dispatchEvent(new CustomEvent("filtered", { detail: input.value.trim(), bubbles: true }));
  };
  input.parentElement.hidden = false;
  input.value = address().get(input.dataset.name) ?? "";
  let pause;
  input.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => { hold(input.dataset.name, input.value.trim()); apply(); }, 150);
  });
  if (input.value) {
    apply();
    list.closest("details")?.setAttribute("open", "");
  }
}

// Tables that sort: a button in the head of each column.
for (const table of document.querySelectorAll("table[data-sort]")) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells], first = [...body.rows];
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  status.className = "small soft";
  table.parentElement.before(status);
  heads.forEach((head, column) => {
    const name = head.textContent.trim(), button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = "↕";
    button.setAttribute("aria-label", `${table.dataset.by} ${name}`);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending" && column > 0;
      const value = row => Number(row.cells[column].dataset.value ?? "-Infinity");
      for (const other of heads) { other.removeAttribute("aria-sort"); other.querySelector("button").textContent = "↕"; }
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      button.textContent = down ? "↓" : "↑";
      body.append(...(column === 0 ? first
        : [...first].sort((a, b) => { const [x, y] = [value(a), value(b)]; return x === y ? 0 : (down ? y - x : x - y); })));
      status.textContent = say(table.dataset.sort, { head: name });
    });
    head.append(button);
  });
}

// Charts to explore: Vega and the measure's own table come from this release, when the button is pressed.
let engine;
const loaded = () => engine ??= import(new URL("vega.js", import.meta.url)).then(() => window.vegaEmbed);
const got = async place => {
  const answer = await fetch(place);
  if (!answer.ok) throw new Error(`${place}: ${answer.status}`);
  return answer.text();
};
// Vega's own reader of tables compiles code, which the pages' security policy forbids.
const rows = text => {
  const [head, ...lines] = text.trimEnd().split("\n").map(line =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare));
  return lines.map(line => Object.fromEntries(head.map((name, place) => [name, line[place]])));
};
const typed = () => Object.fromEntries([...document.querySelectorAll("[data-filter]")]
  .map(input => [input.dataset.filter, input.value.trim()]));

for (const button of document.querySelectorAll("button.explore")) {
  const box = document.getElementById(button.getAttribute("aria-controls")), still = button.textContent;
  let view;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", open);
    button.textContent = open ? button.dataset.close : still;
    box.hidden = !open;
    if (!open || view) return;
    box.textContent = button.dataset.wait;
    try {
      const [embed, spec, text] = await Promise.all([loaded(), got(button.dataset.spec), got(button.dataset.table)]);
      const drawn = JSON.parse(spec);
      drawn.data.values = rows(text);
      box.textContent = "";
      ({ view } = await embed(box, drawn, { mode: "vega-lite", ast: true, actions: false, renderer: "svg", defaultStyle: false,
        tooltip: { disableDefaultStyle: true }, hover: false, logLevel: 1 }));
      const find = text => { try { view.signal("find", text).runAsync(); } catch { /* a chart through time has no groups */ } };
      if (typed()[button.dataset.list]) find(typed()[button.dataset.list]);
      document.getElementById(button.dataset.list)?.addEventListener("filtered", event => find(event.detail));
    } catch (error) {
      box.textContent = button.dataset.failed;
      throw error;
    }
  });
}
