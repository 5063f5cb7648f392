package diff

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func show(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteByte(" -+"[l.Op])
		at := 0
		for _, m := range l.Marks {
			b.WriteString(l.Text[at:m.From] + "[" + l.Text[m.From:m.To] + "]")
			at = m.To
		}
		b.WriteString(l.Text[at:] + "\n")
	}
	return b.String()
}

func TestLines(t *testing.T) {
	for _, c := range []struct{ old, now, want string }{
		{"", "", ""},
		{"a\nb\n", "a\nb\n", " a\n b\n"},
		{"a\r\nb\r\n", "a\nb", " a\n b\n"},
		{"", "a\n", "+a\n"},
		{"a\n", "", "-a\n"},
		{"a\nb\nc\nd\n", "a\nc\nx\nd\n", " a\n-b\n c\n+x\n d\n"},
		{"The price is 100 euro.\n", "The price is 120 euro.\n", "-The price is [100] euro.\n+The price is [120] euro.\n"},
		{"Größe: 3 cm\n", "Größe: 3,5 cm\n", "-Größe: 3 cm\n+Größe: 3[,5] cm\n"},
		{"all of this\n", "something else entirely\n", "-all of this\n+something else entirely\n"},
	} {
		if got := show(Lines(c.old, c.now)); got != c.want {
			t.Errorf("%q → %q:\n%swant\n%s", c.old, c.now, got, c.want)
		}
	}
}

// rebuild undoes the comparison: both texts must come out of it.
func rebuild(lines []Line) (old, now []string) {
	for _, l := range lines {
		if l.Op != New {
			old = append(old, l.Text)
		}
		if l.Op != Gone {
			now = append(now, l.Text)
		}
	}
	return old, now
}

func TestBothTextsComeOut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for range r.IntN(40) {
			b.WriteString(string(rune('a'+r.IntN(5))) + "\n")
		}
		return b.String()
	}
	for range 2000 {
		a, b := text(), text()
		lines := Lines(a, b)
		old, now := rebuild(lines)
		if strings.Join(old, "\n") != strings.TrimSuffix(a, "\n") || strings.Join(now, "\n") != strings.TrimSuffix(b, "\n") {
			t.Fatalf("%q → %q:\n%s", a, b, show(lines))
		}
		i, j := 0, 0
		for _, l := range lines {
			if l.Op != New {
				if i++; l.Old != i {
					t.Fatalf("line %d is called %d", i, l.Old)
				}
			}
			if l.Op != Gone {
				if j++; l.New != j {
					t.Fatalf("line %d is called %d", j, l.New)
				}
			}
		}
	}
}

// Texts that have nothing in common cost no more than a moment.
func TestStrangersAreBounded(t *testing.T) {
	var a, b strings.Builder
	for i := range 50_000 {
		a.WriteString(strings.Repeat("a", i%17) + "x" + string(rune('a'+i%26)) + "\n")
		b.WriteString(strings.Repeat("b", i%13) + "y" + string(rune('a'+i%24)) + "\n")
	}
	began := time.Now()
	gone, added := Changed(Lines(a.String(), b.String()))
	if gone != 50_000 || added != 50_000 {
		t.Errorf("%d gone, %d new", gone, added)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzLines(f *testing.F) {
	f.Add("a\nb", "b\nc")
	f.Add("\r\n\r", "\xff\n\x00")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, l := range Lines(a, b) {
			at := 0
			for _, m := range l.Marks {
				if m.From < at || m.To <= m.From || m.To > len(l.Text) {
					t.Fatalf("marks %v in %q", l.Marks, l.Text)
				}
				at = m.To
			}
		}
	})
}
