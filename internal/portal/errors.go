package portal

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// The errors a Scope returns. Anything else is a fault of the program.
var (
	ErrNotFound  = errors.New("not found")   // not there, or not yours: the same
	ErrForbidden = errors.New("not allowed") // visible, but this person may not do that
	ErrSignedOut = errors.New("signed out")  // nobody is signed in
	ErrConflict  = errors.New("changed by somebody else")
	ErrGone      = errors.New("no longer there") // it was, and this person may know
	ErrBusy      = errors.New("busy, try again")
	ErrTooLarge  = errors.New("larger than a file may be")
	ErrFull      = errors.New("no room left for the client's files")
	ErrHeld      = errors.New("held back until it was looked through, or for what was found in it")
	ErrDeserted  = errors.New("nobody else reads that conversation any more")
)

// A Clash says that there is a file of that name where another was to be put.
type Clash struct {
	File    FileID
	Name    string
	Version bool // the actor may add a version to it instead
}

func (*Clash) Error() string { return "there is a file of that name" }

// Invalid says which fields of an input cannot be taken, and why: a key of the
// message catalogue below "invalid." for each field.
type Invalid struct {
	Fields map[string]Reason
}

// A Reason is a message key with its values.
type Reason struct {
	Key   string   // below "invalid."
	Pairs []string // name, value, …
}

func (e *Invalid) Error() string {
	fields := make([]string, 0, len(e.Fields))
	for f, r := range e.Fields {
		fields = append(fields, fmt.Sprintf("%s: %s", f, r.Key))
	}
	sort.Strings(fields)
	return "invalid input: " + strings.Join(fields, ", ")
}

// checks collects what is wrong with an input.
type checks struct{ fields map[string]Reason }

// fail notes the first thing wrong with a field.
func (c *checks) fail(field, key string, pairs ...string) {
	if c.fields == nil {
		c.fields = map[string]Reason{}
	}
	if _, ok := c.fields[field]; !ok {
		c.fields[field] = Reason{Key: key, Pairs: pairs}
	}
}

// err is nil when nothing was wrong.
func (c *checks) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Invalid{Fields: c.fields}
}
