package demo

import (
	"context"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// A signing is something that is accepted for good, or is to be.
type signing struct {
	of        string // the title of a milestone or deliverable; empty: the project
	statement string
	points    []string
	on, due   day
	by        *person
	signed    day // 0: it waits
	signer    *person
}

// signoffs plans what a project's people are asked to accept.
func (f *filling) signoffs(p *project) {
	for _, s := range p.signoffs {
		var id portal.SignoffID
		f.on(s.on, s.by.name+" asks to sign off "+s.of, func(ctx context.Context) error {
			me := f.as(s.by)
			subject, err := titled(ctx, me, p.id, s.of)
			if err != nil {
				return err
			}
			id, err = me.AskSignoff(ctx, portal.NewSignoff{Project: p.id, Subject: subject, Statement: prose(s.statement), Points: s.points, DueOn: f.days.date(s.due)})
			return err
		})
		if s.signed == 0 {
			continue
		}
		f.on(s.signed, s.signer.name+" signs off "+s.of, func(ctx context.Context) error {
			me := f.as(s.signer)
			if err := me.MarkSeen(ctx, portal.ItemID(id)); err != nil {
				return err
			}
			x, err := me.Signoff(ctx, id)
			if err != nil {
				return err
			}
			_, content, err := me.SignoffLines(ctx, x)
			if err != nil {
				return err
			}
			return me.SignOff(account.With(ctx, browser), id, portal.Signature{Name: s.signer.name, Content: content, Proof: "password"})
		})
	}
}

// titled is the id of what is called so in a project.
func titled(ctx context.Context, me *portal.Scope, project portal.ProjectID, title string) (string, error) {
	if title == "" {
		return string(project), nil
	}
	milestones, err := me.Milestones(ctx, project)
	if err != nil {
		return "", err
	}
	for _, m := range milestones {
		if m.Title == title {
			return string(m.ID), nil
		}
	}
	deliverables, err := me.Deliverables(ctx, project)
	if err != nil {
		return "", err
	}
	for _, d := range deliverables {
		if d.Title == title {
			return string(d.ID), nil
		}
	}
	return "", portal.ErrNotFound
}
