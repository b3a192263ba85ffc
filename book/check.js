// What a page looks like from inside the browser. Each function returns a list of sentences: empty if all is well.

// "nav.bd-links a", to be found again.
const named = (element) => {
  const one = (e) => e.localName + (e.id ? "#" + e.id : "") + [...e.classList].slice(0, 2).map((c) => "." + c).join("");
  const words = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
  return (element.parentElement ? one(element.parentElement) + " > " : "") + one(element) + (words ? ` (${words})` : "");
};

const visible = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });

// Whether something around the element scrolls or cuts off what sticks out of it.
const contained = (element) => {
  for (let outer = element.parentElement; outer && outer !== document.body; outer = outer.parentElement)
    if (getComputedStyle(outer).overflowX !== "visible" && outer.getBoundingClientRect().right <= innerWidth + 1)
      return true;
  return false;
};

// Sideways scrolling of the page as a whole, and what causes it.
const overflow = () => {
  const wide = document.scrollingElement.scrollWidth;
  const found = wide > innerWidth ? [`the page is ${wide} px wide`] : [];
  const out = [...document.body.querySelectorAll("*")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.left < innerWidth && box.right > innerWidth + 1 && visible(element) && !contained(element);
  });
  const outermost = out.filter((element) => !out.includes(element.parentElement));
  return found.concat(outermost.map((element) => `sticks out at the right: ${named(element)}`));
};

// What the keyboard can reach but does not show as reached.
const focus = () => {
  const still = document.head.appendChild(document.createElement("style"));
  still.textContent = "* { transition: none !important; animation: none !important; }";
  const look = (element) =>
    [element, element.parentElement, element.firstElementChild ?? element].map((e) => {
      const style = getComputedStyle(e);
      const outline = style.outlineStyle === "none" ? "none" : style.outline;
      return [outline, style.boxShadow, style.border, style.backgroundColor, style.textDecoration].join("|");
    }).join("||");
  const found = new Set();
  for (const element of document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")) {
    if (!visible(element) || element.disabled) continue;
    document.activeElement.blur();
    const before = look(element);
    element.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement === element && look(element) === before) found.add(`shows no focus: ${named(element)}`);
  }
  document.activeElement.blur();
  still.remove();
  return [...found];
};
