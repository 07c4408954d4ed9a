/* Keeps a desk page current: hears on the live stream that something changed and fetches the page anew, whole; not while
   it is paused, nor under a text that somebody has marked. While the server is away what was shown last stays, with its
   age; the page is never loaded again before the server answers. Sorts and filters its tables; what the reader chose
   stands in the address. Ages count by the server's clock, never by the screen's. */
(() => {
  const QUIET_MS = 7000, FIRST_WAIT_MS = 1000, LONGEST_WAIT_MS = 15000, TICK_MS = 1000, KEY = "paused";
  const MOST_ROWS = 40, FEW_ROWS = 10, SPARE_ROWS = 3, narrow = matchMedia("(max-width: 60rem)");
  const meta = document.querySelector('meta[name="live"]');
  if (!meta) return;
  const d = meta.dataset, words = JSON.parse(d.words), real = () => performance.now();
  const lost = document.createElement("p");
  const paused = () => sessionStorage.getItem(KEY) === "yes", button = () => document.getElementById("again");
  const whole = !d.layout; // the page comes as HTML; otherwise Dash lays it out
  let clock = d.now ? { at: Number(d.now), real: real(), rate: Number(d.rate) } : null;
  let source = null, timer = 0, wait = FIRST_WAIT_MS, heardAt = real(), openedAt = 0, shownAt = real(), stale = false, busy = false, moving = false;

  function duration(ms) {
    const s = Math.max(0, Math.floor(ms / 1000)), m = Math.floor(s / 60), h = Math.floor(m / 60), day = Math.floor(h / 24);
    if (day) return day + " " + words.d + (day < 10 && h % 24 ? " " + (h % 24) + " " + words.h : "");
    return h ? h + " " + words.h + " " + (m % 60) + " " + words.m : m ? m + " " + words.m : s + " " + words.s;
  }

  // Parts that renew themselves are taken whole; Dash builds them anew, so what a reader opens stands outside of them.
  function fill(node) {
    if (Array.isArray(node)) node.forEach(fill);
    else if (node && node.props) {
      if (node.props.id && "data-renew" in node.props) window.dash_clientside.set_props(node.props.id, { children: node.props.children });
      else fill(node.props.children);
    }
  }

  // A page that comes as HTML: its renewed parts are exchanged, what is open stays open, the focus stays where it was.
  function exchange(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const opened = [...document.querySelectorAll("details[open]")].map((node) => node.id), at = document.activeElement && document.activeElement.id;
    const old = [...document.querySelectorAll("[data-renew]")], next = [...fresh.querySelectorAll("[data-renew]")];
    const same = old.length === next.length && old.every((node, n) => node.id === next[n].id);
    if (same) old.forEach((node, n) => node.replaceChildren(...next[n].childNodes));
    else document.querySelector("main").replaceWith(fresh.querySelector("main"));
    for (const id of opened) { const node = id && document.getElementById(id); if (node) node.open = true; }
    const back = at && document.getElementById(at);
    if (back && back !== document.activeElement) back.focus({ preventScroll: true });
    tables(); ages();
  }

  // One fetch at a time; what changes meanwhile is fetched after it.
  async function renew() {
    stale = true;
    if (busy || paused() || String(getSelection()) || !document.querySelector("[data-renew]")) return;
    busy = true;
    while (stale) {
      stale = false;
      const asked = real();
      try {
        const answer = await fetch(whole ? location.pathname + location.search : d.layout, { cache: "no-store" });
        if (!answer.ok) throw new Error(answer.status);
        if (whole) exchange(await answer.text()); else fill(await answer.json());
        shownAt = asked;
      } catch (error) { stale = true; break; } // the next sign of life tries again
    }
    busy = false;
  }

  function heard() {
    heardAt = real();
    wait = FIRST_WAIT_MS;
    if (stale) renew();
  }

  function open() {
    close();
    openedAt = real();
    const mine = source = new EventSource(d.stream + "?" + new URLSearchParams({ build: d.build }));
    const on = (name, take) => mine.addEventListener(name, (event) => { if (mine === source) { heard(); take(event); } });
    on("open", renew); on("changed", renew); on("beat", beat); on("build", moveOver);
    mine.onerror = () => { if (mine === source) again(); };
  }

  function beat(event) {
    const told = JSON.parse(event.data);
    if (clock) clock = { at: told.now, real: real(), rate: told.rate };
  }

  function ages() {
    if (!clock) return;
    const now = clock.at + (real() - clock.real) * clock.rate;
    for (const node of document.querySelectorAll("[data-since]")) {
      const text = duration(now - Number(node.dataset.since));
      if (node.textContent !== text) node.textContent = text;
    }
  }

  // Tables: the order and the words looked for, by table, in the address.
  const chosen = () => new URLSearchParams(location.hash.slice(1));
  function choose(name, value) {
    const all = chosen();
    if (value) all.set(name, value); else all.delete(name);
    history.replaceState(null, "", String(all) ? "#" + all : location.pathname + location.search);
    tables();
  }

  function order(table, key, way) {
    const heads = [...table.tHead.rows[0].cells], column = heads.findIndex((head) => head.dataset.key === key);
    heads.forEach((head, n) => { if (n === column) head.setAttribute("aria-sort", way); else head.removeAttribute("aria-sort"); });
    if (column < 0) return;
    const numeric = heads[column].classList.contains("number"), sign = way === "descending" ? -1 : 1;
    const value = (row) => row.cells[column].dataset.sort;
    const compare = (one, other) => {
      const a = value(one), b = value(other);
      if (a === undefined || b === undefined) return (a === undefined) - (b === undefined); // not known: always last
      return sign * (numeric ? Number(a) - Number(b) : a.localeCompare(b, document.documentElement.lang));
    };
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
  }

  function tables() {
    const all = chosen();
    for (const tools of document.querySelectorAll("[data-tools]")) {
      const name = tools.dataset.tools, table = document.querySelector('table[data-table="' + name + '"]');
      equip(tools, table, all);
      if (!table) continue;
      const [key, way] = (all.get("sort." + name) || "").split(" ");
      if (key) order(table, key, way === "descending" ? way : "ascending");
      const wanted = (all.get("find." + name) || "").toLocaleLowerCase().trim();
      const most = wanted || all.get("all." + name) ? Infinity : narrow.matches ? FEW_ROWS : MOST_ROWS;
      let found = 0;
      for (const row of table.tBodies[0].rows) {
        const told = !wanted || row.textContent.toLocaleLowerCase().includes(wanted);
        row.hidden = !told || found >= most + SPARE_ROWS;
        found += told;
      }
      tools.lastChild.textContent = found + " " + tools.dataset.rows;
      rest(tools, name, found > most + SPARE_ROWS ? found : 0);
    }
  }

  // A long table begins with its first rows; one press shows all of them.
  function rest(tools, name, count) {
    const place = tools.closest(".table"), id = "all-" + name;
    let press = document.getElementById(id);
    if (!count) { if (press) press.remove(); return; }
    if (!press) {
      press = document.createElement("button");
      press.type = "button"; press.id = id; press.className = "all";
      press.addEventListener("click", () => choose("all." + name, "1"));
      place.append(press);
    }
    press.textContent = tools.dataset.all + " " + count;
  }

  // The field to filter and, for narrow screens without heads, the list to sort by.
  function equip(tools, table, all) {
    const name = tools.dataset.tools;
    if (!tools.firstChild) {
      const field = document.createElement("input"), list = document.createElement("select"), count = document.createElement("span");
      const title = document.getElementById("title-" + name).textContent;
      field.type = "search"; field.id = "find-" + name; field.placeholder = tools.dataset.filter;
      field.setAttribute("aria-label", tools.dataset.filter + ": " + title);
      field.addEventListener("input", () => choose("find." + name, field.value));
      list.id = "order-" + name;
      list.setAttribute("aria-label", tools.dataset.order + ": " + title);
      list.addEventListener("change", () => choose("sort." + name, list.value));
      count.setAttribute("role", "status");
      tools.append(field, list, count);
    }
    const [field, list] = tools.children, find = all.get("find." + name) || "";
    tools.hidden = !table;
    if (field.value !== find && field !== document.activeElement) field.value = find;
    if (!table) return;
    const options = [["", tools.dataset.order]];
    for (const head of table.tHead.rows[0].cells)
      for (const [way, mark] of [["ascending", "↑"], ["descending", "↓"]]) options.push([head.dataset.key + " " + way, head.textContent + " " + mark]);
    if (list.length !== options.length) list.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    list.value = all.get("sort." + name) || "";
  }

  function close() {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  }

  function again() {
    close();
    timer = setTimeout(open, wait + Math.random() * wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }

  // A new build: the page is fetched again, but only when the server has it to give.
  async function moveOver() {
    if (moving) return;
    moving = true;
    const answers = async () => { try { return (await fetch(location.href, { cache: "no-store" })).ok; } catch (error) { return false; } };
    while (!(await answers())) await new Promise((done) => setTimeout(done, 2000));
    location.reload();
  }

  function label() {
    const node = button(), words = node && (paused() ? node.dataset.again : node.dataset.pause);
    if (node && node.textContent !== words) node.textContent = words;
  }

  function tick() {
    ages();
    const silent = real() - heardAt > QUIET_MS;
    document.documentElement.classList.toggle("cut", silent);
    lost.textContent = silent ? words.lost + " " + duration(real() - shownAt) : "";
    if (silent && source && real() - Math.max(heardAt, openedAt) > 2 * QUIET_MS) again(); // dead, whatever the browser thinks
  }

  document.addEventListener("click", (event) => {
    const head = event.target.closest && event.target.closest("table[data-table] th button");
    if (head) {
      const cell = head.parentElement, number = cell.classList.contains("number"), now = cell.getAttribute("aria-sort");
      const way = now ? (now === "ascending" ? "descending" : "ascending") : number ? "descending" : "ascending";
      choose("sort." + cell.closest("table").dataset.table, cell.dataset.key + " " + way);
    }
    if (event.target !== button()) return;
    sessionStorage.setItem(KEY, paused() ? "no" : "yes");
    label(); renew();
  });
  // Dash draws the page after this script has run, and again with each renewal.
  new MutationObserver(label).observe(document.documentElement, { childList: true, subtree: true });
  lost.id = "lost";
  lost.setAttribute("role", "status");
  document.body.append(lost);
  tables(); ages();
  window.addEventListener("hashchange", tables);
  open();
  setInterval(tick, TICK_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && real() - heardAt > QUIET_MS) { wait = FIRST_WAIT_MS; open(); } });
})();
