// Pushes to this browser. The browser is asked for permission only after a click;
// where its person asked before, it says anew where it is, once for each tab.
const asks = document.querySelector<HTMLElement>("[data-push]");
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function tell(what: string) {
  asks?.querySelectorAll<HTMLElement>("[data-push-say]").forEach((x) => (x.hidden = x.dataset.pushSay !== what));
}

async function begin(): Promise<boolean> {
  const key = await (await fetch("/profile/devices/key")).text();
  const registration = await navigator.serviceWorker.register("/sw.js");
  await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: key };
  let subscription: PushSubscription;
  try {
    subscription = await registration.pushManager.subscribe(options);
  } catch {
    // It has one for another key: the portal's has changed.
    await (await registration.pushManager.getSubscription())?.unsubscribe();
    subscription = await registration.pushManager.subscribe(options);
  }
  const { endpoint, keys } = subscription.toJSON();
  const fields = { endpoint: endpoint!, key: keys!.p256dh, auth: keys!.auth };
  return (await fetch("/profile/devices", { method: "POST", body: new URLSearchParams(fields) })).ok;
}

asks?.querySelector("button[data-push-start]")?.addEventListener("click", async () => {
  if (!able) return tell("unable");
  if ((await Notification.requestPermission()) !== "granted") return tell("denied");
  try {
    if (await begin()) {
      sessionStorage.setItem("push", "1");
      return location.assign("/profile/notices?done=push_on");
    }
  } catch {
    // told below
  }
  tell("failed");
});

if (able && !asks && Notification.permission === "granted" && !sessionStorage.getItem("push")) {
  sessionStorage.setItem("push", "1");
  begin().catch(() => sessionStorage.removeItem("push"));
}
export {};
