package demo

import (
	"context"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

// A wanted is a list of what a client asks to be changed in a file.
type wanted struct {
	on     day
	by     *person
	file   *file
	points []string
	said   []reply
}

// A reply is what somebody says to a point.
type reply struct {
	on    day
	who   *person
	n     int    // which point, from 1
	how   string // done, refuse, ask, clarify, price or accept
	words string
	price portal.Price
}

// wishes plans what a project's client asks to be changed.
func (f *filling) wishes(p *project) {
	for _, w := range p.wanted {
		var id portal.RevisionID
		f.on(w.on, w.by.name+" asks for changes to "+w.file.name, func(ctx context.Context) error {
			me := f.as(w.by)
			x, err := me.File(ctx, w.file.id)
			if err != nil {
				return err
			}
			id, err = me.RequestRevision(ctx, x.Version.ID, portal.NewRevision{Points: w.points})
			return err
		})
		for _, s := range w.said {
			f.on(s.on, s.who.name+" answers a change to "+w.file.name, func(ctx context.Context) error {
				me := f.as(s.who)
				all, err := me.Changes(ctx, id)
				if err != nil {
					return err
				}
				c := all[s.n-1]
				switch s.how {
				case "done":
					return me.MakeChange(ctx, c.ID, c.Version, c.Count)
				case "refuse":
					return me.RefuseChange(ctx, c.ID, s.words, c.Count)
				case "ask":
					return me.AskAboutChange(ctx, c.ID, s.words, c.Count)
				case "clarify":
					return me.ClarifyChange(ctx, c.ID, s.words, c.Count)
				case "price":
					return me.PriceChange(ctx, c.ID, s.price, c.Count)
				}
				return me.AcceptPrice(ctx, c.ID, portal.Price{Amount: c.Price, Currency: c.Currency})
			})
		}
	}
}
