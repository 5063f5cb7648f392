// Package sentence says events in words, for pages and mails alike.
package sentence

import (
	"cmp"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/words"
)

// A Sentence says what happened. What it happened to is apart from the rest, so
// that it can be a link.
type Sentence struct {
	Before, Title, After string
	Actor                string // who it was, as the reader may know
	Href                 string // where what it happened to is; empty where there is no page of it any more
}

// String is the sentence in one.
func (s Sentence) String() string { return s.Before + s.Title + s.After }

// mark stands for the title while a sentence is taken apart around it.
const mark = "\x00"

// Of says an event. Workspace is the name that stands in where the reader may
// not know who it was.
func Of(b *words.Book, e portal.Event, workspace string) Sentence {
	values := maps.Clone(map[string]string(e.Details))
	if values == nil {
		values = map[string]string{}
	}
	if e.Kind == portal.MilestoneShifted {
		values["from"], values["to"] = day(b, values["from"]), day(b, values["to"])
	}
	if e.Kind == portal.ChangePriced || e.Kind == portal.PriceAccepted || e.Kind == portal.PriceDeclined {
		amount, _ := strconv.ParseInt(values["price"], 10, 64) // as it was recorded
		values["price"] = b.Money(amount, values["currency"])
	}
	person := e.PersonName
	if e.Kind == portal.ApprovalCameBack && e.Person == "" { // they took it back themselves
		person = e.ActorName
	}
	values["actor"], values["person"] = cmp.Or(e.ActorName, workspace), cmp.Or(person, workspace)
	if e.ProjectName != "" {
		values["project"] = e.ProjectName
	}
	s := Sentence{Title: values["title"], Actor: values["actor"]}
	values["title"] = mark
	key := "event." + string(e.Kind)
	switch {
	case values["repeats"] != "":
		key = "event.approval_stands"
	case values["said"] != "":
		key = "event.by_phone." + values["answer"]
		values["said"] = moment(b, values["said"])
	}
	s.Before, s.After, _ = strings.Cut(b.Tell(key, values), mark)
	if !e.Gone {
		s.Href = Href(e.Subject)
	}
	return s
}

// moment is a time as it was recorded, in microseconds.
func moment(b *words.Book, at string) string {
	n, _ := strconv.ParseInt(at, 10, 64)
	t := time.UnixMicro(n).In(b.Zone())
	return b.ShortDay(t.Format(time.DateOnly)) + ", " + b.Clock(t)
}

func day(b *words.Book, d string) string {
	if d == "" {
		return b.T("project.no_date")
	}
	return b.ShortDay(d)
}

// Several says of several files what the event says of one.
func Several(b *words.Book, e portal.Event, files int, workspace string) Sentence {
	s := Sentence{Actor: cmp.Or(e.ActorName, workspace), Title: b.N("group.files", files), Href: Href(string(e.Project)) + "/files"}
	s.Before, s.After, _ = strings.Cut(b.T("group."+string(e.Kind), "actor", s.Actor, "files", mark), mark)
	return s
}

// Together says of several notices about one thing, the last first, how many there
// are where all are messages or comments, and else what the last one says.
func Together(b *words.Book, g portal.NoticeGroup, workspace string) Sentence {
	all := g.All
	s := OfNotice(b, all[0], workspace)
	for _, n := range all {
		if n.Said == "" {
			return s
		}
	}
	key := "group.messages"
	switch {
	case g.Count == 1:
		return s
	case all[0].Where == portal.ItemThread:
		key = "group.comments"
	case all[0].Where == portal.DirectThread:
		s.Title = b.T("group.direct", "actor", s.Actor)
	}
	s.Before, s.After, _ = strings.Cut(b.Over(portal.NoticesInGroup, key, g.Count, "title", mark), mark)
	return s
}

// places are the pages of things, by the prefix of their ids.
var places = map[string]string{
	"prj": "/projects/", "tsk": "/tasks/", "dlv": "/deliverables/", "mst": "/milestones/", "upd": "/updates/",
	"frq": "/requests/", "fol": "/folders/", "fil": "/files/", "cli": "/clients/", "thr": "/conversations/", "msg": "/messages/", "apr": "/approvals/", "rev": "/revisions/", "sgn": "/signoffs/", "ntc": "/notices/",
}

// Href is the address of a thing by its id, or "" for what has no page.
func Href(id string) string {
	kind, _, _ := strings.Cut(id, "_")
	if place := places[kind]; place != "" {
		return place + id
	}
	return ""
}

// OfNotice says what somebody was told of. What was said is said where it was,
// and leads there.
func OfNotice(b *words.Book, n portal.Notice, workspace string) Sentence {
	if n.Said == "" {
		return Of(b, n.Event, workspace)
	}
	s := Sentence{Actor: cmp.Or(n.ActorName, workspace), Title: n.Title, Href: "/messages/" + string(n.Said)}
	key := "notice.message"
	switch {
	case n.Where == portal.DirectThread:
		key, s.Title = "notice.direct", b.T("notice.to_you")
	case n.Where == portal.GeneralThread:
		s.Title = b.T("notice.general", "client", n.ClientName)
	case n.Where == portal.ItemThread:
		key = "notice.comment"
	case n.Audience == portal.Team:
		key = "notice.note"
	}
	s.Before, s.After, _ = strings.Cut(b.T(key, "actor", s.Actor, "title", mark), mark)
	return s
}

// FileChange says what is to change of one of several files.
func FileChange(b *words.Book, name, note string) string {
	if note == "" {
		return b.T("call.file_changes", "name", name)
	}
	return b.T("call.file", "name", name, "text", note)
}
