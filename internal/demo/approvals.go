package demo

import (
	"context"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

// A sought is an approval of files.
type sought struct {
	title, body string
	on, due     day // 0: on no day
	by          *person
	files       []*file
	first       *person // of the team, who looks first
	people      []*person
	rule        portal.Rule
	checklist   []string
	said        []verdict
	phoned      []phoned
	again       *sought // that it asks once more
	draft       bool

	id portal.ApprovalID
}

// A verdict is one person's answer to an approval.
type verdict struct {
	on      day
	who     *person
	answer  portal.Answer
	note    string
	changes map[int]string // what to change of which file, counted from 1
	looks   bool           // no answer: they have looked at it
}

// phoned is what somebody said by phone, as one of the team noted it.
type phoned struct {
	on     day
	by     *person
	who    *person
	answer portal.Answer
	note   string
}

// approvals plans what a project's people are asked to approve.
func (f *filling) approvals(p *project) {
	for _, s := range p.approvals {
		f.on(s.on, s.by.name+" asks for approval of "+s.title, func(ctx context.Context) (err error) {
			me := f.as(s.by)
			n := portal.NewApproval{Title: s.title, Body: prose(s.body), Checklist: s.checklist, DueOn: f.days.date(s.due), Draft: s.draft}
			if s.again != nil {
				n.Previous = s.again.id
			}
			for _, x := range s.files {
				all, err := me.Versions(ctx, x.id)
				if err != nil {
					return err
				}
				i := slices.IndexFunc(all, func(v portal.Version) bool { return s.first != nil || !v.Draft })
				n.Versions = append(n.Versions, all[i].ID)
			}
			if s.first != nil {
				n.Stages = append(n.Stages, portal.NewStage{Of: portal.Team, People: []portal.PersonID{f.people[s.first]}})
			}
			g := portal.NewStage{Rule: s.rule}
			for _, x := range s.people {
				g.People = append(g.People, f.people[x])
			}
			n.Stages = append(n.Stages, g)
			s.id, err = me.AskApproval(ctx, p.id, n)
			return err
		})
		for _, v := range s.said {
			f.on(v.on, v.who.name+" answers "+s.title, func(ctx context.Context) error {
				me := f.as(v.who)
				if v.looks {
					return me.MarkSeen(ctx, portal.ItemID(s.id))
				}
				a, err := me.Approval(ctx, s.id)
				if err != nil {
					return err
				}
				in := portal.ApprovalAnswer{Answer: v.answer, Note: prose(v.note), Content: a.Content}
				for i := range s.checklist {
					in.Checked = append(in.Checked, i+1)
				}
				for i := range s.files {
					if note := v.changes[i+1]; note != "" {
						in.Changes = append(in.Changes, portal.FileChange{Position: i + 1, Note: note})
					}
				}
				return me.Decide(ctx, s.id, in)
			})
		}
		for _, c := range s.phoned {
			f.on(c.on, c.by.name+" notes what "+c.who.name+" said of "+s.title, func(ctx context.Context) error {
				_, err := f.as(c.by).NoteCall(ctx, s.id, portal.NewCall{Person: f.people[c.who], Answer: c.answer, Note: prose(c.note), SaidAt: f.now()})
				return err
			})
		}
	}
}
