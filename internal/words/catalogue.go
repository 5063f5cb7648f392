package words

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/packed"
)

// archive holds en/*.json. Written by: go run ./tools/assets
//
//go:embed catalogue.zip.gz
var archive []byte

var english = mustLoad("en", "ltr")

// A language is a compiled catalogue, with the names that dates need at hand.
type language struct {
	tag, dir string
	messages map[string]*message
	weekdays [7]string // Sunday first, as in package time
	longdays [7]string
	months   [13]string // months[time.January]
}

// A message has one text, or two when it is plural.
type message struct {
	plural     bool
	one, other text
}

// A text alternates literals and names of holes: "Hello ", "name", "!".
type text struct {
	parts []string
	size  int // of the literals
}

func (t *text) has(hole string) bool {
	for i := 1; i < len(t.parts); i += 2 {
		if t.parts[i] == hole {
			return true
		}
	}
	return false
}

// languageOf finds the language of a locale. English is the only one so far, so
// every locale reads it.
func languageOf(string) *language { return english }

func mustLoad(tag, dir string) *language {
	l, err := load(packed.Archive(archive)(), tag, dir)
	if err != nil {
		panic("words: " + err.Error())
	}
	return l
}

func load(files fs.FS, tag, dir string) (*language, error) {
	names, err := fs.Glob(files, path.Join(tag, "*.json"))
	if err != nil {
		return nil, err
	}
	l := &language{tag: tag, dir: dir, messages: make(map[string]*message)}
	for _, name := range names {
		if err := l.read(files, name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for i := range l.weekdays {
		day := strings.ToLower(time.Weekday(i).String()[:3])
		if l.weekdays[i], err = l.name("weekday." + day); err != nil {
			return nil, err
		}
		if l.longdays[i], err = l.name("weekday.long." + day); err != nil {
			return nil, err
		}
	}
	for m := time.January; m <= time.December; m++ {
		if l.months[m], err = l.name("month." + strings.ToLower(m.String()[:3])); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *language) name(key string) (string, error) {
	m := l.messages[key]
	if m == nil {
		return "", fmt.Errorf("%s: no message %q", l.tag, key)
	}
	return m.other.fill(key, "", nil), nil
}

// read adds the messages of one file. It walks the tokens because a decoder into
// a map would let the second of two equal keys win without a word.
func (l *language) read(files fs.FS, name string) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	d := json.NewDecoder(f)
	if t, err := d.Token(); err != nil {
		return err
	} else if t != json.Delim('{') {
		return fmt.Errorf("is not an object")
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		key := t.(string)
		if l.messages[key] != nil {
			return fmt.Errorf("key %q is defined twice", key)
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
		if l.messages[key], err = compile(raw); err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("goes on after its object")
	}
	return nil
}

func compile(raw json.RawMessage) (*message, error) {
	var plain string
	if err := json.Unmarshal(raw, &plain); err == nil {
		other, err := parse(plain)
		return &message{other: other}, err
	}
	var forms map[string]string
	if err := json.Unmarshal(raw, &forms); err != nil {
		return nil, fmt.Errorf("is neither a text nor plural forms")
	}
	if len(forms) != 2 || forms["one"] == "" || forms["other"] == "" {
		return nil, fmt.Errorf(`needs the forms "one" and "other" and no others`)
	}
	one, err := parse(forms["one"])
	if err != nil {
		return nil, err
	}
	other, err := parse(forms["other"])
	return &message{plural: true, one: one, other: other}, err
}

func parse(s string) (text, error) {
	if s == "" {
		return text{}, fmt.Errorf("is empty")
	}
	var t text
	for {
		literal, rest, found := strings.Cut(s, "{")
		if strings.Contains(literal, "}") {
			return text{}, fmt.Errorf("has a } without a {")
		}
		t.parts = append(t.parts, literal)
		t.size += len(literal)
		if !found {
			return t, nil
		}
		hole, after, found := strings.Cut(rest, "}")
		if !found {
			return text{}, fmt.Errorf("has a { without a }")
		}
		if hole == "" || strings.Trim(hole, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return text{}, fmt.Errorf("has a hole that is not a lower case word: {%s}", hole)
		}
		t.parts = append(t.parts, hole)
		s = after
	}
}
