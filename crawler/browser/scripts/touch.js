// A touch beside the click, for pages that wait for one.
(x, y) => {
  const element = document.elementFromPoint(x, y);
  if (!element || typeof Touch !== "function") return;
  const touch = new Touch({ identifier: 1, target: element, clientX: x, clientY: y, pageX: x + scrollX, pageY: y + scrollY });
  for (const kind of ["touchstart", "touchend"]) {
    const touches = kind === "touchstart" ? [touch] : [];
    element.dispatchEvent(new TouchEvent(kind, { bubbles: true, cancelable: true, composed: true, touches, targetTouches: touches, changedTouches: [touch] }));
  }
}
