package mailin

import (
	"strings"
	"testing"
)

func withHeader(t *testing.T, lines string) *Incoming {
	t.Helper()
	return parse(t, []byte(strings.ReplaceAll(lines, "\n", "\r\n")+"\r\n\r\ntext\r\n"))
}

func TestAutomatic(t *testing.T) {
	for lines, want := range map[string]string{
		"Subject: Hello":                                       "",
		"Auto-Submitted: no":                                   "",
		"Auto-Submitted: auto-replied (vacation)":              "auto_reply",
		"Auto-Submitted: auto-generated":                       "auto_reply",
		"X-Autoreply: yes":                                     "auto_reply",
		"X-Autoreply: no":                                      "",
		"Precedence: bulk":                                     "bulk",
		"Precedence: list":                                     "list",
		"Precedence: auto_reply":                               "auto_reply",
		"List-Id: <a.b.test>":                                  "list",
		"Return-Path: <>":                                      "auto_reply",
		"Return-Path: <a@b.test>":                              "",
		"Subject: Automatic reply: Logo":                       "auto_reply",
		"Subject: Automatische Antwort: Logo":                  "auto_reply",
		"Subject: Abwesenheitsnotiz: Logo":                     "auto_reply",
		"Subject: =?utf-8?q?R=C3=A9ponse_automatique?= : Logo": "auto_reply",
		"Subject: Out of Office Re: Logo":                      "auto_reply",
		"Subject: The automatic door":                          "",
		strings.TrimSpace(strings.Repeat("Received: from a by b; now\n", 31)): "loop",
	} {
		if got := withHeader(t, lines+"\nFrom: a@b.test").Automatic; got != want {
			t.Errorf("%.60q: %q, want %q", lines, got, want)
		}
	}
}

func TestVerdict(t *testing.T) {
	const mx = "Authentication-Results: mx.honcho.test; "
	for lines, want := range map[string]Verdict{
		"":                                      Unproven,
		mx + "none":                             Unsigned,
		mx + "dmarc=pass header.from=leto.test": Passed,
		mx + "dmarc=pass (p=REJECT) header.from=leto.test":                            Passed,
		mx + "dmarc=pass header.from=evil.test":                                       Unsigned,
		mx + "dmarc=fail header.from=leto.test":                                       Forged,
		mx + "dkim=pass header.d=leto.test; dmarc=fail":                               Forged,
		mx + "dkim=pass header.d=leto.test":                                           Passed,
		mx + "dkim=pass header.i=@mail.leto.test":                                     Passed,
		mx + "dkim=pass header.d=evil.test":                                           Unsigned,
		mx + "dkim=pass header.d=test":                                                Unsigned,
		mx + "dkim=fail header.d=leto.test; spf=fail smtp.mailfrom=leto.test":         Unsigned,
		mx + "dkim=fail header.d=leto.test; spf=pass smtp.mailfrom=bounces@leto.test": Passed,
		mx + "spf=pass smtp.mailfrom=notleto.test":                                    Unsigned,
		mx + `spf=pass smtp.mailfrom="x; dmarc=pass"@evil.test`:                       Unsigned,
		mx + "spf=none (x; dmarc=pass header.from=leto.test)":                         Unsigned,
		mx + "dmarc=none header.from=leto.test; spf=softfail":                         Unsigned,
		"Authentication-Results: MX.Honcho.Test 1; dmarc=pass":                        Passed,
		"Authentication-Results: evil.test; dmarc=pass":                               Unproven,
		"Authentication-Results: mx.honcho.test.evil.test; dmarc=pass":                Unproven,
		// What stands below the line of the server before was there before.
		"Received: from evil.test by mx.honcho.test; now\n" + mx + "dmarc=pass":                Passed,
		mx + "spf=fail\nReceived: from evil.test by mx.honcho.test; now\n" + mx + "dmarc=pass": Unsigned,
		mx + "dkim=none\n" + mx + "dmarc=fail":                                                 Forged,
		mx + "dkim=none\n" + mx + "dmarc=pass":                                                 Passed,
	} {
		head := "From: Miranda <miranda@leto.test>"
		if lines != "" {
			head = lines + "\n" + head
		}
		if got := withHeader(t, head).Verdict("mx.honcho.test"); got != want {
			t.Errorf("%s: %q, want %q", lines, got, want)
		}
	}
}

// Two senders, or one written so that programs disagree on it, are none.
func TestOneSender(t *testing.T) {
	for _, from := range []string{"From: a@b.test, c@d.test", "From: a@b.test\nFrom: c@d.test", "From: \"a@b.test\"", "From: <>", "From: a@b.test <c@d.test", "Sender: a@b.test"} {
		if in := withHeader(t, from+"\nSubject: x"); in.From.Address != "" {
			t.Errorf("%q is from %q", from, in.From.Address)
		}
	}
}

func TestAddresses(t *testing.T) {
	const id = "rpl_01kfxyz0000000000000000abc"
	old, key := []byte("an old key of thirty-two bytes.."), []byte("a new key of thirty-two bytes...")
	a := NewAddresses("Reply@In.Honcho.Test", key, old)
	if a.Base() != "reply@in.honcho.test" {
		t.Errorf("base %s", a.Base())
	}
	mine := a.For(Reply, id)
	if local := mine[:strings.IndexByte(mine, '@')]; len(local) > 64 || mine != strings.ToLower(mine) {
		t.Errorf("%s has a local part of %d", mine, len(local))
	}
	if n := len(NewAddresses(strings.Repeat("r", MaxLocal)+"@x.test", key).For(Reply, id)) - len("@x.test"); n != 64 {
		t.Errorf("the longest local part has %d octets", n)
	}
	want := Recipient{Reply, id[4:]}
	for _, s := range []string{mine, strings.ToUpper(mine), " " + mine, strings.Replace(mine, "@", "@", 1) + "."} {
		if got, ok := a.Find(s); !ok || got != want {
			t.Errorf("%s is %v, %v", s, got, ok)
		}
	}
	if got, ok := a.Find(NewAddresses("reply@in.honcho.test", old).For(Reply, id)); !ok || got != want {
		t.Errorf("with the key before: %v, %v", got, ok)
	}
	if got, ok := a.Find("reply@in.honcho.test"); !ok || got != (Recipient{}) {
		t.Errorf("the base: %v, %v", got, ok)
	}
	if got, ok := a.Find(a.For(Return, "mai"+id[3:])); !ok || got != (Recipient{Return, id[4:]}) {
		t.Errorf("for what comes back: %v, %v", got, ok)
	}
	for i := range len("reply+") + tokLen { // each character counts
		b := []byte(mine)
		if b[i]++; b[i] > 'z' || i == len("reply") {
			b[i] = '0'
		}
		if _, ok := a.Find(string(b)); ok {
			t.Errorf("%s is one of ours", b)
		}
	}
	for _, s := range []string{"", "reply", "@in.honcho.test", "reply+@in.honcho.test", "reply+1r@in.honcho.test", "other@in.honcho.test", "reply@honcho.test",
		strings.Replace(mine, "in.honcho", "on.honcho", 1), mine[:len(mine)-1] + "x.test", "x" + mine, NewAddresses("reply@in.honcho.test", []byte("another")).For(Reply, id),
		strings.Replace(a.For(Return, "mai"+id[3:]), "+1b", "+1r", 1)} {
		if got, ok := a.Find(s); ok {
			t.Errorf("%s is %v", s, got)
		}
	}
}

func TestMarkdown(t *testing.T) {
	for s, want := range map[string]string{
		"plain":                    "plain",
		"5 * 3 * 2 and a_b_c":      `5 \* 3 \* 2 and a\_b\_c`,
		"# no heading":             `\# no heading`,
		"a\n===":                   "a\n\\===",
		"a\n---":                   "a\n\\---",
		"- one\n- two":             "- one\n- two",
		"> quoted\n> more":         "> quoted\n> more",
		"<b>&amp;":                 `\<b>\&amp;`,
		"see https://x.test/a_b*c": `see https://x.test/a_b\*c`,
		"[a](https://x.test)":      `\[a\](https://x.test)`,
		"    indented":             "indented",
		"1. one":                   "1. one",
	} {
		if got := Markdown(s); got != want {
			t.Errorf("%q becomes %q, want %q", s, got, want)
		}
	}
}
