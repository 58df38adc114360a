// Beside Chainlit's page: passages and settings in a drawer, the embedding's progress, the service worker.
(() => {
  "use strict";
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
    if (told.opened) toLastQuestion(20);
  });

  function toLastQuestion(tries) {
    const asked = document.querySelectorAll('[data-step-type="user_message"]');
    if (asked.length) asked[asked.length - 1].scrollIntoView({ block: "start" });
    else if (tries) setTimeout(() => toLastQuestion(tries - 1), 100);
  }

  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/service-worker.js");
  setTimeout(watch, 1500);
})();
