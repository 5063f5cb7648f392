package api

import (
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

// moment is a time of the wire: absent when there is none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

// rightsOf are the words of a set of rights.
func rightsOf(r portal.Rights) []string {
	words := []string{}
	for _, n := range portal.RightNames {
		if r.Has(n.Right) {
			words = append(words, n.Name)
		}
	}
	return words
}

// rights turns words into a set; an unknown one makes it invalid.
func rights(field string, words []string) (portal.Rights, error) {
	var r portal.Rights
next:
	for _, w := range words {
		for _, n := range portal.RightNames {
			if n.Name == w {
				r |= n.Right
				continue next
			}
		}
		return 0, &portal.Invalid{Fields: map[string]portal.Reason{field: {Key: "choice"}}}
	}
	return r, nil
}

// sectionsOf are the words of a set of sections and fields.
func sectionsOf(s portal.Sections) []string {
	words := []string{}
	for _, n := range portal.SectionNames {
		if s.Has(n.Section) {
			words = append(words, n.Name)
		}
	}
	return words
}

func sections(field string, words []string) (portal.Sections, error) {
	var s portal.Sections
next:
	for _, w := range words {
		for _, n := range portal.SectionNames {
			if n.Name == w {
				s |= n.Section
				continue next
			}
		}
		return 0, &portal.Invalid{Fields: map[string]portal.Reason{field: {Key: "choice"}}}
	}
	return s, nil
}
