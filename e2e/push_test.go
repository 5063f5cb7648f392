package e2e

import (
	"strings"
	"sync/atomic"
	"testing"

	permissions "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"
)

// The service worker starts under the policy of the pages, and shows a push as
// what it says, and one that says nothing as something.
func TestPushIsShown(t *testing.T) {
	site := theDemo(t)
	guest := newTab(t, "client", site).as(demo.people["client lead"])
	var registration atomic.Value
	if err := chromedp.Listen(guest.ctx, func(ev any) {
		if e, ok := ev.(*serviceworker.EventWorkerRegistrationUpdated); ok {
			for _, r := range e.Registrations {
				registration.Store(r.RegistrationID)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	guest.do(call(permissions.SetPermission, permissions.SetPermissionParams{
		Permission: &permissions.PermissionDescriptor{Name: "notifications"}, Setting: permissions.PermissionSettingGranted, Origin: site, BrowserContextID: chromedp.FromContext(guest.ctx).BrowserContextID}),
		call(serviceworker.Enable, cdp.Empty{}))
	guest.open("/profile/notices")
	guest.reads("Show notices on this device")
	value[int](guest, `navigator.serviceWorker.register("/sw.js").then(() => navigator.serviceWorker.ready).then((r) => (window.worker = r), (e) => (window.worker = { active: { scriptURL: String(e) } })), 0`)
	guest.until("the service worker is there", `!!window.worker?.active`)
	if got := value[string](guest, `window.worker.active.scriptURL`); !strings.HasSuffix(got, "/sw.js") {
		t.Fatalf("the service worker is %q", got)
	}
	guest.wait("the worker is known", func() bool { return registration.Load() != nil })
	for data, want := range map[string]string{
		`{"title":"Website relaunch","body":"Tom wrote in Colours","url":"/notices/ntc_1"}`: "Website relaunch|Tom wrote in Colours|/notices/ntc_1",
		``: "Vitrine||/notices",
	} {
		guest.do(call(serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: site, RegistrationID: registration.Load().(serviceworker.RegistrationID), Data: data}))
		guest.until("the push is shown: "+want, `window.worker.getNotifications().then((all) => (window.shown = all.map((n) => [n.title, n.body, n.data].join("|")))), (window.shown ?? []).includes("`+want+`")`)
	}
}
