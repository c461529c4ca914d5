// The bell: how much there is that one has not read. It counts, it does not ring.

import type { Live } from "./live";

interface News {
  unread?: number;
  newest?: { title: string };
}

async function ask(): Promise<number> {
  const answer = await fetch("/notices/unread", { headers: { Accept: "application/json" }, credentials: "same-origin" });
  return answer.ok ? ((await answer.json()) as { unread: number }).unread : 0;
}

function show(n: number): void {
  const bell = document.getElementById("bell");
  const count = document.getElementById("bell-count");
  if (!bell || !count) return;
  count.textContent = n > 99 ? "99+" : String(n);
  count.hidden = n === 0;
  bell.dataset.unread = String(n);
}

export function beginNotices(live: Live): void {
  if (!document.getElementById("bell")) return;
  live.on("notice", (data) => {
    const news = data as News;
    if (news.unread !== undefined) show(news.unread);
    else void ask().then(show);
    document.dispatchEvent(new CustomEvent("deskbell:notice"));
  });
  live.back(() => void ask().then(show));
}
