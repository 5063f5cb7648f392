package notify

import (
	"html"
	"slices"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// maxTogether is how much of what somebody wrote each thing in a mail has that asks for
// several, in characters.
const maxTogether = 400

// together is one mail of several that ask the same person for something, or remind of
// it, about one client: each by project with what it says and its own button. Nothing
// answers it, as an answer belongs to one of them.
func (n *Notifier) together(all []*letter) *letter {
	l := *all[0]
	l.body, l.reply, l.Images, l.Headers = l.blank(), portal.ReplyPlace{}, nil, all[0].Headers
	var places []string
	for _, x := range all {
		i := slices.Index(places, x.about)
		if i < 0 {
			i = len(places)
			places = append(places, x.about)
			l.body.Groups = append(l.body.Groups, mail.Group{Title: x.about})
		}
		var facts []string
		for _, f := range x.body.Facts {
			if f.Value != x.about {
				facts = append(facts, f.Label+": "+f.Value)
			}
		}
		e := mail.Entry{Text: x.body.Heading, Note: strings.Join(append([]string{strings.Join(facts, " · ")}, x.also...), "\n"), URL: x.body.Button.URL, Label: x.body.Button.Label}
		e.Note = strings.TrimSpace(e.Note)
		if said := shortened(strings.Join(x.body.Paragraphs, " "), maxTogether); said != "" {
			e.Said = &mail.Words{Text: said, HTML: html.EscapeString(said)}
		}
		l.body.Groups[i].Entries = append(l.body.Groups[i].Entries, e)
		if why := x.body.Footer[0]; !slices.Contains(l.body.Footer, why) {
			l.body.Footer = append(l.body.Footer, why)
		}
		if x.From.Name != l.From.Name {
			l.From.Name = l.brand.Name
		}
	}
	place := places[0]
	if len(places) > 1 {
		place = l.N("mail.notices.projects", len(places))
	}
	l.Subject = l.N("mail.together.subject", len(all), "project", brief(place))
	l.body.Heading = l.N("mail.together.heading", len(all), "project", place)
	l.body.Preheader = all[0].body.Heading
	return &l
}
