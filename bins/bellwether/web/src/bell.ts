import { text } from "./texts";

// The number of unread notifications beside the bell; without it the bell is a plain link to the list.
async function count(bell: HTMLElement): Promise<void> {
  const answer = await fetch("/api/v1/notifications?unread=true&limit=1").catch(() => undefined);
  if (!answer?.ok) return;
  const { unread } = (await answer.json()) as { unread: number };
  const badge = bell.querySelector<HTMLElement>("[data-unread]");
  if (badge) {
    badge.textContent = unread > 99 ? "99+" : String(unread);
    badge.hidden = unread === 0;
  }
  bell.setAttribute("aria-label", unread ? text("unread", { unread }) : text("notifications"));
}

export function bell(): void {
  const link = document.querySelector<HTMLElement>("[data-bell]");
  if (!link) return;
  void count(link);
  for (const name of ["notified", "content"]) document.addEventListener(name, () => void count(link));
}
