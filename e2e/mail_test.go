package e2e

import (
	"io"
	"net"
	"strconv"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
)

// Whoever sends a test mail sees it leave, on the page that they are led to.
func TestTestMail(t *testing.T) {
	behind := mailtest.Start(t, &mailtest.Server{})
	slow, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	looked := make(chan struct{})
	go func() { // it answers once its sender has had a look
		for {
			c, err := slow.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				<-looked
				s, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(behind.Port())))
				if err != nil {
					return
				}
				defer s.Close()
				go io.Copy(s, c)
				io.Copy(c, s)
			}()
		}
	}()
	server, link := serve(t, "VITRINE_SMTP_HOST=127.0.0.1", "VITRINE_SMTP_PORT="+strconv.Itoa(slow.Addr().(*net.TCPAddr).Port), "VITRINE_SMTP_TLS=none", "VITRINE_MAIL_FROM=portal@nord.example")
	owner := newTab(t, "owner", server.URL)
	setUp(owner, link)
	owner.open("/settings/mail")
	owner.live(func() { owner.follow("Send it to " + nora.email) })
	if state := value[string](owner, `document.querySelector("main .head .state").innerText`); state != "Waiting" && state != "Sending" {
		t.Errorf("at first it is %q", state)
	}
	value[bool](owner, `window.same = true`)
	close(looked)
	owner.until("it has left", `document.querySelector("main .head .state").innerText === "Sent"`)
	owner.stays()
	owner.until("nothing is waited for", `!document.querySelector("[data-waits]")`)
}
