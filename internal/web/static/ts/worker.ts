// The service worker shows pushes, and nothing else: it keeps no page, as pages
// are private, and answers no request.
const worker = self as any;

worker.addEventListener("push", (e: any) => {
  let said = { title: "", body: "", url: "/notices" };
  try {
    said = { ...said, ...e.data.json() };
  } catch {
    // A push that says nothing still has to be shown.
  }
  e.waitUntil(worker.registration.showNotification(said.title || "Vitrine", { body: said.body, icon: "/icon.svg", tag: "notices", renotify: true, data: said.url }));
});

worker.addEventListener("notificationclick", (e: any) => {
  e.notification.close();
  const path = /^\/[^/\\]/.test(e.notification.data) ? e.notification.data : "/notices";
  e.waitUntil(
    (async () => {
      for (const page of await worker.clients.matchAll({ type: "window" })) {
        if (page.visibilityState === "visible" || page.focused) {
          await page.focus();
          return page.navigate(path);
        }
      }
      return worker.clients.openWindow(path);
    })(),
  );
});
