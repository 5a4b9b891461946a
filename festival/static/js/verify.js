// Computes a draw again on the reader's own device: the list's SHA-256, then each pool's order by HMAC-SHA256(seed, number).
const text = new TextEncoder();
const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function orderOf(entrants, seed) {
  const key = await crypto.subtle.importKey("raw", text.encode(seed), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const drawn = [];
  for (const line of entrants.trim().split("\n")) {
    const [pool, number] = line.split(" ");
    drawn.push({ pool, number, mark: hex(await crypto.subtle.sign("HMAC", key, text.encode(number))) });
  }
  drawn.sort((a, b) => (a.mark < b.mark ? -1 : a.mark > b.mark ? 1 : a.number < b.number ? -1 : 1));
  const order = {};
  for (const { pool, number } of drawn) (order[pool] ??= []).push(number);
  return order;
}

async function verdict(address) {
  const record = await (await fetch(address, { cache: "no-store" })).json();
  if (hex(await crypto.subtle.digest("SHA-256", text.encode(record.entrants))) !== record.sha256) return "bad";
  if (!record.seed) return "hash";
  const order = await orderOf(record.entrants, record.seed);
  const pools = Object.keys(order).sort();
  if (pools.join() !== Object.keys(record.order).sort().join()) return "bad";
  return pools.every((pool) => order[pool].join() === record.order[pool].join()) ? "good" : "bad";
}

export function wire() {
  for (const box of document.querySelectorAll("[data-verify]")) {
    const said = box.querySelector("[data-said]");
    box.querySelector("button").addEventListener("click", async () => {
      let found = "unable";
      try {
        found = await verdict(box.dataset.verify);
      } catch {
        // no network, or a browser without SubtleCrypto (it needs https or this machine): said below
      }
      said.textContent = box.querySelector(`[data-${found}]`).textContent;
      said.dataset.verdict = found;
      said.hidden = false;
    });
  }
}
