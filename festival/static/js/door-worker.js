// The service worker of one activity's door. What SHELL names (put in front by the server) is kept; a page that cannot be had, or
// that the server cannot answer, is answered with the kept one. Nothing else is ever stored here.
const PATIENCE = 4000;

async function fill() {
  const cache = await caches.open(SHELL.name);
  await cache.addAll(SHELL.files);
  await keep(cache);
}

async function keep(cache) {
  const page = await fetch(SHELL.page, { cache: "no-store" });
  if (!page.ok || page.redirected) {
    throw new Error("not signed in");
  }
  await cache.put(SHELL.page, page);
}

async function tidy() {
  for (const name of await caches.keys()) {
    if (name.startsWith(SHELL.prefix) && name !== SHELL.name) {
      await caches.delete(name);
    }
  }
  await self.clients.claim();
}

async function page(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status < 500) {
      return answer;
    }
  } catch {
    // The kept page is what this is for.
  }
  const cache = await caches.open(SHELL.name);
  return (await cache.match(SHELL.page, { ignoreVary: true })) ?? Response.error();
}

async function file(request) {
  const cache = await caches.open(SHELL.name);
  return (await cache.match(request, { ignoreVary: true })) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(fill().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(tidy()));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== self.location.origin) {
    return;
  }
  if (event.request.mode === "navigate") {
    event.respondWith(page(event.request));
  } else if (SHELL.files.includes(address.pathname)) {
    event.respondWith(file(event.request));
  }
});
