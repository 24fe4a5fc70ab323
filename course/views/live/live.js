// Shows a view's HTML and changes only what has changed: focus, scrolling and transitions live on.

function sync(old, wanted) {
  if (old.isEqualNode(wanted)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    // Whether a <details> is open is the reader's to say.
    if (!wanted.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  patch(old, wanted);
}

// Children with a data-key are found again by it; the others by their place.
function patch(parent, wanted) {
  const keyed = new Map();
  for (const child of parent.children) {
    if (child.dataset.key) keyed.set(child.dataset.key, child);
  }
  let here = parent.firstChild;
  for (const next of [...wanted.childNodes]) {
    const key = next.dataset?.key;
    let match = key ? keyed.get(key) : here?.dataset?.key ? null : here;
    if (match && match.nodeName !== next.nodeName) match = null;
    if (!match) {
      parent.insertBefore(next, here);
    } else {
      if (match === here) here = here.nextSibling;
      else parent.insertBefore(match, here);
      sync(match, next);
    }
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

function setHTML(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  patch(element, template.content);
}

function element(tag, className, parent) {
  const made = document.createElement(tag);
  made.className = className;
  parent.append(made);
  return made;
}

function render({ model, el }) {
  const root = element("div", "kubelab-live", el);
  const bar = element("div", "kl-bar", root);
  const status = element("span", "kl-status", bar);
  status.setAttribute("role", "status");
  const stop = element("button", "kl-stop", bar);
  stop.type = "button";
  stop.dataset.say = "stop";
  const picture = element("div", "kl-picture", root);
  const details = element("div", "kl-details", root);
  details.setAttribute("aria-live", "polite");

  const show = () => {
    const began = performance.now();
    setHTML(picture, model.get("picture"));
    setHTML(details, model.get("details"));
    status.textContent = model.get("status");
    stop.textContent = model.get("stop_label");
    root.dataset.mood = model.get("mood");
    stop.hidden = root.dataset.mood === "stopped";
    void root.offsetHeight; // the layout is part of what a frame takes
    const took = performance.now() - began;
    root.dataset.frames = 1 + Number(root.dataset.frames ?? 0);
    root.dataset.slowest = Math.max(took, Number(root.dataset.slowest ?? 0)).toFixed(1);
  };
  const pressed = (event) => {
    const button = event.target.closest("[data-say]");
    if (button) model.send({ say: button.dataset.say });
  };
  show();
  model.on("change", show);
  root.addEventListener("click", pressed);
  return () => model.off("change", show);
}

export default { render };
