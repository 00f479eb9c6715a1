// The document as HTML, the way a visitor has it: with shadow trees in place, and on every element that is hidden the
// attribute `mark` with the reason why. `frames` is how many owners of frames are known: their places are marked.
(mark, limits) => {
  const VOID = new Set(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr"]);
  const RAW = new Set(["script", "style", "noscript", "iframe", "noembed", "noframes", "xmp", "plaintext"]);
  const UNSEEN = new Set(["head", "title", "meta", "link", "script", "style", "base", "template", "noscript", "br",
    "wbr", "source", "track", "param", "area", "map", "col", "colgroup", "option", "optgroup", "datalist", "html",
    "body"]);
  const out = [];
  const owners = globalThis.rasoatFrames || new Map();
  const until = performance.now() + limits.time;
  let size = 0, left = limits.nodes, cut = "";
  const emit = (text) => { out.push(text); size += text.length; };
  const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const quote = (text) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;");
  const LIMITED = 100000;

  const numbers = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const alike = (one, two) => one.slice(0, 3).reduce((sum, part, at) => sum + Math.abs(part - two[at]), 0) <= 12;
  const hasText = (element) => {
    for (let node = element.firstChild; node; node = node.nextSibling) {
      if (node.nodeType === 3 && /\S/.test(node.data)) return true;
    }
    return false;
  };
  // White on white is not hidden when something else lies behind it.
  const covered = (element, box) => {
    const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    let above = element;
    for (let steps = 0; above && above.parentElement && steps < 8; steps += 1, above = above.parentElement) {
      let looked = 0;
      for (const other of above.parentElement.children) {
        if (looked++ > 30) break;
        if (other === above) continue;
        const there = other.getBoundingClientRect();
        if (there.left <= x && x <= there.right && there.top <= y && y <= there.bottom && there.width > 1) return true;
      }
    }
    return false;
  };
  const clipped = (css) => /inset\((?:5\d|[6-9]\d|100)%/.test(css.clipPath) || /circle\(0/.test(css.clipPath)
    || (/absolute|fixed/.test(css.position) && /^rect\((?:[01]px,? ?){4}\)$/.test(css.clip));
  const placed = (element, css, box) => {
    if (!element.getClientRects().length) return "";
    if ((box.right + scrollX <= 0 || box.bottom + scrollY <= 0) && (box.width > 0 || box.height > 0)) return "off_screen";
    const narrow = box.width <= 1.5, low = box.height <= 1.5;
    const hides = css.overflowX !== "visible" || css.overflowY !== "visible";
    if (hides && (narrow || low) && (element.scrollHeight > 2 || element.scrollWidth > 2)) return "zero_size";
    return "";
  };
  const reasonOf = (element, css, ground) => {
    if (css.display === "none") return element.hidden ? "attribute" : "display_none";
    if (css.visibility !== "visible") return "visibility";
    if (+css.opacity < 0.03) return "opacity";
    const text = hasText(element);
    if (text && parseFloat(css.fontSize) < 2) return "font_size";
    if (text && parseFloat(css.textIndent) < -200) return "text_indent";
    if (clipped(css)) return "clipped";
    const box = element.getBoundingClientRect();
    const away = placed(element, css, box);
    if (away || !text) return away;
    const colour = numbers(css.webkitTextFillColor || css.color);
    if (colour.length === 4 && colour[3] < 0.03 && css.backgroundImage === "none" && css.textShadow === "none") return "colour";
    if (ground && css.textShadow === "none" && alike(colour, ground) && !covered(element, box)) return "colour";
    return "";
  };
  const groundOf = (css, above) => {
    if (css.backgroundImage !== "none") return null;
    const colour = numbers(css.backgroundColor);
    if (colour.length === 4 && colour[3] === 0) return above;
    return colour.length === 4 && colour[3] < 1 ? null : colour;
  };
  // What holds below an element: why it is hidden, and the colour of its ground (null: a picture, or unknown).
  const look = (element, tag, above) => {
    if (UNSEEN.has(tag)) {
      if (tag !== "body" && tag !== "html") return { ...above, told: "" };
      return { hidden: "", ground: groundOf(getComputedStyle(element), above.ground), told: "" };
    }
    if (above.hidden && above.hidden !== "visibility") return { ...above, told: "" };
    const css = getComputedStyle(element);
    if (above.hidden && css.visibility !== "visible") return { ...above, told: "" };
    const ground = groundOf(css, above.ground);
    const hidden = reasonOf(element, css, ground);
    return { hidden, ground, told: hidden || (above.hidden ? "shown" : "") };
  };

  const open = (element, tag, told) => {
    let text = `<${tag}`;
    for (const { name, value } of element.attributes) {
      if (name === mark || /[\s"'<>/=]/.test(name)) continue;
      text += ` ${name}="${quote(value.length > LIMITED ? value.slice(0, LIMITED) : value)}"`;
    }
    emit(told ? `${text} ${mark}="${told}">` : `${text}>`);
  };
  const raw = (element, tag) => {
    const text = tag === "noscript" || tag === "iframe" ? element.textContent : element.textContent;
    emit(text.replace(new RegExp(`</(?=${tag})`, "gi"), "<\\/"));
  };
  const first = (element, tag) => {
    if (tag === "template") return element.content.firstChild;
    if (element.shadowRoot) return element.shadowRoot.firstChild;
    if (tag === "slot" && element.getRootNode() instanceof ShadowRoot) {
      const given = element.assignedNodes();
      if (given.length) return { given, at: 0 };
    }
    return element.firstChild;
  };

  const type = document.doctype;
  if (type) emit(`<!DOCTYPE ${type.name.replace(/[^a-z]/gi, "")}>`);
  const stack = [{ node: document.documentElement, given: null, close: "", state: { hidden: "", ground: [255, 255, 255] } }];
  while (stack.length) {
    const level = stack[stack.length - 1];
    let node = level.node;
    if (!node && level.given && level.at < level.given.length) node = level.given[level.at++];
    if (!node) {
      emit(level.close);
      stack.pop();
      continue;
    }
    level.node = level.given ? null : node.nextSibling;
    if (stack.length === 1) level.node = null;
    if (cut) continue;
    if (--left < 0 || size > limits.size || ((left & 255) === 0 && performance.now() > until)) {
      cut = left < 0 ? "nodes" : size > limits.size ? "size" : "time";
      level.node = null;
      continue;
    }
    if (node.nodeType === 3) emit(escape(node.data));
    else if (node.nodeType === 8) emit(`<!--${node.data.replace(/--+!?>?|^-?>/g, " ")}-->`);
    else if (node.nodeType === 1) {
      const tag = node.localName;
      if (!/^[a-z][^\s/>"'<=]*$/i.test(tag)) continue;
      const state = look(node, tag, level.state);
      open(node, tag, state.told);
      if (VOID.has(tag)) continue;
      let close = `</${tag}>`;
      if (owners.has(node)) close += `<!--${mark} frame ${owners.get(node)} ${state.hidden}-->`;
      if (RAW.has(tag)) {
        raw(node, tag);
        emit(close);
        continue;
      }
      const begin = first(node, tag);
      if (begin && begin.given) stack.push({ node: null, given: begin.given, at: 0, close, state });
      else stack.push({ node: begin, given: null, close, state });
      if (stack.length > limits.depth) {
        cut = "depth";
      }
    }
  }
  return { html: out.join(""), cut, title: document.title.slice(0, 500), lang: document.documentElement.lang || "" };
}
