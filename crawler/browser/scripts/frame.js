// Draws a red frame around every part that holds one of the quotes, or leads to one of the addresses; what a visitor
// does not see is named in a banner on top. Gives those that were framed and the height of the page.
(wanted, heading) => {
  const MOST = 40, PIECES = 200000;
  const fold = (text) => text.normalize("NFC").toLowerCase();
  const shown = (box) => box.width > 2 && box.height > 2 && box.right + scrollX > 0 && box.bottom + scrollY > 0;
  const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  // The text of the page without white space, and where each letter of it stands.
  let text = "";
  const nodes = [], starts = [];
  const walk = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node && nodes.length < PIECES; node = walker.nextNode()) {
      if (node.nodeType === 1) {
        if (node.shadowRoot) walk(node.shadowRoot);
        continue;
      }
      if (/^(?:script|style|noscript|template|title)$/.test(node.parentNode.localName || "")) continue;
      starts.push(text.length);
      nodes.push(node);
      text += fold(node.data).replace(/\s+/g, "");
    }
  };
  walk(document);
  const place = (at) => {
    let low = 0, high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= at) low = middle; else high = middle - 1;
    }
    const { data } = nodes[low];
    let rest = at - starts[low], offset = 0;
    while (offset < data.length && (rest > 0 || /\s/.test(data[offset]))) {
      if (!/\s/.test(data[offset])) rest -= 1;
      offset += 1;
    }
    return [nodes[low], Math.min(offset, Math.max(0, data.length - 1))];
  };
  const textBoxes = (quote) => {
    const needle = fold(quote).replace(/\s+/g, "");
    const found = [];
    if (needle.length < 2) return found;
    for (let at = text.indexOf(needle), times = 0; at >= 0 && times < 3; at = text.indexOf(needle, at + 1), times += 1) {
      const [from, start] = place(at), [to, end] = place(at + needle.length - 1);
      if (!visible(from.parentElement || from.getRootNode().host)) continue;
      const range = document.createRange();
      range.setStart(from, start);
      range.setEnd(to, Math.min(to.data.length, end + 1));
      found.push(...[...range.getClientRects()].filter(shown).slice(0, 10));
    }
    return found;
  };
  const same = (one, two) => one.replace(/[/#]+$/, "") === two.replace(/[/#]+$/, "");
  const links = [...document.querySelectorAll("a[href],area[href],iframe[src],frame[src],img[src]")].slice(0, 20000);
  const linkBoxes = (address) => links.filter((each) => same(each.href || each.src || "", address) && visible(each)).slice(0, 3)
    .flatMap((each) => {
      const own = [...each.getClientRects()].filter(shown);
      return own.length ? own : [...each.children].flatMap((child) => [...child.getClientRects()].filter(shown));
    }).slice(0, 10);

  const boxesOf = (each) => (/^https?:\/\//.test(each) ? linkBoxes(each) : textBoxes(each));
  const seen = new Map(wanted.map((each) => [each, boxesOf(each).length > 0]));
  const unseen = wanted.filter((each) => !seen.get(each));
  const layer = document.createElement("div");
  const body = document.createElement("div");
  layer.attachShadow({ mode: "closed" }).append(body);
  layer.style.cssText = "all:initial;position:absolute;left:0;top:0;width:0;height:0;z-index:2147483647";
  if (unseen.length) {
    const banner = document.createElement("div");
    banner.style.cssText = "position:absolute;left:0;top:0;box-sizing:border-box;width:" + innerWidth + "px;padding:10px 14px;"
      + "background:#b00020;color:#fff;font:15px/1.5 sans-serif;overflow-wrap:anywhere;text-align:left";
    banner.textContent = `${heading}${unseen.map((each) => `«${each.slice(0, 200)}»`).join(", ").slice(0, 1500)}`;
    body.append(banner);
    document.documentElement.append(layer);
    const room = banner.getBoundingClientRect().height;
    document.documentElement.style.setProperty("margin-top", `${room}px`, "important");
  } else {
    document.documentElement.append(layer);
  }
  // One frame for the pieces of a line.
  const joined = (boxes) => boxes.reduce((lines, { left, top, right, bottom }) => {
    const line = lines.find((each) => top < each.bottom && bottom > each.top && left < each.right + 16 && right > each.left - 16);
    if (line) {
      line.left = Math.min(line.left, left);
      line.top = Math.min(line.top, top);
      line.right = Math.max(line.right, right);
      line.bottom = Math.max(line.bottom, bottom);
    } else {
      lines.push({ left, top, right, bottom });
    }
    return lines;
  }, []);
  let left = MOST;
  const origin = layer.getBoundingClientRect();
  body.style.cssText = "position:absolute;left:0;top:0";
  for (const each of wanted) {
    for (const box of joined(boxesOf(each))) {
      if (left-- <= 0) break;
      const frame = document.createElement("div");
      frame.style.cssText = "position:absolute;box-sizing:border-box;border:3px solid #e00020;border-radius:3px;"
        + `left:${box.left - origin.left - 5}px;top:${box.top - origin.top - 4}px;`
        + `width:${box.right - box.left + 10}px;height:${box.bottom - box.top + 8}px`;
      body.append(frame);
    }
  }
  const low = Math.max(document.documentElement.scrollHeight, document.body ? document.body.scrollHeight : 0, innerHeight);
  return { framed: wanted.filter((each) => seen.get(each)), height: low, width: innerWidth };
}
