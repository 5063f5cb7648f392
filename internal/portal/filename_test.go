package portal

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// T113: what comes with a file becomes a name that is one everywhere.
func TestUploadName(t *testing.T) {
	for in, want := range map[string]string{
		"plan.pdf":              "plan.pdf",
		" plan.pdf ":            "plan.pdf",
		"../../etc/passwd":      ".._.._etc_passwd",
		`C:\temp\a.txt`:         "C:_temp_a.txt",
		"a\x00b\r\nc.txt":       "abc.txt",
		"a\u202Egpj.exe":        "agpj.exe",
		"a\u2028b\u200Bc\uFEFF": "abc",
		"e\u0301.txt":           "é.txt",
		"...":                   "_",
		"..":                    "_",
		"":                      "_",
		"   ":                   "_",
		"name. . .":             "name",
		".htaccess":             ".htaccess",
		"CON":                   "CON_",
		"nul.txt":               "nul_.txt",
		"com1.tar.gz":           "com1_.tar.gz",
		"COMMON.txt":            "COMMON.txt",
		"lpt9":                  "lpt9_",
		"a\xffb":                "a_b",
		"🦊.png":                 "🦊.png",
	} {
		if got := uploadName(in); got != want {
			t.Errorf("uploadName(%q) = %q, want %q", in, got, want)
		}
	}
	for _, long := range []string{strings.Repeat("a", 300) + ".jpeg", strings.Repeat("é", 300) + ".jpeg", strings.Repeat("🦊", 100) + ".jpeg", strings.Repeat("a", 5) + "." + strings.Repeat("x", 400)} {
		got := uploadName(long)
		if len(got) > maxNameBytes || utf8.RuneCountInString(got) > MaxName || !utf8.ValidString(got) {
			t.Errorf("%.20q… became %d bytes", long, len(got))
		}
		if strings.HasSuffix(long, ".jpeg") && !strings.HasSuffix(got, ".jpeg") {
			t.Errorf("%.20q… lost its extension: %q", long, got)
		}
		if n := numbered(got, 12); len(n) > maxNameBytes || !strings.Contains(n, " (12)") {
			t.Errorf("numbered: %q", n)
		}
	}
	if got := numbered("a.tar.gz", 2); got != "a.tar (2).gz" {
		t.Errorf("numbered = %q", got)
	}
}

// T114: what somebody types is refused rather than changed.
func TestFileName(t *testing.T) {
	for in, want := range map[string]string{
		"plan.pdf": "", "plan. ": "", "CON": "", "a b": "",
		"": "required", "a/b": "file_name", `a\b`: "file_name", ".": "file_name", "..": "file_name",
		"a\u202Eb": "characters", "a\nb": "characters", "a\u2028b": "file_name",
		strings.Repeat("a", 201): "too_long", strings.Repeat("é", 150): "too_long",
	} {
		var c checks
		got := c.fileName("name", in)
		if c.fields["name"].Key != want {
			t.Errorf("fileName(%q): %q, want %q", in, c.fields["name"].Key, want)
		}
		if in == "CON" && got != "CON_" || in == "plan. " && got != "plan" {
			t.Errorf("fileName(%q) = %q", in, got)
		}
	}
}

func TestSearchable(t *testing.T) {
	if got := searchable(" a\x00b\x02c\nd\xff "); got != "a b c\nd" {
		t.Errorf("%q", got)
	}
	long := searchable(strings.Repeat("é", maxWords))
	if len(long) > maxWords || !utf8.ValidString(long) {
		t.Errorf("%d bytes", len(long))
	}
	if got := wordsOf(`"foo* OR (bar) NEAR/2 -x:y & z' | !`); strings.Join(got, " ") != "foo or bar near 2 x y z" {
		t.Errorf("%q", got)
	}
}
