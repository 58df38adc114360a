// Beside Chainlit's page: passages and settings in a drawer, the way to an approval's buttons, the embedding's progress,
// the service worker.
(() => {
  "use strict";

  // Opened at a conversation's address, the front end connects twice: before it has read which conversation, and after.
  // Each time it first asks for this cookie; the first answer may come last, and its connection would be the one that
  // stays, in which the conversation never opens. So who was overtaken waits for ever.
  const ask = window.fetch;
  let newest = 0;
  window.fetch = (address, options) => {
    const answer = ask(address, options);
    if (new URL(address.url ?? address, location.href).pathname !== "/set-session-cookie") return answer;
    const mine = ++newest;
    return answer.finally(() => (mine === newest ? undefined : new Promise(() => {})));
  };

  const PARTS = /^\/(?:passage\/|settings$|figures\/rows$)/;
  const PAGES = /^\/(?:approvals|inbox|connections|egress|audit)(?:\/|$)/;
  const BUSY_MS = 4000;
  const IDLE_MS = 10000;

  function drawer() {
    let dialog = document.getElementById("twinning-drawer");
    if (dialog) return dialog;
    dialog = document.createElement("dialog");
    dialog.id = "twinning-drawer";
    dialog.setAttribute("aria-label", "Source");
    const close = document.createElement("button");
    close.className = "close";
    close.setAttribute("aria-label", "Close");
    close.textContent = "×";
    const inside = document.createElement("div");
    inside.className = "inside";
    dialog.append(close, inside);
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target === close) dialog.close();
    });
    document.body.append(dialog);
    return dialog;
  }

  async function open(address) {
    let answer;
    try {
      answer = await fetch(address, { headers: { "X-Part": "1" }, cache: "no-store" });
    } catch {
      answer = null;
    }
    if (answer?.status === 401) return location.assign("/login");
    const dialog = drawer();
    const inside = dialog.querySelector(".inside");
    // The server has escaped it; it is the same as on the passage's own page.
    if (answer?.headers.get("content-type")?.startsWith("text/html")) inside.innerHTML = await answer.text();
    else if (answer) inside.textContent = (await answer.json()).detail;
    else inside.textContent = "Twinning does not answer. Is it running?";
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    inside.querySelector("mark")?.scrollIntoView({ block: "center" });
  }

  document.addEventListener(
    "click",
    (event) => {
      if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      const link = event.target.closest?.("a[href]");
      if (!link) return;
      const address = new URL(link.href, location.href);
      if (address.origin !== location.origin) return;
      const part = PARTS.test(address.pathname);
      if (!part && !PAGES.test(address.pathname)) return;
      event.preventDefault();
      event.stopPropagation();
      // Our own pages open in this window; the front end would open a second one.
      if (part) open(address.pathname + address.search);
      else location.assign(address);
    },
    true,
  );

  // The dialog for a conversation's new name is no form, so that Enter would do nothing in it.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches?.('[role="dialog"] input#name')) return;
    event.preventDefault();
    event.target.parentElement.nextElementSibling?.lastElementChild?.click();
  });

  function draw({ embedded, memories }) {
    let bar = document.getElementById("twinning-progress");
    if (embedded >= memories) {
      bar?.remove();
      return;
    }
    if (!bar) {
      bar = document.createElement("div");
      bar.id = "twinning-progress";
      bar.setAttribute("role", "status");
      bar.append(document.createElement("span"), document.createElement("progress"));
      document.body.append(bar);
    }
    const percent = Math.floor((100 * embedded) / memories);
    bar.firstChild.textContent = `Learning what your notes mean: ${percent} % of ${memories.toLocaleString("en")}; by words, all can be found.`;
    bar.lastChild.max = memories;
    bar.lastChild.value = embedded;
  }

  async function watch() {
    let wait = IDLE_MS;
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch("/settings/progress", { cache: "no-store" });
        if (answer.ok) {
          const now = await answer.json();
          draw(now);
          document.body.classList.toggle("twinning-news", now.news);
          if (now.embedded < now.memories) wait = BUSY_MS;
        }
      } catch {
        // Not running: the chat itself says so.
      }
    }
    setTimeout(watch, wait);
  }

  // What the server tells this page comes as a message of the page to itself.
  addEventListener("message", (event) => {
    const told = event.origin === location.origin && event.data?.twinning;
    if (!told) return;
    // On a phone the list of conversations is closed, and with it what puts the conversation into the address.
    if (told.thread && location.pathname === "/" && innerWidth < 768) {
      history.replaceState(history.state, "", `/thread/${told.thread}`);
    }
    if (told.opened && told.opened !== opened) {
      opened = told.opened;
      whenDrawn(ASKED, showLast);
    }
    if (told.waits) whenDrawn(`#step-${told.waits} ${WAITS}`, showLast);
  });

  const ASKED = '[data-step-type="user_message"]';
  const WAITS = 'button[id^="deny-"]:not([id^="deny-all-"])';
  const DRAWN_MS = 10000;
  let opened = "";

  // As soon as it is there, before it is painted: later it would move under a finger.
  function whenDrawn(what, act) {
    const look = () => {
      if (!document.querySelector(what)) return false;
      watching.disconnect();
      act();
      requestAnimationFrame(() => requestAnimationFrame(act)); // the room below is made only then
      return true;
    };
    const watching = new MutationObserver(look);
    if (look()) return;
    watching.observe(document.body, { childList: true, subtree: true });
    setTimeout(() => watching.disconnect(), DRAWN_MS);
  }

  // The last question with what follows; or the first action that waits since, in full where it fits.
  function showLast() {
    const asked = [...document.querySelectorAll(ASKED)].at(-1);
    const card = waiting().find((each) => !asked || asked.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING);
    if (!card) return asked?.scrollIntoView({ block: "start" });
    card.scrollIntoView({ block: card.offsetHeight + 24 <= view(card).height ? "end" : "start" });
  }

  function waiting() {
    return [...document.querySelectorAll(WAITS)].map((each) => each.closest("[data-step-type]")).filter(Boolean);
  }

  function view(card) {
    return card.closest(".overflow-y-auto").getBoundingClientRect();
  }

  // While the buttons of what waits are below the window, a line above the input says how far, and leads on by a
  // windowful at a time: what is approved has been on the screen.
  let next = () => {};

  function pointBelow() {
    const card = waiting().find((each) => each.getBoundingClientRect().bottom > view(each).bottom + 12);
    let line = document.getElementById("twinning-below");
    document.body.classList.toggle("twinning-waits-below", Boolean(card));
    if (!card) return line?.remove();
    if (!line) {
      line = document.createElement("button");
      line.id = "twinning-below";
      line.type = "button";
      line.addEventListener("click", () => next());
      document.body.append(line);
    }
    const { top, bottom, left, width, height } = view(card);
    const box = card.getBoundingClientRect();
    const begun = box.top < bottom - 48;
    const rest = box.bottom - bottom;
    const step = height - 72; // what this line covers comes again
    const screens = Math.ceil(rest / step);
    const far = screens > 1 ? `${screens} screens down` : "below";
    const said = begun ? `Read on: buttons ${far} ↓` : "An action waits for you below ↓";
    if (line.textContent !== said) line.textContent = said;
    line.style.left = `${left + width / 2}px`;
    line.style.bottom = `${innerHeight - bottom + 12}px`;
    next = () =>
      card.closest(".overflow-y-auto").scrollBy({
        top: begun ? Math.min(rest + 16, step) : box.top - top,
        behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
      });
  }

  // Buttons that are only a picture have no name for who hears the page.
  const NAMES = {
    "#sidebar-trigger-button": "Show or hide the conversations",
    "#search-chats-button": "Search the conversations",
    "#new-chat-button": "New conversation",
    "#thread-options": "Rename or delete this conversation",
    "#chat-input": "Message",
    "#upload-button": "Add files to memory",
    "#chat-submit": "Send",
    "#stop-button": "Stop",
    "#user-nav-button": "Account",
    "button:has(> svg.lucide-copy)": "Copy",
  };

  function nameAll() {
    for (const [which, name] of Object.entries(NAMES)) {
      for (const each of document.querySelectorAll(`${which}:not([aria-label])`)) {
        each.setAttribute("aria-label", name);
        if (each.getAttribute("role") === "presentation") each.removeAttribute("role");
      }
    }
  }

  let planned = false;
  function lookBelow() {
    if (planned) return;
    planned = true;
    requestAnimationFrame(() => {
      planned = false;
      pointBelow();
      nameAll();
    });
  }
  document.addEventListener("scroll", lookBelow, { capture: true, passive: true });
  addEventListener("resize", lookBelow);
  new MutationObserver(lookBelow).observe(document.documentElement, { childList: true, subtree: true });

  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/service-worker.js");
  setTimeout(watch, 1500);
})();
