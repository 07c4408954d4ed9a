/* Keeps a desk page current: hears on the live stream that something changed and fetches the page's layout anew, whole;
   not while it is paused, nor under a text that somebody has marked. While the server is away what was shown last stays,
   with its age; the page is never loaded again before the server answers. */
(() => {
  const QUIET_MS = 7000, FIRST_WAIT_MS = 1000, LONGEST_WAIT_MS = 15000, TICK_MS = 1000, KEY = "paused";
  const meta = document.querySelector('meta[name="live"]');
  if (!meta) return;
  const d = meta.dataset, words = JSON.parse(d.words), real = () => performance.now();
  const lost = document.createElement("p");
  const paused = () => sessionStorage.getItem(KEY) === "yes", button = () => document.getElementById("again");
  let source = null, timer = 0, wait = FIRST_WAIT_MS, heardAt = real(), openedAt = 0, shownAt = real(), stale = false, busy = false, moving = false;

  function duration(ms) {
    const s = Math.max(0, Math.floor(ms / 1000)), m = Math.floor(s / 60), h = Math.floor(m / 60);
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

  // One fetch at a time; what changes meanwhile is fetched after it.
  async function renew() {
    stale = true;
    if (busy || paused() || String(getSelection()) || !document.querySelector("[data-renew]")) return;
    busy = true;
    while (stale) {
      stale = false;
      const asked = real();
      try {
        const answer = await fetch(d.layout, { cache: "no-store" });
        if (!answer.ok) throw new Error(answer.status);
        fill(await answer.json());
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
    const on = (name, take) => mine.addEventListener(name, () => { if (mine === source) { heard(); take(); } });
    on("open", renew); on("changed", renew); on("beat", () => {}); on("build", moveOver);
    mine.onerror = () => { if (mine === source) again(); };
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
    const silent = real() - heardAt > QUIET_MS;
    document.documentElement.classList.toggle("cut", silent);
    lost.textContent = silent ? words.lost + " " + duration(real() - shownAt) : "";
    if (silent && source && real() - Math.max(heardAt, openedAt) > 2 * QUIET_MS) again(); // dead, whatever the browser thinks
  }

  document.addEventListener("click", (event) => {
    if (event.target !== button()) return;
    sessionStorage.setItem(KEY, paused() ? "no" : "yes");
    label(); renew();
  });
  // Dash draws the page after this script has run, and again with each renewal.
  new MutationObserver(label).observe(document.documentElement, { childList: true, subtree: true });
  lost.id = "lost";
  lost.setAttribute("role", "status");
  document.body.append(lost);
  open();
  setInterval(tick, TICK_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && real() - heardAt > QUIET_MS) { wait = FIRST_WAIT_MS; open(); } });
})();
