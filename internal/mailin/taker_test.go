package mailin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-smtp"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

const trusted = "mx.honcho.test"

// takerFor takes mails in for a World, into a store of its own.
func takerFor(t *testing.T, w *portaltest.World) *Taker {
	t.Helper()
	store, err := blob.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{
		Portal: w.Portal, Accounts: w.Accounts, Bytes: transfer.New(store, "", slog.New(slog.DiscardHandler)),
		Addresses: NewAddresses("reply@in.honcho.test", []byte("a key of thirty-two bytes, or so")),
		Others:    []string{"portal@honcho.test"}, Server: trusted, Temp: t.TempDir(),
	})
}

// addressOf is where a person's answers to a place come to.
func addressOf(t *testing.T, taker *Taker, r portal.ReplyPlace) string {
	t.Helper()
	id, err := taker.Portal.ReplyAddress(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return taker.Addresses.For(Reply, id)
}

// letter is a mail that a person writes.
func letter(id, from, to, text string) string {
	domain := strings.TrimRight(from[strings.IndexByte(from, '@')+1:], ">")
	return strings.ReplaceAll(fmt.Sprintf(`Authentication-Results: %s; dmarc=pass header.from=%s
From: %s
To: %s
Subject: Re: something
Message-ID: <%s>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

%s
`, trusted, domain, from, to, id, text), "\n", "\r\n")
}

// serveLMTP serves a taker over a socket until the test ends, and returns its
// address.
func serveLMTP(t *testing.T, taker *Taker) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lmtp.sock")
	l, err := ListenLMTP("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := taker.ServeLMTP(ctx, l); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); serving.Wait() })
	return path
}

func lmtp(t *testing.T, path string) *smtp.Client {
	t.Helper()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	c := smtp.NewClientLMTP(conn)
	t.Cleanup(func() { c.Close() })
	return c
}

// code is what a mail server answered; 250 is no error.
func code(err error) int {
	var answer *smtp.SMTPError
	switch {
	case err == nil:
		return 250
	case errors.As(err, &answer):
		return answer.Code
	}
	return 0
}

// deliver sends a mail as a mail server does, and returns the answers to each
// recipient, and then for each that was taken.
func deliver(t *testing.T, path, raw string, to ...string) (rcpt, data []int) {
	t.Helper()
	c := lmtp(t, path)
	if err := c.Mail("miranda@leto.test", nil); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, a := range to {
		got := code(c.Rcpt(a, nil))
		if rcpt = append(rcpt, got); got == 250 {
			taken++
		}
	}
	if taken == 0 {
		return rcpt, nil
	}
	d, err := c.Data()
	if err != nil {
		return rcpt, []int{code(err)}
	}
	if _, err := io.WriteString(d, raw); err != nil {
		t.Fatal(err)
	}
	taken250, err := d.CloseWithLMTPResponse()
	for range taken250 {
		data = append(data, 250)
	}
	var refused smtp.LMTPDataError
	if errors.As(err, &refused) {
		for _, a := range refused {
			data = append(data, a.Code)
		}
	} else if err != nil {
		t.Fatal(err)
	}
	return rcpt, data
}

// waiting are the mails that wait to be looked at.
func waiting(t *testing.T, w *portaltest.World) []portal.IncomingMail {
	t.Helper()
	mails, _, err := w.As(w.Ada).Incoming(t.Context(), "", portal.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

func TestLMTP(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		path := serveLMTP(t, taker)
		cleo := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: "thr_1", Audience: portal.ClientSide})
		dan := addressOf(t, taker, portal.ReplyPlace{Person: w.Dan, Place: "thr_1", Audience: portal.ClientSide})
		raw := letter("1@leto.test", "cleo@cleo.test", cleo, "Hello\n..\n.dot")
		nobody := taker.Addresses.For(Reply, "rpl_00000000000000000000000000") // a good token of no address

		rcpt, data := deliver(t, path, raw, cleo, "other@in.honcho.test", strings.ToUpper(dan), nobody, "reply@in.honcho.test", "Portal@Honcho.test", "portal@elsewhere.test")
		if want := []int{250, 550, 250, 550, 250, 250, 550}; fmt.Sprint(rcpt) != fmt.Sprint(want) {
			t.Errorf("recipients are answered %v, want %v", rcpt, want)
		}
		if fmt.Sprint(data) != "[250 250 250 250]" {
			t.Errorf("the mail is answered %v", data)
		}
		mails := waiting(t, w)
		if len(mails) != 4 || mails[3].Recipient != cleo || mails[3].MessageID != "1@leto.test" || mails[3].Sender != "miranda@leto.test" || mails[2].Recipient != dan {
			t.Fatalf("kept: %+v", mails)
		}
		r, err := taker.Bytes.Blobs.Open(t.Context(), blob.Key(mails[0].Blob))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got, err := io.ReadAll(r); err != nil || string(got) != strings.TrimRight(raw, "\r\n")+"\r\n" {
			t.Errorf("stored %q, %v", got, err)
		}

		// Again, as after an answer that was lost.
		if _, data := deliver(t, path, raw, cleo); fmt.Sprint(data) != "[250]" {
			t.Errorf("the same again is answered %v", data)
		}
		if got := len(waiting(t, w)); got != 4 {
			t.Errorf("after the same again there are %d", got)
		}
		stored := 0
		for _, err := range taker.Bytes.Blobs.Keys(t.Context()) {
			if stored++; err != nil {
				t.Fatal(err)
			}
		}
		if stored != 1 {
			t.Errorf("%d blobs are stored", stored)
		}

		// Without an identifier, the content is one.
		anonymous := strings.Replace(raw, "Message-ID: <1@leto.test>\r\n", "", 1)
		for range 2 {
			deliver(t, path, anonymous, cleo)
		}
		if mails := waiting(t, w); len(mails) != 5 || !strings.HasPrefix(mails[0].MessageID, "sha256:") {
			t.Errorf("without an identifier: %d mails", len(mails))
		}
	})
}

// What is too large, what breaks off and what comes while nothing can be stored
// is not accepted, and leaves nothing.
func TestLMTPRefuses(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		path := serveLMTP(t, taker)
		cleo := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: "thr_1", Audience: portal.ClientSide})
		large := "Subject: large\r\n\r\n" + strings.Repeat(strings.Repeat("x", 998)+"\r\n", MaxSize/1000+1000)
		if _, data := deliver(t, path, large, cleo); fmt.Sprint(data) != "[552]" {
			t.Errorf("a large mail is answered %v", data)
		}

		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "LHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: half\r\n\r\nhalf", cleo)
		buf := make([]byte, 4096)
		for said := ""; !strings.Contains(said, "354"); {
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			said += string(buf[:n])
		}
		conn.Close()

		for range atOnce {
			taker.storing <- struct{}{}
		}
		if _, data := deliver(t, path, letter("2@x", "cleo@cleo.test", cleo, "busy"), cleo); fmt.Sprint(data) != "[451]" {
			t.Errorf("when busy a mail is answered %v", data)
		}
		for range atOnce {
			<-taker.storing
		}

		store := taker.Bytes.Blobs
		taker.Bytes.Blobs = full{store}
		if _, data := deliver(t, path, letter("3@x", "cleo@cleo.test", cleo, "full"), cleo); fmt.Sprint(data) != "[452]" {
			t.Errorf("when full a mail is answered %v", data)
		}
		taker.Bytes.Blobs = store
		if mails := waiting(t, w); len(mails) != 0 {
			t.Errorf("kept: %+v", mails)
		}
	})
}

// full is a store on a disk with hardly any room.
type full struct{ blob.Store }

func (full) Free(context.Context) (int64, error) { return lowRoom - 1, nil }

func TestLMTPSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lmtp.sock")
	l, err := ListenLMTP("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("the socket is %v, %v", info, err)
	}
	if _, err := ListenLMTP("unix:" + path); err == nil {
		t.Error("a socket in use was taken over")
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // as after a kill
	l.Close()
	l, err = ListenLMTP("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// mailbox is a real IMAP server with one mailbox.
func mailbox(t *testing.T) (*imapmemserver.User, Mailbox) {
	t.Helper()
	user := imapmemserver.NewUser("portal", "secret")
	for _, name := range []string{"INBOX", "Done"} {
		if err := user.Create(name, nil); err != nil {
			t.Fatal(err)
		}
	}
	mem := imapmemserver.New()
	mem.AddUser(user)
	s := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return telling{mem.NewSession().(imapserver.SessionIMAP4rev2)}, nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIdle: {}, imap.CapMove: {}, imap.CapUIDPlus: {}},
		InsecureAuth: true,
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { s.Serve(l) })
	t.Cleanup(func() { s.Close(); serving.Wait() })
	return user, Mailbox{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: "none", User: "portal", Password: "secret"}
}

// A telling session tells while it idles of all that came since its last answer, as
// mail servers do. The library's own is silent about what came before it began to.
type telling struct{ imapserver.SessionIMAP4rev2 }

func (s telling) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-tick.C:
		}
	}
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

func put(t *testing.T, user *imapmemserver.User, raw string) {
	t.Helper()
	if _, err := user.Append("INBOX", literal{strings.NewReader(raw)}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

func unseen(t *testing.T, user *imapmemserver.User, folder string) (all, unseen uint32) {
	t.Helper()
	s, err := user.Status(folder, &imap.StatusOptions{NumMessages: true, NumUnseen: true})
	if err != nil {
		t.Fatal(err)
	}
	return *s.NumMessages, *s.NumUnseen
}

// until waits for something that a goroutine brings about.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func TestIMAP(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		user, box := mailbox(t)
		cleo := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: "thr_1", Audience: portal.ClientSide})
		put(t, user, letter("1@x", "cleo@cleo.test", `"Somebody" <x@y.test>, <`+cleo+">", "first"))
		put(t, user, letter("2@x", "cleo@cleo.test", "portal@honcho.test", "for nobody"))
		put(t, user, "From: Cleo <cleo@cleo.test>\r\nSubject: large\r\n\r\n"+strings.Repeat(strings.Repeat("x", 998)+"\r\n", MaxSize/1000+1000))
		if err := CheckMailbox(t.Context(), box); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var polling sync.WaitGroup
		polling.Go(func() { taker.Poll(ctx, box) })
		until(t, "two mails are taken, and one is noted", func() bool { return len(waiting(t, w)) == 3 })
		until(t, "they are marked", func() bool { _, n := unseen(t, user, "INBOX"); return n == 1 })
		put(t, user, letter("3@x", "cleo@cleo.test", cleo, "while it idles"))
		until(t, "the third is taken", func() bool { return len(waiting(t, w)) == 4 })
		until(t, "it is marked", func() bool { _, n := unseen(t, user, "INBOX"); return n == 1 })
		cancel()
		polling.Wait()
		mails := waiting(t, w)
		if mails[0].Recipient != cleo || mails[2].Recipient != "reply@in.honcho.test" || mails[3].Recipient != cleo || mails[3].MessageID != "1@x" {
			t.Errorf("kept: %+v", mails)
		}
		// What is too large stays where it is, and those who administer see that it does.
		if m := mails[1]; m.State != portal.IncomingHeld || m.Reason != portal.HeldForSize || m.FromAddress != "cleo@cleo.test" || m.Subject != "large" || m.Size <= MaxSize || m.Blob != "" || m.CanAccept() || m.CanAssign() {
			t.Errorf("the large one: %+v", m)
		}

		// A node that took a mail and died before it could mark it.
		put(t, user, letter("3@x", "cleo@cleo.test", cleo, "while it idles"))
		box.Done = "Done"
		ctx, cancel = context.WithCancel(t.Context())
		polling.Go(func() { taker.Poll(ctx, box) })
		until(t, "it is moved away", func() bool { all, _ := unseen(t, user, "Done"); return all == 1 })
		cancel()
		polling.Wait()
		if got := len(waiting(t, w)); got != 4 {
			t.Errorf("after it came again there are %d", got)
		}
	})
}

// A mail to several addresses of ours is taken for each, as a mail server hands it over.
func TestIMAPOfSeveralAddresses(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		user, box := mailbox(t)
		one := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: "thr_1", Audience: portal.ClientSide})
		other := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: "thr_2", Audience: portal.ClientSide})
		put(t, user, letter("1@x", "cleo@cleo.test", "<"+one+">, x@y.test, <"+other+">, reply@in.honcho.test, <"+one+">", "to both"))
		ctx, cancel := context.WithCancel(t.Context())
		var polling sync.WaitGroup
		polling.Go(func() { taker.Poll(ctx, box) })
		until(t, "it is marked", func() bool { all, n := unseen(t, user, "INBOX"); return all == 1 && n == 0 })
		cancel()
		polling.Wait()
		var to []string
		for _, m := range waiting(t, w) {
			to = append(to, m.Recipient)
		}
		if len(to) != 2 || !slices.Contains(to, one) || !slices.Contains(to, other) {
			t.Errorf("it is kept for %v", to)
		}
	})
}

// A mail that cannot be stored stays unseen, and is taken later.
func TestIMAPKeepsWhatIsNotStored(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		user, box := mailbox(t)
		put(t, user, letter("1@x", "cleo@cleo.test", "portal@honcho.test", "x"))
		store := taker.Bytes.Blobs
		taker.Bytes.Blobs = full{store}
		if err := taker.visit(t.Context(), box); !errors.Is(err, errFull) {
			t.Fatalf("with a full store: %v", err)
		}
		if _, n := unseen(t, user, "INBOX"); n != 1 || len(waiting(t, w)) != 0 {
			t.Errorf("%d unseen, %d kept", n, len(waiting(t, w)))
		}
		taker.Bytes.Blobs = store
		ctx, cancel := context.WithCancel(t.Context())
		var polling sync.WaitGroup
		polling.Go(func() { taker.Poll(ctx, box) })
		until(t, "it is taken", func() bool { return len(waiting(t, w)) == 1 })
		cancel()
		polling.Wait()
		box.Password = "wrong"
		if err := CheckMailbox(t.Context(), box); err == nil {
			t.Error("a wrong password is none")
		}
	})
}
