/* Keeps a wall current: one stream, whole values by id, ages by the server's clock. Never polls, never blanks. */
(function () {
  "use strict";
  const QUIET_MS = 6000, BEAT_CHECK_MS = 1000;
  const UNITS = { id: ["dtk", "mnt", "j", "hari"], en: ["s", "min", "h", "d"] };
  const WORDS = { id: ["lewat", "sisa"], en: ["late", "left"] };
  let root = null, source = null, seq = 0, offset = 0, anchor = 0, rate = 1, lastHeard = 0, wait = 500, moving = false;

  const real = () => performance.now();
  const city = () => offset + (real() - anchor) * rate;

  function setClock(now, speed) { offset = now; anchor = real(); rate = speed || 1; }

  function duration(ms) {
    const [s, m, h, d] = UNITS[root.dataset.lang] || UNITS.id, total = Math.floor(Math.abs(ms) / 1000);
    const days = Math.floor(total / 86400), hours = Math.floor(total / 3600) % 24, minutes = Math.floor(total / 60) % 60;
    const join = (...parts) => parts.filter(([n], i) => n || (parts.length === 1 && i === 0)).map(([n, u]) => n + "\u00a0" + u).join("\u00a0");
    if (days >= 10) return join([days, d]);
    if (days) return join([days, d], [hours, h]);
    if (hours) return join([hours, h], [minutes, m]);
    if (minutes) return join([minutes, m]);
    return (total % 60) + "\u00a0" + s;
  }

  function text(node, value) { if (node.textContent !== value) node.textContent = value; }

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
    if (!data.full && data.seq < seq) return;
    seq = data.seq;
    root.dataset.seq = String(seq);
    for (const id in data.props) put(id, data.props[id]);
    ages();
  }

  function ages() {
    const now = city();
    for (const node of root.querySelectorAll("[data-since]")) {
      const since = Number(node.dataset.since);
      if (node.dataset.since) text(node, duration(now - since));
    }
    const [late, left] = WORDS[root.dataset.lang] || WORDS.id;
    for (const node of root.querySelectorAll("[data-due]")) {
      if (!node.dataset.due) continue;
      const rest = Number(node.dataset.due) - now, sure = node.textContent.includes("±") ? "± " : "";
      text(node, (rest < 0 ? late : left) + " " + sure + duration(rest));
    }
  }

  function clock() {
    const zone = root.dataset.zone, parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
    const value = parts.format(new Date(city()));
    text(document.getElementById("clock"), root.dataset.lang === "id" ? value.replaceAll(":", ".") : value);
  }

  function turn() {
    const dwell = Number(root.dataset.dwell) * 1000 || 12000, step = Math.floor(real() / dwell);
    for (const list of root.querySelectorAll(".pages")) {
      const pages = list.children, count = Math.min(Number(list.dataset.pages) || 1, pages.length), shown = step % count;
      for (let i = 0; i < pages.length; i++) pages[i].classList.toggle("off", i !== shown);
      const mark = list.parentElement.querySelector(".turn");
      if (mark) text(mark, count > 1 ? shown + 1 + "/" + count : "");
    }
  }

  function heard(now, speed) {
    lastHeard = real();
    if (now) setClock(now, speed);
    root.classList.remove("cut");
    document.getElementById("alive").classList.toggle("beat");
  }

  function tick() {
    clock(); ages(); turn();
    const silent = real() - lastHeard;
    if (silent > QUIET_MS) {
      root.classList.add("cut");
      text(document.getElementById("lost-age"), " " + duration(silent));
      if (silent > 3 * QUIET_MS && source && source.readyState !== 2) { source.close(); again(); }
    }
  }

  async function moveOver() {
    if (moving) return;
    moving = true;
    await new Promise((done) => setTimeout(done, Math.random() * 20000));
    for (;;) {
      try { if ((await fetch("/healthz", { cache: "no-store" })).ok) { location.reload(); return; } } catch (e) { /* not yet */ }
      await new Promise((done) => setTimeout(done, 2000));
    }
  }

  function again() {
    if (source) source.close();
    source = null;
    setTimeout(open, wait + Math.random() * wait);
    wait = Math.min(wait * 2, 8000);
  }

  function open() {
    const d = root.dataset;
    source = new EventSource("/live/" + d.screen + "?since=" + seq + "&build=" + d.build + "&lang=" + d.lang);
    source.addEventListener("open", () => { wait = 500; });
    source.addEventListener("frame", (e) => { const data = JSON.parse(e.data); heard(data.as_of_now, data.rate); frame(data); });
    source.addEventListener("beat", (e) => { const data = JSON.parse(e.data); heard(data.now, data.rate); });
    source.addEventListener("build", moveOver);
    source.onerror = () => again();
  }

  function start() {
    root = document.getElementById("wall");
    if (!root) { requestAnimationFrame(start); return; }
    seq = Number(root.dataset.seq) || 0;
    setClock(Number(root.dataset.now) || 0, Number(root.dataset.rate));
    lastHeard = real();
    open();
    setInterval(tick, BEAT_CHECK_MS);
    tick();
  }
  start();
})();
