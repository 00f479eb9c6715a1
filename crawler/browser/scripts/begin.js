// Runs in every document before its own scripts. It lets delays pass quickly, opens closed shadow roots, makes
// dialogues harmless, and keeps count of what the page is still waiting for. `name` is where the count is read.
(name) => {
  const LIMIT = 60000, FAST = 20, RATE = 100, DIALOGS = 60, SLOW = 250, PERIOD = 60, BURST = 4;
  const counts = { dialog: 0, print: 0, popup: 0, navigation: 0, close: 0 };
  const waiting = new Set();
  const { max, round } = Math;
  const realNow = Date.now.bind(Date), performanceNow = performance.now.bind(performance);
  const set = window.setTimeout.bind(window), clear = window.clearTimeout.bind(window);
  const repeat = window.setInterval.bind(window), unrepeat = window.clearInterval.bind(window);
  let shift = 0, changed = performanceNow(), intervals = 0;
  const pass = (delay) => (delay <= FAST || delay > LIMIT ? delay : FAST + (delay - FAST) / RATE);
  const now = () => realNow() + round(shift);
  const patch = (owner, key, value) => {
    try { Object.defineProperty(owner, key, { value, writable: true, configurable: true }); } catch { /* frozen */ }
  };

  // The clock jumps with the delays, so that a page that measures them finds nothing odd.
  const wrap = (what, delay) => {
    const due = realNow() + shift + delay;
    return typeof what !== "function" ? what : function (...given) {
      shift = max(shift, due - realNow());
      return what.apply(this, given);
    };
  };
  patch(window, "setTimeout", function setTimeout(what, delay = 0, ...given) {
    const length = max(0, +delay || 0), soon = length <= LIMIT, passing = wrap(what, length);
    if (typeof passing !== "function") return set(passing, pass(length));
    const number = set(function (...all) {
      waiting.delete(number);
      return passing.apply(this, all);
    }, pass(length), ...given);
    if (soon) waiting.add(number);
    return number;
  });
  patch(window, "clearTimeout", function clearTimeout(number) {
    live.delete(number);
    waiting.delete(number);
    clear(number);
  });
  // What repeats slowly is called some times in a row, so that the page is not painted for every turn.
  const live = new Set();
  patch(window, "setInterval", function setInterval(what, delay = 0, ...given) {
    const length = max(4, +delay || 0);
    if (length <= LIMIT) intervals += 1;
    if (typeof what !== "function" || length < SLOW || length > LIMIT) return repeat(what, length, ...given);
    const number = repeat(function (...all) {
      for (let turn = 0; turn < BURST && live.has(number); turn += 1) {
        shift += length;
        what.apply(this, all);
      }
    }, PERIOD, ...given);
    live.add(number);
    return number;
  });
  patch(window, "clearInterval", function clearInterval(number) {
    live.delete(number);
    waiting.delete(number);
    unrepeat(number);
  });
  patch(Date, "now", now);
  window.Date = new Proxy(Date, {
    construct: (target, given, made) => Reflect.construct(target, given.length ? given : [now()], made),
    apply: (target) => new target(now()).toString(),
  });
  patch(Performance.prototype, "now", function () { return performanceNow() + shift; });

  const attach = Element.prototype.attachShadow;
  patch(Element.prototype, "attachShadow", function attachShadow(how) {
    return attach.call(this, { ...how, mode: "open" });
  });

  // An endless loop of dialogues must end: after so many of them the next one throws.
  const tire = (kind, answer) => () => {
    counts[kind] += 1;
    if (counts[kind] > DIALOGS) throw new Error("stopped");
    return answer;
  };
  patch(window, "alert", tire("dialog", undefined));
  patch(window, "confirm", tire("dialog", true));
  patch(window, "prompt", tire("dialog", null));
  patch(window, "print", tire("print", undefined));
  for (const key of ["RTCPeerConnection", "webkitRTCPeerConnection", "SharedWorker"]) {
    try { delete window[key]; } catch { /* not there */ }
  }

  // The way on is noted and not gone: Chromium stops reading a document when its way on is refused by the network.
  const leads = [], here = location.pathname;
  const leave = (event) => {
    const { url, sameDocument } = event.destination;
    if (sameDocument || event.hashChange || event.downloadRequest !== null || !event.cancelable) return;
    const there = new URL(url);
    if (there.host === location.host && there.pathname === here && !event.formData) return; // once more: see Leads
    event.preventDefault();
    event.stopImmediatePropagation();
    counts.navigation += 1;
    if (leads.length < 20) leads.push([url.slice(0, 2000), performanceNow() + shift, !event.formData]);
  };
  if (window === window.top && window.navigation) navigation.addEventListener("navigate", leave, true);

  // Only a page that looks where it is scrolled to is scrolled, and only one that waits for clicks is clicked.
  const CLICKS = ["click", "mousedown", "mouseup", "pointerdown", "pointerup", "touchstart", "touchend", "auxclick"];
  let lazy = 0, listening = 0;
  const handled = () => [window, document, document.documentElement, document.body].some((owner) => owner
    && CLICKS.some((kind) => owner[`on${kind}`])) || !!document.querySelector(CLICKS.map((kind) => `[on${kind}]`).join());
  const Observer = window.IntersectionObserver, listen = EventTarget.prototype.addEventListener;
  if (Observer) {
    window.IntersectionObserver = new Proxy(Observer, {
      construct: (target, given, made) => { lazy += 1; return Reflect.construct(target, given, made); },
    });
  }
  patch(EventTarget.prototype, "addEventListener", function addEventListener(kind, ...given) {
    if (kind === "scroll") lazy += 1;
    if (CLICKS.includes(kind)) listening += 1;
    return listen.call(this, kind, ...given);
  });

  patch(window, "close", () => { counts.close += 1; });
  const opened = [], openWindow = window.open;
  patch(window, "open", function open(url, ...given) {
    counts.popup += 1;
    if (opened.length < 20) opened.push(String(url || "").slice(0, 2000));
    return counts.popup > 3 ? null : openWindow.call(window, url, ...given);
  });

  new MutationObserver(() => { changed = performanceNow(); })
    .observe(document, { childList: true, characterData: true, subtree: true });
  Object.defineProperty(window, name, {
    value: () => ({ ready: document.readyState, waiting: waiting.size, intervals, still: performanceNow() - changed, counts, opened, leads, lazy, clicks: listening > 0 || handled() }),
  });
}
