// Keeps the program's own files, and a page that says when Twinning is not running. Never a page or an answer with
// anything of yours: what is not listed here goes to the network and nowhere else.
const CACHE = "twinning-shell-1";
const SHELL = ["/offline", "/public/pages.css", "/public/part.css", "/public/pages.js", "/public/mark.svg"];
const KEPT = /^\/assets\/|^\/public\/[\w.-]+\.(?:svg|png|css|js)$/;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match("/offline")));
  } else if (KEPT.test(address.pathname)) {
    event.respondWith(address.pathname.startsWith("/assets/") ? keptFirst(request) : freshFirst(request));
  }
});

// Names in /assets carry a hash: what is kept under a name is what the server would send.
async function keptFirst(request) {
  return (await caches.match(request)) || keep(request, await fetch(request));
}

async function freshFirst(request) {
  try {
    return await keep(request, await fetch(request));
  } catch (error) {
    const kept = await caches.match(request);
    if (kept) return kept;
    throw error;
  }
}

async function keep(request, answer) {
  if (answer.ok && answer.type === "basic") (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}
