// What breaks a desk page: texts wider than the window, and the lowest contrast of any text to its ground.
() => {
  const shown = (node) => node.getClientRects().length > 0;
  const wide = [...document.querySelectorAll("body *")]
    .filter((node) => shown(node) && node.getBoundingClientRect().right > innerWidth + 1)
    .map((node) => node.outerHTML.slice(0, 80));
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map((part) => {
      const v = part / 255;
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (let up = node; up; up = up.parentElement) {
      const colour = getComputedStyle(up).backgroundColor;
      if (!/, 0\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = [...document.querySelectorAll("header *, main *")].filter((node) =>
    shown(node) && [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  const contrasts = texts.map((node) => {
    const [high, low] = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  });
  return { wide, contrast: Math.min(...contrasts) };
}
