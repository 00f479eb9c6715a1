// An empty part of the page, where a click can neither follow a link nor touch a form; null when there is none.
() => {
  const NEVER = "a,area,button,input,select,textarea,label,form,option,iframe,frame,object,embed,video,audio,summary,"
    + "details,[role=button],[role=link],[role=menuitem],[role=tab],[contenteditable]";
  const wide = innerWidth, high = innerHeight;
  for (const [x, y] of [[0.5, 0.45], [0.02, 0.5], [0.98, 0.5], [0.5, 0.8], [0.25, 0.3], [0.75, 0.3], [0.03, 0.9],
    [0.97, 0.9], [0.5, 0.12], [0.3, 0.62], [0.7, 0.62], [0.01, 0.02]]) {
    const at = [Math.round(x * wide), Math.round(y * high)];
    const element = document.elementFromPoint(...at);
    if (element && !element.closest(NEVER) && !(element.shadowRoot && element.shadowRoot.elementFromPoint(...at)?.closest(NEVER))) {
      return at;
    }
  }
  return null;
}
