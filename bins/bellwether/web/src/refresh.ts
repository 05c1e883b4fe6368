// Follows a running price refresh and shows the page anew when it has ended.
interface Progress {
  status: string;
  current: number;
  total: number;
}

const POLL_MS = 700;

export async function followRefresh(): Promise<void> {
  const pill = document.querySelector<HTMLElement>("[data-refreshing]");
  for (let polls = 0; pill && polls < 600; polls += 1) {
    await new Promise((resume) => setTimeout(resume, POLL_MS));
    const answer = await fetch("/api/price-update-progress").catch(() => undefined);
    if (!answer?.ok) return;
    const progress = (await answer.json()) as Progress;
    if (progress.status === "completed") return location.reload();
    if (progress.status !== "queued" && progress.status !== "updating") return;
    if (progress.total > 0) pill.textContent = `Refreshing ${progress.current} of ${progress.total}`;
  }
}
