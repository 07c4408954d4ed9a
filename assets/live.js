/* Keeps a wall current: one stream, whole values by id, ages by the server's clock. Never polls, never blanks. */
(function () {
  "use strict";
  const TICK_MS = 1000, QUIET_MS = 6000, DEAD_MS = 12000, FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 8000, SLEPT_MS = 5000, PASSED_MS = 5000;
  let root = null, words = {}, source = null, timer = 0, wait = FIRST_WAIT_MS, moving = false;
  let seq = 0, since = -1, life = "", count = -1; // newest seq, what to resume from, of which life, frames of this stream
  let offset = 0, anchor = 0, rate = 1; // the server's clock by our monotonic one
  let lastHeard = 0, opened = 0, drift = 0;

  const real = () => performance.now();
  const city = () => offset + (real() - anchor) * rate;
  const text = (node, value) => { if (node && node.textContent !== value) node.textContent = value; };

  function duration(ms) {
    const total = Math.floor(Math.abs(ms) / 1000);
    const n = { d: Math.floor(total / 86400), h: Math.floor(total / 3600) % 24, m: Math.floor(total / 60) % 60, s: total % 60 };
    const first = ["d", "h", "m"].find((unit) => n[unit]) || "s", second = { d: n.d < 10 ? "h" : "", h: n.h < 10 ? "m" : "" }[first];
    const say = (unit) => n[unit] + "\u00a0" + words[unit];
    return second && n[second] ? say(first) + "\u00a0" + say(second) : say(first);
  }

  const about = (span) => span.split("\u00a0").slice(0, 2).join("\u00a0"); // of a deadline that is not certain

  // Frames

  function put(id, values) {
    const node = document.getElementById(id);
    if (!node) return;
    for (const name in values) {
      const value = values[name];
      if (name === "children") text(node, value);
      else if (name === "className") node.setAttribute("class", ((node.dataset.css || "") + " " + value).trim());
      else if (name === "style") node.style.cssText = value;
      else if (/^(data-|aria-)|^(src|alt|title)$/.test(name) && node.getAttribute(name) !== value) node.setAttribute(name, value);
    }
  }

  function frame(data) {
    if (data.count <= count) return; // repeated, or late
    if (!data.full && (data.after > seq || (count >= 0 && data.count > count + 1))) { reopen(); return; } // one is missing
    if (!data.full && data.seq < seq) return;
    seq = data.seq; since = data.since; life = data.life; count = data.count;
    root.dataset.seq = String(seq);
    for (const id in data.props) put(id, data.props[id]);
    clock(); screens(); ages(); // at midnight the new date must not stand beside the last second of the old day
  }

  function beat(data) {
    offset = data.now; anchor = real(); rate = data.rate || 1;
    if (count >= 0 ? data.count > count : data.after > seq) { reopen(); return; }
    seq = Math.max(seq, data.seq); since = data.since; count = data.count; wait = FIRST_WAIT_MS;
    root.dataset.seq = String(seq);
  }

  // What moves by itself: ages, the clock, pages

  function ages() {
    const now = city();
    for (const node of root.querySelectorAll("[data-since]")) {
      text(node, node.dataset.since ? duration(now - Number(node.dataset.since)) : "");
    }
    for (const node of root.querySelectorAll("[data-due]")) {
      if (!node.dataset.due) continue;
      // Late is only what the room calls late; a deadline that passes while nobody is heard is unconfirmed.
      const row = node.closest(".row"), late = row !== null && row.classList.contains("overdue");
      const due = Number(node.dataset.due) - now, rest = late ? due : Math.max(0, due);
      if (!late && due < -PASSED_MS * rate) { text(node, words.unsure); continue; }
      const sure = node.textContent.includes("±") ? "± " : "";
      text(node, (late ? words.late : words.left) + " " + sure + (sure ? about(duration(rest)) : duration(rest)));
    }
  }

  let format = null;
  function clock() {
    format = format || new Intl.DateTimeFormat("en-GB", { timeZone: root.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
    const value = format.format(new Date(city()));
    text(document.getElementById("clock"), root.dataset.lang === "id" ? value.replaceAll(":", ".") : value);
  }

  // A list of pages inside a tile that takes turns itself moves on once a round of the outer turns.
  function turn() {
    const dwell = Number(root.dataset.dwell) * 1000 || 12000, step = Math.floor(real() / dwell);
    const many = (list) => Math.min(Number(list.dataset.pages) || 1, list.children.length);
    for (const list of root.querySelectorAll(".pages")) {
      let round = 1;
      for (let outer = list.parentElement.closest(".pages"); outer; outer = outer.parentElement.closest(".pages")) round *= many(outer);
      const pages = list.children, count = many(list);
      const shown = Math.floor(step / round) % count;
      for (let i = 0; i < pages.length; i++) pages[i].classList.toggle("off", i !== shown);
      const tile = list.closest(".tile"), mark = tile && tile.querySelector(".turn");
      if (mark && !list.closest(".ahead")) text(mark, count > 1 ? shown + 1 + "/" + count : "");
    }
  }

  // The pages of a wall: one with something new that needs a person comes at once and stays; else each in its turn.
  function screens() {
    const box = root.querySelector(".screens");
    if (!box) return;
    const all = [...box.children], now = city(), hold = Number(box.dataset.hold) * 1000;
    const held = all.filter((node) => node.dataset.alarm && now - Number(node.dataset.alarm) < hold);
    const list = held.length ? held : all, shown = list[Math.floor(real() / (Number(box.dataset.dwell) * 1000)) % list.length];
    for (const node of all) node.classList.toggle("off", node !== shown);
  }

  // The stream

  function open() {
    const d = root.dataset;
    close();
    opened = real(); count = -1;
    const query = new URLSearchParams({ since, build: d.build, life, lang: d.lang });
    const mine = source = new EventSource("/live/" + d.screen + "?" + query);
    const on = (name, take) => mine.addEventListener(name, (event) => { if (mine === source) { heard(); take(event.data && JSON.parse(event.data)); } });
    on("frame", frame); on("beat", beat); on("build", moveOver);
    mine.onerror = () => { if (mine === source) again(); };
  }

  function close() {
    clearTimeout(timer); timer = 0;
    if (source) source.close();
    source = null;
  }

  function again() {
    close();
    timer = setTimeout(open, wait + Math.random() * wait); // a hall of screens must not knock in the same moment
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }

  function reopen() { if (wait > FIRST_WAIT_MS) again(); else { wait *= 2; open(); } }

  function heard() {
    lastHeard = real();
    root.classList.remove("cut");
    const alive = document.getElementById("alive");
    if (alive) alive.classList.toggle("beat");
  }

  /* Silence greys the wall and says for how long; long silence is a dead connection, whatever the browser thinks. */
  function watch() {
    const silent = real() - lastHeard;
    if (silent > QUIET_MS) {
      root.classList.add("cut");
      text(document.getElementById("lost-age"), " " + duration(silent));
    }
    if (source && real() - Math.max(lastHeard, opened) > DEAD_MS) again();
  }

  /* After a sleep of the machine or a frozen tab nothing shown can be trusted before the server has spoken. The
     screen's own clock is only asked whether it jumped against the monotonic one. */
  function woke() {
    const jump = Date.now() - real() - drift;
    drift += jump;
    if (Math.abs(jump) > SLEPT_MS || real() - lastHeard > QUIET_MS) { wait = FIRST_WAIT_MS; open(); }
  }

  function tick() {
    if (Math.abs(Date.now() - real() - drift) > SLEPT_MS) woke();
    clock(); ages(); screens(); turn(); watch();
  }

  /* A new build: the whole wall is fetched again, but only when the server has it to give. */
  async function moveOver() {
    if (moving) return;
    moving = true;
    const answers = async (address) => { try { return (await fetch(address, { cache: "no-store" })).ok; } catch (e) { return false; } };
    await new Promise((done) => setTimeout(done, Math.random() * 20000));
    while (!((await answers("/healthz")) && (await answers(location.href)))) await new Promise((done) => setTimeout(done, 2000));
    location.reload();
  }

  function start() {
    root = document.getElementById("wall");
    if (!root) { requestAnimationFrame(start); return; }
    const d = root.dataset;
    words = JSON.parse(d.words);
    seq = Number(d.seq) || 0; since = Number(d.since); life = d.life;
    offset = Number(d.now) || 0; rate = Number(d.rate) || 1; anchor = lastHeard = real(); drift = Date.now() - real();
    open();
    setInterval(tick, TICK_MS);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) woke(); });
    for (const name of ["online", "pageshow", "resume"]) (name === "resume" ? document : window).addEventListener(name, woke);
    tick();
  }
  start();
})();
