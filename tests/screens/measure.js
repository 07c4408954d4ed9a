// Measures a wall as it is drawn: every text of every page of every tile. Returns what breaks a rule, in words.
(least) => {
  const INK_TOP = 0.22, INK_BOTTOM = 0.08, SLACK = 1.0; // em of a text's box above a capital and below a descender
  const root = document.getElementById("wall"), found = [];
  const scale = window.devicePixelRatio;
  const canvas = document.createElement("canvas").getContext("2d"), caps = new Map();
  const name = (node) => {
    const own = node.closest("[id]");
    return (own ? own.id : node.tagName) + "." + String(node.className).split(" ")[0];
  };
  function cap(style) {
    const font = `${style.fontStyle} ${style.fontWeight} 100px ${style.fontFamily}`;
    if (!caps.has(font)) { canvas.font = font; caps.set(font, canvas.measureText("H").actualBoundingBoxAscent / 100); }
    return caps.get(font) * parseFloat(style.fontSize) * scale;
  }
  function small(node, style, what) {
    const high = cap(style);
    if (high < least - 0.3) found.push(`glyph ${name(node)} "${what}" is ${high.toFixed(1)} px, ${least.toFixed(1)} asked`);
  }
  function shown(node) { return node.getClientRects().length > 0 && getComputedStyle(node).visibility !== "hidden"; }
  function texts(area) {
    const walker = document.createTreeWalker(area, NodeFilter.SHOW_TEXT), all = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!node.data.trim() || !shown(node.parentElement)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        if (rect.width < 0.5) continue;
        const size = parseFloat(getComputedStyle(node.parentElement).fontSize);
        all.push({ node: node.parentElement, text: node.data, left: rect.left, right: rect.right,
          top: rect.top + INK_TOP * size, bottom: rect.bottom - INK_BOTTOM * size });
      }
    }
    return all;
  }
  const held = (a, b) => a.left < b.right - SLACK && b.left < a.right - SLACK && a.top < b.bottom - SLACK && b.top < a.bottom - SLACK;
  function judge(area) {
    const frame = area.getBoundingClientRect(), all = texts(area);
    for (const one of all) {
      const style = getComputedStyle(one.node), label = `"${one.text}" of ${name(one.node)}`;
      small(one.node, style, one.text);
      if (one.text.includes("…") || one.text.includes("...") || style.textOverflow === "ellipsis") found.push(`ellipsis ${label}`);
      const edge = { left: Math.max(frame.left, 0), right: Math.min(frame.right, innerWidth), top: Math.max(frame.top, 0), bottom: Math.min(frame.bottom, innerHeight) };
      for (const side of ["left", "top"]) if (one[side] < edge[side] - SLACK) found.push(`clipped ${side} ${label} by ${(edge[side] - one[side]).toFixed(0)}`);
      for (const side of ["right", "bottom"]) if (one[side] > edge[side] + SLACK) found.push(`clipped ${side} ${label} by ${(one[side] - edge[side]).toFixed(0)}`);
      for (let up = one.node; up && up !== root; up = up.parentElement) {
        if (getComputedStyle(up).overflow === "visible") continue;
        const cut = up.getBoundingClientRect();
        if (one.right > cut.right + SLACK || one.bottom > cut.bottom + SLACK) found.push(`clipped hidden ${label}`);
      }
    }
    for (let i = 0; i < all.length; i++)
      for (let j = i + 1; j < all.length; j++)
        if (held(all[i], all[j])) found.push(`overlap "${all[i].text}" (${name(all[i].node)}) and "${all[j].text}" (${name(all[j].node)})`);
    for (const node of [area, ...area.querySelectorAll("*")]) {
      if (!shown(node)) continue;
      const style = getComputedStyle(node);
      if (/scroll|auto/.test(style.overflowX + style.overflowY)) found.push(`scroll ${name(node)}`);
      for (const side of ["::before", "::after"]) {
        const drawn = getComputedStyle(node, side);
        if (/^"(?!")/.test(drawn.content)) small(node, drawn, drawn.content);
      }
    }
    return all.length;
  }
  function show(list, page) { [...list.children].forEach((child, n) => child.classList.toggle("off", n !== page)); }
  let seen = 0;
  if (document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight) found.push("scroll of the page");
  for (const area of root.querySelectorAll("header, .tile, .strip, .sources, #lost")) {
    for (let up = area.parentElement; up && up !== root; up = up.parentElement)
      if (up.classList.contains("page")) show(up.parentElement, [...up.parentElement.children].indexOf(up));
    if (!shown(area)) continue;
    const lists = [...area.querySelectorAll(".pages")];
    const used = (list) => Math.min(Number(list.dataset.pages) || 1, list.children.length);
    const pages = Math.max(1, ...lists.map(used));
    const turn = area.querySelector(".turn");
    for (let page = 0; page < pages; page++) {
      for (const list of lists) show(list, page % used(list));
      if (turn && pages > 1) turn.textContent = `${page + 1}/${pages}`;
      seen += judge(area);
    }
  }
  const tiles = [...root.querySelectorAll("header, .tile, .strip, .sources")].filter(shown).map((node) => [name(node), node.getBoundingClientRect()]);
  for (let i = 0; i < tiles.length; i++)
    for (let j = i + 1; j < tiles.length; j++)
      if (held(tiles[i][1], tiles[j][1])) found.push(`overlap of tiles ${tiles[i][0]} and ${tiles[j][0]}`);
  return { seen, found: [...new Set(found)] };
}
