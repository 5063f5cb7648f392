package mailin

import (
	"bufio"
	"io"
	"regexp"
	"strings"
)

// A Bounce says that another mail did not arrive, or not yet.
type Bounce struct {
	MessageID string // of that mail, without brackets; empty: not said
	Recipient string // whom it did not reach, as far as is known
	Hard      bool   // trying again will not help
	Delayed   bool   // it is still being tried
	Status    string // 5.1.1; empty: not said
	Reason    string // what the other server said, in a line
}

const maxReport = 64 << 10 // of one part of a report

// A report is what a message/report holds (RFC 3464), part by part.
type report struct {
	kind  string // delivery-status…
	found *Bounce
	id    string // of the mail that it is about
}

// part takes a part of a report, unless it is words for people.
func (r *report) part(kind string, body io.Reader) bool {
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		r.status(io.LimitReader(body, maxReport))
	case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
		r.original(io.LimitReader(body, maxReport))
	default:
		return false
	}
	return true
}

// status reads the groups of lines about each recipient; the worst counts.
func (r *report) status(body io.Reader) {
	var b Bounce
	var action string
	settle := func() {
		if action == "" {
			return
		}
		b.Delayed = action == "delayed"
		if b.Hard = action == "failed" && !strings.HasPrefix(b.Status, "4"); action == "failed" || b.Delayed {
			if r.found == nil || r.found.Delayed || !r.found.Hard && b.Hard {
				keep := b
				r.found = &keep
			}
		}
	}
	last := ""
	for in := bufio.NewScanner(body); in.Scan(); {
		line := in.Text()
		if strings.TrimSpace(line) == "" {
			settle()
			b, action, last = Bounce{}, "", ""
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			if last == "diagnostic-code" && len(b.Reason) < 2000 {
				b.Reason += " " + strings.TrimSpace(line)
			}
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		last = strings.ToLower(strings.TrimSpace(name))
		switch last {
		case "action":
			action, _, _ = strings.Cut(strings.ToLower(value), " ")
		case "status":
			b.Status = status.FindString(value)
		case "final-recipient", "original-recipient":
			if _, address, ok := strings.Cut(value, ";"); ok && b.Recipient == "" {
				b.Recipient = oneLine(strings.Trim(address, "<> "), 254)
			}
		case "diagnostic-code":
			if _, said, ok := strings.Cut(value, ";"); ok {
				value = said
			}
			b.Reason = strings.TrimSpace(value)
		}
	}
	settle()
}

func (r *report) original(body io.Reader) {
	for in := bufio.NewScanner(body); in.Scan(); {
		name, value, _ := strings.Cut(in.Text(), ":")
		if strings.EqualFold(strings.TrimSpace(name), "Message-ID") {
			if strings.TrimSpace(value) == "" && in.Scan() {
				value = in.Text()
			}
			if ids := messageIDs(value); len(ids) > 0 {
				r.id = ids[0]
			}
			return
		}
	}
}

var (
	status = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	// What a server answered, in a report that is written for people alone.
	answered = regexp.MustCompile(`(?:^|[\s(:])([45]\d\d)[ -]+(?:#?([45]\.\d{1,3}\.\d{1,3})\b)?.*$`)
	daemon   = regexp.MustCompile(`(?i)^(?:mailer-daemon|postmaster|mail-daemon|mdaemon|bounce[sd]?|microsoftexchange\w*)@`)
	failing  = regexp.MustCompile(`(?i)undeliver|delivery status notification|delivery (?:has )?fail|failure notice|returned mail|mail delivery (?:failed|failure|system)|delivery (?:report|notification)|message not delivered|` +
		`unzustellbar|zustellung fehlgeschlagen|nicht zugestellt|non remis|échec de la remise|no se puede entregar|no entregado|mancata consegna|onbestelbaar|não entregue|kunde inte levereras|kunne ikke leveres`)
	delaying = regexp.MustCompile(`(?i)delay|warning|verzöger|not yet been delivered|still being retried|retard`)
	embedded = regexp.MustCompile(`(?im)^[> \t]*message-id:\s*<([^<>\s]{1,500})>`)
	reached  = regexp.MustCompile(`<([^<>\s@]{1,64}@[^<>\s@]{1,255})>`)
)

// bounce says what a message reports of another, or nil. Reports that keep to
// no standard are known by their sender or their subject, and have to name the
// mail or whom it was for.
func (w *walk) bounce() *Bounce {
	in := w.in
	if w.report.found != nil {
		b := w.report.found
		b.MessageID = w.report.id
		if b.MessageID == "" {
			b.MessageID = in.quotedID()
		}
		if b.Recipient == "" {
			b.Recipient = in.failedRecipient()
		}
		b.Reason = oneLine(b.Reason, 300)
		return b
	}
	failed := in.failedRecipient()
	sent := daemon.MatchString(in.From.Address) || in.header.Has("Return-Path") && strings.Trim(in.header.Get("Return-Path"), "<> \t") == ""
	if w.report.kind != "" || failed == "" && !(sent && failing.MatchString(in.Subject)) {
		return nil
	}
	b := &Bounce{MessageID: in.quotedID(), Recipient: failed, Hard: true}
	if b.MessageID == "" {
		for _, f := range in.Files {
			if f.Type == "message/rfc822" && b.MessageID == "" {
				b.MessageID = f.messageID()
			}
		}
	}
	for i, line := range strings.Split(in.Whole, "\n") {
		if i > 200 {
			break
		}
		line = strings.TrimSpace(line)
		if m := reached.FindStringSubmatch(line); b.Recipient == "" && m != nil && !daemon.MatchString(m[1]) {
			b.Recipient = m[1]
		}
		if m := answered.FindStringSubmatch(line); m != nil {
			b.Reason = strings.TrimLeft(strings.TrimSpace(line[strings.Index(line, m[1]):]), " ")
			b.Status, b.Hard = m[2], m[1][0] == '5'
			break
		}
	}
	b.Delayed = !b.Hard && delaying.MatchString(in.Subject+" "+firstLines(in.Whole)) || b.Reason == "" && delaying.MatchString(in.Subject)
	b.Hard = b.Hard && !b.Delayed
	b.Reason = oneLine(b.Reason, 300)
	return b
}

func firstLines(s string) string { return s[:min(len(s), 500)] }

// quotedID finds the identifier of the mail that a report quotes.
func (in *Incoming) quotedID() string {
	if m := embedded.FindStringSubmatch(in.Whole); m != nil {
		return m[1]
	}
	return ""
}

// failedRecipient is what Exim and others write into the header.
func (in *Incoming) failedRecipient() string {
	first, _, _ := strings.Cut(in.header.Get("X-Failed-Recipients"), ",")
	return oneLine(strings.Trim(first, "<> "), 254)
}

// messageID is that of a mail which is attached.
func (f File) messageID() string {
	r, err := f.Open()
	if err != nil {
		return ""
	}
	defer r.Close()
	var rep report
	rep.original(io.LimitReader(r, maxReport))
	return rep.id
}
